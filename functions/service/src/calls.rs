//! Calls: ringing, answering, signalling and hanging up, each change by compare-and-set.

pub(crate) mod state;
