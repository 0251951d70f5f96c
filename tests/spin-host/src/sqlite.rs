//! `spin:sqlite` on files: a connection for each `open`, statements on threads of their own, rows while they come.
//!
//! rusqlite's build of SQLite is the one Spin has: foreign keys are on, and a locked database is waited for 5 seconds.

use std::{
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use rusqlite::types::Value as Column;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use wasmtime::{
    StoreContextMut,
    component::{Accessor, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult},
};

use crate::{
    Result,
    instance::{
        Instance,
        bindings::spin::sqlite::sqlite::{
            Connection as Handle, Error, Host, HostConnection, HostConnectionWithStore, RowResult, Value,
        },
    },
};

/// How many connections an instance may have open.
const CONNECTIONS: usize = 256;
/// How many rows wait for the component to read them.
const ROWS_AHEAD: usize = 4;

type Answer<T> = std::result::Result<T, Error>;
type Rows = (Vec<String>, StreamReader<RowResult>, FutureReader<Answer<()>>);

/// A connection that opens its file with the first statement.
pub(crate) struct Connection {
    file: PathBuf,
    opened: Mutex<Option<rusqlite::Connection>>,
}

impl Connection {
    fn with<T>(&self, work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>) -> Answer<T> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match opened.take() {
            Some(connection) => connection,
            None => rusqlite::Connection::open(&self.file).map_err(io)?,
        };
        work(opened.insert(connection)).map_err(io)
    }

    /// Runs one statement; who does not read its rows keeps the connection busy.
    fn run(
        &self,
        statement: &str,
        parameters: Vec<Value>,
        columns: oneshot::Sender<Vec<String>>,
        rows: &mpsc::Sender<RowResult>,
    ) -> Answer<()> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(statement)?;
            let names: Vec<String> = statement.column_names().map(String::from).collect();
            let width = names.len();
            // Nobody listens any more when this fails, but the statement is still to be done.
            let _ = columns.send(names);
            let parameters = rusqlite::params_from_iter(parameters.into_iter().map(column));
            let mut found = statement.query(parameters)?;
            while let Some(row) = found.next()? {
                let values = (0..width)
                    .map(|index| row.get(index).map(value))
                    .collect::<rusqlite::Result<_>>()?;
                if rows.blocking_send(RowResult { values }).is_err() {
                    break;
                }
            }
            Ok(())
        })
    }
}

impl Instance {
    fn open(&mut self, database: &str) -> Result<Answer<Resource<Handle>>> {
        if !self.shared.databases.contains(database) {
            return Ok(Err(Error::AccessDenied));
        }
        if self.connections.len() >= CONNECTIONS {
            return Ok(Err(Error::Io("too many connections opened".into())));
        }
        let handle = self.table.push(())?.rep();
        let connection = Connection {
            file: self.shared.state.join(format!("{database}.sqlite")),
            opened: Mutex::default(),
        };
        self.connections.insert(handle, Arc::new(connection));
        Ok(Ok(Resource::new_own(handle)))
    }

    fn connection(&self, handle: &Resource<Handle>) -> Answer<Arc<Connection>> {
        self.connections
            .get(&handle.rep())
            .cloned()
            .ok_or(Error::InvalidConnection)
    }
}

impl Host for Instance {}

impl HostConnection for Instance {
    async fn drop(&mut self, handle: Resource<Handle>) -> Result<()> {
        self.connections.remove(&handle.rep());
        self.table.delete(Resource::<()>::new_own(handle.rep()))?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for Instance {
    async fn open_async(accessor: &Accessor<T, Self>, database: String) -> Result<Answer<Resource<Handle>>> {
        accessor.with(|mut store| store.get().open(&database))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        handle: Resource<Handle>,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<Answer<Rows>> {
        let connection = match accessor.with(|mut store| store.get().connection(&handle)) {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let (send_columns, columns) = oneshot::channel();
        let (send_rows, rows) = mpsc::channel(ROWS_AHEAD);
        let done = spawn_blocking(move || connection.run(&statement, parameters, send_columns, &send_rows));
        // A statement that cannot be prepared has no columns; why is said by `done`.
        let columns = columns.await.unwrap_or_default();
        accessor.with(|mut store| {
            let rows = StreamReader::new(&mut store, Ahead(rows))?;
            let done = FutureReader::new(&mut store, async { Result::Ok(done.await?) })?;
            Ok(Ok((columns, rows, done)))
        })
    }

    async fn last_insert_rowid_async(accessor: &Accessor<T, Self>, handle: Resource<Handle>) -> Result<i64> {
        let connection = accessor.with(|mut store| store.get().connection(&handle))?;
        Ok(connection.with(|connection| Ok(connection.last_insert_rowid()))?)
    }

    async fn changes_async(accessor: &Accessor<T, Self>, handle: Resource<Handle>) -> Result<u64> {
        let connection = accessor.with(|mut store| store.get().connection(&handle))?;
        Ok(connection.with(|connection| Ok(connection.changes()))?)
    }
}

/// Rows as a stream of the component model.
struct Ahead(mpsc::Receiver<RowResult>);

impl<D> StreamProducer<D> for Ahead {
    type Item = RowResult;
    type Buffer = Option<RowResult>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.get_mut().0.poll_recv(context) {
            Poll::Ready(Some(row)) => {
                destination.set_buffer(Some(row));
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(None) => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn column(value: Value) -> Column {
    match value {
        Value::Integer(integer) => Column::Integer(integer),
        Value::Real(real) => Column::Real(real),
        Value::Text(text) => Column::Text(text),
        Value::Blob(blob) => Column::Blob(blob),
        Value::Null => Column::Null,
    }
}

fn value(column: Column) -> Value {
    match column {
        Column::Integer(integer) => Value::Integer(integer),
        Column::Real(real) => Value::Real(real),
        Column::Text(text) => Value::Text(text),
        Column::Blob(blob) => Value::Blob(blob),
        Column::Null => Value::Null,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn io(error: rusqlite::Error) -> Error {
    Error::Io(error.to_string())
}
