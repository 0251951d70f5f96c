//! Waiting for a condition, with a deadline: never for a fixed time.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

/// How long something may take that happens at once; generous, because machines that test are busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The future's output, or a failed test after the deadline.
pub async fn within<T>(deadline: Duration, what: &str, future: impl Future<Output = T>) -> T {
    timeout(deadline, future)
        .await
        .unwrap_or_else(|_| panic!("not within {deadline:?}: {what}"))
}

/// Asks again and again until the probe says yes: often at first, then once a second, within the service's rate limits.
pub async fn eventually(deadline: Duration, what: &str, mut probe: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !probe().await {
        assert!(start.elapsed() < deadline, "not within {deadline:?}: {what}");
        sleep(if start.elapsed() < Duration::from_secs(1) {
            Duration::from_millis(50)
        } else {
            Duration::from_secs(1)
        })
        .await;
    }
}
