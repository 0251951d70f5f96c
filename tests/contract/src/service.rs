//! The service under test, and requests to it.

use std::{env, fmt::Write as _};

use reqwest::{Client, Method, redirect};
use serde_json::Value;
use uuid::Uuid;

use crate::Answer;

/// The service at `VISAVIS_BASE`, seen from one client address.
#[derive(Debug, Clone)]
pub struct Service {
    /// The service's origin.
    pub base: String,
    /// Where requests to it go: its origin, or one of several instances behind it.
    route: String,
    /// What creates organisations.
    pub operator_key: String,
    /// The header in which the platform's proxy names the client's address. A local service believes it.
    address_header: String,
    address: String,
    http: Client,
}

impl Default for Service {
    fn default() -> Self {
        Self::new()
    }
}

impl Service {
    /// Reads the environment.
    pub fn new() -> Self {
        Self::at(&required("VISAVIS_BASE"), &required("VISAVIS_OPERATOR_KEY"))
    }

    /// The service at an origin. Every instance has a client address of its own, so that tests running side by side do not
    /// meet in the rate limits by address.
    pub fn at(base: &str, operator_key: &str) -> Self {
        let random = Uuid::new_v4();
        let mut address = String::from("2001:db8");
        for pair in random.as_bytes()[..12].chunks(2) {
            write!(address, ":{:02x}{:02x}", pair[0], pair[1]).unwrap();
        }
        let base = base.trim_end_matches('/');
        Self {
            base: base.to_owned(),
            route: base.to_owned(),
            operator_key: operator_key.to_owned(),
            address_header: env::var("VISAVIS_ADDRESS_HEADER").unwrap_or_else(|_| "cf-connecting-ip".into()),
            address,
            http: client(),
        }
    }

    /// The same service through one of its instances, which listens at this address.
    pub fn through(&self, address: &str) -> Self {
        Self {
            route: format!("http://{address}"),
            http: client(),
            ..self.clone()
        }
    }

    /// The same service from the same address over connections of its own, for requests that must truly be at once.
    pub fn another_connection(&self) -> Self {
        Self {
            http: client(),
            ..self.clone()
        }
    }

    /// The header that names this client's address, and the address.
    pub fn address(&self) -> (&str, &str) {
        (&self.address_header, &self.address)
    }

    /// Begins a request. A path without `/api` or another top is under `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method.clone(), format!("{}{path}", self.route));
        Call {
            method,
            path: path.to_owned(),
            request: request.header(&self.address_header, &self.address),
        }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Call {
        self.request(Method::GET, path)
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.request(Method::POST, path).json(body)
    }

    /// `PUT` with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.request(Method::PUT, path).json(body)
    }

    /// `PATCH` with a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> Call {
        self.request(Method::PATCH, path).json(body)
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Call {
        self.request(Method::DELETE, path)
    }
}

fn client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .expect("an HTTP client")
}

/// A setting of the suite.
///
/// # Panics
/// When it is not set.
pub(crate) fn required(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set. The contract suite runs against a running service: `cargo xtask test contract` starts one and sets it")
    })
}

/// A request being made.
#[derive(Debug)]
pub struct Call {
    method: Method,
    path: String,
    request: reqwest::RequestBuilder,
}

impl Call {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// From a page of this origin.
    #[must_use]
    pub fn origin(self, origin: &str) -> Self {
        self.header("origin", origin)
    }

    /// With this token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With a body of any kind.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.header("content-type", media_type).body(body.into());
        self
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        self.attempt()
            .await
            .unwrap_or_else(|error| panic!("{asked}: the service did not answer: {error:?}"))
    }

    /// Sends it and reads the whole answer, if the service lives so long.
    pub async fn attempt(self) -> reqwest::Result<Answer> {
        let asked = format!("{} {}", self.method, self.path);
        Answer::read(asked, self.request.send().await?).await
    }

    /// Sends it and returns the answer whose body is still to come.
    pub(crate) async fn start(self) -> (Method, String, reqwest::Response) {
        let response = self
            .request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{} {}: the service did not answer: {error:?}", self.method, self.path));
        (self.method, self.path, response)
    }
}
