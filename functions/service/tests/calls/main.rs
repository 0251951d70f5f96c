//! Calls through the whole router, on the platform in memory.

mod life;
mod limits;
mod mailbox;
mod privacy;
mod races;
mod refusals;
mod support;
mod waiting;
