//! Query plans: no statement that a request waits for reads a whole table that grows with use.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use rusqlite::Connection;

/// The tables that hold something for each visitor, call or message.
const GROWING: [&str; 5] = ["calls", "rings", "presence", "rate_limits", "messages"];

/// What may read all of such a table, by the statement's beginning: a test's look at what is left.
const MAY_SCAN: [&str; 1] = ["SELECT key FROM rate_limits"];

/// What has been looked at: the plan of a statement is the same in every test, because the tables are.
static SEEN: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// Fails where a statement finds its rows by no index.
pub(super) fn check(connection: &Connection, sql: &'static str) {
    let is_new = SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(sql);
    if !is_new || MAY_SCAN.iter().any(|beginning| sql.starts_with(beginning)) {
        return;
    }
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = plan.raw_query().mapped(|step| step.get::<_, String>("detail"));
    let steps: Vec<_> = steps.map(Result::unwrap).collect();
    for step in &steps {
        assert!(!scans(sql, step), "without an index, {step}: {sql}\n{steps:#?}");
    }
}

/// Whether a step of a plan, such as `SCAN c` or `SEARCH c USING INDEX calls_open (organisation=?)`, reads all of a table
/// that grows, or all of it to make an index for the one time.
fn scans(sql: &str, step: &str) -> bool {
    let mut words = step.split(' ');
    let (Some(how), Some(table)) = (words.next(), words.next()) else {
        return false;
    };
    let reads_all = how == "SCAN" && !step.contains(" USING ") || step.contains(" AUTOMATIC ");
    reads_all && grows(sql, table)
}

/// Whether a name in a plan is one of these tables, or what a statement calls it.
fn grows(sql: &str, name: &str) -> bool {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words: Vec<_> = sql
        .split(|character| !is_name(character))
        .filter(|word| !word.is_empty())
        .collect();
    GROWING.contains(&name)
        || words
            .windows(2)
            .any(|pair| GROWING.contains(&pair[0]) && pair[1] == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_are_told_from_searches() {
        let sql = "SELECT c.id FROM calls c JOIN people e ON e.id = c.expert";
        for (step, expected) in [
            ("SCAN c", true),
            ("SCAN calls", true),
            ("SCAN e", false),
            ("SCAN c USING INDEX calls_open", false),
            ("SEARCH c USING INDEX calls_open (organisation=?)", false),
            ("SEARCH c USING PRIMARY KEY (id=?)", false),
            ("SEARCH c USING AUTOMATIC COVERING INDEX (organisation=?)", true),
            ("SCAN json_each VIRTUAL TABLE INDEX 1:", false),
            ("USE TEMP B-TREE FOR ORDER BY", false),
        ] {
            assert_eq!(scans(sql, step), expected, "{step}");
        }
    }
}
