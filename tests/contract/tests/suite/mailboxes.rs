//! Mailboxes lose nothing and repeat nothing, however often a reader falls off.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64URL},
};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;
use visavis_contract::{
    DEADLINE, Delivery, Organisation, Transport,
    mailbox::{connect, ping},
    payload, statements, within,
};

/// A visitor writes while the expert's reader falls off after every few entries.
async fn order_over_reconnects(transport: Transport) {
    const SIGNALS: usize = 120;
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    let mut mailbox = expert.mailbox(transport).await;
    mailbox.until("call.ringing").await;
    let mut expected = mailbox.cursor + 1;

    let payloads: Vec<_> = (0..SIGNALS).map(|number| payload(&number.to_string())).collect();
    let write = async {
        let sent = stream::iter(&payloads).map(async |payload| {
            let id = Uuid::new_v4().to_string();
            visitor.signal(&id, payload).await.expect(202);
            // Every request may arrive twice.
            visitor.signal(&id, payload).await.expect(202);
        });
        sent.buffer_unordered(6).collect::<Vec<_>>().await;
    };
    let read = async {
        let mut heard: Vec<Value> = Vec::new();
        while heard.len() < SIGNALS {
            for _ in 0..=(heard.len() % 5) {
                let Delivery::Entry { sequence, envelope } = mailbox.next().await else {
                    panic!("no gap is due")
                };
                assert_eq!(sequence, expected, "after {} signals", heard.len());
                expected += 1;
                if envelope["type"] == "call.signal" {
                    heard.push(envelope["body"]["payload"].clone());
                }
                if heard.len() == SIGNALS {
                    break;
                }
            }
            mailbox.reconnect().await;
        }
        heard
    };
    let ((), mut heard) = futures_util::future::join(write, read).await;
    let mut sent: Vec<_> = payloads.into_iter().map(Value::from).collect();
    sent.sort_by_key(ToString::to_string);
    heard.sort_by_key(ToString::to_string);
    assert_eq!(heard, sent, "each signal once");
    assert_eq!(mailbox.rest().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_over_reconnects_of_a_websocket() {
    order_over_reconnects(Transport::Socket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_over_reconnects_of_server_sent_events() {
    order_over_reconnects(Transport::Events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_over_pages() {
    order_over_reconnects(Transport::Pages).await;
}

#[tokio::test]
async fn every_listener_hears_everything_in_the_same_order() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    let mut listeners = Vec::new();
    for transport in [
        Transport::Socket,
        Transport::Events,
        Transport::Pages,
        Transport::Socket,
    ] {
        listeners.push(expert.mailbox(transport).await);
    }
    for _ in 0..5 {
        visitor
            .signal(&Uuid::new_v4().to_string(), &payload("candidates"))
            .await
            .expect(202);
    }
    let mut heard = Vec::new();
    for listener in &mut listeners {
        let mut deliveries = Vec::new();
        for _ in 0..6 {
            deliveries.push(listener.next().await);
        }
        heard.push(deliveries);
    }
    for other in &heard[1..] {
        assert_eq!(other, &heard[0]);
    }
}

#[tokio::test]
async fn a_cursor_that_the_mailbox_does_not_know_is_a_gap() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    for (last, transport) in (1..).zip([Transport::Socket, Transport::Events, Transport::Pages]) {
        let mut mailbox = expert.mailbox_after(900, transport).await;
        assert_eq!(mailbox.next().await, Delivery::Gap(last), "{transport:?}");
        // It goes on from there.
        visitor
            .signal(&Uuid::new_v4().to_string(), &payload("candidates"))
            .await
            .expect(202);
        mailbox.expect("call.signal").await;
    }
}

#[tokio::test]
async fn a_mailbox_is_read_by_its_owner_only() {
    let organisation = Organisation::new(2).await;
    let (expert, other) = (organisation.expert(0).await, organisation.expert(1).await);
    let visitor = organisation.visitor().await;
    let mut request = visavis_contract::Visitor::ring_request();
    request["expert"] = json!(expert.id());
    visitor.renew().await;
    visitor.post("ring", &request).await.expect(201);
    expert.mailbox(Transport::Pages).await.expect("call.ringing").await;
    assert_eq!(other.mailbox(Transport::Pages).await.rest().await, []);
    assert_eq!(visitor.mailbox(Transport::Pages).await.rest().await, []);
    // Its name says whose it is.
    let name = format!("{}/staff/{}", organisation.id, expert.id());
    assert_eq!(expert.granted["mailbox"]["name"], name.as_str());
    let name = format!(
        "{}/visitor/{}",
        organisation.id,
        visitor.granted["visitor"].as_str().unwrap()
    );
    assert_eq!(visitor.granted["mailbox"]["name"], name.as_str());
}

/// Whether the platform has WebSockets; where not, the suite's other tests use server-sent events.
async fn has_websockets(organisation: &Organisation, token: &str) -> bool {
    let protocols = format!("visavis.v1, bearer.{token}");
    match connect(
        &organisation.service,
        "after=0",
        Some(&protocols),
        &organisation.service.base,
    )
    .await
    {
        Ok(_) => true,
        Err(refusal) if refusal.status() == 501 => {
            eprintln!("THIS PLATFORM HAS NO WEBSOCKET (501): nothing to test about its handshake");
            false
        }
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// The same token, as if it had been made so long ago that it expires in so many seconds.
fn expiring_in(token: &str, seconds: u64) -> String {
    let key = std::env::var("VISAVIS_TOKEN_KEY")
        .expect("VISAVIS_TOKEN_KEY is not set: the service's TOKEN_KEY, to make a token that expires soon");
    let key = STANDARD.decode(key.trim()).expect("base64");
    let payload = token.split('.').nth(1).expect("a payload");
    let mut claims: Value = serde_json::from_slice(&BASE64URL.decode(payload).unwrap()).unwrap();
    claims["expires_at"] = json!(statements::now() + seconds);
    let signed = format!("visavis1.{}", BASE64URL.encode(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64URL.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_websocket_ends_with_its_token() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    if !has_websockets(&organisation, &expert.token).await {
        return;
    }
    let open = async |token: &str| {
        let protocols = format!("visavis.v1, bearer.{token}");
        let service = &organisation.service;
        connect(service, "after=0", Some(&protocols), &service.base)
            .await
            .unwrap()
    };
    let mut lasting = open(&expert.token).await;
    let mut expiring = open(&expiring_in(&expert.token, 10)).await;
    ping(&mut expiring).await;
    let end = async {
        while let Some(Ok(frame)) = expiring.next().await {
            if let Message::Close(frame) = frame {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
        None
    };
    assert_eq!(within(2 * DEADLINE, "the end of the token", end).await, Some(4002));
    // What comes then reaches who may listen still.
    organisation.visitor().await.ring().await;
    let frame = within(DEADLINE, "an entry", lasting.next()).await.unwrap().unwrap();
    assert!(frame.is_text(), "{frame:?}");
    ping(&mut lasting).await;
}

#[tokio::test]
async fn a_websocket_needs_its_subprotocol_a_token_and_the_right_page() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    if !has_websockets(&organisation, &expert.token).await {
        return;
    }
    let (service, base) = (&organisation.service, organisation.service.base.clone());
    let right = format!("visavis.v1, bearer.{}", expert.token);
    let refused = async |query: &str, protocols: Option<&str>, origin: &str, statuses: &[u16]| {
        let refusal = connect(service, query, protocols, origin).await.expect_err("a refusal");
        assert!(
            statuses.contains(&refusal.status().as_u16()),
            "{protocols:?} {query}: {refusal:?}"
        );
    };
    refused("after=0", None, &base, &[401]).await;
    refused("after=0", Some("visavis.v1"), &base, &[401]).await;
    refused("after=0", Some(&format!("bearer.{}", expert.token)), &base, &[400, 401]).await;
    refused(
        "after=0",
        Some(&format!("visavis.v2, bearer.{}", expert.token)),
        &base,
        &[400, 401],
    )
    .await;
    refused("after=0", Some("visavis.v1, bearer.visavis1.e30.AAAA"), &base, &[401]).await;
    refused("after=0", Some(&right), "https://evil.example", &[403]).await;
    refused("after=x", Some(&right), &base, &[400]).await;
    // A token does not belong in a URL.
    refused(
        &format!("after=0&token={}", expert.token),
        Some("visavis.v1"),
        &base,
        &[400, 401],
    )
    .await;
}

#[tokio::test]
async fn a_websocket_answers_pings_and_closes_on_anything_else() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    if !has_websockets(&organisation, &expert.token).await {
        return;
    }
    let protocols = format!("visavis.v1, bearer.{}", expert.token);
    let base = organisation.service.base.clone();
    let open = async || {
        connect(&organisation.service, "after=0", Some(&protocols), &base)
            .await
            .expect("a socket")
    };
    let mut socket = open().await;
    ping(&mut socket).await;
    ping(&mut socket).await;
    let wrong = [
        Message::Text("pong".into()),
        Message::Text("{}".into()),
        Message::Binary(vec![0].into()),
    ];
    for message in wrong {
        let mut socket = open().await;
        socket.send(message.clone()).await.expect("a frame");
        within(DEADLINE, "the socket to be closed", async {
            while !matches!(socket.next().await, Some(Ok(Message::Close(_))) | None) {}
        })
        .await;
    }
    // The others did not mind.
    ping(&mut socket).await;
}

#[tokio::test]
async fn of_too_many_listeners_the_oldest_goes() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    if !has_websockets(&organisation, &expert.token).await {
        return;
    }
    let protocols = format!("visavis.v1, bearer.{}", expert.token);
    let base = organisation.service.base.clone();
    let mut sockets = Vec::new();
    for _ in 0..9 {
        sockets.push(
            connect(&organisation.service, "after=0", Some(&protocols), &base)
                .await
                .expect("a socket"),
        );
    }
    within(DEADLINE, "the oldest to be closed", async {
        while !matches!(sockets[0].next().await, Some(Ok(Message::Close(_))) | None) {}
    })
    .await;
    for socket in &mut sockets[1..] {
        ping(socket).await;
    }
}
