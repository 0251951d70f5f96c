//! What is refused, with which problem, and that it changes nothing.

use serde_json::{Value, json};
use visavis::ports::Platform as _;

use crate::support::{ANSWER, Client, Organisation, Service, ringing_for_both};

async fn ringing() -> (Service, Organisation, Client) {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    organisation.experts[0].here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    (service, organisation, visitor)
}

fn signal() -> Value {
    json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "Y2Fu"})
}

#[tokio::test]
async fn calls_of_others() {
    let (service, organisation, visitor) = ringing().await;
    let call = &visitor.call;
    let stranger = organisation.visitor().await;
    for (what, body) in [
        ("ring", json!({})),
        ("cancel", json!({})),
        ("hang-up", json!({})),
        ("signals", signal()),
    ] {
        let answer = if what == "ring" {
            let mut ringer = stranger.clone();
            ringer.call.clone_from(call);
            ringer.ring().await
        } else {
            stranger.on(call, what, body).await
        };
        assert_eq!(answer.problem(403), "role-not-allowed", "{what}");
    }
    assert_eq!(
        stranger.get(&format!("/api/v1/calls/{call}")).await.problem(403),
        "role-not-allowed"
    );

    let foreign = service.organisation(&["Eve"]).await;
    foreign.experts[0].here("available").await;
    // Ben's desk was closed when it rang.
    for expert in [&foreign.experts[0], &organisation.experts[1]] {
        assert_eq!(
            expert.get(&format!("/api/v1/calls/{call}")).await.problem(404),
            "not-found"
        );
        assert_eq!(expert.answer(call).await.problem(404), "not-found");
        for (what, body) in [
            ("decline", json!({})),
            ("hang-up", json!({})),
            ("signals", signal()),
            ("relay", json!({})),
        ] {
            assert_eq!(expert.on(call, what, body).await.problem(404), "not-found", "{what}");
        }
    }
    assert_eq!(visitor.look(call).await["version"], 1);
    let availability = foreign.availability().await;
    assert_eq!(availability["experts"][0]["name"], "Eve");
    assert_eq!(availability["experts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn other_roles() {
    let (_, organisation, visitor) = ringing().await;
    let call = &visitor.call;
    let ada = &organisation.experts[0];
    // The desk's routes are not for customers' pages at all, nor for a visitor's token without one.
    assert_eq!(visitor.answer(call).await.problem(403), "origin-not-registered");
    let pageless = visitor.without_page();
    assert_eq!(pageless.answer(call).await.problem(403), "role-not-allowed");
    assert_eq!(
        pageless.on(call, "decline", json!({})).await.problem(403),
        "role-not-allowed"
    );
    assert_eq!(ada.on(call, "cancel", json!({})).await.problem(403), "role-not-allowed");
    assert_eq!(
        ada.post("/api/v1/visitor/token", json!({"call": "next"}))
            .await
            .problem(403),
        "role-not-allowed"
    );
    let mut nobody = visitor.clone();
    nobody.token = None;
    assert_eq!(nobody.on(call, "cancel", json!({})).await.problem(401), "token-missing");
    nobody.token = visitor.token.as_ref().map(|token| format!("{token}x"));
    assert_eq!(nobody.on(call, "cancel", json!({})).await.problem(401), "token-invalid");
    assert_eq!(visitor.look(call).await["version"], 1);
}

#[tokio::test]
async fn outdated_tokens_and_other_pages() {
    let (service, organisation, visitor) = ringing().await;
    service.wait(60 * 60);
    assert_eq!(
        visitor.on(&visitor.call, "cancel", json!({})).await.problem(401),
        "token-expired"
    );
    let elsewhere = Client::new(service, Some("https://elsewhere.example"));
    assert_eq!(
        elsewhere.get(&organisation.path("availability")).await.problem(403),
        "origin-not-registered"
    );
    assert_eq!(
        elsewhere
            .post(&organisation.path("visitors"), json!({}))
            .await
            .problem(403),
        "origin-not-registered"
    );
}

#[tokio::test]
async fn signals_at_the_wrong_time() {
    let (service, organisation, visitor) = ringing().await;
    let call = &visitor.call;
    let [ada, ben] = &organisation.experts[..] else {
        panic!()
    };
    ben.here("available").await;
    assert_eq!(ada.on(call, "signals", signal()).await.problem(409), "not-answered");
    assert_eq!(ada.on(call, "hang-up", json!({})).await.problem(409), "not-answered");
    let second = organisation.visitor().await;
    second.ring().await.ok(201);
    ben.answer(&second.call).await.ok(200);
    assert_eq!(
        ada.on(&second.call, "signals", signal()).await.problem(409),
        "already-answered"
    );
    assert_eq!(
        ada.on(&second.call, "hang-up", json!({})).await.problem(409),
        "already-answered"
    );
    visitor.on(call, "hang-up", json!({})).await.ok(200);
    assert_eq!(ada.on(call, "signals", signal()).await.problem(409), "call-over");
    let over = visitor.on(call, "signals", signal()).await;
    assert_eq!(over.problem(409), "call-over");
    assert_eq!(over.body["call"]["state"], "cancelled");
    // A ring comes first, and unknown calls are no different from those of others.
    let early = organisation.visitor().await;
    assert_eq!(
        early.on(&early.call, "signals", signal()).await.problem(404),
        "not-found"
    );
    drop(service);
}

#[tokio::test]
async fn time_is_up_before_anybody_says_so() {
    let (service, organisation, mut visitor) = ringing().await;
    service.wait(19);
    organisation.experts[0].here("available").await;
    service.wait(1);
    let late = organisation.experts[0].answer(&visitor.call).await;
    assert_eq!(late.problem(409), "call-over");
    assert_eq!(
        (&late.body["call"]["state"], &late.body["call"]["ended_because"]),
        (&json!("cancelled"), &json!("visitor-gone"))
    );
    assert!(visitor.hear().await.is_empty());
    let mut ada = organisation.experts[0].clone();
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.cancelled"]);
}

#[tokio::test]
async fn late_answer_is_too_late() {
    let (service, organisation, mut visitor) = ringing().await;
    let ada = &organisation.experts[0];
    for _ in 0..3 {
        service.wait(14);
        visitor.here("here").await;
        ada.here("available").await;
    }
    service.wait(3);
    let late = ada.answer(&visitor.call).await;
    assert_eq!(late.problem(409), "call-over");
    assert_eq!(late.body["call"]["state"], "missed");
    assert_eq!(visitor.hear_types().await, ["call.missed"]);
}

#[tokio::test]
async fn fields_out_of_bounds() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    let long = "a".repeat(64 * 1024 + 1);
    for fields in [
        json!({"payload": ""}),
        json!({"payload": "a+b/"}),
        json!({"payload": "Y2Fu="}),
        json!({"payload": "abcde"}),
        json!({"payload": long}),
        json!({"payload": 7}),
        json!({"name": "x".repeat(81)}),
        json!({"name": "two\nlines"}),
        json!({"language": "x"}),
        json!({"language": "<script>"}),
        json!({"media": "hologram"}),
        json!({"wait": "yes"}),
        json!({"expert": "Ada"}),
        json!({"unknown": 1}),
        json!({"page": {"url": "javascript:alert(1)", "title": ""}}),
        json!({"page": {"url": "https://customer.example", "title": "x".repeat(201)}}),
        json!({"page": {"url": "https://customer.example"}}),
    ] {
        assert_eq!(
            visitor.ring_with(fields.clone()).await.problem(400),
            "malformed",
            "{fields}"
        );
    }
    assert_eq!(
        visitor
            .ring_with(json!({"name": "4111 1111 1111 1111"}))
            .await
            .problem(400),
        "card-number"
    );
    assert_eq!(
        visitor
            .ring_with(json!({"payload": "a".repeat(96 * 1024)}))
            .await
            .problem(413),
        "body-too-large"
    );
    assert_eq!(
        visitor
            .get(&format!("/api/v1/calls/{}", visitor.call))
            .await
            .problem(404),
        "not-found"
    );
    visitor
        .ring_with(
            json!({"payload": "a".repeat(64 * 1024), "name": null, "page": {"url": "https://a.example", "title": ""}}),
        )
        .await
        .ok(201);

    let padded = json!({"payload": format!("{ANSWER}=")});
    assert_eq!(ada.on(&visitor.call, "answer", padded).await.problem(400), "malformed");
    assert_eq!(
        ada.on(&visitor.call, "decline", json!({"because": "lunch"}))
            .await
            .problem(400),
        "malformed"
    );
    assert_eq!(
        ada.on(&visitor.call, "signals", json!({"id": "7", "payload": "YQ"}))
            .await
            .problem(400),
        "malformed"
    );
    assert_eq!(
        visitor
            .on(&visitor.call, "signals", json!({"payload": "YQ"}))
            .await
            .problem(400),
        "malformed"
    );
    for (client, state) in [(&visitor, "available"), (ada, "here"), (ada, "asleep")] {
        let request = client.request("PUT", "/api/v1/presence", Some(json!({"state": state})));
        assert_eq!(service.send(request).await.problem(400), "malformed", "{state}");
    }
    assert_eq!(ada.answer("not-an-id").await.problem(404), "not-found");
    assert_eq!(visitor.look(&visitor.call).await["version"], 1);
}

#[tokio::test]
async fn person_who_was_made_inactive_is_no_longer_there() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    service.deactivate(&ada.id).await;
    assert_eq!(organisation.availability().await["state"], "closed");
    let request = ada.request("PUT", "/api/v1/presence", Some(json!({"state": "available"})));
    assert_eq!(service.send(request).await.problem(401), "token-invalid");
}

#[tokio::test]
async fn a_page_title_that_looks_like_a_card_number_is_left_out_and_the_call_rings() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let visitor = organisation.visitor().await;
    let page = json!({"url": "https://customer.example/", "title": "Order 4111-1111-1111-1111"});
    visitor.ring_with(json!({"page": page})).await.ok(201);
    assert_eq!(ada.look(&visitor.call).await["visitor"]["page"]["title"], "");
}

#[tokio::test]
async fn a_visitor_has_one_open_call() {
    let (service, organisation, mut visitor) = ringing().await;
    let first = visitor.call.clone();
    let next = visitor
        .post("/api/v1/visitor/token", json!({"call": "next"}))
        .await
        .ok(200);
    visitor.take_visitor(&next);
    let refused = visitor.ring().await;
    assert_eq!(refused.problem(409), "busy");
    assert_eq!(
        (&refused.body["call"]["id"], &refused.body["call"]["state"]),
        (&json!(first), &json!("ringing"))
    );
    let ada = &organisation.experts[0];
    ada.answer(&first).await.ok(200);
    assert_eq!(visitor.ring().await.body["call"]["state"], "answered");
    // A call that time has ended is in nobody's way.
    service.wait(20);
    organisation.experts[1].here("available").await;
    visitor.ring().await.ok(201);
}

#[tokio::test]
async fn an_organisation_has_fifty_calls_that_ring() {
    let (_, organisation, first) = ringing().await;
    for _ in 1..50 {
        organisation.visitor().await.ring().await.ok(201);
    }
    let more = organisation.visitor().await;
    assert_eq!(more.ring().await.problem(409), "busy");
    first.on(&first.call, "cancel", json!({})).await.ok(200);
    more.ring().await.ok(201);
}

/// Nobody is left who would end them: Ada's desk is closed, and the visitors are gone.
#[tokio::test]
async fn calls_that_time_has_ended_fill_no_line() {
    let (service, organisation, _) = ringing().await;
    for _ in 1..50 {
        organisation.visitor().await.ring().await.ok(201);
    }
    service.wait(60 * 60);
    let ben = organisation.experts[1].signed_in_again().await;
    ben.here("available").await;
    organisation.visitor().await.ring().await.ok(201);
}

#[tokio::test]
async fn a_deactivated_experts_token_opens_no_call() {
    let (service, organisation, visitor) = ringing().await;
    let [ada, ben] = &organisation.experts[..] else {
        panic!()
    };
    ben.here("available").await;
    let other = organisation.visitor().await;
    other.ring().await.ok(201);
    ben.answer(&other.call).await.ok(200);
    service.deactivate(&ada.id).await;
    service.deactivate(&ben.id).await;
    assert_eq!(ada.answer(&visitor.call).await.problem(401), "token-invalid");
    assert_eq!(visitor.look(&visitor.call).await["state"], "ringing");
    for (what, body) in [("signals", signal()), ("relay", json!({})), ("hang-up", json!({}))] {
        assert_eq!(
            ben.on(&other.call, what, body).await.problem(401),
            "token-invalid",
            "{what}"
        );
    }
    assert_eq!(other.look(&other.call).await["state"], "answered");
}

#[tokio::test]
async fn a_deactivated_expert_hears_nothing_more() {
    let (service, organisation, visitor) = ringing_for_both().await;
    let [ada, ben] = &organisation.experts[..] else {
        panic!()
    };
    service.deactivate(&ada.id).await;
    assert_eq!(ada.get("/api/v1/mailbox").await.problem(401), "token-invalid");
    let appends = service.memory.mailboxes().appends();
    visitor.on(&visitor.call, "signals", signal()).await.ok(202);
    assert_eq!(service.memory.mailboxes().appends(), appends + 1);
    assert_eq!(ben.clone().hear_types().await, ["call.ringing", "call.signal"]);
    // A lease that has just run out is no reason: whoever comes back answers with what was signalled meanwhile.
    let (service, organisation, visitor) = ringing_for_both().await;
    service.wait(19);
    organisation.experts[1].here("available").await;
    visitor.here("here").await;
    service.wait(2);
    visitor.on(&visitor.call, "signals", signal()).await.ok(202);
    let mut ada = organisation.experts[0].clone();
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.signal"]);
}
