//! Reading a mailbox: pages, events, a WebSocket; nothing lost, nothing repeated.

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use http::{Request, header};
use http_body_util::{BodyExt as _, BodyStream};
use serde_json::{Value, json};
use visavis::ports::Platform as _;

use crate::support::{Client, Organisation, PAGE, Service};

async fn answered() -> (Service, Organisation, Client) {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    organisation.experts[0].here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    organisation.experts[0].answer(&visitor.call).await.ok(200);
    (service, organisation, visitor)
}

fn signal(number: u64) -> Value {
    json!({"id": format!("019ab1c0-0000-7000-8000-{number:012x}"), "payload": "Y2Fu"})
}

#[tokio::test]
async fn cursor_goes_on_where_a_reload_left_off() {
    let (_, organisation, visitor) = answered().await;
    let mut ada = organisation.experts[0].clone();
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.taken"]);
    for number in 0..100 {
        visitor.on(&visitor.call, "signals", signal(number)).await.ok(202);
    }
    let page = ada.page().await;
    assert_eq!(
        (page["deliveries"].as_array().unwrap().len(), &page["more"]),
        (64, &json!(true))
    );
    let mut reloaded = ada.clone();
    assert_eq!(reloaded.hear().await.len(), 64);
    assert_eq!(reloaded.hear().await.len(), 36);
    assert_eq!(reloaded.page().await, json!({"deliveries": [], "more": false}));
    // Each sequence once, rising by one.
    let sequences: Vec<_> = page["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, (3..67).collect::<Vec<_>>());
}

#[tokio::test]
async fn full_mailbox_drops_its_oldest_and_leaves_a_gap() {
    let (service, organisation, visitor) = answered().await;
    let ada = &organisation.experts[0];
    for number in 0..512 {
        visitor.on(&visitor.call, "signals", signal(number)).await.ok(202);
    }
    // Ringing and taken gave way. What is there already takes no place.
    visitor.on(&visitor.call, "signals", signal(511)).await.ok(202);
    let page = ada.page().await;
    assert_eq!(page["deliveries"][0], json!({"gap": 2}));
    assert_eq!(page["deliveries"][1]["sequence"], 3);
    visitor.on(&visitor.call, "hang-up", json!({})).await.ok(200);
    // Nothing but the last is younger than an hour, and the desk has a new token.
    service.wait(60 * 60);
    let mut ada = ada.signed_in_again().await;
    ada.here("available").await;
    organisation.visitor().await.ring().await.ok(201);
    ada.cursor = 7;
    let page = ada.page().await;
    assert_eq!(page["deliveries"][0], json!({"gap": 515}));
    assert_eq!(page["deliveries"][1]["sequence"], 516);
}

fn stream(client: &Client, after: u64) -> Request<Body> {
    let mut request = client.request("GET", &format!("/api/v1/mailbox?after={after}"), None);
    request
        .headers_mut()
        .insert(header::ACCEPT, "text/event-stream".parse().unwrap());
    request
}

/// The next chunk of an event stream, or nothing when it has ended.
async fn next(body: &mut BodyStream<Body>) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_mins(1), body.next())
        .await
        .unwrap()?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn events_come_with_heartbeats_and_a_farewell() {
    let (service, organisation, visitor) = answered().await;
    let ada = &organisation.experts[0];
    let response = service.open(stream(ada, 1)).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = BodyStream::new(response.into_body());
    let event = next(&mut body).await.unwrap();
    let sealed = event
        .strip_prefix("id: 2\nevent: entry\ndata: ")
        .unwrap()
        .strip_suffix("\n\n")
        .unwrap();
    assert_eq!(ada.unseal(sealed)["type"], "call.taken");
    assert_eq!(next(&mut body).await.unwrap(), ":\n\n");
    visitor.on(&visitor.call, "signals", signal(1)).await.ok(202);
    assert!(next(&mut body).await.unwrap().starts_with("id: 3\nevent: entry\n"));
    assert_eq!(next(&mut body).await.unwrap(), ":\n\n");
    // Staff's tokens last ten minutes; a stream does not outlive its own.
    service.wait(600);
    assert_eq!(next(&mut body).await.unwrap(), "event: bye\ndata:\n\n");
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn ninth_listener_replaces_the_first_with_a_farewell() {
    let (service, organisation, _) = answered().await;
    let ada = &organisation.experts[0];
    let mut bodies = Vec::new();
    for _ in 0..9 {
        bodies.push(BodyStream::new(service.open(stream(ada, 2)).await.into_body()));
    }
    assert_eq!(next(&mut bodies[0]).await.unwrap(), "event: bye\ndata:\n\n");
    assert_eq!(next(&mut bodies[1]).await.unwrap(), ":\n\n");
}

#[tokio::test]
async fn cursor_from_the_future_is_a_gap() {
    let (service, organisation, _) = answered().await;
    let ada = &organisation.experts[0];
    let mut body = BodyStream::new(service.open(stream(ada, 99)).await.into_body());
    assert_eq!(next(&mut body).await.unwrap(), "id: 2\nevent: gap\ndata:\n\n");
}

#[tokio::test]
async fn websocket_is_handed_over_to_whoever_offers_the_token() {
    let (service, _, visitor) = answered().await;
    let handshake = |protocols: String| {
        Request::get("/api/v1/mailbox?after=7")
            .header(header::ORIGIN, PAGE)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
            .header(header::SEC_WEBSOCKET_PROTOCOL, protocols)
            .body(Body::empty())
            .unwrap()
    };
    let token = visitor.token.clone().unwrap();
    let response = service.open(handshake(format!("visavis.v1, bearer.{token}"))).await;
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()[header::SEC_WEBSOCKET_PROTOCOL], "visavis.v1");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    // The token was made at this moment of a clock that stands still, for an hour.
    let expires_at = visavis::ports::Clock::now(service.memory.clock()) + 3_600_000;
    let expected = format!("/visitor/{} after 7 until {expires_at}", visitor.id);
    assert!(body.ends_with(expected.as_bytes()), "{body:?}");

    for protocols in ["visavis.v1".to_owned(), format!("bearer.{token}")] {
        assert_eq!(service.send(handshake(protocols)).await.problem(401), "token-missing");
    }
    assert_eq!(
        service
            .send(handshake(format!("visavis.v1, bearer.{token}x")))
            .await
            .problem(401),
        "token-invalid"
    );
    service.memory.mailboxes().without_websockets();
    let unsupported = service.send(handshake(format!("visavis.v1, bearer.{token}"))).await;
    assert_eq!(unsupported.problem(501), "unsupported");
}

#[tokio::test]
async fn mailboxes_are_read_by_their_owners_only() {
    let (service, _, visitor) = answered().await;
    let mut nobody = Client::new(service, Some(PAGE));
    assert_eq!(nobody.get("/api/v1/mailbox").await.problem(401), "token-missing");
    nobody.token.clone_from(&visitor.token);
    assert_eq!(nobody.get("/api/v1/mailbox?after=-1").await.problem(400), "malformed");
    assert_eq!(nobody.get("/api/v1/mailbox?before=1").await.problem(400), "malformed");
}
