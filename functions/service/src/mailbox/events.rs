//! A mailbox as server-sent events (HTML Living Standard, section 9.2): entries, gaps, heartbeats and a clean end.

use std::{convert::Infallible, pin::Pin, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::{
    Stream, StreamExt as _,
    future::{Either, select},
    stream,
};
use http::{HeaderValue, header};

use crate::ports::{Clock, Delivery, Entry, Platform, PortResult};

/// A comment after so much silence keeps proxies from cutting the stream, and shows the client that it lives.
const HEARTBEAT: Duration = Duration::from_secs(10);

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is streamed, until the listener is replaced, the platform fails or the token expires.
struct Events<P, D> {
    platform: P,
    deliveries: Pin<Box<D>>,
    heartbeat: Sleep,
    expires_at: i64,
    over: bool,
}

/// The stream of a listener that may listen until `expires_at` (milliseconds).
pub(super) fn response<P: Platform>(
    deliveries: impl Stream<Item = PortResult<Delivery>> + Send + 'static,
    platform: P,
    expires_at: i64,
) -> Response {
    let heartbeat = Box::pin(platform.clock().sleep(HEARTBEAT));
    let events = Events {
        platform,
        deliveries: Box::pin(deliveries),
        heartbeat,
        expires_at,
        over: false,
    };
    let body = stream::unfold(events, |mut events| async move {
        let chunk = events.next().await?;
        Some((Ok::<_, Infallible>(chunk), events))
    });
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies of the nginx kind collect a response before they pass it on, unless told not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl<P: Platform, D: Stream<Item = PortResult<Delivery>> + Send> Events<P, D> {
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        if self.expires_at <= self.platform.clock().now() {
            return Some(self.bye());
        }
        match select(self.deliveries.next(), &mut self.heartbeat).await {
            Either::Left((Some(Ok(delivery)), _)) => Some(event(delivery)),
            // Another listener of the same mailbox has taken this one's place.
            Either::Left((None, _)) => Some(self.bye()),
            // The stream ends without a farewell: it was cut, and the client comes back.
            Either::Left((Some(Err(_)), _)) => None,
            Either::Right(((), _)) => {
                self.heartbeat = Box::pin(self.platform.clock().sleep(HEARTBEAT));
                Some(Bytes::from_static(b":\n\n"))
            }
        }
    }

    fn bye(&mut self) -> Bytes {
        self.over = true;
        Bytes::from_static(b"event: bye\ndata:\n\n")
    }
}

fn event(delivery: Delivery) -> Bytes {
    match delivery {
        Delivery::Entry(Entry { sequence, sealed }) => format!("id: {sequence}\nevent: entry\ndata: {sealed}\n\n"),
        Delivery::Gap(gap) => format!("id: {gap}\nevent: gap\ndata:\n\n"),
    }
    .into()
}
