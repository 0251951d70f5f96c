//! The mailboxes in two tables. Whoever listens looks, together with the other listeners of its instance.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Body;
use futures_util::{Stream, stream};
use http::{Response, request::Parts};
use spin_sdk::time::sleep;
use visavis::ports::{Clock as _, Database as _, Delivery, Mailboxes, Page, PortError, PortResult, mailbox_limits};

use crate::{
    clock::WasiClock,
    database::SpinDatabase,
    pulse::{Pulse, Step},
};

mod statements;

use statements::Found;

/// How many deliveries a listener reads in one go, so that a full mailbox is not in memory at once.
const BATCH: usize = 16;

/// Mailboxes in the database of the application.
#[derive(Clone)]
pub(crate) struct SpinMailboxes {
    database: SpinDatabase,
    pulse: Arc<Mutex<Pulse>>,
    started: Instant,
}

impl SpinMailboxes {
    pub(crate) fn new(database: SpinDatabase) -> Self {
        Self {
            database,
            pulse: Arc::default(),
            started: Instant::now(),
        }
    }

    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the pulse, which no clock set back can stop.
    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn find(&self, mailbox: &str, after: u64, limit: usize) -> PortResult<Found> {
        let statement = statements::find(mailbox, after, limit, WasiClock.now());
        Found::of(self.database.query(statement).await?, after, limit)
    }
}

impl Mailboxes for SpinMailboxes {
    type Deliveries = Pin<Box<dyn Stream<Item = PortResult<Delivery>> + Send>>;

    async fn append(&self, mailbox: &str, id: &str, sealed: String) -> PortResult<u64> {
        mailbox_limits::check(&sealed)?;
        let statements = statements::append(mailbox, id, sealed, WasiClock.now());
        let results = self.database.batch(statements).await?;
        let sequence = results.last().and_then(statements::number);
        sequence
            .and_then(|sequence| u64::try_from(sequence).ok())
            .ok_or_else(statements::unexpected)
    }

    async fn read(&self, mailbox: &str, after: u64, limit: usize) -> PortResult<Page> {
        let found = self.find(mailbox, after, limit).await?;
        let now = WasiClock.now();
        if found.should_note_use(now) {
            self.database.query(statements::note_use(mailbox, now)).await?;
        }
        Ok(found.page)
    }

    async fn listen(&self, mailbox: &str, after: u64) -> PortResult<Self::Deliveries> {
        let rows = self
            .database
            .query(statements::note_listener(mailbox, WasiClock.now()))
            .await?;
        let listener = Listener {
            mailboxes: self.clone(),
            mailbox: mailbox.to_owned(),
            place: statements::number(&rows).ok_or_else(statements::unexpected)?,
            key: self.pulse().enter(mailbox, self.elapsed()),
            after,
            waiting: VecDeque::new(),
        };
        Ok(Box::pin(stream::try_unfold(listener, |mut listener| async move {
            let delivery = listener.next().await?;
            Ok(delivery.map(|delivery| (delivery, listener)))
        })))
    }

    async fn upgrade(&self, _mailbox: &str, _after: u64, _expires_at: i64, _head: Parts) -> PortResult<Response<Body>> {
        Err(PortError::Unsupported("a WebSocket"))
    }

    async fn tidy(&self) -> PortResult<()> {
        self.database
            .batch(statements::delete_outdated(WasiClock.now()))
            .await
            .map(drop)
    }
}

/// One stream of deliveries.
struct Listener {
    mailboxes: SpinMailboxes,
    mailbox: String,
    /// Which one it is of all that the mailbox has had.
    place: i64,
    key: u64,
    after: u64,
    waiting: VecDeque<Delivery>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.mailboxes.pulse().leave(self.key);
    }
}

impl Listener {
    /// The next delivery, or nothing when newer listeners have taken this one's place.
    async fn next(&mut self) -> PortResult<Option<Delivery>> {
        loop {
            if let Some(delivery) = self.waiting.pop_front() {
                return Ok(Some(delivery));
            }
            let step = self.mailboxes.pulse().next(self.key, self.mailboxes.elapsed());
            match step {
                Step::Wait(pause) => sleep(pause).await,
                Step::Look(head) => self.look(head).await?,
                Step::Read => {
                    if !self.read().await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn look(&self, head: Option<i64>) -> PortResult<()> {
        let rows = self.mailboxes.database.query(statements::changes(head)).await?;
        let (changed, last) = statements::changed(rows, head);
        let now = self.mailboxes.elapsed();
        self.mailboxes.pulse().found(self.key, &changed, last, now);
        Ok(())
    }

    /// Reads on, and says whether this listener still has its place.
    async fn read(&mut self) -> PortResult<bool> {
        let found = self.mailboxes.find(&self.mailbox, self.after, BATCH).await?;
        if found.is_replaced(self.place) {
            return Ok(false);
        }
        if let Some(last) = found.page.deliveries.last() {
            self.after = last.cursor();
            let now = self.mailboxes.elapsed();
            self.mailboxes.pulse().heard(self.key, found.page.more, now);
        }
        self.waiting.extend(found.page.deliveries);
        Ok(true)
    }
}
