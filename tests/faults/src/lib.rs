//! A service of a test's own on the Spin test host, to be killed, locked, filled and cut.
//!
//! What cannot go on panics with a sentence; this is for tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test that cannot go on fails"
)]

mod host;
mod random;

pub use host::{Host, State};
pub use random::below;
