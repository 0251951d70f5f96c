//! A native STUN and TURN relay.

fn main() {}
