//! Set-up, start, tests and measures of this repository.

fn main() {}
