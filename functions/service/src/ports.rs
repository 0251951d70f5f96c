//! The whole list of what a platform must offer.
//!
//! The service knows no runtime, no clock, no random source and no network: it asks for them here.
//! Every future is [`Send`]; an adapter whose runtime is single-threaded wraps its futures.

use std::{future::Future, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use http::{Response, request::Parts};

/// A value that goes into or comes out of the database. Booleans are integers, times are milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// A 64-bit integer; platforms that hand numbers over as floats carry it exactly up to 2^53.
    Integer(i64),
    /// A float.
    Real(f64),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// One SQL statement with its parameters (`?1`, `?2`, …), in the SQLite dialect.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Exactly one statement: some platforms drop what follows the first silently. Its columns have names of their own:
    /// some platforms tell them apart by these.
    pub sql: &'static str,
    /// The parameters, `?1` first.
    pub parameters: Vec<Value>,
}

/// What a statement returned.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The rows, each with its columns in the order of the statement. Statements name their columns; no `*`.
    pub rows: Vec<Vec<Value>>,
    /// How many rows the statement inserted, changed or deleted. Reads report 0.
    pub changes: u64,
}

/// Why a port could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// A constraint of the database failed; nothing was changed.
    #[error("constraint failed: {0}")]
    Constraint(String),
    /// The platform did not answer, or not in time; whether the work was done is unknown.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// This platform does not have that (a WebSocket on Spin); the caller falls back.
    #[error("not supported here: {0}")]
    Unsupported(&'static str),
}

/// The result of a port.
pub type PortResult<T> = Result<T, PortError>;

/// A relational database in the SQLite dialect. There is no interactive transaction: what must be atomic is one
/// [`batch`](Self::batch), and races are settled by conditional statements, not by reading first.
pub trait Database: Send + Sync + 'static {
    /// Runs the statements in order, all or none, and returns the rows of each.
    fn batch(&self, statements: Vec<Statement>) -> impl Future<Output = PortResult<Vec<Rows>>> + Send;

    /// The same for what may be lost when the power fails in the next instant, such as what has been counted: the
    /// platform need not wait for the disk. It is atomic, and seen by all, and outlives the process all the same, and
    /// nothing that was done by a [`batch`](Self::batch) is lost with it.
    fn batch_unsynced(&self, statements: Vec<Statement>) -> impl Future<Output = PortResult<Vec<Rows>>> + Send {
        self.batch(statements)
    }

    /// Runs one statement.
    fn query(&self, statement: Statement) -> impl Future<Output = PortResult<Rows>> + Send;
}

/// An entry of a mailbox: its place, and the sealed envelope. The platform never sees what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The place in the mailbox, rising by one, beginning at 1, never reused as long as the mailbox has a reader.
    pub sequence: u64,
    /// The sealed envelope in base64url without padding (`docs/signalling.md`).
    pub sealed: String,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The next entry.
    Entry(Entry),
    /// Entries between the listener's cursor and this sequence have been dropped (too old, or too many): the listener
    /// must read the state anew and go on after this sequence.
    Gap(u64),
}

impl Delivery {
    /// The cursor of a reader who has handled this delivery.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.sequence,
            Self::Gap(last) => *last,
        }
    }
}

/// One page of a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The deliveries in order, at most the limit asked for.
    pub deliveries: Vec<Delivery>,
    /// Whether there is more after the last one.
    pub more: bool,
}

impl Page {
    /// What a reader finds after a cursor, at most `limit` deliveries. `last` is the last sequence given out, 0 at the
    /// beginning; `entries` are those kept that come after the cursor: in order, without a hole, and at least the first
    /// `limit` of them.
    #[must_use]
    pub fn new(after: u64, last: u64, limit: usize, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut entries = entries.into_iter().peekable();
        // The next sequence that is still there, or the one that the next append will have.
        let next = entries.peek().map_or(last + 1, |entry| entry.sequence);
        let gap = if after > last {
            // The mailbox was forgotten since.
            Some(last)
        } else {
            (after + 1 < next).then(|| next - 1)
        };
        let deliveries = gap.map(Delivery::Gap).into_iter().chain(entries.map(Delivery::Entry));
        let deliveries: Vec<_> = deliveries.take(limit).collect();
        let cursor = deliveries.last().map_or(after, Delivery::cursor);
        Self {
            more: cursor < last,
            deliveries,
        }
    }
}

/// Bounds that every platform keeps for every mailbox.
pub mod mailbox_limits {
    use std::time::Duration;

    /// Entries older than this are dropped.
    pub const AGE: Duration = Duration::from_hours(1);
    /// At most so many entries are kept; one more drops the oldest, so that whoever floods a mailbox costs its reader a
    /// gap and keeps nobody else out.
    pub const ENTRIES: u64 = 512;
    /// A sealed envelope is at most so many bytes of base64url.
    pub const ENTRY_BYTES: usize = 128 * 1024;
    /// At most so many listeners at once; one more replaces the oldest.
    pub const LISTENERS: usize = 8;
    /// A mailbox that nobody has used for so long has no reader left: it outlasts a session and every token. What it was
    /// may be forgotten then, and its sequence begin at 1 again.
    pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);
    /// How exactly the last use is remembered: each time it is noted costs a write.
    pub const USE_NOTED_EVERY: Duration = Duration::from_hours(1);
    /// The subprotocol that a WebSocket speaks (RFC 6455 section 1.9).
    pub const SUBPROTOCOL: &str = "visavis.v1";

    /// Refuses an envelope that is too large.
    ///
    /// # Errors
    /// It is.
    pub fn check(sealed: &str) -> super::PortResult<()> {
        if sealed.len() > ENTRY_BYTES {
            return Err(super::PortError::Constraint("an envelope is too large".into()));
        }
        Ok(())
    }
}

/// A duration as the database counts.
#[must_use]
pub fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// One mailbox for each participant. What is appended is read in order, lost never, repeated never: a reader says after
/// which sequence it wants to go on.
///
/// A listener is served the entries after its cursor first, then each new one as it comes.
pub trait Mailboxes: Send + Sync + 'static {
    /// A stream of deliveries, without end on its own accord.
    type Deliveries: Stream<Item = PortResult<Delivery>> + Send + 'static;

    /// Appends a sealed envelope, wakes whoever listens and returns its sequence. The same `id` again appends nothing
    /// and returns the sequence it has already, as long as that entry is kept.
    fn append(&self, mailbox: &str, id: &str, sealed: String) -> impl Future<Output = PortResult<u64>> + Send;

    /// Reads at most `limit` deliveries after a cursor.
    fn read(&self, mailbox: &str, after: u64, limit: usize) -> impl Future<Output = PortResult<Page>> + Send;

    /// Listens after a cursor.
    fn listen(&self, mailbox: &str, after: u64) -> impl Future<Output = PortResult<Self::Deliveries>> + Send;

    /// Hands a WebSocket handshake over to whatever holds the mailbox. The caller has authenticated it. The mailbox
    /// sends each delivery as one text frame, `{"sequence":7,"sealed":"…"}` or `{"gap":7}`, answers the text frame
    /// `ping` with `pong` without waking the service, and closes on anything else that it is sent. From `expires_at`
    /// (milliseconds) it sends nothing any more and closes: the client's token has expired.
    fn upgrade(
        &self,
        mailbox: &str,
        after: u64,
        expires_at: i64,
        head: Parts,
    ) -> impl Future<Output = PortResult<Response<Body>>> + Send;

    /// Drops what is too old, where the platform does not by itself. Called every few minutes.
    fn tidy(&self) -> impl Future<Output = PortResult<()>> + Send;
}

/// The built pages, scripts and styles.
pub trait Assets: Send + Sync + 'static {
    /// The bytes of an asset by its path from the root (`widget/loader-….js`), or nothing. The service decides on every
    /// header.
    fn read(&self, path: &str) -> impl Future<Output = PortResult<Option<Bytes>>> + Send;
}

/// Time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01 UTC.
    fn now(&self) -> i64;

    /// Waits. `'static`, because it outlives the request inside a streamed body.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static;
}

/// Randomness for keys, nonces and ids.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the buffer from the platform's cryptographic random source.
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()>;
}

/// Secrets and variables, read once at the start of an instance.
pub trait Settings {
    /// The value of a secret or variable by its name in capitals (`TOKEN_KEY`); nothing where it is not set.
    fn read(&self, name: &str) -> Option<String>;
}

/// All ports of one platform: one type parameter for the whole service.
pub trait Platform: Clone + Send + Sync + 'static {
    /// See [`Database`].
    type Database: Database;
    /// See [`Mailboxes`].
    type Mailboxes: Mailboxes;
    /// See [`Assets`].
    type Assets: Assets;
    /// See [`Clock`].
    type Clock: Clock;
    /// See [`Entropy`].
    type Entropy: Entropy;

    /// The database.
    fn database(&self) -> &Self::Database;
    /// The mailboxes.
    fn mailboxes(&self) -> &Self::Mailboxes;
    /// The built pages.
    fn assets(&self) -> &Self::Assets;
    /// The clock.
    fn clock(&self) -> &Self::Clock;
    /// The random source.
    fn entropy(&self) -> &Self::Entropy;
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value {
    /// The integer, also where the platform handed it over as a float without a fraction.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Real(value) if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 => Some(*value as i64),
            _ => None,
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes.
    #[must_use]
    pub fn blob(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(value) => Some(value),
            _ => None,
        }
    }
}
