//! A wall clock that tests can set.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use wasmtime_wasi::clocks::HostWallClock;

/// The machine's clock, off by the milliseconds that a file holds at the moment.
pub(crate) struct OffsetClock(pub(crate) PathBuf);

impl HostWallClock for OffsetClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let offset: i64 = fs::read_to_string(&self.0)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or_default();
        let distance = Duration::from_millis(offset.unsigned_abs());
        if offset < 0 {
            now.saturating_sub(distance)
        } else {
            now.saturating_add(distance)
        }
    }
}
