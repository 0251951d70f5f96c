//! The timer that Spin's cron trigger calls, after a day on which nobody called it.

use std::process::Command;

use rusqlite::Connection;
use serde_json::json;
use visavis_contract::Organisation;
use visavis_faults::State;

use crate::support::{call, signal};

const DAY: i64 = 24 * 60 * 60_000;
const MINUTE: i64 = 60_000;

/// Tables, and which of their rows nobody needs any more after a day: at the time `?1`.
const OUTDATED: [(&str, &str); 3] = [
    ("mailbox_entries", "at <= ?1 - 3600000"),
    ("calls", "state = 'ended'"),
    ("rate_limits", "ends_at <= ?1"),
];

fn count(database: &Connection, table: &str, which: &str, now: i64) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE ?1 > 0 AND {which}");
    database.query_row(&sql, [now], |row| row.get(0)).expect("a count")
}

fn now(ahead: i64) -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time after 1970");
    i64::try_from(since.as_millis()).expect("a time of today") + ahead
}

/// Calls a timer, and returns whether it succeeded and what was said.
fn run(timer: &mut Command) -> (bool, String) {
    let output = timer.output().expect("the test host");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn state_of(database: &Connection, call: &str) -> String {
    let found = database.query_row("SELECT state FROM calls WHERE id = ?1", [call], |row| row.get(0));
    found.unwrap_or_else(|_| "none".into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_outdated_goes_when_it_calls_and_only_then() {
    let state = State::new();
    let _host = state.start().await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let visitor = call(&organisation, &expert).await;
    signal(&visitor, "words").await;
    visitor.post("hang-up", &json!({})).await.expect(200);
    let left_open = call(&organisation, &expert).await;

    let ahead = DAY + MINUTE;
    state.set_clock(ahead);
    let database = state.database();
    let outdated = || OUTDATED.map(|(table, which)| (table, count(&database, table, which, now(ahead))));
    let before = outdated();
    assert!(before.iter().all(|(_, rows)| *rows > 0), "{before:?}");
    // A request that is refused begins a new window of its own counter.
    let nothing_went = || assert_eq!(outdated()[..2], before[..2]);

    // Neither a timer that its manifest forbids to ask, nor one with another key, does anything.
    let (called, said) = run(&mut state.timer_that_may_not_ask());
    assert!(!called && said.contains("does not allow a request"), "{said}");
    nothing_went();
    let (called, said) = run(state.timer().env("SPIN_VARIABLE_TICK_KEY", "another".repeat(6)));
    assert!(!called && said.contains("answers 401"), "{said}");
    nothing_went();

    let (called, said) = run(&mut state.timer());
    assert!(called, "{said}");
    // The call that nobody has ended ends now, and is kept for a day from then on.
    assert_eq!(outdated(), [("mailbox_entries", 0), ("calls", 1), ("rate_limits", 0)]);
    assert_eq!(state_of(&database, &left_open.call), "ended");
    assert_eq!(state_of(&database, &visitor.call), "none");
}
