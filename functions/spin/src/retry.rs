//! How often, and after which pauses, a transaction is begun again that found the database locked.
//!
//! SQLite's lock knows no queue: whoever looks when it is free has it. Left to itself SQLite looks ever less often, and
//! among several writers one of a hundred waits a second and longer. So it waits a moment only (`connection.rs`), and
//! what comes back busy is tried again soon, but not at the same moment as the others who were refused with it.

use std::time::Duration;

/// The middle of each pause.
const PAUSE: Duration = Duration::from_millis(8);

/// Together with SQLite's own waiting a request is refused after five seconds or so.
const PAUSES: u32 = 220;

/// The pauses that remain.
#[derive(Debug, Clone)]
pub(crate) struct Retry(u32);

impl Retry {
    /// Nothing has been tried yet.
    pub(crate) fn new() -> Self {
        Self(PAUSES)
    }

    /// How long to wait before the next attempt, between half and one and a half of the pause; nothing when there have
    /// been enough. `random` is any number.
    pub(crate) fn pause(&mut self, random: u32) -> Option<Duration> {
        self.0 = self.0.checked_sub(1)?;
        Some(PAUSE / 2 + PAUSE.mul_f64(f64::from(random) / f64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_end() {
        let mut retry = Retry::new();
        let pauses: Duration = std::iter::from_fn(|| retry.pause(u32::MAX / 2)).sum();
        assert!((PAUSE * (PAUSES - 1)..=PAUSE * PAUSES).contains(&pauses), "{pauses:?}");
        assert_eq!(retry.pause(0), None);
    }

    #[test]
    fn chance_spreads_a_pause_around_its_middle() {
        for (random, share) in [(0, 0.5), (u32::MAX, 1.5)] {
            let pause = Retry::new().pause(random).unwrap();
            assert_eq!(pause, PAUSE.mul_f64(share));
        }
    }
}
