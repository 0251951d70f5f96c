//! Tokens, bodies and media types that are refused, on every route that takes them.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{OTHER_PAGE, OWN, PAGE, Service, request};

const CALL: &str = "019aaf00-0000-7000-8000-000000000001";

/// Every operation of the description that needs a token, with its path filled in.
async fn operations(service: &Service) -> Vec<(String, String, bool)> {
    let document = service.get("/openapi.json").await.json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let needs_token = operation["security"].to_string().contains("\"token\"");
            let path = path
                .replace("{call}", CALL)
                .replace("{person}", CALL)
                .replace("{organisation}", CALL);
            if needs_token {
                operations.push((method.to_uppercase(), path, operation["requestBody"] != Value::Null));
            }
        }
    }
    assert!(operations.len() >= 18, "{operations:?}");
    operations
}

async fn assert_refused(service: &Service, headers: &[(&str, &str)], status: u16, slug: &str) {
    for (method, path, _) in operations(service).await {
        let answer = service.send(request(&method, &path, headers, None)).await;
        assert_eq!(answer.problem(status), slug, "{method} {path}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn without_a_token() {
    let service = Service::new();
    assert_refused(&service, &[], 401, "token-missing").await;
    assert_refused(&service, &[("authorization", "Basic eDp5")], 401, "token-missing").await;
}

#[tokio::test]
async fn with_a_token_of_nobody() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let (signed, mac) = token.rsplit_once('.').unwrap();
    let (version, payload) = signed.split_once('.').unwrap();
    let flipped = if mac.starts_with('A') { "B" } else { "A" };
    for forged in [
        "x".into(),
        "visavis1..".into(),
        format!("{signed}."),
        format!("{signed}.{flipped}{}", &mac[1..]),
        format!("{version}.{}.{mac}", payload.replacen('e', "f", 1)),
        format!("visavis2.{payload}.{mac}"),
        format!("{token}{}", "A".repeat(3000)),
    ] {
        assert_refused(
            &service,
            &[("authorization", &format!("Bearer {forged}"))],
            401,
            "token-invalid",
        )
        .await;
    }
    // The same organisation, person and time, under the key of another deployment.
    let other = Service::with(&[("TOKEN_KEY", "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=")]);
    let foreign = other.organisation(PAGE).await;
    let token = other.token(&foreign.administrator_url, "administrator").await;
    assert_refused(
        &service,
        &[("authorization", &format!("Bearer {token}"))],
        401,
        "token-invalid",
    )
    .await;
}

#[tokio::test]
async fn with_a_token_whose_time_has_passed() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    service.wait(Duration::from_mins(10));
    assert_refused(
        &service,
        &[("authorization", &format!("Bearer {token}"))],
        401,
        "token-expired",
    )
    .await;
}

#[tokio::test]
async fn with_a_token_of_another_page() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    service.organisation(OTHER_PAGE).await;
    let staff = format!(
        "Bearer {}",
        service.token(&organisation.administrator_url, "administrator").await
    );
    assert_refused(
        &service,
        &[("authorization", &staff), ("origin", PAGE)],
        403,
        "origin-not-registered",
    )
    .await;
    let visitor = format!("Bearer {}", service.visitor(&organisation, PAGE).await);
    let headers = [("authorization", visitor.as_str()), ("origin", OTHER_PAGE)];
    assert_refused(&service, &headers, 403, "origin-not-registered").await;
}

#[tokio::test]
async fn with_a_token_of_another_role() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let visitor = service.visitor(&organisation, PAGE).await;
    let administrator = service.token(&organisation.administrator_url, "administrator").await;
    let expert = service.token(&organisation.expert_url, "expert").await;
    let console = [
        "/api/v1/organisation",
        "/api/v1/people",
        "/api/v1/snippet",
        "/api/v1/reports",
    ];
    for token in [&visitor, &expert] {
        for path in console {
            let bearer = format!("Bearer {token}");
            let answer = service
                .send(request("GET", path, &[("authorization", &bearer)], None))
                .await;
            assert_eq!(answer.problem(403), "role-not-allowed", "{path}");
        }
    }
    let body = json!({"payload": "AAAA"});
    for token in [&visitor, &administrator] {
        let bearer = format!("Bearer {token}");
        let path = format!("/api/v1/calls/{CALL}/answer");
        let answer = service
            .send(request("POST", &path, &[("authorization", &bearer)], Some(&body)))
            .await;
        assert_eq!(answer.problem(403), "role-not-allowed");
    }
}

#[tokio::test]
async fn the_previous_key_still_verifies() {
    let old = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
    let before = Service::with(&[("TOKEN_KEY", old)]);
    let organisation = before.organisation(PAGE).await;
    let token = before.token(&organisation.administrator_url, "administrator").await;
    let mut settings = visavis::testing::settings();
    settings.0.insert("TOKEN_KEY_PREVIOUS", old.into());
    let config = visavis::Config::load(&settings).unwrap();
    let during = Service {
        router: visavis::router(before.memory.clone(), config),
        ..Service::new()
    };
    during
        .with_token(&token, "GET", "/api/v1/organisation", None)
        .await
        .ok(200);
    let config = visavis::Config::load(&visavis::testing::settings()).unwrap();
    let after = Service {
        router: visavis::router(before.memory, config),
        ..Service::new()
    };
    assert_eq!(
        after
            .with_token(&token, "GET", "/api/v1/organisation", None)
            .await
            .problem(401),
        "token-invalid"
    );
}

#[tokio::test]
async fn the_previous_master_key_still_opens() {
    let old = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
    let before = Service::with(&[("VAULT_KEY", old)]);
    let organisation = before.organisation(PAGE).await;
    let token = before.token(&organisation.administrator_url, "administrator").await;
    let mut settings = visavis::testing::settings();
    settings.0.insert("VAULT_KEY_PREVIOUS", old.into());
    settings.0.insert("LIMITS_FACTOR", "1000".into());
    let config = visavis::Config::load(&settings).unwrap();
    let during = Service {
        router: visavis::router(before.memory.clone(), config),
        ..Service::new()
    };
    let people = during.with_token(&token, "GET", "/api/v1/people", None).await.ok(200);
    assert!(
        people["people"]
            .as_array()
            .unwrap()
            .iter()
            .any(|person| person["name"] == "Eve Expert")
    );
    // Found by the old keyed hash, not added twice.
    let eve = json!({"name": "Eve", "email": "EVE@customer.example", "roles": ["expert"]});
    let found = during
        .with_token(&token, "POST", "/api/v1/people", Some(&eve))
        .await
        .ok(200);
    assert_eq!(found["person"]["id"], organisation.expert.as_str());
    let config = || visavis::Config::load(&visavis::testing::settings()).unwrap();
    let after = Service {
        router: visavis::router(before.memory.clone(), config()),
        ..Service::new()
    };
    let people = after.with_token(&token, "GET", "/api/v1/people", None).await;
    assert_eq!(people.problem(503), "unavailable");
    // Once the scheduler has moved everything, the previous key can be forgotten.
    let during = visavis::Config::load(&settings).unwrap();
    visavis::tick(before.memory.clone(), during).await.unwrap();
    after.with_token(&token, "GET", "/api/v1/people", None).await.ok(200);
    let found = after
        .with_token(&token, "POST", "/api/v1/people", Some(&eve))
        .await
        .ok(200);
    assert_eq!(found["person"]["id"], organisation.expert.as_str());
    visavis::tick(before.memory, config()).await.unwrap();
}

/// Every operation with a JSON body, with a token that is good for it.
async fn bodies(service: &Service) -> Vec<(String, String, String, usize)> {
    let organisation = service.organisation(PAGE).await;
    let administrator = service.token(&organisation.administrator_url, "administrator").await;
    let expert = service.token(&organisation.expert_url, "expert").await;
    let visitor = service.visitor(&organisation, PAGE).await;
    let (small, large) = (16 * 1024, 96 * 1024);
    let person = format!("/api/v1/people/{}", organisation.expert);
    let call = |what: &str| format!("/api/v1/calls/{CALL}/{what}");
    let mut bodies = Vec::new();
    let mut add = |method: &str, path: String, token: &String, limit| {
        bodies.push((method.to_owned(), path, format!("Bearer {token}"), limit));
    };
    add(
        "POST",
        "/api/v1/operator/organisations".into(),
        &service.operator_key,
        small,
    );
    add("POST", "/api/v1/sign-in".into(), &String::new(), small);
    add("POST", "/api/v1/session/token".into(), &String::new(), small);
    add("PATCH", "/api/v1/organisation".into(), &administrator, small);
    add("POST", "/api/v1/people".into(), &administrator, small);
    add("PATCH", person.clone(), &administrator, small);
    add("POST", format!("{person}/sign-in-link"), &administrator, small);
    add("PUT", "/api/v1/presence".into(), &expert, small);
    add("POST", call("answer"), &expert, large);
    add("POST", call("signals"), &expert, large);
    add("POST", call("decline"), &expert, small);
    add("POST", call("hang-up"), &expert, small);
    add("POST", call("relay"), &expert, small);
    add("POST", "/api/v1/visitor/token".into(), &visitor, small);
    bodies
}

async fn send(service: &Service, case: &(String, String, String, usize), media_type: &str, body: String) -> String {
    let (method, path, bearer, _) = case;
    let mut request = Request::builder()
        .method(method.as_str())
        .uri(path)
        .header("authorization", bearer);
    if !media_type.is_empty() {
        request = request.header("content-type", media_type);
    }
    let answer = service.send(request.body(Body::from(body)).unwrap()).await;
    let status = answer.status.as_u16();
    format!("{} {}", status, answer.problem(status))
}

#[tokio::test]
async fn bodies_of_another_kind_or_size() {
    let service = Service::new();
    let cases = bodies(&service).await;
    let before = service.stored().await;
    for case in &cases {
        let what = format!("{} {}", case.0, case.1);
        for media_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json-patch+json",
        ] {
            assert_eq!(
                send(&service, case, media_type, "{}".into()).await,
                "415 unsupported-media-type",
                "{what}"
            );
        }
        for body in ["", "{", "[]", "null", r#"{"surprise":1}"#, "\u{0}"] {
            let answer = send(&service, case, "application/json; charset=utf-8", body.into()).await;
            assert_eq!(answer, "400 malformed", "{what} {body}");
        }
        let large = format!("{{\"x\":\"{}\"}}", "x".repeat(case.3));
        assert_eq!(
            send(&service, case, "application/json", large).await,
            "413 body-too-large",
            "{what}"
        );
        let invalid = Request::builder()
            .method(case.0.as_str())
            .uri(&case.1)
            .header("authorization", &case.2)
            .header("content-type", "application/json")
            .header("content-length", "1000000000")
            .body(Body::empty())
            .unwrap();
        assert_eq!(service.send(invalid).await.problem(413), "body-too-large", "{what}");
    }
    assert_eq!(service.stored().await, before, "a refused request changed something");
}

#[tokio::test]
async fn web_socket_tokens_travel_as_subprotocol() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let expert = service.token(&organisation.expert_url, "expert").await;
    let bearer = format!("visavis.v1, bearer.{expert}");
    let headers = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-protocol", &bearer),
    ];
    let with = |more: &[(&'static str, &'static str)], skip: usize| {
        let headers: Vec<_> = headers.into_iter().skip(skip).chain(more.iter().copied()).collect();
        request("GET", "/api/v1/mailbox?after=0", &headers, None)
    };
    let answer = service.send(with(&[("origin", OWN)], 0)).await;
    assert_eq!(answer.status, StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        service.send(with(&[("origin", PAGE)], 0)).await.problem(403),
        "origin-not-registered"
    );
    // Without an upgrade a subprotocol is no credential.
    assert_eq!(
        service.send(with(&[("origin", OWN)], 1)).await.problem(401),
        "token-missing"
    );
}
