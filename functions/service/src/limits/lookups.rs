//! Look-ups that need no token: origins, and who is there. Bounded for each client address, by what one instance of the
//! service has seen, because nothing about a visitor is stored before they act.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{Address, too_often};
use crate::{App, ports::Platform, problem::Problem, time::MINUTE};

/// How many of them from one address in a minute: a widget looks every five seconds, and a whole office may sit behind
/// an address.
const MOST: u32 = 2_400;
/// How many addresses are kept in mind.
const ADDRESSES: usize = 10_000;

/// What an instance has counted.
#[derive(Debug, Default)]
pub(crate) struct Lookups(Mutex<HashMap<String, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    ends_at: i64,
    count: u32,
}

impl Window {
    /// Neither over, nor of a clock that was ahead.
    fn is_current(self, now: i64) -> bool {
        self.ends_at > now && self.ends_at <= now + MINUTE
    }
}

impl Lookups {
    /// Counts one, and says when the address may go on if it was too much.
    fn count(&self, address: &str, most: u32, now: i64) -> Result<(), i64> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= ADDRESSES && !windows.contains_key(address) {
            windows.retain(|_, window| window.is_current(now));
            if windows.len() >= ADDRESSES {
                // So many at once share one bound, rather than none.
                windows.clear();
            }
        }
        let begun = Window {
            ends_at: now + MINUTE,
            count: 0,
        };
        let window = windows.entry(address.to_owned()).or_insert(begun);
        if !window.is_current(now) {
            *window = begun;
        }
        window.count = window.count.saturating_add(1);
        if window.count > most {
            Err(window.ends_at)
        } else {
            Ok(())
        }
    }
}

impl<P: Platform> App<P> {
    /// Counts a look-up, and refuses it when it is too much.
    pub(crate) fn limit_lookup(&self, address: &Address) -> Result<(), Problem> {
        let most = MOST.saturating_mul(self.config.limits_factor);
        let now = self.now();
        self.lookups
            .count(&address.0, most, now)
            .map_err(|ends_at| too_often(ends_at - now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_window() {
        let lookups = Lookups::default();
        for _ in 0..3 {
            assert_eq!(lookups.count("a", 3, 0), Ok(()));
        }
        assert_eq!(lookups.count("a", 3, 10), Err(MINUTE));
        assert_eq!(lookups.count("b", 3, 10), Ok(()));
        assert_eq!(lookups.count("a", 3, MINUTE), Ok(()));
    }

    #[test]
    fn a_window_that_lies_ahead_is_none() {
        let lookups = Lookups::default();
        // The clock was ahead by more than a window.
        assert_eq!(lookups.count("a", 1, 10 * MINUTE), Ok(()));
        assert_eq!(lookups.count("a", 1, 0), Ok(()));
        assert_eq!(lookups.count("a", 1, 0), Err(MINUTE));
    }

    #[test]
    fn memory_is_bounded() {
        let lookups = Lookups::default();
        for address in 0..3 * ADDRESSES {
            let _ = lookups.count(&address.to_string(), 3, 0);
        }
        assert!(lookups.0.lock().unwrap().len() <= ADDRESSES);
        // Those whose windows are over go first.
        let _ = lookups.count("late", 3, MINUTE);
        for address in 0..ADDRESSES {
            let _ = lookups.count(&format!("more {address}"), 3, MINUTE);
        }
        assert!(lookups.0.lock().unwrap().len() <= ADDRESSES);
    }
}
