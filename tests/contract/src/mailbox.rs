//! Reading a mailbox in each of its three ways, and opening what lies in it.

use std::{collections::VecDeque, time::Duration};

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::sleep};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest as _, http},
};

use crate::{
    Service,
    organisation::text,
    wait::{DEADLINE, within},
};

/// How a mailbox is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Over a WebSocket, where the platform has one; else over server-sent events.
    Socket,
    /// As server-sent events.
    Events,
    /// Page by page.
    Pages,
}

/// What lies in a mailbox.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// An entry, opened.
    Entry {
        /// Its place.
        sequence: u64,
        /// The envelope.
        envelope: Value,
    },
    /// Everything up to here is gone.
    Gap(u64),
}

/// How a connection ended that did not end on purpose.
#[derive(Debug)]
pub struct Cut(pub String);

/// A WebSocket to the service.
pub type Socket = WebSocketStream<TcpStream>;

/// A mailbox being read.
pub struct Mailbox {
    service: Service,
    token: String,
    origin: String,
    name: String,
    key: Aes256Gcm,
    transport: Transport,
    source: Source,
    /// The last sequence handled.
    pub cursor: u64,
}

enum Source {
    Socket(Box<Socket>),
    Events {
        response: reqwest::Response,
        buffer: Vec<u8>,
    },
    Pages(VecDeque<Value>),
}

impl Mailbox {
    /// Begins to read after a sequence. `access` is `{name, key}` as it came with the token.
    pub async fn open(
        service: &Service,
        token: &str,
        origin: &str,
        access: &Value,
        after: u64,
        transport: Transport,
    ) -> Self {
        let key = BASE64URL
            .decode(text(&access["key"]))
            .expect("a mailbox key in base64url");
        let mut transport = transport;
        let source = Source::open(service, token, origin, after, &mut transport).await;
        Self {
            service: service.clone(),
            token: token.to_owned(),
            origin: origin.to_owned(),
            name: text(&access["name"]),
            key: Aes256Gcm::new_from_slice(&key).expect("a key of 32 bytes"),
            transport,
            source,
            cursor: after,
        }
    }

    /// Lets the connection fall and connects again after the last sequence handled.
    pub async fn reconnect(&mut self) {
        self.source = Source::open(
            &self.service,
            &self.token,
            &self.origin,
            self.cursor,
            &mut self.transport,
        )
        .await;
    }

    /// The next delivery, within the deadline.
    pub async fn next(&mut self) -> Delivery {
        let what = format!("something in the mailbox after {} ({:?})", self.cursor, self.transport);
        within(DEADLINE, &what, self.receive()).await
    }

    /// The next envelope of this type; others before it are passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        within(
            DEADLINE,
            &format!("{kind} in the mailbox ({:?})", self.transport),
            async {
                loop {
                    if let Delivery::Entry { envelope, .. } = self.receive().await
                        && envelope["type"] == kind
                    {
                        return envelope;
                    }
                }
            },
        )
        .await
    }

    /// The next envelope, which must be of this type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        match self.next().await {
            Delivery::Entry { envelope, .. } if envelope["type"] == kind => envelope,
            other => panic!("{kind} was expected next, not {other:?}"),
        }
    }

    /// Everything that lies after the cursor now, without waiting for more.
    pub async fn rest(&self) -> Vec<Delivery> {
        let mut after = self.cursor;
        let mut rest = Vec::new();
        loop {
            let page = page(&self.service, &self.token, &self.origin, after).await;
            for delivery in page["deliveries"].as_array().expect("deliveries") {
                let delivery = self.open_delivery(delivery);
                after = delivery.sequence();
                rest.push(delivery);
            }
            if page["more"] == false {
                return rest;
            }
        }
    }

    async fn receive(&mut self) -> Delivery {
        self.receive_uncut().await.expect("a connection that is not cut")
    }

    /// The next delivery, or that the connection was cut; then [`reconnect`](Self::reconnect).
    pub async fn receive_uncut(&mut self) -> Result<Delivery, Cut> {
        let delivery = loop {
            let received = self
                .source
                .receive(&self.service, &self.token, &self.origin, self.cursor)
                .await?;
            if let Some(delivery) = received {
                break self.open_delivery(&delivery);
            }
            self.reconnect().await;
        };
        self.cursor = delivery.sequence();
        Ok(delivery)
    }

    /// Opens `{"sequence", "sealed"}` or `{"gap"}`, which must have no other field.
    fn open_delivery(&self, delivery: &Value) -> Delivery {
        let fields = delivery.as_object().expect("an object").len();
        if let Some(gap) = delivery["gap"].as_u64() {
            assert_eq!(fields, 1, "{delivery}");
            return Delivery::Gap(gap);
        }
        assert_eq!(fields, 2, "{delivery}");
        let sealed = BASE64URL
            .decode(text(&delivery["sealed"]))
            .expect("a sealed envelope in base64url");
        let (nonce, message) = sealed.split_at(12);
        let nonce = Nonce::try_from(nonce).expect("12 bytes");
        let payload = Payload {
            msg: message,
            aad: self.name.as_bytes(),
        };
        let envelope = self
            .key
            .decrypt(&nonce, payload)
            .expect("an envelope sealed for this mailbox");
        let envelope: Value = serde_json::from_slice(&envelope).expect("an envelope in JSON");
        for field in ["id", "at", "type", "call"] {
            assert!(envelope[field].is_string(), "{field} is missing: {envelope}");
        }
        assert!(envelope["body"].is_object(), "{envelope}");
        Delivery::Entry {
            sequence: delivery["sequence"].as_u64().expect("a sequence"),
            envelope,
        }
    }
}

impl Delivery {
    /// The cursor of who has handled this.
    pub fn sequence(&self) -> u64 {
        match self {
            Self::Entry { sequence, .. } | Self::Gap(sequence) => *sequence,
        }
    }
}

impl Source {
    async fn open(service: &Service, token: &str, origin: &str, after: u64, transport: &mut Transport) -> Self {
        if *transport == Transport::Socket {
            let protocols = format!("visavis.v1, bearer.{token}");
            match connect(service, &format!("after={after}"), Some(&protocols), origin).await {
                Ok(socket) => return Self::Socket(Box::new(socket)),
                Err(refusal) if refusal.status() == 501 => {
                    eprintln!("THIS PLATFORM HAS NO WEBSOCKET (501): tested over server-sent events instead");
                    *transport = Transport::Events;
                }
                Err(refusal) => panic!("the WebSocket handshake was refused: {refusal:?}"),
            }
        }
        if *transport == Transport::Pages {
            return Self::Pages(VecDeque::new());
        }
        let request = service
            .get(&format!("/api/v1/mailbox?after={after}"))
            .bearer(token)
            .origin(origin);
        let (_, _, response) = request.header("accept", "text/event-stream").start().await;
        assert_eq!(
            response.status(),
            200,
            "server-sent events: {:?}",
            response.text().await
        );
        let media_type = response.headers()["content-type"].to_str().unwrap();
        assert!(media_type.starts_with("text/event-stream"), "{media_type}");
        Self::Events {
            response,
            buffer: Vec::new(),
        }
    }

    /// The next delivery; nothing when the stream ended on purpose.
    async fn receive(
        &mut self,
        service: &Service,
        token: &str,
        origin: &str,
        after: u64,
    ) -> Result<Option<Value>, Cut> {
        // Between pages, within the service's rate limits.
        let mut pause = Duration::from_millis(50);
        match self {
            Self::Socket(socket) => loop {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) if text.as_str() == "pong" => {}
                    Some(Ok(Message::Text(text))) => {
                        return Ok(Some(serde_json::from_str(&text).expect("a frame in JSON")));
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => return Err(Cut(format!("the WebSocket ended: {other:?}"))),
                }
            },
            Self::Events { response, buffer } => loop {
                if let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
                    let block: Vec<u8> = buffer.drain(..end + 2).collect();
                    match event(std::str::from_utf8(&block).expect("events in UTF-8")) {
                        Event::Comment => continue,
                        Event::Delivery(delivery) => return Ok(Some(delivery)),
                        Event::Bye => return Ok(None),
                    }
                }
                match response.chunk().await {
                    Ok(Some(chunk)) => buffer.extend(chunk),
                    Ok(None) => return Err(Cut("the stream ended without a bye".into())),
                    Err(error) => return Err(Cut(format!("{error:?}"))),
                }
            },
            Self::Pages(waiting) => loop {
                pause = (pause * 2).min(Duration::from_secs(1));
                if let Some(delivery) = waiting.pop_front() {
                    return Ok(Some(delivery));
                }
                let page = page(service, token, origin, after).await;
                waiting.extend(page["deliveries"].as_array().expect("deliveries").iter().cloned());
                if waiting.is_empty() {
                    assert_eq!(page["more"], false, "more after an empty page");
                    sleep(pause).await;
                }
            },
        }
    }
}

enum Event {
    Comment,
    Delivery(Value),
    Bye,
}

/// Reads one block of a stream (HTML standard, section 9.2.6).
fn event(block: &str) -> Event {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.strip_prefix(' ').unwrap_or(value))
    };
    let sequence = || -> u64 {
        field("id")
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| panic!("no id: {block}"))
    };
    match field("event") {
        Some("entry") => Event::Delivery(json!({ "sequence": sequence(), "sealed": field("data").expect("data") })),
        Some("gap") => Event::Delivery(json!({ "gap": sequence() })),
        Some("bye") => Event::Bye,
        None if block.lines().all(|line| line.is_empty() || line.starts_with(':')) => Event::Comment,
        other => panic!("an unknown event {other:?}: {block}"),
    }
}

async fn page(service: &Service, token: &str, origin: &str, after: u64) -> Value {
    let request = service
        .get(&format!("/api/v1/mailbox?after={after}"))
        .bearer(token)
        .origin(origin);
    request
        .header("accept", "application/json")
        .send()
        .await
        .expect_json(200)
}

/// Tries a WebSocket handshake on the mailbox; what refuses it is returned.
pub async fn connect(
    service: &Service,
    query: &str,
    protocols: Option<&str>,
    origin: &str,
) -> Result<Socket, http::Response<Option<Vec<u8>>>> {
    let authority = service
        .base
        .strip_prefix("http://")
        .expect("an http:// base: the suite speaks no TLS");
    let mut request = format!("ws://{authority}/api/v1/mailbox?{query}")
        .into_client_request()
        .expect("a request");
    let (address_header, address) = service.address();
    let mut headers = vec![("origin", origin), (address_header, address)];
    headers.extend(protocols.map(|protocols| ("sec-websocket-protocol", protocols)));
    for (name, value) in headers {
        let name = http::HeaderName::try_from(name).expect("a header's name");
        request
            .headers_mut()
            .insert(name, value.parse().expect("a header's value"));
    }
    let with_port = if authority.contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let stream = TcpStream::connect(with_port)
        .await
        .expect("a connection to the service");
    let shake_hands = within(DEADLINE, "a WebSocket handshake", client_async(request, stream)).await;
    match shake_hands {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => Err(*response),
        Err(error) => panic!("a WebSocket handshake that is neither accepted nor refused: {error:?}"),
    }
}

/// Sends `ping` and waits for `pong`.
pub async fn ping(socket: &mut Socket) {
    socket.send(Message::Text("ping".into())).await.expect("a ping");
    within(DEADLINE, "a pong", async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) if text.as_str() == "pong" => return,
                Some(Ok(Message::Close(_)) | Err(_)) | None => panic!("the connection ended before the pong"),
                Some(Ok(_)) => {}
            }
        }
    })
    .await;
}
