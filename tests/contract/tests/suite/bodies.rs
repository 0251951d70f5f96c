//! Bodies that are too large, malformed or of the wrong kind change nothing.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use visavis_contract::{Call, Organisation, Transport, Visitor, payload};

fn ring_with(changes: &Value) -> Value {
    let mut request = Visitor::ring_request();
    for (field, value) in changes.as_object().unwrap() {
        request[field] = value.clone();
    }
    request
}

#[tokio::test]
async fn a_ring_out_of_its_bounds_is_refused_and_nothing_rings() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.renew().await;
    let page = |url: &str, title: &str| json!({ "page": { "url": url, "title": title } });
    let long = |length| "x".repeat(length);
    let malformed = [
        json!({ "unknown": 1 }),
        json!({ "name": long(81) }),
        json!({ "name": 7 }),
        json!({ "media": "hologram" }),
        json!({ "media": null }),
        json!({ "language": null }),
        json!({ "language": "x".repeat(100) }),
        json!({ "expert": "not an id" }),
        json!({ "wait": "yes" }),
        json!({ "page": {} }),
        json!({ "page": { "url": "https://a.example/", "title": "T", "more": 1 } }),
        page(&format!("https://customer.example/{}", long(500)), "T"),
        page("javascript:alert(1)", "T"),
        page("not an address", "T"),
        page("https://customer.example/", &long(201)),
        json!({ "payload": "" }),
        json!({ "payload": "not base64url!" }),
        json!({ "payload": "A".repeat(65_537) }),
    ];
    for changes in malformed {
        let answer = visitor.post("ring", &ring_with(&changes)).await;
        assert_eq!(answer.status, 400, "{changes}: {}", answer.text());
        answer.expect_problem(400, "malformed");
    }
    for text in ["4111 1111 1111 1111", "my card: 5555-5555-5555-4444!"] {
        visitor
            .post("ring", &ring_with(&json!({ "name": text })))
            .await
            .expect_problem(400, "card-number");
    }
    let path = format!("/api/v1/calls/{}", visitor.call);
    visitor
        .request(Method::GET, &path)
        .send()
        .await
        .expect_problem(404, "not-found");
    assert_eq!(expert.mailbox(Transport::Pages).await.rest().await, []);

    // At the bounds it rings.
    let at_the_bounds = json!({
        "name": "ä".repeat(80), "payload": "A".repeat(65_536),
        "page": { "url": format!("https://customer.example/{}", "x".repeat(475)), "title": "t".repeat(200) },
    });
    visitor.post("ring", &ring_with(&at_the_bounds)).await.expect(201);
}

#[tokio::test]
async fn bodies_have_a_size_a_type_and_a_form() {
    let organisation = Organisation::new(1).await;
    let visitor = organisation.visitor().await;
    let administrator = organisation.administrator().await;
    let secretless = || {
        organisation
            .service
            .request(Method::POST, "/api/v1/sign-in")
            .origin(&organisation.service.base)
    };
    let visit = || {
        let path = organisation.path("visitors");
        organisation
            .service
            .request(Method::POST, &path)
            .origin(&organisation.origin)
    };
    let patch = || administrator.request(Method::PATCH, "/api/v1/organisation");
    let call = |verb: &str| visitor.request(Method::POST, &format!("/api/v1/calls/{}/{verb}", visitor.call));
    let requests: [&dyn Fn() -> Call; 6] = [
        &secretless,
        &visit,
        &patch,
        &|| call("ring"),
        &|| call("signals"),
        &|| call("cancel"),
    ];
    for (number, request) in requests.iter().enumerate() {
        let limit = if matches!(number, 3 | 4) { 96 * 1024 } else { 16 * 1024 };
        let padded = |length: usize| {
            let frame = r#"{"padding":""}"#.len();
            json!({ "padding": "x".repeat(length - frame) }).to_string()
        };
        let json = "application/json";
        request()
            .body(json, padded(limit + 1))
            .send()
            .await
            .expect_problem(413, "body-too-large");
        // As large as it may be, it is read, and found to have a field that nobody knows.
        request()
            .body(json, padded(limit))
            .send()
            .await
            .expect_problem(400, "malformed");
        for broken in [
            "",
            "{",
            "[]",
            "null",
            "\"text\"",
            "{}{}",
            "{\"unknown\":1}",
            "\u{feff}{}",
            "{'a':1}",
        ] {
            request()
                .body(json, broken)
                .send()
                .await
                .expect_problem(400, "malformed");
        }
        request()
            .body(json, [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])
            .send()
            .await
            .expect_problem(400, "malformed");
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonx",
        ] {
            request()
                .body(media_type, "{}")
                .send()
                .await
                .expect_problem(415, "unsupported-media-type");
        }
    }
    // Parameters of the media type do not matter.
    visit()
        .body("application/json; charset=utf-8", "{}")
        .send()
        .await
        .expect(201);
}

#[tokio::test]
async fn a_signal_out_of_its_bounds_reaches_nobody() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    let mut mailbox = visitor.mailbox(Transport::Pages).await;
    mailbox.until("call.answered").await;
    let id = Uuid::new_v4().to_string();
    let malformed = [
        json!({ "payload": payload("answer") }),
        json!({ "id": id }),
        json!({ "id": "7", "payload": payload("answer") }),
        json!({ "id": id, "payload": "A".repeat(65_537) }),
        json!({ "id": id, "payload": "ä" }),
        json!({ "id": id, "payload": "QUJD=" }),
        json!({ "id": id, "payload": payload("answer"), "to": "everybody" }),
    ];
    for body in malformed {
        let answer = expert.post(&visitor.call, "signals", &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        answer.expect_problem(400, "malformed");
    }
    assert_eq!(mailbox.rest().await, []);
    let largest = json!({ "id": id, "payload": "A".repeat(65_536) });
    expert.post(&visitor.call, "signals", &largest).await.expect(202);
    assert_eq!(
        mailbox.expect("call.signal").await["body"]["payload"],
        largest["payload"]
    );
}

#[tokio::test]
async fn paths_and_queries_have_a_form_too() {
    let organisation = Organisation::new(1).await;
    let visitor = organisation.visitor().await;
    let get = |path: &str| visitor.request(Method::GET, path).header("accept", "application/json");
    for path in [
        "/api/v1/calls/7",
        "/api/v1/calls/%00",
        "/api/v1/nothing",
        "/api/v1/",
        "/api/v2/presence",
    ] {
        let answer = organisation.service.get(path).bearer(&visitor.token).send().await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        answer.expect_problem(404, "not-found");
    }
    for query in ["after=-1", "after=x", "after=1&more=1", "after=18446744073709551616"] {
        get(&format!("/api/v1/mailbox?{query}"))
            .send()
            .await
            .expect_problem(400, "malformed");
    }
    for (method, path) in [
        (Method::GET, format!("/api/v1/calls/{}/ring", visitor.call)),
        (Method::POST, "/api/v1/presence".into()),
        (Method::DELETE, "/api/v1/mailbox".into()),
    ] {
        let answer = visitor.request(method, &path).json(&json!({})).send().await;
        assert!(answer.header("allow").is_some(), "{path}: RFC 9110 section 15.5.6");
        answer.expect_problem(405, "method-not-allowed");
    }
}
