//! SQLite in memory behind the [`Database`] port, with the numbered migrations applied.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use rusqlite::{Connection, types::ValueRef};

use super::plans;
use crate::ports::{Database, PortError, PortResult, Rows, Statement, Value};

/// The database of [`super::Memory`].
#[derive(Clone)]
pub struct MemoryDatabase {
    connection: Arc<Mutex<Connection>>,
    trips: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
    synced: Arc<AtomicU64>,
    broken: Arc<AtomicBool>,
}

impl MemoryDatabase {
    /// An empty database with all migrations.
    pub(super) fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files
            .iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "sql"))
        {
            let sql = std::fs::read_to_string(file).unwrap();
            connection
                .execute_batch(&sql)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        Self {
            connection: Arc::new(Mutex::new(connection)),
            trips: Arc::default(),
            writes: Arc::default(),
            synced: Arc::default(),
            broken: Arc::default(),
        }
    }

    /// How many times the port was called.
    #[must_use]
    pub fn trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// How many rows were inserted, changed or deleted.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// How many times something was written that waits for the disk.
    #[must_use]
    pub fn synced(&self) -> u64 {
        self.synced.load(Ordering::Relaxed)
    }

    /// From now on the database does not answer, or does again.
    pub fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }

    /// Everything that is stored, every value of every row of every table as bytes: to search for what must not be
    /// there.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let connection = self.connection.lock().unwrap();
        let mut tables = connection
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
            .unwrap();
        let tables: Vec<String> = tables
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut dump = Vec::new();
        for table in tables {
            let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for column in 0..columns {
                    match row.get_ref(column).unwrap() {
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => dump.extend_from_slice(bytes),
                        ValueRef::Integer(integer) => dump.extend_from_slice(integer.to_string().as_bytes()),
                        ValueRef::Real(_) | ValueRef::Null => {}
                    }
                    dump.push(b'\n');
                }
            }
        }
        dump
    }

    /// Lets other requests go first, now more of them and now fewer, as a network would.
    async fn dawdle(&self) {
        let turns = self.trips.load(Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 62;
        for _ in 0..=turns {
            tokio::task::yield_now().await;
        }
    }

    fn run_synced(&self, statements: &[Statement]) -> PortResult<Vec<Rows>> {
        let rows = self.run(statements)?;
        if rows.iter().any(|rows| rows.changes > 0) {
            self.synced.fetch_add(1, Ordering::Relaxed);
        }
        Ok(rows)
    }

    fn run(&self, statements: &[Statement]) -> PortResult<Vec<Rows>> {
        self.trips.fetch_add(1, Ordering::Relaxed);
        if self.broken.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable("broken for a test".into()));
        }
        let mut connection = self.connection.lock().unwrap();
        let transaction = connection.transaction().map_err(refusal)?;
        let rows: Vec<Rows> = statements
            .iter()
            .map(|statement| run(&transaction, statement))
            .collect::<Result<_, _>>()?;
        transaction.commit().map_err(refusal)?;
        self.writes
            .fetch_add(rows.iter().map(|rows| rows.changes).sum(), Ordering::Relaxed);
        Ok(rows)
    }
}

fn run(connection: &Connection, Statement { sql, parameters }: &Statement) -> PortResult<Rows> {
    assert!(
        !sql.trim_end().trim_end_matches(';').contains(';'),
        "more than one statement: {sql}"
    );
    let mut statement = connection.prepare_cached(sql).map_err(refusal)?;
    plans::check(connection, sql);
    assert_eq!(statement.parameter_count(), parameters.len(), "parameters of: {sql}");
    for (index, parameter) in parameters.iter().enumerate() {
        let index = index + 1;
        match parameter {
            Value::Null => statement.raw_bind_parameter(index, rusqlite::types::Null),
            Value::Integer(value) => statement.raw_bind_parameter(index, value),
            Value::Real(value) => statement.raw_bind_parameter(index, value),
            Value::Text(value) => statement.raw_bind_parameter(index, value),
            Value::Blob(value) => statement.raw_bind_parameter(index, value),
        }
        .map_err(refusal)?;
    }
    let columns = statement.column_count();
    // D1 hands a batch's rows over by their columns' names.
    let names: HashSet<_> = statement.column_names().collect();
    assert_eq!(names.len(), columns, "two columns of the same name: {sql}");
    drop(names);
    let reads = statement.readonly();
    let mut rows = Vec::new();
    let mut cursor = statement.raw_query();
    while let Some(row) = cursor.next().map_err(refusal)? {
        let values = (0..columns).map(|column| {
            let value = row.get_ref(column).unwrap();
            match value {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(value) => Value::Integer(value),
                ValueRef::Real(value) => Value::Real(value),
                ValueRef::Text(value) => Value::Text(String::from_utf8(value.into()).unwrap()),
                ValueRef::Blob(value) => Value::Blob(value.into()),
            }
        });
        rows.push(values.collect());
    }
    drop(cursor);
    let changes = if reads { 0 } else { connection.changes() };
    Ok(Rows { rows, changes })
}

fn refusal(error: rusqlite::Error) -> PortError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => PortError::Constraint(error.to_string()),
        _ => panic!("a statement is wrong: {error}"),
    }
}

impl Database for MemoryDatabase {
    async fn batch(&self, statements: Vec<Statement>) -> PortResult<Vec<Rows>> {
        self.dawdle().await;
        self.run_synced(&statements)
    }

    async fn batch_unsynced(&self, statements: Vec<Statement>) -> PortResult<Vec<Rows>> {
        self.dawdle().await;
        self.run(&statements)
    }

    async fn query(&self, statement: Statement) -> PortResult<Rows> {
        self.dawdle().await;
        self.run_synced(&[statement]).map(|mut rows| rows.remove(0))
    }
}
