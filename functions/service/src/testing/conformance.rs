//! What every implementation of the ports must do, as checks that run on any platform, native or WebAssembly.
//!
//! The checks use mailboxes with fresh random names and scratch tables, so they can run against a platform that is in
//! use. Hours pass as each platform lets them.

use std::{fmt::Debug, time::Duration};

use futures_util::future::{Either, select};

use axum::Json;

use crate::ports::{Assets, Clock, Entropy, Platform, PortResult};

mod ageing;
mod database;
mod mailboxes;

/// What a check found; nothing when all is well.
pub type Finding = Result<(), String>;

/// Each check with its finding.
type Findings = Vec<(&'static str, Finding)>;

/// Lets time pass for a platform's mailboxes.
pub trait Passing: Sync {
    /// Makes everything in a mailbox so much older. What a platform does by itself meanwhile, it has done afterwards.
    fn pass(&self, mailbox: &str, time: Duration) -> impl Future<Output = PortResult<()>> + Send;
}

/// Findings as the adapters' routes for tests answer with them: `null` where all is well.
pub fn report(findings: Vec<(&'static str, Finding)>) -> Json<Vec<(&'static str, Option<String>)>> {
    let findings = findings.into_iter();
    Json(findings.map(|(check, finding)| (check, finding.err())).collect())
}

/// Runs every check and returns each with its finding.
pub async fn run<P: Platform>(platform: &P, time: &impl Passing) -> Vec<(&'static str, Finding)> {
    let mut findings = database::checks(platform.database()).await;
    findings.extend(mailboxes::checks(platform).await);
    findings.extend(ageing::checks(platform, time).await);
    findings.extend([
        (
            "the clock tells a plausible time and sleeps",
            clock(platform.clock()).await,
        ),
        ("randomness differs each time", randomness(platform.entropy())),
        ("an asset that is not there is nothing", assets(platform.assets()).await),
    ]);
    findings
}

fn expect(condition: bool, complaint: impl FnOnce() -> String) -> Finding {
    if condition { Ok(()) } else { Err(complaint()) }
}

fn same<T: PartialEq + Debug>(found: T, expected: T, what: &str) -> Finding {
    expect(found == expected, || {
        format!("{what}: {found:?} instead of {expected:?}")
    })
}

fn said<T>(result: PortResult<T>, what: &str) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// The next thing that a future yields, or a complaint after five seconds.
async fn soon<T>(clock: &impl Clock, future: impl Future<Output = T>) -> Result<T, String> {
    match select(Box::pin(future), Box::pin(clock.sleep(Duration::from_secs(5)))).await {
        Either::Left((value, _)) => Ok(value),
        Either::Right(_) => Err("nothing came within five seconds".into()),
    }
}

async fn clock(clock: &impl Clock) -> Finding {
    let before = clock.now();
    expect((1_700_000_000_000..4_102_444_800_000).contains(&before), || {
        format!("now is {before}")
    })?;
    clock.sleep(Duration::from_millis(5)).await;
    expect(clock.now() >= before, || "the clock went back".into())?;
    match select(
        Box::pin(clock.sleep(Duration::from_mins(1))),
        Box::pin(clock.sleep(Duration::from_millis(5))),
    )
    .await
    {
        Either::Left(_) => Err("a minute is over before five milliseconds are".into()),
        Either::Right(_) => Ok(()),
    }
}

fn randomness(entropy: &impl Entropy) -> Finding {
    let mut seen = Vec::new();
    for _ in 0..100 {
        let mut bytes = [0; 33];
        said(entropy.fill(&mut bytes), "fill")?;
        expect(!seen.contains(&bytes), || "the same bytes twice".into())?;
        seen.push(bytes);
    }
    said(entropy.fill(&mut []), "fill nothing")
}

async fn assets(assets: &impl Assets) -> Finding {
    same(
        said(assets.read("conformance/none.txt").await, "read")?,
        None,
        "an asset that is not there",
    )
}
