//! For tests: a platform in memory, and the suite that every implementation of the ports must pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on fails, and reads well"
)]

pub mod conformance;
#[cfg(not(target_arch = "wasm32"))]
mod database;
#[cfg(not(target_arch = "wasm32"))]
mod mailboxes;
#[cfg(not(target_arch = "wasm32"))]
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod plans;
#[cfg(not(target_arch = "wasm32"))]
pub mod statements;

#[cfg(not(target_arch = "wasm32"))]
pub use memory::{Memory, MemoryClock, SeededEntropy, Setting, settings};
