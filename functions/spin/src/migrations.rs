//! Brings the database to the schema of this component: each migration once, all that are missing in one transaction.

use visavis::ports::{Clock as _, PortError, PortResult, Value};

use crate::{
    clock::WasiClock,
    connection::{Connections, Failure, Lent},
    database::pause,
    retry::Retry,
};

/// A numbered file of statements.
struct Migration {
    /// The name of the file without its extension.
    name: &'static str,
    sql: &'static str,
}

/// All of them, in order: the service's, then those of this platform.
static MIGRATIONS: &[Migration] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

const APPLIED: &str = "SELECT name FROM migrations";

const CREATE: &str =
    "CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT";

const NOTE: &str = "INSERT INTO migrations (name, applied_at) VALUES (?1, ?2)";

/// Applies what is missing. When two instances start together, the second waits for the first and finds nothing to do.
/// Migrations that this component does not know are a newer one's, next to which it goes on.
pub(crate) async fn apply(connections: &Connections) -> PortResult<()> {
    let mut retry = Retry::new();
    loop {
        match attempt(connections).await {
            Ok(()) => return Ok(()),
            Err(Failure::Busy) => pause(&mut retry).await?,
            Err(failure) => return Err(failure.into()),
        }
    }
}

async fn attempt(connections: &Connections) -> Result<(), Failure> {
    let connection = connections.lend().await?;
    // Kept in the file, so that this says nothing new but to a new one, or to one that was restored. Readers and the
    // writer do not wait for each other then.
    connection.run("PRAGMA journal_mode = WAL", Vec::new()).await?;
    // One look at a small table is all that a start costs when nothing is missing.
    let is_current = match connection.run(APPLIED, Vec::new()).await {
        Ok(applied) => missing(&names(applied.rows)).next().is_none(),
        Err(Failure::Port(PortError::Unavailable(message))) if message.contains("no such table") => false,
        Err(failure) => return Err(failure),
    };
    if !is_current {
        connection.run("BEGIN IMMEDIATE", Vec::new()).await?;
        if let Err(failure) = migrate(&connection).await {
            return Err(connection.roll_back(failure).await);
        }
    }
    connection.give_back();
    Ok(())
}

async fn migrate(connection: &Lent) -> Result<(), Failure> {
    connection.run(CREATE, Vec::new()).await?;
    let applied = names(connection.run(APPLIED, Vec::new()).await?.rows);
    for migration in missing(&applied) {
        for statement in statements(migration.sql) {
            connection.run(statement, Vec::new()).await?;
        }
        let note = vec![migration.name.into(), WasiClock.now().into()];
        connection.run(NOTE, note).await?;
    }
    connection.run("COMMIT", Vec::new()).await.map(drop)
}

fn names(rows: Vec<Vec<Value>>) -> Vec<String> {
    rows.into_iter()
        .filter_map(|row| row.into_iter().next()?.text().map(str::to_owned))
        .collect()
}

fn missing(applied: &[String]) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS
        .iter()
        .filter(|migration| !applied.iter().any(|name| name == migration.name))
}

/// The statements of a migration, since SQLite runs the first alone: each ends with a semicolon at the end of a line, as
/// in every migration of the service, and a trigger with `END;`. Comments between them are not statements.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        while let Some(line) = rest.lines().next()
            && (line.trim().is_empty() || line.trim_start().starts_with("--"))
        {
            rest = rest.get(line.len()..)?.trim_start();
        }
        if rest.is_empty() {
            return None;
        }
        let last = if is_trigger(rest) { "END;" } else { ";" };
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            end += line.len();
            if line.trim_end().ends_with(last) {
                break;
            }
        }
        let (statement, following) = rest.split_at(end);
        rest = following.trim_start();
        Some(statement.trim_end())
    })
}

/// Whether the next statement is a trigger, which has statements in it.
fn is_trigger(sql: &str) -> bool {
    let words = sql.split_whitespace().take(3).collect::<Vec<_>>();
    words.first() == Some(&"CREATE") && words.contains(&"TRIGGER")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(sql: &str) -> Vec<&str> {
        statements(sql).collect()
    }

    #[test]
    fn statements_end_with_a_semicolon_at_the_end_of_a_line() {
        assert_eq!(all(""), [""; 0]);
        assert_eq!(all("-- nothing\n\n  -- at all;\n"), [""; 0]);
        assert_eq!(all("CREATE TABLE a (b);"), ["CREATE TABLE a (b);"]);
        assert_eq!(
            all("-- one;\nCREATE TABLE a (\n  -- first; of all\n  b TEXT -- c\n);  \r\n\n\nDROP TABLE x;\n-- end"),
            [
                "CREATE TABLE a (\n  -- first; of all\n  b TEXT -- c\n);",
                "DROP TABLE x;"
            ]
        );
        let trigger = "CREATE TRIGGER a BEFORE UPDATE ON b BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;";
        assert_eq!(all(&format!("{trigger}\nDROP TABLE a;\n")), [trigger, "DROP TABLE a;"]);
        // The last one may be without.
        assert_eq!(all("DROP TABLE a;\nDROP TABLE b"), ["DROP TABLE a;", "DROP TABLE b"]);
    }

    #[test]
    fn nothing_of_a_migration_is_left_out() {
        assert!(MIGRATIONS.len() >= 3);
        let code = |sql: &str| {
            let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
            lines
                .flat_map(str::split_whitespace)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for migration in MIGRATIONS {
            let split: Vec<_> = statements(migration.sql).flat_map(code).collect();
            assert_eq!(split, code(migration.sql), "{}", migration.name);
            for statement in statements(migration.sql) {
                assert!(statement.ends_with(';'), "{}: {statement}", migration.name);
            }
        }
    }

    #[test]
    fn what_has_been_applied_is_not_missing() {
        assert_eq!(missing(&[]).count(), MIGRATIONS.len());
        let applied: Vec<_> = MIGRATIONS.iter().map(|migration| migration.name.to_owned()).collect();
        assert_eq!(missing(&applied).count(), 0);
        let newer = [&applied[..], &["9999_newer".to_owned()]].concat();
        assert_eq!(missing(&newer).count(), 0);
        assert_eq!(missing(&applied[1..]).count(), 1);
    }
}
