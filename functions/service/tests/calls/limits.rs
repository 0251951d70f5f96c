//! Rate limits: per token's subject and per address.

use std::time::Duration;

use serde_json::json;
use visavis::ports::{Database as _, Platform as _, Statement};

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

#[tokio::test]
async fn refused_farewell_is_none() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    for _ in 0..120 {
        ada.here("available").await;
    }
    let request = ada.request("DELETE", "/api/v1/presence", None);
    assert_eq!(service.send(request).await.problem(429), "too-many-requests");
    assert_eq!(organisation.availability().await["state"], "free");
}

/// A counter of a window that lies ahead would only rise until then.
#[tokio::test]
async fn a_clock_that_is_set_back_shuts_nobody_out() {
    const DAY: Duration = Duration::from_hours(24);
    let service = Service::with_limits(1);
    let organisation = service.organisation(&[]).await;
    let clock = service.memory.clock();
    clock.advance(DAY);
    for _ in 0..60 {
        organisation.visitor().await;
    }
    let client = crate::support::Client::new(service.clone(), Some(crate::support::PAGE));
    let path = organisation.path("visitors");
    let begin = || client.post(&path, json!({}));
    assert_eq!(begin().await.problem(429), "too-many-requests");
    clock.set_back(DAY);
    service.wait(61);
    begin().await.ok(201);
}

#[tokio::test]
async fn counters_of_a_clock_that_was_set_back_are_deleted() {
    let service = Service::with_limits(1);
    let organisation = service.organisation(&["Ada"]).await;
    let counters = async || {
        let sql = "SELECT key FROM rate_limits";
        let parameters = Vec::new();
        let database = service.memory.database();
        database.query(Statement { sql, parameters }).await.unwrap().rows.len()
    };
    let clock = service.memory.clock();
    clock.advance(Duration::from_hours(24));
    organisation.visitor().await;
    clock.set_back(Duration::from_hours(24));
    service.wait(61);
    service.tick().await;
    assert_eq!(counters().await, 0);
    // A call in the line has a counter for as long as it may ring.
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring_with(json!({"wait": true})).await.ok(201);
    let before = counters().await;
    let signal = json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "Y2Fu"});
    visitor.on(&visitor.call, "signals", signal).await.ok(202);
    let counted = counters().await;
    assert!(counted > before);
    service.tick().await;
    assert_eq!(counters().await, counted);
}

#[tokio::test]
async fn what_is_only_counted_waits_for_no_disk() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    let before = service.memory.database().synced();
    let visitor = organisation.visitor().await;
    visitor
        .post("/api/v1/visitor/token", json!({"call": "same"}))
        .await
        .ok(200);
    assert_eq!(visitor.ring().await.problem(409), "nobody-available");
    let message = json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "Y2Fu"});
    let refused = visitor.post("/api/v1/messages", message).await;
    assert_eq!(refused.problem(409), "nobody-available");
    ada.get("/api/v1/messages").await.ok(200);
    let device = ada.get("/api/v1/devices/AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(device.problem(404), "not-found");
    ada.page().await;
    assert_eq!(service.memory.database().synced(), before);
    ada.here("available").await;
    assert_eq!(service.memory.database().synced(), before + 1);
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
    for (method, path) in [("GET", "/healthz"), ("DELETE", "/api/v1/session")] {
        let answer = service.send(client.without_page().request(method, path, None)).await;
        assert_eq!(answer.problem(429), "too-many-requests", "{path}");
    }
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
