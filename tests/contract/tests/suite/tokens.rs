//! Who is let in, and what is said to who is not.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use visavis_contract::{Organisation, Service, Transport, Visitor, payload};

/// Routes that need a token, with a body of the documented form.
fn guarded(call: &str) -> Vec<(Method, String, Option<Value>)> {
    let calls = |verb: &str| format!("/api/v1/calls/{call}/{verb}");
    let body = |body: Value| Some(body);
    vec![
        (
            Method::POST,
            "/api/v1/visitor/token".into(),
            body(json!({ "call": "same" })),
        ),
        (Method::POST, calls("ring"), body(Visitor::ring_request())),
        (Method::POST, calls("cancel"), body(json!({}))),
        (
            Method::POST,
            calls("answer"),
            body(json!({ "payload": payload("answer") })),
        ),
        (Method::POST, calls("decline"), body(json!({}))),
        (Method::POST, calls("hang-up"), body(json!({}))),
        (Method::POST, calls("relay"), body(json!({}))),
        (Method::POST, calls("resume"), body(json!({ "id": Uuid::new_v4() }))),
        (
            Method::POST,
            calls("signals"),
            body(json!({ "id": Uuid::new_v4(), "payload": payload("candidates") })),
        ),
        (Method::GET, format!("/api/v1/calls/{call}"), None),
        (Method::PUT, "/api/v1/presence".into(), body(json!({ "state": "here" }))),
        (Method::DELETE, "/api/v1/presence".into(), None),
        (Method::GET, "/api/v1/mailbox?after=0".into(), None),
        (Method::GET, "/api/v1/organisation".into(), None),
        (
            Method::PATCH,
            "/api/v1/organisation".into(),
            body(json!({ "name": "Other" })),
        ),
        (Method::GET, "/api/v1/people".into(), None),
        (
            Method::POST,
            "/api/v1/people".into(),
            body(json!({ "name": "P", "email": "p@example.com", "roles": ["expert"] })),
        ),
        (
            Method::PATCH,
            format!("/api/v1/people/{call}"),
            body(json!({ "active": false })),
        ),
        (
            Method::POST,
            format!("/api/v1/people/{call}/sign-in-link"),
            body(json!({})),
        ),
        (Method::GET, "/api/v1/snippet".into(), None),
        (Method::GET, "/api/v1/trust".into(), None),
        (
            Method::POST,
            "/api/v1/trust/certificates".into(),
            body(json!({ "certificates": [] })),
        ),
        (Method::GET, "/api/v1/alarms".into(), None),
        (Method::DELETE, "/api/v1/alarms".into(), None),
        (Method::GET, "/api/v1/messages".into(), None),
        (Method::DELETE, format!("/api/v1/messages/{call}"), None),
        (
            Method::POST,
            "/api/v1/messages".into(),
            body(json!({ "id": Uuid::new_v4(), "payload": payload("message") })),
        ),
        (Method::POST, calls("invitations"), body(json!({}))),
        (Method::POST, calls("alarms"), body(json!({ "reason": "chain" }))),
        (Method::GET, "/api/v1/devices/AAAAAAAAAAAAAAAAAAAAAA".into(), None),
        (Method::GET, "/api/v1/reports".into(), None),
        (Method::DELETE, "/api/v1/reports".into(), None),
    ]
}

#[tokio::test]
async fn without_a_token_or_with_a_false_one_nothing_is_answered() {
    let organisation = Organisation::new(1).await;
    let visitor = organisation.visitor().await;
    let (payload, mac) = visitor
        .token
        .strip_prefix("visavis1.")
        .unwrap()
        .split_once('.')
        .unwrap();
    let mut claims: Value = serde_json::from_slice(&BASE64URL.decode(payload).unwrap()).unwrap();
    claims["role"] = json!("administrator");
    let forged = BASE64URL.encode(claims.to_string());
    let false_mac = BASE64URL.encode([0; 32]);
    let tampered = [
        String::from("nonsense"),
        format!("visavis1.{forged}.{mac}"),
        format!("visavis1.{payload}.{false_mac}"),
        format!("visavis1.{payload}"),
        format!("visavis1.{payload}."),
        format!("visavis2.{payload}.{mac}"),
        format!("{}x", visitor.token),
        format!("visavis1.{payload}.{}", &mac[..mac.len() - 2]),
    ];
    for (method, path, body) in guarded(&visitor.call) {
        let request = || {
            let request = organisation.service.request(method.clone(), &path);
            body.iter().fold(request, visavis_contract::Call::json)
        };
        request().send().await.expect_problem(401, "token-missing");
        request()
            .header("authorization", "Basic dTpw")
            .send()
            .await
            .expect_problem(401, "token-missing");
        for token in &tampered {
            request()
                .bearer(token)
                .send()
                .await
                .expect_problem(401, "token-invalid");
        }
    }
    let unchanged = visitor
        .request(Method::GET, &format!("/api/v1/calls/{}", visitor.call))
        .send()
        .await;
    unchanged.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_token_says_what_the_documentation_says_and_nothing_personal() {
    let organisation = Organisation::new(1).await;
    let visitor = organisation.visitor().await;
    let payload = visitor.token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64URL.decode(payload).unwrap()).unwrap();
    assert_eq!(claims["organisation"], organisation.id.as_str());
    assert_eq!(claims["origin"], organisation.origin.as_str());
    assert_eq!(claims["role"], "visitor");
    assert_eq!(claims["subject"], visitor.granted["visitor"]);
    assert_eq!(claims["call"], visitor.call.as_str());
    assert_eq!(
        claims["expires_at"].as_i64().unwrap() - claims["issued_at"].as_i64().unwrap(),
        3600
    );
    let mut fields: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "call",
            "expires_at",
            "issued_at",
            "key",
            "organisation",
            "origin",
            "role",
            "subject"
        ]
    );

    let expert = organisation.expert(0).await;
    let payload = expert.token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&BASE64URL.decode(payload).unwrap()).unwrap();
    assert_eq!(claims["role"], "expert");
    assert_eq!(claims["subject"], expert.id());
    assert_eq!(claims["origin"], organisation.service.base);
    assert_eq!(
        claims["expires_at"].as_i64().unwrap() - claims["issued_at"].as_i64().unwrap(),
        600
    );
    assert_eq!(claims.get("call"), None);
}

#[tokio::test]
async fn a_token_is_for_its_role_its_call_and_its_page() {
    let organisation = Organisation::new(1).await;
    let (visitor, other) = (organisation.visitor().await, organisation.visitor().await);
    let expert = organisation.expert(0).await;
    let administrator = organisation.administrator().await;
    visitor.ring().await;
    other.ring().await;

    // A visitor at the desk and in the console, an expert in the console, an administrator at the desk.
    for verb in ["answer", "decline"] {
        let body = if verb == "answer" {
            json!({ "payload": payload("answer") })
        } else {
            json!({})
        };
        let path = format!("/api/v1/calls/{}/{verb}", visitor.call);
        let request = organisation.service.post(&path, &body).bearer(&visitor.token);
        request.send().await.expect_problem(403, "role-not-allowed");
        administrator
            .post(&visitor.call, verb, &body)
            .await
            .expect_problem(403, "role-not-allowed");
    }
    for token in [&visitor.token, &expert.token] {
        for path in [
            "/api/v1/organisation",
            "/api/v1/people",
            "/api/v1/snippet",
            "/api/v1/reports",
        ] {
            let request = organisation.service.get(path).bearer(token);
            request.send().await.expect_problem(403, "role-not-allowed");
        }
    }
    // An expert as a visitor.
    expert
        .post(&visitor.call, "ring", &Visitor::ring_request())
        .await
        .expect_problem(403, "role-not-allowed");
    expert
        .post(&visitor.call, "cancel", &json!({}))
        .await
        .expect_problem(403, "role-not-allowed");

    // Another visitor's call.
    for (verb, body) in [
        ("ring", Visitor::ring_request()),
        ("cancel", json!({})),
        ("hang-up", json!({})),
        ("relay", json!({})),
        (
            "signals",
            json!({ "id": Uuid::new_v4(), "payload": payload("candidates") }),
        ),
    ] {
        let path = format!("/api/v1/calls/{}/{verb}", visitor.call);
        let request = other.request(Method::POST, &path).json(&body);
        request.send().await.expect_problem(403, "role-not-allowed");
    }
    let path = format!("/api/v1/calls/{}", visitor.call);
    other
        .request(Method::GET, &path)
        .send()
        .await
        .expect_problem(403, "role-not-allowed");
    assert_eq!(visitor.look().await["state"], "ringing");

    // The right token on another page, also one that is registered elsewhere.
    let elsewhere = Organisation::new(1).await;
    for origin in [
        "https://evil.example",
        "null",
        &organisation.service.base,
        &elsewhere.origin,
    ] {
        let request = organisation.service.get(&path).bearer(&visitor.token).origin(origin);
        request.send().await.expect_problem(403, "origin-not-registered");
    }
    let request = organisation
        .service
        .get(&path)
        .bearer(&expert.token)
        .origin(&organisation.origin);
    request.send().await.expect_problem(403, "origin-not-registered");
}

#[tokio::test]
async fn the_operators_key_is_needed_to_make_an_organisation() {
    let service = Service::new();
    let request = json!({ "name": "N", "origins": [], "people": [] });
    let post = || service.post("/api/v1/operator/organisations", &request);
    post().send().await.expect_problem(401, "token-missing");
    post().bearer("x").send().await.expect_problem(401, "token-invalid");
    post()
        .bearer(&service.operator_key[1..])
        .send()
        .await
        .expect_problem(401, "token-invalid");
    let from_a_page = post()
        .bearer(&service.operator_key)
        .origin("https://evil.example")
        .send()
        .await;
    from_a_page.expect_problem(403, "origin-not-registered");
}

#[tokio::test]
async fn a_visitor_renews_its_token_for_the_same_call_or_the_next() {
    let organisation = Organisation::new(1).await;
    let visitor = organisation.visitor().await;
    let renew = async |call: &str| {
        let request = visitor
            .request(Method::POST, "/api/v1/visitor/token")
            .json(&json!({ "call": call }));
        request.send().await.expect_json(200)
    };
    let same = renew("same").await;
    assert_eq!(same["call"], visitor.call.as_str());
    let next = renew("next").await;
    assert_ne!(next["call"], visitor.call.as_str());
    for renewed in [same, next] {
        assert_eq!(renewed["visitor"], visitor.granted["visitor"]);
        assert_eq!(renewed["mailbox"], visitor.granted["mailbox"]);
        assert!(renewed["ice_servers"].is_array(), "{renewed}");
        let token = renewed["token"].as_str().unwrap();
        let request = organisation
            .service
            .get("/api/v1/mailbox?after=0")
            .bearer(token)
            .origin(&organisation.origin);
        request.header("accept", "application/json").send().await.expect(200);
    }
    assert_eq!(visitor.mailbox(Transport::Pages).await.rest().await, []);
}
