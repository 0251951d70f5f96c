//! Token buckets: how much may pass in a time.

use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use foldhash::fast::RandomState;

use crate::ledger::network;

/// A rate, and how much may come at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// For each second; 0 is no limit.
    pub per_second: u32,
    /// Saved up at most.
    pub burst: u32,
}

/// How far the clocks of threads that share a bucket may be apart, in milliseconds.
const APART: u32 = 60_000;

/// One bucket: what was taken of it and not yet given back, and when that was reckoned.
#[derive(Clone, Copy, Default, Debug)]
pub struct Bucket {
    taken: u32,
    /// Milliseconds since the clock's start.
    at: u32,
}

impl Bucket {
    /// Takes so much, or nothing when it is not there.
    pub fn take(&mut self, now: u32, amount: u32, rate: Rate) -> bool {
        if rate.per_second == 0 {
            return true;
        }
        // Another thread's clock may be a little ahead of ours: no time has passed then.
        let elapsed = now.wrapping_sub(self.at);
        let elapsed = if elapsed > u32::MAX - APART { 0 } else { elapsed };
        let given_back = u64::from(elapsed) * u64::from(rate.per_second) / 1000;
        // Reckoned only when it makes a whole unit: so that nothing is lost by asking often.
        if given_back > 0 {
            self.taken = self.taken.saturating_sub(u32::try_from(given_back).unwrap_or(u32::MAX));
            self.at = now;
        }
        let taken = self.taken.saturating_add(amount);
        if taken > rate.burst {
            return false;
        }
        self.taken = taken;
        true
    }

    /// Takes back what was taken and not needed.
    pub fn give_back(&mut self, amount: u32) {
        self.taken = self.taken.saturating_sub(amount);
    }

    fn pack(self) -> u64 {
        u64::from(self.at) << 32 | u64::from(self.taken)
    }

    #[expect(clippy::cast_possible_truncation, reason = "two halves")]
    fn unpack(packed: u64) -> Self {
        Self {
            taken: packed as u32,
            at: (packed >> 32) as u32,
        }
    }
}

/// A bucket that several threads take from.
#[derive(Default, Debug)]
pub struct SharedBucket(AtomicU64);

impl SharedBucket {
    /// As [`Bucket::take`].
    pub fn take(&self, now: u32, amount: u32, rate: Rate) -> bool {
        if rate.per_second == 0 {
            return true;
        }
        // Nothing else is told by it, so no order is needed.
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |packed| {
            let mut bucket = Bucket::unpack(packed);
            bucket.take(now, amount, rate).then(|| bucket.pack())
        });
        taken.is_ok()
    }
}

/// Milliseconds since a start, as buckets count them.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "differences are taken, and they are short"
)]
pub fn milliseconds(start: Instant, now: Instant) -> u32 {
    now.saturating_duration_since(start).as_millis() as u32
}

/// How many buckets there are, whoever asks: an attacker with many addresses takes no more memory.
const BUCKETS: usize = 4096;

/// Limits answers to clients that are not authenticated, by the network they seem to come from: a sender of forged
/// addresses must not be able to use the relay against the owner of the address.
pub struct SourceLimiter {
    buckets: Box<[Bucket]>,
    /// Nobody can tell which networks share a bucket.
    hash: RandomState,
    start: Instant,
}

impl SourceLimiter {
    /// All buckets are full.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self {
            buckets: vec![Bucket::default(); BUCKETS].into(),
            hash: RandomState::default(),
            start,
        }
    }

    /// Whether one more answer may go to an address: all of a [`network`] count together.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is less than BUCKETS")]
    pub fn allow(&mut self, now: Instant, to: IpAddr, rate: Rate) -> bool {
        let bucket = (self.hash.hash_one(network(to)) % BUCKETS as u64) as usize;
        self.buckets[bucket].take(milliseconds(self.start, now), 1, rate)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In any time no more passes than the rate and one burst.
        #[test]
        fn no_more_than_the_rate_and_a_burst(
            steps in prop::collection::vec((0u32..400, 1u32..20), 1..200),
            per_second in 1u32..200,
            burst in 20u32..100,
            start in any::<u32>(),
        ) {
            let mut bucket = Bucket { taken: 0, at: start };
            let (mut elapsed, mut passed) = (0, 0);
            for (wait, amount) in steps {
                elapsed += wait;
                if bucket.take(start.wrapping_add(elapsed), amount, Rate { per_second, burst }) {
                    passed += amount;
                }
                prop_assert!(u64::from(passed) <= u64::from(elapsed) * u64::from(per_second) / 1000 + u64::from(burst));
            }
        }

        /// And after a pause all of a burst does.
        #[test]
        fn a_pause_gives_all_back(per_second in 1u32..200, burst in 1u32..100) {
            let mut bucket = Bucket::default();
            let rate = Rate { per_second, burst };
            prop_assert!(bucket.take(0, burst, rate));
            prop_assert!(!bucket.take(0, 1, rate));
            prop_assert!(bucket.take(burst * 1000 / per_second + 1000, burst, rate));
        }
    }

    #[test]
    fn threads_that_share_a_bucket_get_no_more_together() {
        let bucket = SharedBucket::default();
        let rate = Rate {
            per_second: 1000,
            burst: 5000,
        };
        let take = || (0..10_000).filter(|now| bucket.take(now / 10, 1, rate)).count();
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // A second passes, in which the threads' clocks do not agree.
        assert!((5000..=6000).contains(&taken), "{taken}");
        assert!(bucket.take(
            u32::MAX,
            u32::MAX,
            Rate {
                per_second: 0,
                burst: 0
            }
        ));
    }

    #[test]
    fn networks_are_limited_each_by_itself() {
        let start = Instant::now();
        let mut limiter = SourceLimiter::new(start);
        let rate = Rate {
            per_second: 1,
            burst: 2,
        };
        let mut allow = |address: &str, seconds| {
            limiter.allow(start + Duration::from_secs(seconds), address.parse().unwrap(), rate)
        };
        assert!(allow("192.0.2.1", 0) && allow("192.0.2.2", 0));
        assert!(!allow("192.0.2.3", 0));
        assert!(!allow("::ffff:192.0.2.3", 0));
        assert!(allow("2001:db8::1", 0) && allow("2001:db8::2", 0) && !allow("2001:db8:0:1::3", 0));
        assert!(allow("192.0.2.3", 1));
    }
}
