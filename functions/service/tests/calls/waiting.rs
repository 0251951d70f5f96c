//! Everybody is in a call: the waiting line.

use serde_json::json;

use crate::support::{Organisation, Service};

/// An organisation whose only expert is in a call.
async fn busy() -> (Service, Organisation) {
    let service = Service::new();
    let organisation = service.organisation(&["Ada", "Ben"]).await;
    organisation.experts[0].here("available").await;
    let visitor = organisation.visitor().await;
    visitor.ring().await.ok(201);
    organisation.experts[0].answer(&visitor.call).await.ok(200);
    (service, organisation)
}

#[tokio::test]
async fn busy_says_so_and_changes_nothing() {
    let (_, organisation) = busy().await;
    let visitor = organisation.visitor().await;
    assert_eq!(visitor.ring().await.problem(409), "busy");
    assert_eq!(
        visitor
            .get(&format!("/api/v1/calls/{}", visitor.call))
            .await
            .problem(404),
        "not-found"
    );
    // The same call may then ring with patience.
    visitor.ring_with(json!({"wait": true})).await.ok(201);
}

#[tokio::test]
async fn line_moves_up() {
    let (_, organisation) = busy().await;
    let [first, second] = [organisation.visitor().await, organisation.visitor().await];
    let rung = first.ring_with(json!({"wait": true})).await.ok(201);
    assert_eq!(rung["call"]["waiting"], 0);
    assert_eq!(rung["call"]["rings_until"], "2026-11-23T21:10:00.000Z");
    let rung = second.ring_with(json!({"wait": true})).await.ok(201);
    assert_eq!(rung["call"]["waiting"], 1);
    let ringing = organisation.experts[0].here("available").await["calls"].clone();
    assert_eq!(ringing.as_array().unwrap().len(), 3);
    first.on(&first.call, "cancel", json!({})).await.ok(200);
    assert_eq!(second.here("here").await["calls"][0]["waiting"], 0);
}

#[tokio::test]
async fn waits_for_an_expert_who_comes_later() {
    let (_, organisation) = busy().await;
    let mut visitor = organisation.visitor().await;
    visitor.ring_with(json!({"wait": true})).await.ok(201);
    let mut ben = organisation.experts[1].clone();
    assert_eq!(ben.answer(&visitor.call).await.problem(404), "not-found");
    assert_eq!(ben.here("away").await["calls"], json!([]));
    let calls = ben.here("available").await["calls"].clone();
    assert_eq!(calls[0]["id"], visitor.call);
    assert!(calls[0]["payload"].is_string());
    ben.here("available").await;
    assert_eq!(ben.hear_types().await, ["call.ringing"]);
    ben.answer(&visitor.call).await.ok(200);
    assert_eq!(visitor.hear_types().await, ["call.answered"]);
    let mut ada = organisation.experts[0].clone();
    assert_eq!(ada.hear_types().await.last().unwrap(), "call.taken");
}

#[tokio::test]
async fn call_for_one_expert_is_for_that_one_alone() {
    let (_, organisation) = busy().await;
    let mut ben = organisation.experts[1].clone();
    ben.here("available").await;
    let for_ada = json!({"expert": organisation.experts[0].id});
    let visitor = organisation.visitor().await;
    assert_eq!(visitor.ring_with(for_ada).await.problem(409), "busy");
    let waiting = json!({"expert": organisation.experts[0].id, "wait": true});
    visitor.ring_with(waiting).await.ok(201);
    assert_eq!(ben.here("available").await["calls"], json!([]));
    assert!(ben.hear().await.is_empty());
    // Who waits for somebody else is not before.
    let other = organisation.visitor().await;
    let for_ben = json!({"expert": organisation.experts[1].id, "wait": true});
    assert_eq!(other.ring_with(for_ben).await.ok(201)["call"]["waiting"], 0);
    let stranger = json!({"expert": "019ab1c0-0000-7000-8000-000000000001"});
    assert_eq!(
        organisation.visitor().await.ring_with(stranger).await.problem(409),
        "nobody-available"
    );
}
