//! What every implementation of the ports must do, as checks that run on any platform, native or WebAssembly.
//!
//! The checks use mailboxes with fresh random names and a scratch table, so they can run against a platform that is in
//! use. What depends on hours passing (entries that grow old) each platform tests with its own clock.

use std::{fmt::Debug, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, join_all, select},
};

use crate::ports::{
    Assets, Clock, Database, Delivery, Entropy, Entry, Mailboxes, Page, Platform, PortError, PortResult, Rows,
    Statement, Value, mailbox_limits,
};

/// What a check found; nothing when all is well.
pub type Finding = Result<(), String>;

/// Runs every check and returns each with its finding.
pub async fn run<P: Platform>(platform: &P) -> Vec<(&'static str, Finding)> {
    let database = platform.database();
    let table = scratch(database).await;
    let mut findings = vec![("a scratch table can be made", table)];
    findings.extend([
        ("values come back as they were stored", values(database).await),
        ("changes are counted, reads count none", changes(database).await),
        (
            "a batch returns the rows of each statement in order",
            batch_order(database).await,
        ),
        ("a batch is all or nothing", batch_rolls_back(database).await),
        ("a failed constraint says so", constraint(database).await),
        ("a conditional update changes once", compare_and_set(database).await),
        (
            "the functions that the service's SQL uses are there",
            functions(database).await,
        ),
    ]);
    drop_scratch(database).await;

    let mailboxes = platform.mailboxes();
    let entropy = platform.entropy();
    findings.extend([
        (
            "a mailbox begins empty and counts from 1",
            sequences(mailboxes, entropy).await,
        ),
        (
            "a page holds what comes after the cursor, up to the limit",
            pages(mailboxes, entropy).await,
        ),
        ("the same id is appended once", idempotence(mailboxes, entropy).await),
        ("concurrent appends lose nothing", concurrency(mailboxes, entropy).await),
        ("mailboxes are apart", isolation(mailboxes, entropy).await),
        ("a cursor beyond the end is a gap", beyond(mailboxes, entropy).await),
        ("an envelope's size is bounded", envelope_size(mailboxes, entropy).await),
        (
            "a full mailbox drops its oldest and leaves a gap",
            full(mailboxes, entropy).await,
        ),
        (
            "a listener hears the old, then the new, in order",
            listening(mailboxes, platform.clock(), entropy).await,
        ),
        (
            "listeners at once are bounded, the oldest goes",
            listeners(mailboxes, platform.clock(), entropy).await,
        ),
        (
            "the clock tells a plausible time and sleeps",
            clock(platform.clock()).await,
        ),
        ("randomness differs each time", randomness(entropy)),
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

fn sql(sql: &'static str, parameters: Vec<Value>) -> Statement {
    Statement { sql, parameters }
}

const INSERT: &str = "INSERT INTO conformance (id, value) VALUES (?1, ?2)";
const SELECT: &str = "SELECT id, value FROM conformance ORDER BY id";
const CLEAR: &str = "DELETE FROM conformance";

async fn scratch(database: &impl Database) -> Finding {
    drop_scratch(database).await;
    let create = "CREATE TABLE conformance (id INTEGER NOT NULL PRIMARY KEY, value ANY) STRICT";
    said(database.query(sql(create, vec![])).await, "create").map(drop)
}

async fn drop_scratch(database: &impl Database) {
    // It need not exist.
    let _ = database.query(sql("DROP TABLE IF EXISTS conformance", vec![])).await;
}

async fn cleared(database: &impl Database) -> Finding {
    said(database.query(sql(CLEAR, vec![])).await, "clear").map(drop)
}

async fn values(database: &impl Database) -> Finding {
    cleared(database).await?;
    let integers = [0, -1, 1_795_467_600_000, 9_007_199_254_740_991, -9_007_199_254_740_991];
    for (id, value) in integers.into_iter().enumerate() {
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        said(
            database.query(sql(INSERT, vec![id.into(), value.into()])).await,
            "insert an integer",
        )?;
    }
    let rows = said(database.query(sql(SELECT, vec![])).await, "select")?;
    let found: Vec<_> = rows
        .rows
        .iter()
        .map(|row| row.get(1).and_then(Value::integer))
        .collect();
    same(found, integers.map(Some).to_vec(), "integers")?;

    cleared(database).await?;
    let others = [
        Value::Null,
        Value::Real(1.5),
        Value::Text(String::new()),
        Value::Text("Grüße, ‘’ – \u{1F600}\u{0}\n%?1".into()),
        Value::Blob(vec![]),
        Value::Blob((0..=255).collect()),
    ];
    for (id, value) in others.iter().enumerate() {
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        said(
            database.query(sql(INSERT, vec![id.into(), value.clone()])).await,
            "insert a value",
        )?;
    }
    let rows = said(database.query(sql(SELECT, vec![])).await, "select")?;
    let found: Vec<_> = rows.rows.into_iter().filter_map(|row| row.into_iter().nth(1)).collect();
    same(found, others.to_vec(), "values")
}

async fn changes(database: &impl Database) -> Finding {
    cleared(database).await?;
    let count = |rows: Rows| rows.changes;
    let inserted = database.query(sql(INSERT, vec![1.into(), 10.into()])).await;
    same(said(inserted, "insert")?.changes, 1, "changes of an insert")?;
    let insert = "INSERT INTO conformance (id, value) VALUES (2, 20), (3, 30) RETURNING id";
    let returned = said(database.query(sql(insert, vec![])).await, "insert returning")?;
    same(returned.rows.len(), 2, "rows of an insert that returns")?;
    same(returned.changes, 2, "changes of an insert that returns")?;
    let updated = database
        .query(sql("UPDATE conformance SET value = 0 WHERE id > ?1", vec![1.into()]))
        .await;
    same(count(said(updated, "update")?), 2, "changes of an update")?;
    let updated = database
        .query(sql("UPDATE conformance SET value = 0 WHERE id = 99", vec![]))
        .await;
    same(count(said(updated, "update")?), 0, "changes of an update of nothing")?;
    same(
        said(database.query(sql(SELECT, vec![])).await, "select")?.changes,
        0,
        "changes of a read",
    )?;
    same(
        count(said(database.query(sql(CLEAR, vec![])).await, "delete")?),
        3,
        "changes of a delete",
    )
}

async fn batch_order(database: &impl Database) -> Finding {
    cleared(database).await?;
    let statements = vec![
        sql(INSERT, vec![1.into(), "first".into()]),
        sql(SELECT, vec![]),
        sql("UPDATE conformance SET value = ?1 WHERE id = 1", vec!["second".into()]),
        sql(SELECT, vec![]),
    ];
    let found = said(database.batch(statements).await, "batch")?;
    same(found.len(), 4, "results of a batch")?;
    same(
        found.iter().map(|rows| rows.changes).collect(),
        vec![1, 0, 1, 0],
        "changes in a batch",
    )?;
    let text = |index: usize| {
        found[index]
            .rows
            .first()
            .and_then(|row| row.get(1))
            .and_then(Value::text)
    };
    same(
        (text(1), text(3)),
        (Some("first"), Some("second")),
        "what a batch's reads see",
    )
}

async fn batch_rolls_back(database: &impl Database) -> Finding {
    cleared(database).await?;
    let statements = vec![
        sql(INSERT, vec![1.into(), 1.into()]),
        sql(INSERT, vec![2.into(), 2.into()]),
        sql(INSERT, vec![1.into(), 3.into()]),
    ];
    match database.batch(statements).await {
        Err(PortError::Constraint(_)) => {}
        other => return Err(format!("a batch that breaks a constraint: {other:?}")),
    }
    same(
        said(database.query(sql(SELECT, vec![])).await, "select")?.rows.len(),
        0,
        "rows after a batch that failed",
    )
}

async fn constraint(database: &impl Database) -> Finding {
    cleared(database).await?;
    said(database.query(sql(INSERT, vec![1.into(), 1.into()])).await, "insert")?;
    match database.query(sql(INSERT, vec![1.into(), 2.into()])).await {
        Err(PortError::Constraint(_)) => Ok(()),
        other => Err(format!("a second row of the same key: {other:?}")),
    }
}

async fn compare_and_set(database: &impl Database) -> Finding {
    cleared(database).await?;
    said(database.query(sql(INSERT, vec![1.into(), 0.into()])).await, "insert")?;
    let set = |value: i64| {
        database.query(sql(
            "UPDATE conformance SET value = ?1 WHERE id = 1 AND value = 0",
            vec![value.into()],
        ))
    };
    let found = join_all((1..=8).map(set)).await;
    let mut winners = 0;
    for rows in found {
        winners += said(rows, "update")?.changes;
    }
    same(winners, 1, "winners of a race")
}

async fn functions(database: &impl Database) -> Finding {
    cleared(database).await?;
    let insert = "INSERT INTO conformance (id, value) SELECT key, value FROM json_each(?1)";
    let inserted = said(
        database.query(sql(insert, vec![r#"["a","b","c"]"#.into()])).await,
        "json_each",
    )?;
    same(inserted.changes, 3, "rows from json_each")?;
    let select = "SELECT json_group_array(json_array(id, value)) FROM conformance";
    let rows = said(database.query(sql(select, vec![])).await, "json_group_array")?;
    let text = rows.rows.first().and_then(|row| row.first()).and_then(Value::text);
    same(text, Some(r#"[[0,"a"],[1,"b"],[2,"c"]]"#), "json_group_array")?;
    let upsert = "INSERT INTO conformance (id, value) VALUES (?1, 1)
        ON CONFLICT (id) DO UPDATE SET value = CASE WHEN value = 'a' THEN 7 ELSE value + 1 END RETURNING value";
    for expected in [7, 8] {
        let rows = said(database.query(sql(upsert, vec![0.into()])).await, "upsert")?;
        let value = rows.rows.first().and_then(|row| row.first()).and_then(Value::integer);
        same(value, Some(expected), "an upsert that returns")?;
    }
    Ok(())
}

/// A mailbox that nobody has used.
fn fresh(entropy: &impl Entropy) -> Result<String, String> {
    let mut random = [0; 16];
    said(entropy.fill(&mut random), "entropy")?;
    Ok(format!("conformance/{:032x}", u128::from_be_bytes(random)))
}

async fn append(mailboxes: &impl Mailboxes, mailbox: &str, id: &str) -> Result<u64, String> {
    said(mailboxes.append(mailbox, id, format!("sealed-{id}")).await, "append")
}

async fn read(mailboxes: &impl Mailboxes, mailbox: &str, after: u64, limit: usize) -> Result<Page, String> {
    said(mailboxes.read(mailbox, after, limit).await, "read")
}

fn entry(sequence: u64, id: &str) -> Delivery {
    Delivery::Entry(Entry {
        sequence,
        sealed: format!("sealed-{id}"),
    })
}

async fn sequences(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    same(
        read(mailboxes, &mailbox, 0, 10).await?,
        Page::default(),
        "an unused mailbox",
    )?;
    for (sequence, id) in [(1, "a"), (2, "b"), (3, "c")] {
        same(
            append(mailboxes, &mailbox, id).await?,
            sequence,
            "sequence of an append",
        )?;
    }
    Ok(())
}

async fn pages(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for id in ["a", "b", "c"] {
        append(mailboxes, &mailbox, id).await?;
    }
    let page = |deliveries, more| Page { deliveries, more };
    let all = vec![entry(1, "a"), entry(2, "b"), entry(3, "c")];
    same(read(mailboxes, &mailbox, 0, 10).await?, page(all, false), "all")?;
    same(
        read(mailboxes, &mailbox, 0, 2).await?,
        page(vec![entry(1, "a"), entry(2, "b")], true),
        "the first two",
    )?;
    same(
        read(mailboxes, &mailbox, 2, 2).await?,
        page(vec![entry(3, "c")], false),
        "after the second",
    )?;
    same(
        read(mailboxes, &mailbox, 3, 2).await?,
        page(vec![], false),
        "after the last",
    )
}

async fn idempotence(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    append(mailboxes, &mailbox, "a").await?;
    append(mailboxes, &mailbox, "b").await?;
    let again = said(mailboxes.append(&mailbox, "a", "other".into()).await, "append again")?;
    same(again, 1, "sequence of a repeated append")?;
    let page = read(mailboxes, &mailbox, 0, 10).await?;
    same(
        page.deliveries,
        vec![entry(1, "a"), entry(2, "b")],
        "after a repeated append",
    )
}

async fn concurrency(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let ids: Vec<_> = (0..20).map(|number| format!("id-{number}")).collect();
    // Each id twice at once.
    let found = join_all(ids.iter().chain(&ids).map(|id| append(mailboxes, &mailbox, id))).await;
    let found: Vec<u64> = found.into_iter().collect::<Result<_, _>>()?;
    same(&found[..20], &found[20..], "sequences of repeated appends")?;
    let mut sequences = found[..20].to_vec();
    sequences.sort_unstable();
    same(sequences, (1..=20).collect(), "sequences of concurrent appends")?;
    same(read(mailboxes, &mailbox, 0, 100).await?.deliveries.len(), 20, "entries")
}

async fn isolation(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let (one, other) = (fresh(entropy)?, fresh(entropy)?);
    append(mailboxes, &one, "a").await?;
    same(
        append(mailboxes, &other, "a").await?,
        1,
        "the same id in another mailbox",
    )?;
    same(
        read(mailboxes, &one, 0, 10).await?.deliveries,
        vec![entry(1, "a")],
        "the first mailbox",
    )
}

async fn beyond(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    same(
        read(mailboxes, &mailbox, 5, 10).await?.deliveries,
        vec![Delivery::Gap(0)],
        "of an unused mailbox",
    )?;
    append(mailboxes, &mailbox, "a").await?;
    same(
        read(mailboxes, &mailbox, 5, 10).await?.deliveries,
        vec![Delivery::Gap(1)],
        "of a mailbox with one entry",
    )
}

async fn envelope_size(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let largest = "x".repeat(mailbox_limits::ENTRY_BYTES);
    said(
        mailboxes.append(&mailbox, "largest", largest.clone()).await,
        "the largest envelope",
    )?;
    let refused = mailboxes.append(&mailbox, "larger", format!("{largest}x")).await;
    expect(refused.is_err(), || "a larger envelope was taken".into())?;
    let page = read(mailboxes, &mailbox, 0, 10).await?;
    same(
        page.deliveries,
        vec![Delivery::Entry(Entry {
            sequence: 1,
            sealed: largest,
        })],
        "afterwards",
    )
}

async fn full(mailboxes: &impl Mailboxes, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for number in 0..mailbox_limits::ENTRIES {
        append(mailboxes, &mailbox, &number.to_string()).await?;
    }
    let last = mailbox_limits::ENTRIES - 1;
    same(
        append(mailboxes, &mailbox, &last.to_string()).await?,
        last + 1,
        "a repeated append to a full mailbox",
    )?;
    same(
        read(mailboxes, &mailbox, 0, 1).await?.deliveries,
        vec![entry(1, "0")],
        "the oldest while there is room",
    )?;
    for id in ["more", "still more"] {
        append(mailboxes, &mailbox, id).await?;
    }
    same(
        read(mailboxes, &mailbox, 0, 2).await?.deliveries,
        vec![Delivery::Gap(2), entry(3, "2")],
        "the oldest of a full mailbox",
    )?;
    let newest = read(mailboxes, &mailbox, last + 2, 10).await?;
    same(newest.deliveries, vec![entry(last + 3, "still more")], "the newest")?;
    same(append(mailboxes, &fresh(entropy)?, "a").await?, 1, "another mailbox")
}

/// The next thing that a future yields, or a complaint after five seconds.
async fn soon<T>(clock: &impl Clock, future: impl Future<Output = T>) -> Result<T, String> {
    match select(Box::pin(future), Box::pin(clock.sleep(Duration::from_secs(5)))).await {
        Either::Left((value, _)) => Ok(value),
        Either::Right(_) => Err("nothing came within five seconds".into()),
    }
}

async fn listening(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    for id in ["a", "b", "c"] {
        append(mailboxes, &mailbox, id).await?;
    }
    let mut stream = Box::pin(said(mailboxes.listen(&mailbox, 1).await, "listen")?);
    for expected in [entry(2, "b"), entry(3, "c")] {
        same(
            soon(clock, stream.next()).await?,
            Some(Ok(expected)),
            "an entry from before",
        )?;
    }
    for (sequence, id) in [(4, "d"), (5, "e")] {
        append(mailboxes, &mailbox, id).await?;
        append(mailboxes, &mailbox, id).await?;
        same(
            soon(clock, stream.next()).await?,
            Some(Ok(entry(sequence, id))),
            "a new entry",
        )?;
    }
    Ok(())
}

async fn listeners(mailboxes: &impl Mailboxes, clock: &impl Clock, entropy: &impl Entropy) -> Finding {
    let mailbox = fresh(entropy)?;
    let mut streams = Vec::new();
    for _ in 0..=mailbox_limits::LISTENERS {
        streams.push(Box::pin(said(mailboxes.listen(&mailbox, 0).await, "listen")?));
    }
    same(
        soon(clock, streams[0].next()).await?,
        None,
        "the oldest of too many listeners",
    )?;
    append(mailboxes, &mailbox, "a").await?;
    for stream in &mut streams[1..] {
        same(
            soon(clock, stream.next()).await?,
            Some(Ok(entry(1, "a"))),
            "another listener",
        )?;
    }
    Ok(())
}

async fn clock(clock: &impl Clock) -> Finding {
    let before = clock.now();
    expect((1_700_000_000_000..4_102_444_800_000).contains(&before), || {
        format!("now is {before}")
    })?;
    clock.sleep(Duration::from_millis(5)).await;
    expect(clock.now() >= before, || "the clock went back".into())
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
