//! Those who take part: visitors, and staff at the desk or in the console.

use std::sync::Mutex;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    task::JoinHandle,
    time::{Duration, sleep},
};
use uuid::Uuid;

use crate::{Answer, Mailbox, Organisation, Service, Transport, organisation::text, service::Call};

/// A visitor of an organisation's page, with a token for one call.
#[derive(Debug)]
pub struct Visitor {
    /// The service.
    pub service: Service,
    /// The page's origin.
    pub origin: String,
    /// What the service answered: `{visitor, call, token, mailbox, ice_servers, …}`.
    pub granted: Value,
    /// The id of the call it may ring.
    pub call: String,
    /// The token.
    pub token: String,
    lease: Lease,
}

impl Visitor {
    pub(crate) async fn new(organisation: &Organisation) -> Self {
        let service = organisation.service.clone();
        let request = service
            .post(&organisation.path("visitors"), &json!({}))
            .origin(&organisation.origin);
        let granted = request.send().await.expect_json(201);
        Self {
            call: text(&granted["call"]),
            token: text(&granted["token"]),
            origin: organisation.origin.clone(),
            granted,
            service,
            lease: Lease::default(),
        }
    }

    /// Begins a request with the visitor's token, from the organisation's page.
    pub fn request(&self, method: Method, path: &str) -> Call {
        self.service
            .request(method, path)
            .bearer(&self.token)
            .origin(&self.origin)
    }

    /// `POST` about the visitor's own call.
    pub async fn post(&self, verb: &str, body: &Value) -> Answer {
        self.request(Method::POST, &format!("/api/v1/calls/{}/{verb}", self.call))
            .json(body)
            .send()
            .await
    }

    /// The body of a ring.
    pub fn ring_request() -> Value {
        json!({
            "name": "Vera Visitor", "language": "en", "media": "video", "payload": payload("offer"),
            "page": { "url": "https://customer.example/pricing?secret=1#top", "title": "Pricing" },
        })
    }

    /// Rings, and stays there until dropped.
    pub async fn ring(&self) -> Value {
        self.renew().await;
        self.post("ring", &Self::ring_request()).await.expect_json(201)["call"].clone()
    }

    /// Keeps the visitor's lease until it is dropped or gone.
    pub async fn renew(&self) {
        self.lease.keep(&self.service, &self.token, &self.origin, "here").await;
    }

    /// Stops renewing, as a page that has crashed does.
    pub fn vanish(&self) {
        self.lease.drop_it();
    }

    /// Leaves.
    pub async fn leave(&self) {
        self.vanish();
        self.request(Method::DELETE, "/api/v1/presence")
            .send()
            .await
            .expect(204);
    }

    /// Sends something to the other side.
    pub async fn signal(&self, id: &str, payload: &str) -> Answer {
        self.post("signals", &json!({ "id": id, "payload": payload })).await
    }

    /// The call as the visitor sees it.
    pub async fn look(&self) -> Value {
        self.request(Method::GET, &format!("/api/v1/calls/{}", self.call))
            .send()
            .await
            .expect_json(200)["call"]
            .clone()
    }

    /// The visitor's mailbox, from its beginning.
    pub async fn mailbox(&self, transport: Transport) -> Mailbox {
        Mailbox::open(
            &self.service,
            &self.token,
            &self.origin,
            &self.granted["mailbox"],
            0,
            transport,
        )
        .await
    }
}

/// Somebody of the staff, with a token for one role.
#[derive(Debug)]
pub struct Staff {
    /// The service.
    pub service: Service,
    /// The session cookie, `name=value`.
    pub cookie: String,
    /// What the service answered: `{token, person, organisation, mailbox, …}`.
    pub granted: Value,
    /// The token.
    pub token: String,
    lease: Lease,
}

impl Staff {
    /// Exchanges the secret of a sign-in link for the session cookie.
    pub async fn sign_in(service: &Service, secret: &str) -> String {
        let request = service
            .post("/api/v1/sign-in", &json!({ "secret": secret }))
            .origin(&service.base);
        let answer = request.send().await.expect(204);
        let cookie = answer.header("set-cookie").expect("a session cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// Exchanges the session cookie for a token of that role.
    pub async fn with_cookie(service: &Service, cookie: &str, role: &str) -> Self {
        let granted = Self::token_request(service, cookie, role).await.expect_json(200);
        Self {
            service: service.clone(),
            cookie: cookie.to_owned(),
            token: text(&granted["token"]),
            granted,
            lease: Lease::default(),
        }
    }

    /// Asks for a token.
    pub async fn token_request(service: &Service, cookie: &str, role: &str) -> Answer {
        let request = service.post("/api/v1/session/token", &json!({ "role": role }));
        request.origin(&service.base).header("cookie", cookie).send().await
    }

    /// Begins a request with the token, from the service's own pages.
    pub fn request(&self, method: Method, path: &str) -> Call {
        self.service
            .request(method, path)
            .bearer(&self.token)
            .origin(&self.service.base)
    }

    /// `POST` about a call.
    pub async fn post(&self, call: &str, verb: &str, body: &Value) -> Answer {
        self.request(Method::POST, &format!("/api/v1/calls/{call}/{verb}"))
            .json(body)
            .send()
            .await
    }

    /// Answers a call.
    pub async fn answer(&self, call: &str) -> Answer {
        self.post(call, "answer", &json!({ "payload": payload("answer") }))
            .await
    }

    /// The call as this person sees it.
    pub async fn look(&self, call: &str) -> Value {
        self.request(Method::GET, &format!("/api/v1/calls/{call}"))
            .send()
            .await
            .expect_json(200)["call"]
            .clone()
    }

    /// Is available from now on, until dropped or gone.
    pub async fn open_desk(&self) {
        self.lease
            .keep(&self.service, &self.token, &self.service.base, "available")
            .await;
    }

    /// Says a state once: `{expires_at, renew_in, calls}`.
    pub async fn present(&self, state: &str) -> Value {
        let request = self
            .request(Method::PUT, "/api/v1/presence")
            .json(&json!({ "state": state }));
        request.send().await.expect_json(200)
    }

    /// Stops renewing, as a desk that has crashed does.
    pub fn vanish(&self) {
        self.lease.drop_it();
    }

    /// Closes the desk.
    pub async fn leave(&self) {
        self.vanish();
        self.request(Method::DELETE, "/api/v1/presence")
            .send()
            .await
            .expect(204);
    }

    /// The person's id.
    pub fn id(&self) -> String {
        text(&self.granted["person"]["id"])
    }

    /// The mailbox, from its beginning.
    pub async fn mailbox(&self, transport: Transport) -> Mailbox {
        self.mailbox_after(0, transport).await
    }

    /// The mailbox, after a sequence.
    pub async fn mailbox_after(&self, after: u64, transport: Transport) -> Mailbox {
        let origin = self.service.base.clone();
        Mailbox::open(
            &self.service,
            &self.token,
            &origin,
            &self.granted["mailbox"],
            after,
            transport,
        )
        .await
    }
}

/// A payload that says what it is, in the form that the service carries.
pub fn payload(what: &str) -> String {
    BASE64URL.encode(format!("{{\"type\":\"{what}\",\"nonce\":\"{}\"}}", Uuid::new_v4()))
}

/// Presence that is renewed in the background.
#[derive(Debug, Default)]
struct Lease(Mutex<Option<JoinHandle<()>>>);

impl Lease {
    /// Renews now, and again whenever the service says so.
    async fn keep(&self, service: &Service, token: &str, origin: &str, state: &'static str) {
        let (service, token, origin) = (service.clone(), token.to_owned(), origin.to_owned());
        let renew = async move || {
            let request = service
                .put("/api/v1/presence", &json!({ "state": state }))
                .bearer(&token)
                .origin(&origin);
            request.attempt().await
        };
        let renew_in = |answer: Answer| {
            Duration::from_millis(answer.json()["renew_in"].as_u64().expect("renew_in in milliseconds"))
        };
        let first = renew().await.expect("the service did not answer PUT /presence");
        let mut pause = renew_in(first.expect(200));
        let task = tokio::spawn(async move {
            loop {
                sleep(pause).await;
                match renew().await {
                    Ok(answer) if answer.status.is_success() => pause = renew_in(answer),
                    // The token may have been voided by the test on purpose.
                    Ok(answer) if answer.status.is_client_error() => return,
                    // The service may have been killed, or its database locked, by the test on purpose.
                    _ => pause = Duration::from_millis(200),
                }
            }
        });
        self.replace(Some(task));
    }

    fn drop_it(&self) {
        self.replace(None);
    }

    fn replace(&self, task: Option<JoinHandle<()>>) {
        let before = std::mem::replace(&mut *self.0.lock().expect("the lease"), task);
        if let Some(before) = before {
            before.abort();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.drop_it();
    }
}
