//! The time that every decision is given; the control plane has no clock of its own.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One moment by both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Never goes back: lifetimes are measured with it.
    pub at: Instant,
    /// Seconds since 1970: credentials and nonces say it.
    pub unix: u64,
}

impl Now {
    /// Reads the machine's clocks.
    #[must_use]
    pub fn read() -> Self {
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Self {
            at: Instant::now(),
            unix,
        }
    }

    /// This moment and a while.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self {
            at: self.at + duration,
            unix: self.unix + duration.as_secs(),
        }
    }
}
