//! The mailboxes, each on a Durable Object of its name.

use axum::body::Body;
use futures_util::{AsyncBufReadExt, StreamExt, TryStreamExt, stream::BoxStream};
use http::{HeaderValue, Response, header, request::Parts};
use serde::de::DeserializeOwned;
use url::Url;
use visavis::ports::{Delivery, Mailboxes, Page, PortError, PortResult, mailbox_limits};
use worker::{Method, ObjectNamespace, Request, RequestInit, send::SendFuture};

use crate::frame::{Appended, Frame, Frames};

/// The binding `MAILBOXES`.
#[derive(Debug)]
pub(crate) struct MailboxObjects(pub(crate) ObjectNamespace);

impl MailboxObjects {
    async fn ask(
        &self,
        mailbox: &str,
        path: &str,
        query: &[(&str, String)],
        init: &RequestInit,
    ) -> PortResult<worker::Response> {
        // The object looks at the path and the query; a URL needs some host.
        let url = Url::parse_with_params(&format!("https://mailbox.invalid{path}"), query)
            .map_err(|error| unavailable(&error.into()))?;
        let request = Request::new_with_init(url.as_str(), init).map_err(|error| unavailable(&error))?;
        let object = self.0.get_by_name(mailbox).map_err(|error| unavailable(&error))?;
        let response = object
            .fetch_with_request(request)
            .await
            .map_err(|error| unavailable(&error))?;
        match response.status_code() {
            101 | 200 => Ok(response),
            status => Err(PortError::Unavailable(format!("mailbox: status {status}"))),
        }
    }
}

#[cfg(feature = "conformance")]
impl MailboxObjects {
    /// Lets time pass for one mailbox, and its alarm ring.
    pub(crate) async fn age(&self, mailbox: &str, milliseconds: i64) -> PortResult<()> {
        let mut init = RequestInit::new();
        init.with_method(Method::Post);
        self.ask(mailbox, "/age", &[("by", milliseconds.to_string())], &init)
            .await
            .map(drop)
    }
}

impl Mailboxes for MailboxObjects {
    type Deliveries = BoxStream<'static, PortResult<Delivery>>;

    fn append(&self, mailbox: &str, id: &str, sealed: String) -> impl Future<Output = PortResult<u64>> + Send {
        SendFuture::new(async move {
            mailbox_limits::check(&sealed)?;
            let mut init = RequestInit::new();
            init.with_method(Method::Post).with_body(Some(sealed.into()));
            let answer: Appended = json(self.ask(mailbox, "/entries", &[("id", id.to_owned())], &init).await?).await?;
            Ok(answer.sequence)
        })
    }

    fn read(&self, mailbox: &str, after: u64, limit: usize) -> impl Future<Output = PortResult<Page>> + Send {
        SendFuture::new(async move {
            let query = [("after", after.to_string()), ("limit", limit.to_string())];
            let response = self.ask(mailbox, "/page", &query, &RequestInit::new()).await?;
            let frames: Frames = json(response).await?;
            Ok(frames.into())
        })
    }

    fn listen(&self, mailbox: &str, after: u64) -> impl Future<Output = PortResult<Self::Deliveries>> + Send {
        SendFuture::new(async move {
            let response = self
                .ask(
                    mailbox,
                    "/deliveries",
                    &[("after", after.to_string())],
                    &RequestInit::new(),
                )
                .await?;
            let response: worker::HttpResponse = response.try_into().map_err(|error| unavailable(&error))?;
            let lines = response
                .into_body()
                .map_err(std::io::Error::other)
                .into_async_read()
                .lines();
            let deliveries = lines.map(|line| {
                let line = line.map_err(|error| PortError::Unavailable(format!("mailbox: {error}")))?;
                let frame: Frame = serde_json::from_str(&line).map_err(|error| unavailable(&error.into()))?;
                Ok(frame.into())
            });
            Ok(deliveries.boxed())
        })
    }

    fn upgrade(
        &self,
        mailbox: &str,
        after: u64,
        expires_at: i64,
        _head: Parts,
    ) -> impl Future<Output = PortResult<Response<Body>>> + Send {
        SendFuture::new(async move {
            // The runtime shakes hands with the client by itself; nothing of its request needs to reach the object.
            let mut init = RequestInit::new();
            let headers = worker::Headers::from_iter([("upgrade", "websocket")]);
            init.with_headers(headers);
            let query = [("after", after.to_string()), ("expires_at", expires_at.to_string())];
            let response = self.ask(mailbox, "/socket", &query, &init).await?;
            let response: worker::HttpResponse = response.try_into().map_err(|error| unavailable(&error))?;
            // The WebSocket travels as an extension of the response.
            let mut response = response.map(Body::new);
            let subprotocol = HeaderValue::from_static(mailbox_limits::SUBPROTOCOL);
            response
                .headers_mut()
                .insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
            Ok(response)
        })
    }

    // Each object has an alarm for that.
    async fn tidy(&self) -> PortResult<()> {
        Ok(())
    }
}

async fn json<T: DeserializeOwned>(mut response: worker::Response) -> PortResult<T> {
    response.json().await.map_err(|error| unavailable(&error))
}

fn unavailable(error: &worker::Error) -> PortError {
    PortError::Unavailable(format!("mailbox: {error}"))
}
