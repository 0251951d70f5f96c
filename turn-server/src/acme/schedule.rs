//! When a certificate is renewed, and when it is tried again. Times are seconds since 1970.

use std::time::Duration;

/// When to renew, and when to ask the authority again whether that has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// From when on.
    pub due: u64,
    /// From when on.
    pub ask_again: u64,
}

/// How often the authority is asked for its suggestion, at least and at most, in seconds (RFC 9773 section 4.3.2).
const ASKING: (u64, u64) = (60, 24 * 3600);

impl Plan {
    /// Between two thirds and five sixths of a certificate's life, where in it by a fraction.
    #[must_use]
    pub fn by_lifetime((from, until): (u64, u64), fraction: f64) -> Self {
        let life = until.saturating_sub(from);
        let due = within((from + life * 2 / 3, from + life * 5 / 6), fraction);
        Self { due, ask_again: due }
    }

    /// In the authority's window, where it makes sense: never later than by the certificate's life.
    #[must_use]
    pub fn suggested(self, window: (u64, u64), fraction: f64, ask_again: u64) -> Self {
        let (start, end) = window;
        // "If the end is equal to or precedes the start": ignored (section 4.2).
        let due = if start < end {
            within(window, fraction).min(self.due)
        } else {
            self.due
        };
        Self { due, ask_again }
    }

    /// After how many seconds the authority is asked again, of what it says.
    #[must_use]
    pub fn asking(seconds: u64) -> u64 {
        seconds.clamp(ASKING.0, ASKING.1)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a second more or less does not matter"
)]
fn within((start, end): (u64, u64), fraction: f64) -> u64 {
    start + (end.saturating_sub(start) as f64 * fraction.clamp(0.0, 1.0)) as u64
}

/// How long to wait after so many failures in a row: longer each time, up to six hours, so that an authority's limits
/// are not reached; less for a certificate that lives for minutes. A fraction of it by chance.
#[must_use]
pub fn backoff(failures: u32, validity: Option<(u64, u64)>, fraction: f64) -> Duration {
    let life = validity.map_or(u64::MAX, |(from, until)| until.saturating_sub(from));
    let first = Duration::from_secs((life / 10).clamp(5, 300));
    let longest = Duration::from_hours(6);
    let wait = first.saturating_mul(1 << failures.min(12)).min(longest);
    wait.mul_f64(0.5 + fraction.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: u64 = 24 * 3600;

    proptest! {
        #[test]
        fn a_certificate_is_renewed_late_but_before_it_ends(from in 0u64..2_000_000_000, life in 6u64..400 * DAY, fraction in 0.0f64..1.0) {
            let plan = Plan::by_lifetime((from, from + life), fraction);
            prop_assert!(plan.due >= from + life * 2 / 3 && plan.due <= from + life * 5 / 6);
        }

        #[test]
        fn the_authority_may_have_it_earlier_and_not_later(start in 0u64..100 * DAY, length in 1u64..10 * DAY, fraction in 0.0f64..1.0) {
            let own = Plan::by_lifetime((0, 90 * DAY), fraction);
            let plan = own.suggested((start, start + length), fraction, 7);
            prop_assert!(plan.due <= own.due && plan.ask_again == 7);
            prop_assert!(plan.due >= start.min(own.due) && plan.due <= start + length);
        }

        #[test]
        fn failures_are_repeated_less_and_less_often(failures in 0u32..100, fraction in 0.0f64..1.0) {
            let wait = backoff(failures, Some((0, 90 * DAY)), fraction);
            prop_assert!(wait >= Duration::from_secs(150) && wait <= Duration::from_hours(6));
            prop_assert!(backoff(failures + 2, None, 0.0) >= backoff(failures, None, 1.0).min(Duration::from_hours(3)));
        }
    }

    #[test]
    fn a_window_that_makes_no_sense_is_ignored() {
        let own = Plan::by_lifetime((0, 90 * DAY), 0.5);
        assert_eq!(own.suggested((5, 5), 0.5, 9).due, own.due);
        assert_eq!(own.suggested((6, 5), 0.5, 9).due, own.due);
    }

    #[test]
    fn the_authority_is_asked_neither_all_the_time_nor_never() {
        assert_eq!([0, 3600, u64::MAX].map(Plan::asking), [60, 3600, DAY]);
    }

    #[test]
    fn a_certificate_of_minutes_is_tried_for_again_in_seconds() {
        assert!(backoff(0, Some((0, 120)), 1.0) <= Duration::from_secs(12));
    }
}
