//! A canary for a TURN server: a real WebRTC data channel between two peers of its own, both relayed, over each
//! transport that is asked for. It says how long the set-up took, the round trips and what was lost.
//!
//! The peers are those of the `rtc` crate, without sockets or a runtime; [`side`] gives one of them a way to the
//! relay ([`wire`]), and [`probe`] lets the two of them talk.

pub mod command;
pub mod credentials;
mod dtls;
pub mod probe;
pub mod report;
pub mod side;
pub mod url;
pub mod wire;
