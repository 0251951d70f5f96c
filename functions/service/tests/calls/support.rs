//! A service in memory with one organisation, and clients that speak its protocol.

use std::time::Duration;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use axum::{Router, body::Body};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use visavis::{
    ClientAddress, Config,
    ports::{Database as _, Platform as _, Statement},
    testing::{Memory, settings},
};

pub(crate) const OWN: &str = "https://visavis.example";
pub(crate) const PAGE: &str = "https://customer.example";
/// Base64url that occurs nowhere by chance.
pub(crate) const OFFER: &str = "b2ZmZXItb2YtdGhlLXZpc2l0b3I";
pub(crate) const ANSWER: &str = "YW5zd2VyLW9mLXRoZS1leHBlcnQ";

/// The service over a platform in memory.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) memory: Memory,
    router: Router,
    operator_key: String,
}

/// What the service answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer of that status.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// The slug of a problem of that status.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        self.body["type"].as_str().unwrap().strip_prefix("/problems/").unwrap()
    }
}

impl Service {
    /// With limits that no test meets by chance.
    pub(crate) fn new() -> Self {
        Self::with_limits(1000)
    }

    pub(crate) fn with_limits(factor: u32) -> Self {
        let memory = Memory::new();
        let mut settings = settings();
        settings.0.insert("LIMITS_FACTOR", factor.to_string());
        let operator_key = settings.0["OPERATOR_KEY"].clone();
        let router = visavis::router(memory.clone(), Config::load(&settings).unwrap());
        Self {
            memory,
            router,
            operator_key,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// The response with its body still to come.
    pub(crate) async fn open(&self, request: Request<Body>) -> http::Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// What an administrator does in the console, without one.
    pub(crate) async fn deactivate(&self, person: &str) {
        let sql = "UPDATE people SET active = 0 WHERE id = ?1";
        let rows = self
            .memory
            .database()
            .query(Statement {
                sql,
                parameters: vec![person.into()],
            })
            .await
            .unwrap();
        assert_eq!(rows.changes, 1);
    }

    /// Time passes; nobody renews anything.
    pub(crate) fn wait(&self, seconds: u64) {
        self.memory.clock().advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn tick(&self) {
        visavis::tick(self.memory.clone(), Config::load(&settings()).unwrap())
            .await
            .unwrap();
    }

    /// A new organisation with the page and experts of these names.
    pub(crate) async fn organisation(&self, experts: &[&str]) -> Organisation {
        let people: Vec<_> = experts
            .iter()
            .map(|name| json!({"name": name, "title": "Adviser", "email": format!("{name}@customer.example"), "roles": ["expert"]}))
            .collect();
        let body = json!({"name": "Customer", "origins": [PAGE], "people": people});
        let request = Request::post("/api/v1/operator/organisations")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.operator_key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let body = self.send(request).await.ok(201);
        let id = body["organisation"]["id"].as_str().unwrap().to_owned();
        let mut experts = Vec::new();
        for person in body["people"].as_array().unwrap() {
            experts.push(self.sign_in(person["sign_in_url"].as_str().unwrap()).await);
        }
        Organisation {
            service: self.clone(),
            id,
            experts,
        }
    }

    async fn sign_in(&self, url: &str) -> Client {
        let (_, secret) = url.split_once("#sign-in=").unwrap();
        let anonymous = Client::new(self.clone(), None);
        let request = anonymous.request("POST", "/api/v1/sign-in", Some(json!({"secret": secret})));
        let answer = self.send(request).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
        let cookie = answer.headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let mut client = Client::new(self.clone(), None);
        client.session = cookie;
        client.signed_in_again().await
    }
}

/// An organisation and its experts, whose desks are closed.
pub(crate) struct Organisation {
    service: Service,
    pub(crate) id: String,
    pub(crate) experts: Vec<Client>,
}

impl Organisation {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/organisations/{}/{rest}", self.id)
    }

    /// A new visitor on the organisation's page.
    pub(crate) async fn visitor(&self) -> Client {
        let mut client = Client::new(self.service.clone(), Some(PAGE));
        let body = client.post(&self.path("visitors"), json!({})).await.ok(201);
        client.take_visitor(&body);
        client
    }

    /// A visitor who comes with the secret of an invitation, from a page of that origin.
    pub(crate) async fn invited(&self, secret: &str, origin: Option<&'static str>) -> Result<(Client, Value), Answer> {
        let mut client = Client::new(self.service.clone(), origin);
        let answer = client.post(&self.path("visitors"), json!({"invitation": secret})).await;
        if answer.status != StatusCode::CREATED {
            return Err(answer);
        }
        client.take_visitor(&answer.body);
        Ok((client, answer.body["invitation"].clone()))
    }

    pub(crate) async fn availability(&self) -> Value {
        Client::new(self.service.clone(), Some(PAGE))
            .get(&self.path("availability"))
            .await
            .ok(200)
    }
}

/// A widget or a desk: a token, and a mailbox with the last sequence that was handled.
#[derive(Clone)]
pub(crate) struct Client {
    service: Service,
    origin: Option<&'static str>,
    pub(crate) id: String,
    /// The call of a visitor's token.
    pub(crate) call: String,
    pub(crate) token: Option<String>,
    /// An expert's session cookie.
    session: String,
    mailbox: (String, Vec<u8>),
    pub(crate) cursor: u64,
    pub(crate) address: &'static str,
}

impl Client {
    pub(crate) fn new(service: Service, origin: Option<&'static str>) -> Self {
        Self {
            service,
            origin,
            id: String::new(),
            call: String::new(),
            token: None,
            session: String::new(),
            mailbox: (String::new(), Vec::new()),
            cursor: 0,
            address: "192.0.2.1",
        }
    }

    pub(crate) fn take_visitor(&mut self, body: &Value) {
        self.id = body["visitor"].as_str().unwrap().into();
        self.call = body["call"].as_str().unwrap().into();
        self.take_token(body);
    }

    fn take_token(&mut self, body: &Value) {
        self.token = Some(body["token"].as_str().unwrap().into());
        let name = body["mailbox"]["name"].as_str().unwrap().to_owned();
        self.mailbox = (
            name,
            BASE64URL.decode(body["mailbox"]["key"].as_str().unwrap()).unwrap(),
        );
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: Option<Value>) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ClientAddress(self.address.into()));
        if let Some(origin) = self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))
                .unwrap(),
            None => request.body(Body::empty()).unwrap(),
        }
    }

    /// The same token without a browser.
    pub(crate) fn without_page(&self) -> Self {
        Self {
            origin: None,
            ..self.clone()
        }
    }

    /// The same desk with a new token for its session.
    pub(crate) async fn signed_in_again(&self) -> Self {
        let mut client = Self {
            token: None,
            ..self.clone()
        };
        let mut request = client.request("POST", "/api/v1/session/token", Some(json!({"role": "expert"})));
        request
            .headers_mut()
            .insert(header::COOKIE, self.session.parse().unwrap());
        let body = self.service.send(request).await.ok(200);
        client.id = body["person"]["id"].as_str().unwrap().into();
        client.take_token(&body);
        client
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.service.send(self.request("GET", path, None)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.service.send(self.request("POST", path, Some(body))).await
    }

    pub(crate) async fn here(&self, state: &str) -> Value {
        let request = self.request("PUT", "/api/v1/presence", Some(json!({"state": state})));
        self.service.send(request).await.ok(200)
    }

    pub(crate) async fn leave(&self) {
        let answer = self
            .service
            .send(self.request("DELETE", "/api/v1/presence", None))
            .await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    }

    /// A request about a call.
    pub(crate) async fn on(&self, call: &str, what: &str, body: Value) -> Answer {
        self.post(&format!("/api/v1/calls/{call}/{what}"), body).await
    }

    pub(crate) async fn ring(&self) -> Answer {
        self.ring_with(json!({})).await
    }

    /// Rings with these fields instead of the usual ones.
    pub(crate) async fn ring_with(&self, fields: Value) -> Answer {
        let mut body = json!({
            "name": "Grace Visitor", "language": "en", "media": "video", "payload": OFFER,
            "page": {"url": "https://customer.example/private-page?secret=1", "title": "Private title"},
        });
        body.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        self.on(&self.call, "ring", body).await
    }

    pub(crate) async fn answer(&self, call: &str) -> Answer {
        self.on(call, "answer", json!({"payload": ANSWER})).await
    }

    /// The call as this side sees it.
    pub(crate) async fn look(&self, call: &str) -> Value {
        self.get(&format!("/api/v1/calls/{call}")).await.ok(200)["call"].clone()
    }

    /// One page of the mailbox after the cursor.
    pub(crate) async fn page(&self) -> Value {
        self.get(&format!("/api/v1/mailbox?after={}", self.cursor))
            .await
            .ok(200)
    }

    /// Everything new in the mailbox, opened; a gap is `{"gap": n}`.
    pub(crate) async fn hear(&mut self) -> Vec<Value> {
        let page = self.page().await;
        let mut heard = Vec::new();
        for delivery in page["deliveries"].as_array().unwrap() {
            if let Some(gap) = delivery["gap"].as_u64() {
                self.cursor = gap;
                heard.push(delivery.clone());
            } else {
                self.cursor = delivery["sequence"].as_u64().unwrap();
                heard.push(self.unseal(delivery["sealed"].as_str().unwrap()));
            }
        }
        heard
    }

    /// The types of everything new in the mailbox.
    pub(crate) async fn hear_types(&mut self) -> Vec<String> {
        self.hear()
            .await
            .iter()
            .map(|envelope| envelope["type"].as_str().unwrap_or("gap").into())
            .collect()
    }

    pub(crate) fn unseal(&self, sealed: &str) -> Value {
        let (name, key) = &self.mailbox;
        let sealed = BASE64URL.decode(sealed).unwrap();
        let (nonce, sealed) = sealed.split_first_chunk::<12>().unwrap();
        let cipher = Aes256Gcm::new_from_slice(key).unwrap();
        let payload = Payload {
            msg: sealed,
            aad: name.as_bytes(),
        };
        serde_json::from_slice(&cipher.decrypt(nonce.into(), payload).unwrap()).unwrap()
    }
}

/// A visitor's call that rings for both experts of an organisation.
pub(crate) async fn ringing_for_both() -> (Service, Organisation, Client) {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    for expert in &organisation.experts {
        expert.here("available").await;
    }
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    (service, organisation, visitor)
}
