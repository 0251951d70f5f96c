//! Times: milliseconds since 1970 inside, RFC 3339 in UTC outside.

use jiff::Timestamp;

/// A second in milliseconds.
pub(crate) const SECOND: i64 = 1000;
/// A minute in milliseconds.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// An hour in milliseconds.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day in milliseconds.
pub(crate) const DAY: i64 = 24 * HOUR;

/// A time, milliseconds since 1970-01-01 UTC, as RFC 3339 with milliseconds: `2026-11-23T21:00:00.000Z`.
///
/// Times beyond the year 9999 are written as the last one that RFC 3339 can write.
pub(crate) fn rfc3339(milliseconds: i64) -> String {
    let timestamp = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds() {
        assert_eq!(rfc3339(1_795_467_600_000), "2026-11-23T21:00:00.000Z");
        assert_eq!(rfc3339(1), "1970-01-01T00:00:00.001Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
        assert!(rfc3339(i64::MAX).starts_with("9999-12-30T"), "{}", rfc3339(i64::MAX));
    }
}
