//! A service in memory with built pages, its operator, and an organisation with two people.

use std::time::Duration;

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use visavis::{
    Config,
    ports::{Database as _, Platform as _, Statement, Value as Column},
    testing::{Memory, settings},
};

pub(crate) const OWN: &str = "https://visavis.example";
pub(crate) const PAGE: &str = "https://customer.example";
pub(crate) const OTHER_PAGE: &str = "https://other.example";
pub(crate) const STRANGER: &str = "https://stranger.example";

pub(crate) struct Service {
    pub(crate) memory: Memory,
    pub(crate) router: Router,
    pub(crate) operator_key: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.bytes);
        self.json()
    }

    /// The slug of a problem of that status.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.bytes);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        self.json()["type"]
            .as_str()
            .unwrap()
            .strip_prefix("/problems/")
            .unwrap()
            .into()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Service {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(changes: &[(&'static str, &str)]) -> Self {
        let memory = Memory::new();
        memory.add_asset("manifest.json", manifest().to_string());
        for path in manifest()["assets"].as_object().unwrap().keys() {
            memory.add_asset(path, format!("/* {path} */"));
        }
        memory.add_asset("app/not-listed.js", "secret");
        let mut settings = settings();
        settings.0.insert("LIMITS_FACTOR", "1000".into());
        settings
            .0
            .extend(changes.iter().map(|(name, value)| (*name, (*value).into())));
        let operator_key = settings.0["OPERATOR_KEY"].clone();
        let router = visavis::router(memory.clone(), Config::load(&settings).unwrap());
        Self {
            memory,
            router,
            operator_key,
        }
    }

    /// What the platform's scheduler does.
    pub(crate) async fn tick(&self) {
        visavis::tick(self.memory.clone(), Config::load(&settings()).unwrap())
            .await
            .unwrap();
    }

    /// Time passes.
    pub(crate) fn wait(&self, duration: Duration) {
        self.memory.clock().advance(duration);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            bytes,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, &[], None)).await
    }

    pub(crate) async fn operator(&self, body: &Value) -> Answer {
        let key = format!("Bearer {}", self.operator_key);
        let headers = [("authorization", key.as_str())];
        self.send(request("POST", "/api/v1/operator/organisations", &headers, Some(body)))
            .await
    }

    /// An organisation with an administrator and an expert.
    pub(crate) async fn organisation(&self, origin: &str) -> Organisation {
        let answer = self.operator(&organisation(origin)).await.ok(201);
        let url = |index: usize| answer["people"][index]["sign_in_url"].as_str().unwrap().to_owned();
        let person = |index: usize| answer["people"][index]["id"].as_str().unwrap().to_owned();
        Organisation {
            id: answer["organisation"]["id"].as_str().unwrap().into(),
            administrator: person(0),
            expert: person(1),
            administrator_url: url(0),
            expert_url: url(1),
        }
    }

    pub(crate) async fn sign_in(&self, url: &str) -> Answer {
        let secret = url.split_once("#sign-in=").unwrap().1;
        self.send(request(
            "POST",
            "/api/v1/sign-in",
            &[("origin", OWN)],
            Some(&json!({"secret": secret})),
        ))
        .await
    }

    /// The cookie of a new session.
    pub(crate) async fn session(&self, url: &str) -> String {
        let answer = self.sign_in(url).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{:?}", answer.bytes);
        answer.header("set-cookie").unwrap().split(';').next().unwrap().into()
    }

    pub(crate) async fn session_token(&self, cookie: &str, role: &str) -> Answer {
        let headers = [("cookie", cookie), ("origin", OWN)];
        self.send(request(
            "POST",
            "/api/v1/session/token",
            &headers,
            Some(&json!({"role": role})),
        ))
        .await
    }

    /// A token for whoever opens this link.
    pub(crate) async fn token(&self, url: &str, role: &str) -> String {
        let cookie = self.session(url).await;
        let answer = self.session_token(&cookie, role).await.ok(200);
        answer["token"].as_str().unwrap().into()
    }

    pub(crate) async fn with_token(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(request(
            method,
            path,
            &[("authorization", &bearer), ("origin", OWN)],
            body,
        ))
        .await
    }

    /// A visitor's token.
    pub(crate) async fn visitor(&self, organisation: &Organisation, origin: &str) -> String {
        let path = format!("/api/v1/organisations/{}/visitors", organisation.id);
        let answer = self
            .send(request("POST", &path, &[("origin", origin)], Some(&json!({}))))
            .await;
        answer.ok(201)["token"].as_str().unwrap().into()
    }

    /// Every stored value.
    pub(crate) async fn stored(&self) -> Vec<Column> {
        let mut stored = Vec::new();
        for sql in [
            "SELECT id, name, accent, contact FROM organisations",
            "SELECT id, name_sealed, title_sealed, email_sealed, email_lookup FROM people",
            "SELECT secret_hash, used_by FROM sign_in_links",
            "SELECT secret_hash FROM sessions",
            "SELECT wrapped FROM data_keys",
            "SELECT directive, blocked, page FROM reports",
        ] {
            let rows = self
                .memory
                .database()
                .query(Statement {
                    sql,
                    parameters: Vec::new(),
                })
                .await
                .unwrap();
            stored.extend(rows.rows.into_iter().flatten());
        }
        stored
    }
}

pub(crate) struct Organisation {
    pub(crate) id: String,
    pub(crate) administrator: String,
    pub(crate) expert: String,
    pub(crate) administrator_url: String,
    pub(crate) expert_url: String,
}

pub(crate) fn organisation(origin: &str) -> Value {
    json!({
        "name": "Customer", "origins": [origin], "contact": "https://customer.example/contact",
        "people": [
            {"name": "Ada Administrator", "email": "ada@customer.example", "roles": ["administrator"]},
            {"name": "Eve Expert", "title": "Adviser", "email": "eve@customer.example", "roles": ["expert"]},
        ],
    })
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Request<Body> {
    let method: Method = method.parse().unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match body {
        Some(body) => request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap(),
        None => request.body(Body::empty()).unwrap(),
    }
}

fn manifest() -> Value {
    let asset = json!({"integrity": "sha384-AAAA", "bytes": 1, "gzip": 1});
    json!({
        "entries": {"loader": "widget/loader-1.js"},
        "assets": {
            "index.html": asset, "desk.html": asset, "console.html": asset, "join.html": asset, "app/desk-1.js": asset,
            "app/page-1.css": asset, "widget/loader-1.js": asset, "widget/call-1.js": asset,
        },
    })
}

/// Every route of the router, as axum writes them.
pub(crate) fn routes(router: &Router) -> Vec<String> {
    let written = format!("{router:?}");
    let mut found: Vec<_> = written
        .split('"')
        .filter(|part| part.starts_with('/') && !part.contains("__private"))
        .map(String::from)
        .collect();
    found.sort_unstable();
    found.dedup();
    assert!(
        found.iter().any(|route| route == "/desk"),
        "axum no longer writes its routes: {written}"
    );
    found
}
