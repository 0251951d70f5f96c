//! Randomness for moments that nobody has thought of.

/// A number from 0 up to, but not including, this one.
pub fn below(end: u64) -> u64 {
    getrandom::u64().expect("random numbers") % end
}
