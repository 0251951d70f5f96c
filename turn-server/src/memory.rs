//! Whether there is memory for one more client.
//!
//! A program in Rust ends where a small piece of memory cannot be had. So clients are refused while there is still some:
//! the large pieces, which grow with the number of clients, are tried for first.

/// What must be left, in bytes, for the small pieces that all else takes.
const SPARE: usize = 1 << 20;

/// Whether so many bytes could be had, and some to spare. Where the system promises more than it has (Linux does unless
/// told otherwise) only limits of the process count, such as `LimitDATA` of a systemd unit.
#[must_use]
pub fn is_left(bytes: usize) -> bool {
    let mut trial: Vec<u8> = Vec::new();
    // Hidden from the compiler, which may leave out what is never used.
    std::hint::black_box(&mut trial)
        .try_reserve_exact(SPARE.saturating_add(bytes))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_not_left() {
        assert!(is_left(0));
        assert!(!is_left(usize::MAX / 4));
    }
}
