//! Rate limits: per token's subject and per address.

use std::time::Duration;

use serde_json::json;
use visavis::ports::Platform as _;

use crate::support::Service;

#[tokio::test]
async fn one_visitor_rings_ten_times_a_minute() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&["Ada"]).await;
    let visitor = organisation.visitor().await;
    for _ in 0..10 {
        assert_eq!(visitor.ring().await.problem(409), "nobody-available");
    }
    service.wait(20);
    let refused = visitor.ring().await;
    assert_eq!(refused.problem(429), "too-many-requests");
    assert_eq!(refused.headers["retry-after"], "41");
    // Somebody else behind the same address is free to.
    organisation.experts[0].here("available").await;
    organisation.visitor().await.ring().await.ok(201);
    assert_eq!(visitor.ring().await.problem(429), "too-many-requests");
    let memory = &service.memory;
    memory.clock().advance(Duration::from_secs(41));
    organisation.experts[0].here("available").await;
    visitor.ring().await.ok(201);
}

#[tokio::test]
async fn one_address_makes_sixty_visitors_a_minute() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&[]).await;
    for _ in 0..60 {
        organisation.visitor().await;
    }
    let mut client = crate::support::Client::new(service.clone(), Some(crate::support::PAGE));
    assert_eq!(
        client
            .post(&organisation.path("visitors"), json!({}))
            .await
            .problem(429),
        "too-many-requests"
    );
    client.address = "192.0.2.2";
    client.post(&organisation.path("visitors"), json!({})).await.ok(201);
    // Counting leaves no trace once the window is over.
    service.wait(60);
    service.tick().await;
    organisation.visitor().await;
}

#[tokio::test]
async fn refused_answer_changes_nothing() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    for _ in 0..120 {
        ada.look(&visitor.call).await;
    }
    assert_eq!(ada.answer(&visitor.call).await.problem(429), "too-many-requests");
    assert_eq!(visitor.look(&visitor.call).await["state"], "ringing");
}

#[tokio::test]
async fn while_it_rings_forty_signals_reach_the_experts() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    let signal = |number: u64| json!({"id": format!("019ab1c0-0000-7000-8000-{number:012x}"), "payload": "Y2Fu"});
    for number in 0..40 {
        visitor.on(&visitor.call, "signals", signal(number)).await.ok(202);
    }
    let appends = service.memory.mailboxes().appends();
    let refused = visitor.on(&visitor.call, "signals", signal(40)).await;
    assert_eq!(refused.problem(429), "too-many-requests");
    // It is the call's, not a minute's.
    service.wait(15);
    ada.here("available").await;
    visitor.here("here").await;
    assert_eq!(
        visitor.on(&visitor.call, "signals", signal(41)).await.problem(429),
        "too-many-requests"
    );
    assert_eq!(service.memory.mailboxes().appends(), appends);
    // Once somebody has answered there is one who listens.
    ada.answer(&visitor.call).await.ok(200);
    visitor.on(&visitor.call, "signals", signal(42)).await.ok(202);
}

#[tokio::test]
async fn refused_renewal_is_no_lease() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    let visitor = organisation.visitor().await;
    for _ in 0..120 {
        ada.here("available").await;
        visitor.here("here").await;
    }
    service.wait(10);
    for (client, state) in [(ada, "away"), (&visitor, "here")] {
        let request = client.request("PUT", "/api/v1/presence", Some(json!({"state": state})));
        assert_eq!(service.send(request).await.problem(429), "too-many-requests");
    }
    assert_eq!(organisation.availability().await["state"], "free");
    // The lease of before, not of the refused renewal.
    service.wait(10);
    assert_eq!(organisation.availability().await["state"], "closed");
}

/// What needs no token and leaves nothing behind is bounded too, without a counter in the database.
#[tokio::test]
async fn one_address_looks_around_only_so_often() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&[]).await;
    let mut client = crate::support::Client::new(service.clone(), Some(crate::support::PAGE));
    let before = service.memory.database().writes();
    let mut answered = 0;
    let refused = loop {
        let answer = client.get(&organisation.path("availability")).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
    };
    assert_eq!(refused.problem(429), "too-many-requests");
    assert!((1_000..=2_400).contains(&answered), "{answered}");
    assert_eq!(service.memory.database().writes(), before);
    let mut stranger = crate::support::Client::new(service.clone(), Some("https://stranger.example"));
    assert_eq!(stranger.get("/api/v1/presence").await.problem(429), "too-many-requests");
    stranger.address = "192.0.2.2";
    assert_eq!(
        stranger.get("/api/v1/presence").await.problem(403),
        "origin-not-registered"
    );
    client.address = "192.0.2.2";
    client.get(&organisation.path("availability")).await.ok(200);
    service.wait(61);
    client.address = "192.0.2.1";
    client.get(&organisation.path("availability")).await.ok(200);
}
