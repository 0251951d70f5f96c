//! The Durable Object that holds one mailbox.
//!
//! Every listener has a cursor and is brought up to date from the log: at its arrival, and again whenever an entry is
//! appended. Nothing is handed over from "backlog" to "live", so there is no moment in which an entry can be lost or
//! repeated. Reading the log and moving a cursor happen without an await in between.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use futures_channel::mpsc;
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use visavis::ports::{Delivery, mailbox_limits, milliseconds};
use wasm_bindgen::JsValue;
use worker::{
    DurableObject, Env, Error, Method, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage,
    WebSocketPair, WebSocketRequestResponsePair, durable_object,
};

use crate::{
    clock,
    frame::{Appended, Frame, Frames},
    mailbox_log::{Append, Log},
};

/// How many deliveries are read from the log in one go, so that a full mailbox is not in memory at once.
const BATCH: usize = 16;

/// Close codes of RFC 6455 section 7.4.1, and one of the private range.
mod close {
    /// "Unsupported data": the client said something other than `ping`.
    pub(super) const UNSUPPORTED: u16 = 1003;
    /// "Internal error": the log could not be read.
    pub(super) const INTERNAL_ERROR: u16 = 1011;
    /// A newer listener took the place.
    pub(super) const REPLACED: u16 = 4001;
    /// The token with which it was opened has expired.
    pub(super) const EXPIRED: u16 = 4002;
}

/// One mailbox. What the port asks for arrives as requests, see [`crate::mailboxes`].
#[durable_object]
pub(crate) struct Mailbox {
    state: State,
    log: Log,
    streams: Rc<RefCell<Vec<StreamListener>>>,
}

/// What a hibernating WebSocket remembers, in its attachment.
#[derive(Serialize, Deserialize)]
struct SocketListener {
    after: u64,
    place: u64,
    /// When the token expires, in milliseconds.
    expires_at: i64,
}

/// A server-sent stream; as long as one is open the object does not hibernate.
struct StreamListener {
    place: u64,
    /// Rings when there is something to read; full means that it rings already. Dropping it ends the stream.
    bell: mpsc::Sender<()>,
}

impl DurableObject for Mailbox {
    fn new(state: State, _env: Env) -> Self {
        let log = Log(state.storage().sql());
        Self {
            state,
            log,
            streams: Rc::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let url = request.url()?;
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let number = |name: &str| {
            query
                .get(name)
                .and_then(|value| value.parse::<u64>().ok())
                .ok_or("a number is missing")
        };
        match (request.method(), url.path()) {
            (Method::Post, "/entries") => {
                let id = query.get("id").ok_or("the id is missing")?;
                let sealed = request.text().await?;
                self.append(id, sealed).await
            }
            (Method::Get, "/page") => {
                let limit = usize::try_from(number("limit")?).unwrap_or(usize::MAX);
                Response::from_json(&Frames::from(self.log.read(number("after")?, limit, clock::now())?))
            }
            (Method::Get, "/deliveries") => Response::from_stream(self.open_stream(number("after")?)),
            (Method::Get, "/socket") => {
                let expires_at = i64::try_from(number("expires_at")?).unwrap_or(i64::MAX);
                self.open_socket(number("after")?, expires_at).await
            }
            #[cfg(feature = "conformance")]
            (Method::Post, "/age") => {
                self.log.age_by(i64::try_from(number("by")?).unwrap_or(i64::MAX))?;
                DurableObject::alarm(self).await
            }
            _ => Response::error("not found", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        let now = clock::now();
        let expiry = self.close_expired(now);
        let tidy = self.log.tidy(self.count_listeners() > 0, now)?;
        if tidy.is_none() {
            self.state.storage().delete_all().await?;
        }
        if let Some(at) = tidy.into_iter().chain(expiry).min() {
            self.wake_at(at).await?;
        }
        Response::empty()
    }

    async fn websocket_message(&self, socket: WebSocket, _message: WebSocketIncomingMessage) -> Result<()> {
        // `ping` is answered by the runtime and does not arrive here.
        socket.close(Some(close::UNSUPPORTED), Some("only ping is understood"))
    }

    async fn websocket_close(&self, socket: WebSocket, _code: usize, _reason: String, _was_clean: bool) -> Result<()> {
        // Newer runtimes have answered the close already; then there is nothing left to do.
        let _ = socket.close(None, None::<&str>);
        Ok(())
    }

    async fn websocket_error(&self, _socket: WebSocket, _error: Error) -> Result<()> {
        Ok(())
    }
}

impl Mailbox {
    async fn append(&self, id: &str, sealed: String) -> Result<Response> {
        let now = clock::now();
        let sequence = match self.log.append(id, sealed, now)? {
            Append::Repeated(sequence) => sequence,
            Append::At { sequence, into_empty } => {
                self.deliver();
                if into_empty {
                    self.wake_by(now + milliseconds(mailbox_limits::AGE)).await?;
                }
                sequence
            }
        };
        Response::from_json(&Appended { sequence })
    }

    /// Brings every listener up to date.
    fn deliver(&self) {
        for socket in self.state.get_websockets() {
            self.bring_up_to_date(&socket);
        }
        for listener in self.streams.borrow_mut().iter_mut() {
            // An error says that it rings already, or that the stream has ended.
            let _ = listener.bell.try_send(());
        }
    }

    async fn open_socket(&self, after: u64, expires_at: i64) -> Result<Response> {
        self.wake_by(expires_at).await?;
        let place = self.make_room();
        let pair = WebSocketPair::new()?;
        self.state
            .set_websocket_auto_response(&WebSocketRequestResponsePair::new("ping", "pong")?);
        self.state.accept_web_socket(&pair.server);
        pair.server.serialize_attachment(SocketListener {
            after,
            place,
            expires_at,
        })?;
        self.bring_up_to_date(&pair.server);
        Response::from_websocket(pair.client)
    }

    fn bring_up_to_date(&self, socket: &WebSocket) {
        // A socket that is closing cannot be sent to; its client comes back with its own cursor.
        if self.send_backlog(socket).is_err() {
            let _ = socket.close(Some(close::INTERNAL_ERROR), Some("come back after the last sequence"));
        }
    }

    fn send_backlog(&self, socket: &WebSocket) -> Result<()> {
        let mut listener: SocketListener = socket.deserialize_attachment()?.ok_or("a socket without its cursor")?;
        let now = clock::now();
        if listener.expires_at <= now {
            return close_expired(socket);
        }
        loop {
            let page = self.log.read(listener.after, BATCH, now)?;
            for delivery in page.deliveries {
                let cursor = delivery.cursor();
                socket.send_with_str(serde_json::to_string(&Frame::from(delivery))?)?;
                listener.after = cursor;
            }
            if !page.more {
                return socket.serialize_attachment(listener);
            }
        }
    }

    /// Frames, each with a line feed, one chunk for each batch.
    fn open_stream(&self, after: u64) -> impl Stream<Item = Result<Vec<u8>>> + use<> {
        let place = self.make_room();
        let (bell, rings) = mpsc::channel(0);
        self.streams.borrow_mut().push(StreamListener { place, bell });
        stream::try_unfold(
            (self.log.clone(), after, rings),
            |(log, mut after, mut rings)| async move {
                loop {
                    let page = log.read(after, BATCH, clock::now())?;
                    if let Some(last) = page.deliveries.last() {
                        after = last.cursor();
                        return Ok(Some((lines(page.deliveries)?, (log, after, rings))));
                    }
                    if rings.next().await.is_none() {
                        return Ok(None);
                    }
                }
            },
        )
    }

    fn count_listeners(&self) -> usize {
        let mut streams = self.streams.borrow_mut();
        streams.retain(|listener| !listener.bell.is_closed());
        streams.len() + self.state.get_websockets().len()
    }

    /// Ends the oldest listeners until there is room for one more, whose place in the order this returns.
    fn make_room(&self) -> u64 {
        let mut excess = (self.count_listeners() + 1).saturating_sub(mailbox_limits::LISTENERS);
        let mut sockets: Vec<_> = self
            .state
            .get_websockets()
            .into_iter()
            .map(|socket| {
                let listener = socket.deserialize_attachment::<SocketListener>().ok().flatten();
                (listener.map_or(0, |listener| listener.place), socket)
            })
            .collect();
        sockets.sort_by_key(|(place, _)| *place);
        let mut streams = self.streams.borrow_mut();
        let newest = sockets
            .iter()
            .map(|(place, _)| *place)
            .chain(streams.iter().map(|it| it.place))
            .max()
            .unwrap_or(0);
        let mut sockets = sockets.into_iter().peekable();
        while excess > 0 {
            // Places rise, so the first of the streams is the oldest of them.
            let stream_is_older = match (streams.first(), sockets.peek()) {
                (Some(stream), Some((place, _))) => stream.place < *place,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if stream_is_older {
                streams.remove(0);
            } else if let Some((_, socket)) = sockets.next() {
                let _ = socket.close(Some(close::REPLACED), Some("a newer listener took this place"));
            }
            excess -= 1;
        }
        newest + 1
    }

    /// Closes the sockets whose tokens have expired, and says when the next one does.
    fn close_expired(&self, now: i64) -> Option<i64> {
        let sockets = self.state.get_websockets().into_iter();
        let open = sockets.filter_map(|socket| {
            let listener = socket.deserialize_attachment::<SocketListener>().ok().flatten()?;
            if listener.expires_at <= now {
                // One that is closing already needs no more.
                let _ = close_expired(&socket);
                return None;
            }
            Some(listener.expires_at)
        });
        open.min()
    }

    /// Wakes up at a time, unless it does so before.
    async fn wake_by(&self, time: i64) -> Result<()> {
        match self.state.storage().get_alarm().await? {
            Some(set) if set <= time => Ok(()),
            _ => self.wake_at(time).await,
        }
    }

    async fn wake_at(&self, time: i64) -> Result<()> {
        #[allow(clippy::cast_precision_loss, reason = "a time in milliseconds is far below 2^53")]
        let date = js_sys::Date::new(&JsValue::from_f64(time as f64));
        self.state.storage().set_alarm(worker::ScheduledTime::new(date)).await
    }
}

fn close_expired(socket: &WebSocket) -> Result<()> {
    socket.close(Some(close::EXPIRED), Some("the token has expired"))
}

fn lines(deliveries: Vec<Delivery>) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for delivery in deliveries {
        serde_json::to_writer(&mut lines, &Frame::from(delivery))?;
        lines.push(b'\n');
    }
    Ok(lines)
}
