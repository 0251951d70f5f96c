//! How often, and after which pauses, a transaction is begun again that found the database locked.
//!
//! SQLite itself waits a second for its lock (`connection.rs`); what comes back busy all the same is tried again a few
//! times, each time after a longer pause, and not at the same moment as the others who were refused with it.

use std::time::Duration;

/// The middle of each pause. Together with SQLite's own waiting a request is refused after five seconds or so.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(160),
    Duration::from_millis(320),
];

/// The pauses that remain.
#[derive(Debug, Clone)]
pub(crate) struct Retry(std::slice::Iter<'static, Duration>);

impl Retry {
    /// Nothing has been tried yet.
    pub(crate) fn new() -> Self {
        Self(PAUSES.iter())
    }

    /// How long to wait before the next attempt, between half and one and a half of the pause; nothing when there have
    /// been enough. `random` is any number.
    pub(crate) fn pause(&mut self, random: u32) -> Option<Duration> {
        let middle = self.0.next()?;
        Some(*middle / 2 + middle.mul_f64(f64::from(random) / f64::from(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end() {
        let mut retry = Retry::new();
        let pauses: Vec<_> = std::iter::from_fn(|| retry.pause(u32::MAX / 2)).collect();
        assert_eq!(pauses.len(), PAUSES.len());
        assert!(pauses.is_sorted() && pauses[0] < pauses[3], "{pauses:?}");
        assert_eq!(retry.pause(0), None);
    }

    #[test]
    fn chance_spreads_a_pause_around_its_middle() {
        for (random, share) in [(0, 0.5), (u32::MAX, 1.5)] {
            let pause = Retry::new().pause(random).unwrap();
            assert_eq!(pause, PAUSES[0].mul_f64(share));
        }
    }
}
