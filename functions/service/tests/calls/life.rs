//! The life of a call between a visitor and two experts.

use serde_json::json;
use visavis::ports::Platform as _;

use crate::support::{ANSWER, OFFER, Service};

#[tokio::test]
async fn from_the_click_to_the_end() {
    let service = Service::new();
    let mut organisation = service.organisation(&["Ada", "Ben"]).await;
    assert_eq!(organisation.availability().await["state"], "closed");
    for expert in &organisation.experts {
        assert_eq!(expert.here("available").await["calls"], json!([]));
    }
    let availability = organisation.availability().await;
    assert_eq!(availability["state"], "free");
    assert_eq!(availability["experts"].as_array().unwrap().len(), 2);
    assert_eq!(availability["organisation"]["name"], "Customer");

    let mut visitor = organisation.visitor().await;
    let call = visitor.call.clone();
    assert_eq!(visitor.here("here").await["calls"], json!([]));
    let rung = visitor.ring().await.ok(201);
    assert_eq!(rung["call"]["state"], "ringing");
    assert_eq!(rung["call"]["version"], 1);
    assert!(rung["call"].get("visitor").is_none() && rung["call"].get("waiting").is_none());

    for expert in &mut organisation.experts {
        let heard = expert.hear().await;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0]["type"], "call.ringing");
        assert_eq!(heard[0]["call"], call);
        let body = &heard[0]["body"];
        assert_eq!(body["payload"], OFFER);
        assert_eq!(body["call"]["visitor"]["name"], "Grace Visitor");
        // Query and fragment may hold anything.
        assert_eq!(
            body["call"]["visitor"]["page"]["url"],
            "https://customer.example/private-page"
        );
        let turn = body["ice_servers"].as_array().unwrap().last().unwrap();
        assert!(turn["username"].as_str().unwrap().ends_with(&call));
    }

    let availability = organisation.path("availability");
    let [mut ada, mut ben] = <[_; 2]>::try_from(organisation.experts).ok().unwrap();
    let early = json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "Y2FuZGlkYXRlcw"});
    visitor.on(&call, "signals", early).await.ok(202);
    for expert in [&mut ada, &mut ben] {
        let heard = expert.hear().await;
        assert_eq!(heard[0]["type"], "call.signal");
        assert_eq!(
            heard[0]["body"],
            json!({"from": "visitor", "payload": "Y2FuZGlkYXRlcw"})
        );
    }

    let answered = ada.answer(&call).await.ok(200);
    assert_eq!(answered["call"]["state"], "answered");
    assert_eq!(
        answered["call"]["expert"],
        json!({"id": ada.id, "name": "Ada", "title": "Adviser"})
    );
    let heard = visitor.hear().await;
    assert_eq!(heard[0]["type"], "call.answered");
    assert_eq!(heard[0]["body"]["payload"], ANSWER);
    assert_eq!(heard[0]["body"]["call"]["expert"]["name"], "Ada");
    assert_eq!(ben.hear_types().await, ["call.taken"]);
    assert_eq!(ada.hear_types().await, ["call.taken"]);

    let signal = json!({"id": "019ab1c0-0000-7000-8000-000000000002", "payload": "bW9yZQ"});
    ada.on(&call, "signals", signal.clone()).await.ok(202);
    assert_eq!(
        visitor.hear().await[0]["body"],
        json!({"from": "expert", "payload": "bW9yZQ"})
    );
    visitor.on(&call, "signals", signal).await.ok(202);
    assert_eq!(ada.hear_types().await, ["call.signal"]);
    assert!(ben.hear().await.is_empty());

    ben.leave().await;
    let availability = visitor.get(&availability).await.ok(200);
    assert_eq!(
        (&availability["state"], &availability["experts"][0]["state"]),
        (&json!("busy"), &json!("busy"))
    );
    let ended = visitor.on(&call, "hang-up", json!({})).await.ok(200);
    assert_eq!(
        (&ended["call"]["state"], &ended["call"]["ended_because"]),
        (&json!("ended"), &json!("hung-up"))
    );
    assert_eq!(ada.hear_types().await, ["call.ended"]);
    assert_eq!(visitor.hear_types().await, ["call.ended"]);
    assert!(ben.hear().await.is_empty());
    assert_eq!(ada.here("available").await["calls"], json!([]));
    assert_eq!(visitor.here("here").await["calls"][0]["state"], "ended");

    // The same visitor rings again, for another call.
    let next = visitor
        .post("/api/v1/visitor/token", json!({"call": "next"}))
        .await
        .ok(200);
    assert_eq!(next["visitor"], visitor.id);
    assert_ne!(next["call"], call);
    visitor.take_visitor(&next);
    visitor.ring().await.ok(201);
    assert_eq!(ada.hear_types().await, ["call.ringing"]);
}

#[tokio::test]
async fn decline_cancel_and_miss() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    let [mut ada, mut ben] = <[_; 2]>::try_from(organisation.experts.clone()).ok().unwrap();
    ada.here("available").await;
    ben.here("available").await;

    let mut visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    assert_eq!(
        ada.on(&visitor.call, "decline", json!({})).await.ok(200)["call"]["state"],
        "ringing"
    );
    assert_eq!(ada.here("available").await["calls"], json!([]));
    assert_eq!(visitor.hear_types().await.len(), 0);
    assert_eq!(
        ben.on(&visitor.call, "decline", json!({})).await.ok(200)["call"]["state"],
        "declined"
    );
    assert_eq!(visitor.hear_types().await, ["call.declined"]);

    let mut second = organisation.visitor().await;
    second.ring().await.ok(201);
    assert_eq!(
        second.on(&second.call, "cancel", json!({})).await.ok(200)["call"]["state"],
        "cancelled"
    );
    assert!(second.hear().await.is_empty());
    assert_eq!(
        ada.hear_types().await,
        ["call.ringing", "call.ringing", "call.cancelled"]
    );

    let mut third = organisation.visitor().await;
    third.ring().await.ok(201);
    for _ in 0..3 {
        service.wait(15);
        third.here("here").await;
        ada.here("available").await;
    }
    assert_eq!(third.hear_types().await, ["call.missed"]);
    assert_eq!(third.look(&third.call).await["state"], "missed");
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.missed"]);
    assert_eq!(
        ben.hear_types().await,
        [
            "call.ringing",
            "call.ringing",
            "call.cancelled",
            "call.ringing",
            "call.missed"
        ]
    );
}

#[tokio::test]
async fn visitor_gone_is_told_to_the_expert_who_renews() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let mut ada = organisation.experts[0].clone();
    ada.here("available").await;

    // While it rings.
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    visitor.leave().await;
    service.wait(11);
    assert_eq!(ada.here("available").await["calls"][0]["state"], "ringing");
    service.wait(1);
    assert_eq!(ada.here("available").await["calls"], json!([]));
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.cancelled"]);

    // In the call; a reload in time changes nothing.
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    ada.answer(&visitor.call).await.ok(200);
    visitor.leave().await;
    service.wait(5);
    visitor.here("here").await;
    service.wait(5);
    assert_eq!(ada.here("available").await["calls"][0]["state"], "answered");
    service.wait(15);
    assert_eq!(ada.here("available").await["calls"], json!([]));
    assert_eq!(
        ada.hear().await.last().unwrap()["body"]["call"]["ended_because"],
        "visitor-gone"
    );
}

#[tokio::test]
async fn expert_gone_is_told_to_the_visitor_who_renews() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let mut ada = organisation.experts[0].clone();
    ada.here("available").await;
    let mut visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    ada.answer(&visitor.call).await.ok(200);
    service.wait(15);
    let presence = visitor.here("here").await;
    assert_eq!(presence["calls"][0]["state"], "answered");
    // The expert's lease has five seconds left: the visitor is to ask again when it runs out.
    assert_eq!(presence["renew_in"], 5_000);
    service.wait(5);
    let call = visitor.here("here").await["calls"][0].clone();
    assert_eq!(
        (&call["state"], &call["ended_because"]),
        (&json!("ended"), &json!("expert-gone"))
    );
    assert_eq!(visitor.hear_types().await, ["call.answered", "call.ended"]);
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.taken", "call.ended"]);
}

#[tokio::test]
async fn expert_who_answers_is_there_again() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    let [ada, ben] = &organisation.experts[..] else {
        panic!()
    };
    ada.here("available").await;
    ben.here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    service.wait(15);
    visitor.here("here").await;
    ben.here("available").await;
    // Ada's desk has not renewed its lease for a while, as browsers' hidden pages do.
    service.wait(10);
    ada.answer(&visitor.call).await.ok(200);
    service.wait(5);
    assert_eq!(visitor.here("here").await["calls"][0]["state"], "answered");
}

#[tokio::test]
async fn closed_desk_disappears_at_once_and_is_not_rung() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    let [ada, mut ben] = <[_; 2]>::try_from(organisation.experts.clone()).ok().unwrap();
    ada.here("available").await;
    ben.here("available").await;
    ben.leave().await;
    let availability = organisation.availability().await;
    assert_eq!(availability["experts"].as_array().unwrap().len(), 1);
    assert_eq!(availability["experts"][0]["name"], "Ada");
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    assert!(ben.hear().await.is_empty());
    ada.here("away").await;
    assert_eq!(organisation.availability().await["state"], "closed");
    service.wait(20);
    assert_eq!(
        organisation.visitor().await.ring().await.problem(409),
        "nobody-available"
    );
}

#[tokio::test]
async fn desk_that_reloads_finds_the_call_again() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    ada.leave().await;
    let calls = ada.here("available").await["calls"].clone();
    assert_eq!(calls[0]["id"], visitor.call);
    assert_eq!(calls[0]["payload"], OFFER);
    assert!(calls[0]["ice_servers"].is_array());
    ada.answer(&visitor.call).await.ok(200);
    ada.leave().await;
    let calls = ada.here("available").await["calls"].clone();
    assert_eq!(calls[0]["state"], "answered");
    // It is of no use any more, and so it is gone.
    assert!(calls[0].get("payload").is_none());
    assert!(visitor.here("here").await["calls"][0].get("payload").is_none());
}

#[tokio::test]
async fn nobody_who_renews_is_needed_for_a_call_to_end() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    organisation.experts[0].here("available").await;
    let mut visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    service.wait(19);
    service.tick().await;
    assert_eq!(visitor.look(&visitor.call).await["state"], "ringing");
    service.wait(1);
    service.tick().await;
    let mut ada = organisation.experts[0].clone();
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.cancelled"]);
    assert!(visitor.hear().await.is_empty());
    // A day later nothing is left of it.
    service.wait(24 * 60 * 60);
    service.tick().await;
    let dump = service.memory.database().dump();
    assert!(
        !dump
            .windows(visitor.id.len())
            .any(|window| window == visitor.id.as_bytes())
    );
}

#[tokio::test]
async fn relay_credentials_are_for_the_call_and_while_it_goes_on() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    ada.answer(&visitor.call).await.ok(200);
    for client in [&visitor, ada] {
        let relay = client.on(&visitor.call, "relay", json!({})).await.ok(200);
        assert_eq!(relay["expires_at"], "2026-11-23T22:00:00.000Z");
        let turn = relay["ice_servers"].as_array().unwrap().last().unwrap();
        assert_eq!(turn["username"], format!("1795471200:{}", visitor.call));
    }
    visitor.on(&visitor.call, "hang-up", json!({})).await.ok(200);
    assert_eq!(
        ada.on(&visitor.call, "relay", json!({})).await.problem(409),
        "call-over"
    );
}

#[tokio::test]
async fn answering_costs_two_round_trips() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    for expert in &organisation.experts {
        expert.here("available").await;
    }
    let visitor = organisation.visitor().await;
    let (database, mailboxes) = (service.memory.database(), service.memory.mailboxes());
    let cost = || (database.trips(), mailboxes.appends());
    let since = |before: (u64, u64)| (database.trips() - before.0, mailboxes.appends() - before.1);

    let before = cost();
    visitor.ring().await.ok(201);
    // The visitor's page costs nothing: its token is proof of its origin. All appends go at once.
    assert_eq!(since(before), (2, 2), "ring");
    let before = cost();
    visitor.here("here").await;
    assert_eq!(since(before), (1, 0), "presence");
    let before = cost();
    organisation.experts[0].answer(&visitor.call).await.ok(200);
    assert_eq!(since(before), (1, 3), "answer");
    let before = cost();
    let signal = json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "Y2Fu"});
    visitor.on(&visitor.call, "signals", signal).await.ok(202);
    assert_eq!(since(before), (1, 1), "signal");
    let writes = database.writes();
    organisation.availability().await;
    assert_eq!(database.writes(), writes, "availability stores nothing");
}
