//! Calls through the whole router, on the platform in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod invitations;
mod life;
mod limits;
mod mailbox;
mod privacy;
mod races;
mod refusals;
mod support;
mod waiting;
