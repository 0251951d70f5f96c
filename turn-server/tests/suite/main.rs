//! The relay as a process, on loopback addresses that no other test uses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod acme;
mod canary;
mod client;
mod clients;
mod connections;
mod dtls;
mod errors;
mod exhaustion;
mod exposure;
mod ipv6;
mod process;
mod restart;
mod rtc_turn;
mod sharing;
mod soak;
mod streams;
mod uclient;

/// What `turnutils_uclient` and the tests sign in with.
pub(crate) const SECRET: &str = "a secret of the tests, long enough to be one";
