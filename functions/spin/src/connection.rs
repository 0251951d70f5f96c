//! The connections to the application's SQLite database: each serves one task at a time, and then the next.
//!
//! Opening one costs more than most statements, and a connection remembers how its statements are prepared. They live
//! as long as the instance, which is not long.

use std::sync::{Arc, Mutex, PoisonError};

use spin_sdk::sqlite::{self, Connection};
use visavis::ports::{PortError, Rows, Value};

/// What each connection is told first, besides its durability.
const PRAGMAS: [&str; 2] = [
    // What SQLite does only where it was built so.
    "PRAGMA foreign_keys = ON",
    // How long it waits for a lock by itself, in milliseconds (`retry.rs`).
    "PRAGMA busy_timeout = 15",
];

/// How many unused connections an instance keeps: each has three files open, and a cache of its own.
const IDLE: usize = 4;

/// Why a statement was not done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Somebody else writes, and did not end in time.
    Busy,
    /// Anything else.
    Port(PortError),
}

impl From<Failure> for PortError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy => Self::Unavailable("SQLite: the database is locked".into()),
            Failure::Port(error) => error,
        }
    }
}

/// What becomes of a commit when the power fails in the next instant. The end of a process loses nothing in either case.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// It is kept.
    Synced,
    /// It may be lost, but nothing that was synced before, and the database stays whole: in WAL mode SQLite writes in
    /// order, and here it does not wait for the disk.
    Unsynced,
}

/// The connections that nobody uses at this moment.
#[derive(Clone)]
pub(crate) struct Connections {
    idle: Arc<Mutex<Vec<Connection>>>,
    durability: Durability,
}

impl Connections {
    pub(crate) fn new(durability: Durability) -> Self {
        Self {
            idle: Arc::default(),
            durability,
        }
    }

    /// A connection for the caller alone.
    pub(crate) async fn lend(&self) -> Result<Lent, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open(self.durability).await?,
        };
        Ok(Lent {
            connection,
            connections: self.clone(),
        })
    }
}

/// A connection of its holder's own. Dropped instead of given back it is closed, which rolls back what was not committed:
/// so it ends where a task ends in the middle.
pub(crate) struct Lent {
    connection: Connection,
    connections: Connections,
}

impl Lent {
    /// Runs one statement. SQLite would leave out whatever followed it.
    pub(crate) async fn run(&self, sql: &str, parameters: Vec<Value>) -> Result<Rows, Failure> {
        run(&self.connection, sql, parameters).await
    }

    /// Rolls back what has been begun, and says again why. The connection is closed, whatever state it is in.
    pub(crate) async fn roll_back(self, failure: Failure) -> Failure {
        // Some errors have ended the transaction already.
        let _ = self.run("ROLLBACK", Vec::new()).await;
        failure
    }

    /// Back to the others, with no transaction open.
    pub(crate) fn give_back(self) {
        let Self {
            connection,
            connections,
        } = self;
        let mut idle = connections.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(connection);
        }
    }
}

async fn open(durability: Durability) -> Result<Connection, Failure> {
    let connection = Connection::open_default().await.map_err(failure)?;
    let synchronous = match durability {
        Durability::Synced => "PRAGMA synchronous = FULL",
        Durability::Unsynced => "PRAGMA synchronous = NORMAL",
    };
    for pragma in PRAGMAS.into_iter().chain([synchronous]) {
        run(&connection, pragma, Vec::new()).await?;
    }
    Ok(connection)
}

async fn run(connection: &Connection, sql: &str, parameters: Vec<Value>) -> Result<Rows, Failure> {
    let parameters = parameters.into_iter().map(to_sqlite);
    let result = connection.execute(sql, parameters).await.map_err(failure)?;
    let rows = result.collect().await.map_err(failure)?;
    let rows: Vec<Vec<Value>> = rows
        .into_iter()
        .map(|row| row.values.into_iter().map(from_sqlite).collect())
        .collect();
    let changes = if !writes(sql) {
        // SQLite would tell a read the number of the write before it.
        0
    } else if sql.contains(" RETURNING ") {
        // One row for each change: whoever knows that need not ask, while others wait for the lock.
        u64::try_from(rows.len()).unwrap_or(u64::MAX)
    } else {
        connection.changes().await
    };
    Ok(Rows { rows, changes })
}

/// Whether a statement changes rows, by its first word.
fn writes(sql: &str) -> bool {
    let word = sql.split_whitespace().next().unwrap_or_default();
    ["INSERT", "UPDATE", "DELETE", "REPLACE"]
        .iter()
        .any(|verb| word.eq_ignore_ascii_case(verb))
}

/// What SQLite says, which names tables and columns, never a value.
fn failure(error: sqlite::Error) -> Failure {
    let message = match error {
        sqlite::Error::Io(message) => message,
        other => other.to_string(),
    };
    if message.contains("is locked") {
        Failure::Busy
    } else if message.contains("constraint failed") {
        Failure::Port(PortError::Constraint(message))
    } else {
        Failure::Port(PortError::Unavailable(format!("SQLite: {message}")))
    }
}

fn to_sqlite(value: Value) -> sqlite::Value {
    match value {
        Value::Null => sqlite::Value::Null,
        Value::Integer(value) => sqlite::Value::Integer(value),
        Value::Real(value) => sqlite::Value::Real(value),
        Value::Text(value) => sqlite::Value::Text(value),
        Value::Blob(value) => sqlite::Value::Blob(value),
    }
}

fn from_sqlite(value: sqlite::Value) -> Value {
    match value {
        sqlite::Value::Null => Value::Null,
        sqlite::Value::Integer(value) => Value::Integer(value),
        sqlite::Value::Real(value) => Value::Real(value),
        sqlite::Value::Text(value) => Value::Text(value),
        sqlite::Value::Blob(value) => Value::Blob(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_known_by_their_first_word() {
        assert!(writes("INSERT INTO a (b) VALUES (?1) RETURNING b"));
        assert!(writes("\n  update a SET b = 1"));
        assert!(!writes("SELECT changes FROM inserts"));
        assert!(!writes("PRAGMA user_version"));
    }

    #[test]
    fn a_lock_is_told_from_a_constraint_and_from_the_rest() {
        let io = |message: &str| failure(sqlite::Error::Io(message.into()));
        assert_eq!(io("database is locked"), Failure::Busy);
        assert_eq!(io("database table is locked: calls"), Failure::Busy);
        let constraint = "UNIQUE constraint failed: calls.id";
        assert_eq!(io(constraint), Failure::Port(PortError::Constraint(constraint.into())));
        assert!(matches!(
            io("database or disk is full"),
            Failure::Port(PortError::Unavailable(_))
        ));
    }
}
