//! A client of a running service, written from `docs/signalling.md` alone: nothing of the service's code is used, so
//! that both cannot be wrong in the same way.
//!
//! What cannot go on panics with a sentence; this is for tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a test that cannot go on fails"
)]

mod answer;
pub mod mailbox;
mod organisation;
mod participants;
mod service;
pub mod statements;
mod wait;

pub use answer::Answer;
pub use mailbox::{Cut, Delivery, Mailbox, Transport};
pub use organisation::Organisation;
pub use participants::{Staff, Visitor, payload};
pub use service::{Call, Service};
pub use wait::{DEADLINE, eventually, within};
