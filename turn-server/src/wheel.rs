//! A timer wheel with a slot for each second.
//!
//! An entry is never moved: when its slot comes, the owner looks whether the thing has really run out and if not puts
//! it back at its new time. So a refresh costs nothing here.

use std::time::Instant;

/// The longest time ahead, in seconds; later is put here first and again when it comes.
const SLOTS: usize = 4096;

/// Entries by the second in which they are due.
pub struct Wheel<T> {
    slots: Vec<Vec<T>>,
    start: Instant,
    /// The second, counted from `start`, up to which everything was taken.
    taken: u64,
}

impl<T> Wheel<T> {
    /// An empty wheel that begins to turn at `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self {
            slots: std::iter::repeat_with(Vec::new).take(SLOTS).collect(),
            start,
            taken: 0,
        }
    }

    /// Puts an entry where it comes up no sooner than `due`, and at most a second later.
    pub fn put(&mut self, due: Instant, entry: T) {
        let second = due.saturating_duration_since(self.start).as_secs() + 1;
        let second = second.clamp(self.taken + 1, self.taken + SLOTS as u64 - 1);
        let slot = slot(second);
        self.slots[slot].push(entry);
    }

    /// Takes all entries that are due.
    pub fn take_due(&mut self, now: Instant, due: &mut Vec<T>) {
        let second = now.saturating_duration_since(self.start).as_secs();
        let first = self.taken.max(second.saturating_sub(SLOTS as u64)) + 1;
        for second in first..=second {
            // With its room: a slot that was full once would hold it for ever, and there are many.
            due.append(&mut std::mem::take(&mut self.slots[slot(second)]));
        }
        self.taken = self.taken.max(second);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is less than SLOTS")]
fn slot(second: u64) -> usize {
    (second % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_taken_leaves_no_room_behind() {
        let start = Instant::now();
        let mut wheel = Wheel::new(start);
        for entry in 0..1000 {
            wheel.put(start + Duration::from_secs(entry % 10), entry);
        }
        let mut due = Vec::new();
        wheel.take_due(start + Duration::from_mins(1), &mut due);
        assert_eq!(due.len(), 1000);
        assert!(wheel.slots.iter().all(|slot| slot.capacity() == 0));
    }

    proptest! {
        #[test]
        fn an_entry_comes_once_and_within_two_seconds(delays in prop::collection::vec(0u64..4_000_000, 1..50), step in 1u64..5_000) {
            let start = Instant::now();
            let mut wheel = Wheel::new(start);
            for &delay in &delays {
                wheel.put(start + Duration::from_millis(delay), delay);
            }
            let mut seen = Vec::new();
            let mut at = 0;
            while at < 4_010_000 {
                at += step * 100;
                let mut due = Vec::new();
                wheel.take_due(start + Duration::from_millis(at), &mut due);
                for delay in due {
                    prop_assert!(delay <= at && at < delay + 2_000 + step * 100, "{delay} at {at}");
                    seen.push(delay);
                }
            }
            seen.sort_unstable();
            let mut expected = delays.clone();
            expected.sort_unstable();
            prop_assert_eq!(seen, expected);
        }
    }
}
