//! The fault suite: whatever happens to a host, no message is lost or repeated and no call is in two states.
//!
//! Every test runs hosts of its own on a state folder of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]
#![allow(clippy::large_futures, reason = "a handful of them in each process")]

mod clock;
mod full;
mod instances;
mod killed;
mod locked;
mod support;
mod timer;
mod traps;
