//! Mailboxes in memory, within the real limits.

use std::{
    collections::{HashMap, VecDeque},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::body::Body;
use futures_util::{Stream, stream};
use http::{Response, StatusCode, header, request::Parts};
use tokio::sync::watch;

use super::MemoryClock;
use crate::ports::{Clock as _, Delivery, Entry, Mailboxes, Page, PortError, PortResult, mailbox_limits, milliseconds};

/// The mailboxes of [`super::Memory`].
#[derive(Clone)]
pub struct MemoryMailboxes {
    clock: MemoryClock,
    mailboxes: Arc<Mutex<HashMap<String, Mailbox>>>,
    appends: Arc<AtomicU64>,
    failures: Arc<AtomicU64>,
    no_websockets: Arc<AtomicBool>,
}

struct Mailbox {
    entries: VecDeque<Stored>,
    /// The last sequence given out.
    last: u64,
    /// When it was read, listened to or appended to the last time.
    used_at: i64,
    /// The listeners' numbers, oldest first.
    listeners: VecDeque<u64>,
    /// Counts what listeners must look at.
    changed: watch::Sender<u64>,
}

struct Stored {
    sequence: u64,
    id: String,
    sealed: String,
    at: i64,
}

impl Mailbox {
    fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            last: 0,
            used_at: 0,
            listeners: VecDeque::new(),
            changed: watch::channel(0).0,
        }
    }

    fn drop_outdated(&mut self, now: i64) {
        let age = milliseconds(mailbox_limits::AGE);
        self.entries.retain(|entry| entry.at > now - age);
    }

    fn read(&self, after: u64, limit: usize) -> Page {
        let entries = self.entries.iter().filter(|entry| entry.sequence > after);
        let entries = entries.map(|entry| Entry {
            sequence: entry.sequence,
            sealed: entry.sealed.clone(),
        });
        Page::new(after, self.last, limit, entries)
    }
}

impl MemoryMailboxes {
    pub(super) fn new(clock: MemoryClock) -> Self {
        Self {
            clock,
            mailboxes: Arc::default(),
            appends: Arc::default(),
            failures: Arc::default(),
            no_websockets: Arc::default(),
        }
    }

    /// How many times something was appended, repeats included.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::Relaxed)
    }

    /// The next so many appends find the platform silent.
    pub fn fail_appends(&self, count: u64) {
        self.failures.store(count, Ordering::Relaxed);
    }

    /// From now on the platform has no WebSockets.
    pub fn without_websockets(&self) {
        self.no_websockets.store(true, Ordering::Relaxed);
    }

    /// The names of all mailboxes and everything in them: to search for what must not be there.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let mailboxes = self.lock();
        let entries = mailboxes.iter().flat_map(|(name, mailbox)| {
            mailbox
                .entries
                .iter()
                .map(move |entry| format!("{name}\n{}\n{}\n", entry.id, entry.sealed))
        });
        entries.collect::<String>().into_bytes()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Mailbox>> {
        self.mailboxes.lock().unwrap()
    }
}

/// A listener's place, given back when the stream is dropped.
struct Listener {
    mailboxes: MemoryMailboxes,
    mailbox: String,
    number: u64,
    cursor: u64,
    waiting: VecDeque<Delivery>,
    changed: watch::Receiver<u64>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(mailbox) = self.mailboxes.lock().get_mut(&self.mailbox) {
            mailbox.listeners.retain(|number| *number != self.number);
        }
    }
}

impl Listener {
    async fn next(&mut self) -> Option<Delivery> {
        loop {
            if let Some(delivery) = self.waiting.pop_front() {
                return Some(delivery);
            }
            self.changed.borrow_and_update();
            let page = {
                let now = self.mailboxes.clock.now();
                let mut mailboxes = self.mailboxes.lock();
                let mailbox = mailboxes.get_mut(&self.mailbox)?;
                if !mailbox.listeners.contains(&self.number) {
                    return None;
                }
                mailbox.drop_outdated(now);
                mailbox.read(self.cursor, usize::MAX)
            };
            if let Some(last) = page.deliveries.last() {
                self.cursor = last.cursor();
            }
            self.waiting.extend(page.deliveries);
            if self.waiting.is_empty() {
                self.changed.changed().await.ok()?;
            }
        }
    }
}

impl Mailboxes for MemoryMailboxes {
    type Deliveries = Pin<Box<dyn Stream<Item = PortResult<Delivery>> + Send>>;

    async fn append(&self, mailbox: &str, id: &str, sealed: String) -> PortResult<u64> {
        self.appends.fetch_add(1, Ordering::Relaxed);
        let failing = self
            .failures
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
        if failing.is_ok() {
            return Err(PortError::Unavailable("failing for a test".into()));
        }
        mailbox_limits::check(&sealed)?;
        let now = self.clock.now();
        let mut mailboxes = self.lock();
        let mailbox = mailboxes.entry(mailbox.into()).or_insert_with(Mailbox::new);
        mailbox.used_at = now;
        if let Some(entry) = mailbox.entries.iter().find(|entry| entry.id == id) {
            return Ok(entry.sequence);
        }
        mailbox.drop_outdated(now);
        while mailbox.entries.len() as u64 >= mailbox_limits::ENTRIES {
            mailbox.entries.pop_front();
        }
        mailbox.last += 1;
        mailbox.entries.push_back(Stored {
            sequence: mailbox.last,
            id: id.into(),
            sealed,
            at: now,
        });
        mailbox.changed.send_modify(|count| *count += 1);
        Ok(mailbox.last)
    }

    async fn read(&self, mailbox: &str, after: u64, limit: usize) -> PortResult<Page> {
        let now = self.clock.now();
        let mut mailboxes = self.lock();
        let mailbox = mailboxes.entry(mailbox.into()).or_insert_with(Mailbox::new);
        mailbox.used_at = now;
        mailbox.drop_outdated(now);
        Ok(mailbox.read(after, limit))
    }

    async fn listen(&self, mailbox: &str, after: u64) -> PortResult<Self::Deliveries> {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let changed = {
            let mut mailboxes = self.lock();
            let mailbox = mailboxes.entry(mailbox.into()).or_insert_with(Mailbox::new);
            mailbox.used_at = self.clock.now();
            mailbox.listeners.push_back(number);
            if mailbox.listeners.len() > mailbox_limits::LISTENERS {
                mailbox.listeners.pop_front();
                mailbox.changed.send_modify(|count| *count += 1);
            }
            mailbox.changed.subscribe()
        };
        let listener = Listener {
            mailboxes: self.clone(),
            mailbox: mailbox.into(),
            number,
            cursor: after,
            waiting: VecDeque::new(),
            changed,
        };
        Ok(Box::pin(stream::unfold(listener, |mut listener| async move {
            let delivery = listener.next().await?;
            Some((Ok(delivery), listener))
        })))
    }

    async fn upgrade(&self, mailbox: &str, after: u64, expires_at: i64, _: Parts) -> PortResult<Response<Body>> {
        if self.no_websockets.load(Ordering::Relaxed) {
            return Err(PortError::Unsupported("a WebSocket"));
        }
        // There is no connection to hand over; the answer tells the test what would have been.
        let mut response = Response::new(Body::from(format!("{mailbox} after {after} until {expires_at}")));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let protocol = header::HeaderValue::from_static(mailbox_limits::SUBPROTOCOL);
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        Ok(response)
    }

    async fn tidy(&self) -> PortResult<()> {
        let now = self.clock.now();
        let forgotten = now - milliseconds(mailbox_limits::FORGOTTEN_AFTER);
        self.lock().retain(|_, mailbox| {
            mailbox.drop_outdated(now);
            !mailbox.entries.is_empty() || !mailbox.listeners.is_empty() || mailbox.used_at > forgotten
        });
        Ok(())
    }
}
