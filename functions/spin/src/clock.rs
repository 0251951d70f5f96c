//! Time and randomness of WASI.

use std::time::{Duration, SystemTime};

use visavis::ports::{Clock, Entropy, PortError, PortResult};

/// The wall clock, and timers of the monotonic one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasiClock;

impl Clock for WasiClock {
    fn now(&self) -> i64 {
        // A machine whose clock is before 1970 has no time.
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        spin_sdk::time::sleep(duration)
    }
}

/// The random source of the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasiEntropy;

impl Entropy for WasiEntropy {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        getrandom::fill(buffer).map_err(|error| PortError::Unavailable(format!("random source: {error}")))
    }
}
