//! Requests to the local service.

use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, Body, http};

use crate::failure::{Failure, Result, failure};

/// A client for one origin.
pub(crate) struct Client {
    agent: Agent,
    origin: String,
    page: String,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum As<'a> {
    /// Nobody in particular.
    Anyone,
    /// Whoever holds this token or key.
    Bearer(&'a str),
    /// Whoever holds this session cookie.
    Cookie(&'a str),
}

impl Client {
    /// A client for an origin.
    pub(crate) fn new(origin: &str) -> Self {
        let configuration = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(15)))
            .build();
        Self {
            agent: configuration.into(),
            origin: origin.into(),
            page: origin.into(),
        }
    }

    /// The same, asking from a page of another origin.
    pub(crate) fn on_page(mut self, page: &str) -> Self {
        page.clone_into(&mut self.page);
        self
    }

    /// The status of a page, and its text; `None` when nobody answers.
    pub(crate) fn status(&self, path: &str) -> Option<(u16, String)> {
        let mut response = self.agent.get(format!("{}{path}", self.origin)).call().ok()?;
        let text = response.body_mut().read_to_string().unwrap_or_default();
        Some((response.status().as_u16(), text))
    }

    /// Sends a request and reads the JSON answer, which must be a success.
    pub(crate) fn ask(&self, method: &str, path: &str, who: As<'_>, body: Option<&Value>) -> Result<(Answer, Value)> {
        let describe = |error: &dyn std::fmt::Display| Failure::Sentence(format!("{method} {path}: {error}"));
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("origin", &self.page);
        request = match who {
            As::Anyone => request,
            As::Bearer(token) => request.header("authorization", format!("Bearer {token}")),
            As::Cookie(cookie) => request.header("cookie", cookie),
        };
        let sent = match body {
            Some(body) => {
                let request = request
                    .header("content-type", "application/json")
                    .body(body.to_string());
                self.agent.run(request.map_err(|error| describe(&error))?)
            }
            None => self.agent.run(request.body(()).map_err(|error| describe(&error))?),
        };
        let mut response = sent.map_err(|error| describe(&error))?;
        let text = response.body_mut().read_to_string().map_err(|error| describe(&error))?;
        if !response.status().is_success() {
            return failure(format!(
                "{method} {path} was answered with {}: {text}",
                response.status()
            ));
        }
        let json = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).map_err(|error| describe(&error))?
        };
        Ok((response, json))
    }
}

/// An answer, for its headers.
pub(crate) type Answer = http::Response<Body>;
