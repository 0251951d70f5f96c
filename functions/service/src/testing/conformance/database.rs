//! What a database must do: values, changes, batches, constraints, races.

use futures_util::future::join_all;

use super::{Finding, Findings, expect, said, same};
use crate::ports::{Database, PortError, Rows, Statement, Value};

pub(super) async fn checks(database: &impl Database) -> Findings {
    let table = scratch(database).await;
    let mut findings = vec![("scratch tables can be made", table)];
    findings.extend([
        ("values come back as they were stored", values(database).await),
        ("large values and large batches are taken", sizes(database).await),
        ("changes are counted, reads count none", changes(database).await),
        (
            "a batch returns the rows of each statement in order",
            batch_order(database).await,
        ),
        ("a batch is all or nothing", batch_rolls_back(database).await),
        (
            "so is one that need not reach the disk, and it is seen at once",
            unsynced(database).await,
        ),
        (
            "nothing of a failed batch remains, and the next succeeds",
            goes_on_after_failure(database).await,
        ),
        (
            "batches at the same time do not mix",
            batches_do_not_mix(database).await,
        ),
        ("a failed constraint says so", constraint(database).await),
        ("references are kept", foreign_keys(database).await),
        ("a conditional update changes once", compare_and_set(database).await),
        (
            "the functions that the service's SQL uses are there",
            functions(database).await,
        ),
    ]);
    drop_scratch(database).await;
    findings
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
    said(database.query(sql(create, vec![])).await, "create")?;
    let create =
        "CREATE TABLE conformance_parts (of INTEGER NOT NULL REFERENCES conformance (id) ON DELETE CASCADE) STRICT";
    said(database.query(sql(create, vec![])).await, "create").map(drop)
}

async fn drop_scratch(database: &impl Database) {
    for drop in [
        "DROP TABLE IF EXISTS conformance_parts",
        "DROP TABLE IF EXISTS conformance",
    ] {
        // It need not exist.
        let _ = database.query(sql(drop, vec![])).await;
    }
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

async fn unsynced(database: &impl Database) -> Finding {
    cleared(database).await?;
    let insert = |id: i64| sql(INSERT, vec![id.into(), id.into()]);
    let mut before = 0;
    for id in 1..=5 {
        let found = database.batch_unsynced(vec![insert(id), sql(SELECT, vec![])]).await;
        let found = said(found, "an unsynced batch")?;
        same(found[0].changes, 1, "changes of an unsynced batch")?;
        same(found[1].rows.len(), before + 1, "what an unsynced batch sees")?;
        let found = said(database.batch(vec![insert(-id), sql(SELECT, vec![])]).await, "a batch")?;
        same(
            found[1].rows.len(),
            before + 2,
            "what a batch sees of the unsynced ones",
        )?;
        before += 2;
    }
    match database.batch_unsynced(vec![insert(6), insert(1)]).await {
        Err(PortError::Constraint(_)) => {}
        other => return Err(format!("an unsynced batch that breaks a constraint: {other:?}")),
    }
    let rows = said(database.query(sql(SELECT, vec![])).await, "select")?.rows;
    same(rows.len(), 10, "rows after an unsynced batch that failed")
}

async fn goes_on_after_failure(database: &impl Database) -> Finding {
    cleared(database).await?;
    for id in [1, 2, 3] {
        let failing = vec![
            sql(INSERT, vec![id.into(), "in vain".into()]),
            sql(INSERT, vec![id.into(), "twice".into()]),
        ];
        expect(database.batch(failing).await.is_err(), || {
            "a batch broke a constraint".into()
        })?;
        let fine = vec![sql(INSERT, vec![id.into(), "kept".into()]), sql(SELECT, vec![])];
        said(database.batch(fine).await, "the batch after one that failed")?;
    }
    let rows = said(database.query(sql(SELECT, vec![])).await, "select")?;
    let found: Vec<_> = rows.rows.iter().filter_map(|row| row.get(1)?.text()).collect();
    same(found, vec!["kept"; 3], "what batches have left")
}

async fn batches_do_not_mix(database: &impl Database) -> Finding {
    cleared(database).await?;
    said(database.query(sql(INSERT, vec![1.into(), 0.into()])).await, "insert")?;
    let add = |_| {
        database.batch(vec![
            sql("UPDATE conformance SET value = value + 1 WHERE id = ?1", vec![1.into()]),
            sql(SELECT, vec![]),
            sql("UPDATE conformance SET value = value + 1 WHERE id = ?1", vec![1.into()]),
            sql(SELECT, vec![]),
        ])
    };
    let value = |rows: &Rows| rows.rows.first().and_then(|row| row.get(1)?.integer());
    let mut seen = Vec::new();
    for results in join_all((0..8).map(add)).await {
        let results = said(results, "one of several batches")?;
        seen.push((value(&results[1]), value(&results[3])));
    }
    seen.sort_unstable();
    same(
        seen,
        (0..8).map(|turn| (Some(2 * turn + 1), Some(2 * turn + 2))).collect(),
        "what batches at the same time have counted",
    )
}

async fn foreign_keys(database: &impl Database) -> Finding {
    cleared(database).await?;
    let part = || sql("INSERT INTO conformance_parts (of) VALUES (?1)", vec![1.into()]);
    match database.query(part()).await {
        Err(PortError::Constraint(_)) => {}
        other => return Err(format!("a part of nothing: {other:?}")),
    }
    let statements = vec![sql(INSERT, vec![1.into(), 1.into()]), part(), sql(CLEAR, vec![])];
    said(database.batch(statements).await, "a row, its part, and none of both")?;
    let parts = "SELECT of FROM conformance_parts";
    same(
        said(database.query(sql(parts, vec![])).await, "select")?.rows.len(),
        0,
        "parts of what has been deleted",
    )
}

async fn sizes(database: &impl Database) -> Finding {
    cleared(database).await?;
    // More than the largest that the service stores, and more than it does at once.
    let text = "ü".repeat(128 * 1024);
    let blob = vec![0xa5; 256 * 1024];
    let mut statements = vec![
        sql(INSERT, vec![1.into(), text.clone().into()]),
        sql(INSERT, vec![2.into(), blob.clone().into()]),
    ];
    statements.extend((3..=60).map(|id| sql(INSERT, vec![id.into(), id.into()])));
    said(database.batch(statements).await, "a large batch")?;
    let rows = said(database.query(sql(SELECT, vec![])).await, "select")?.rows;
    same(rows.len(), 60, "rows")?;
    let stored = |index: usize, value: Value| rows.get(index).and_then(|row| row.get(1)) == Some(&value);
    expect(stored(0, text.into()) && stored(1, blob.into()), || {
        "a large value came back as another".into()
    })
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
