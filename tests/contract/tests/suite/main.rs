//! The contract suite: what `docs/signalling.md` promises, asked of the running service at `VISAVIS_BASE`.
//!
//! Every test makes its own organisation, so all of them run side by side, against a service that is in use too.

#![allow(clippy::too_many_lines, reason = "a scenario reads best in one piece")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]
#![allow(clippy::large_futures, reason = "a handful of them in each process")]

mod bodies;
mod calls;
mod console;
mod foreign;
mod health;
mod invitations;
mod limits;
mod mailboxes;
mod messages;
mod origins;
mod policy;
mod presence;
mod races;
mod relay;
mod replays;
mod reports;
mod resume;
mod sign_in;
mod tokens;
mod trust;
