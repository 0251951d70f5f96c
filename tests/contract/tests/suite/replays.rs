//! Repeating a request is safe: what was done already is answered as it was done.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;
use visavis_contract::{Delivery, Organisation, Transport, Visitor, payload};

/// The types of what lies in a mailbox.
fn types(deliveries: &[Delivery]) -> Vec<String> {
    let kind = |delivery: &Delivery| match delivery {
        Delivery::Entry { envelope, .. } => envelope["type"].as_str().unwrap_or_default().to_owned(),
        Delivery::Gap(sequence) => format!("gap {sequence}"),
    };
    deliveries.iter().map(kind).collect()
}

#[tokio::test]
async fn every_step_of_a_call_can_be_repeated() {
    let organisation = Organisation::new(2).await;
    let (expert, other) = (organisation.expert(0).await, organisation.expert(1).await);
    let visitor = organisation.visitor().await;
    let request = Visitor::ring_request();
    visitor.renew().await;
    let rung = visitor.post("ring", &request).await.expect_json(201);
    let again = visitor.post("ring", &request).await.expect_json(200);
    assert_eq!(again, rung);

    let id = Uuid::new_v4().to_string();
    let signal = payload("candidates");
    for _ in 0..3 {
        visitor.signal(&id, &signal).await.expect(202);
    }
    other.post(&visitor.call, "decline", &json!({})).await.expect(200);
    other.post(&visitor.call, "decline", &json!({})).await.expect(200);

    let answer = json!({ "payload": payload("answer") });
    let answered = expert.post(&visitor.call, "answer", &answer).await.expect_json(200);
    let again = expert.post(&visitor.call, "answer", &answer).await.expect_json(200);
    assert_eq!(again, answered);
    // A ring that arrives once more while the call goes on rings nobody.
    let again = visitor.post("ring", &request).await.expect_json(200);
    assert_eq!(again["call"]["state"], "answered");

    let back = json!({ "id": Uuid::new_v4(), "payload": payload("candidates") });
    for _ in 0..3 {
        expert.post(&visitor.call, "signals", &back).await.expect(202);
    }
    let ended = visitor.post("hang-up", &json!({})).await.expect_json(200);
    let again = visitor.post("hang-up", &json!({})).await.expect_json(200);
    assert_eq!(again, ended);
    let from_the_other_side = expert.post(&visitor.call, "hang-up", &json!({})).await.expect_json(200);
    assert_eq!(from_the_other_side["call"]["version"], ended["call"]["version"]);

    let heard = visitor.mailbox(Transport::Pages).await.rest().await;
    let heard: Vec<_> = types(&heard).into_iter().filter(|kind| kind != "call.ended").collect();
    assert_eq!(heard, ["call.answered", "call.signal"]);
    let heard = expert.mailbox(Transport::Pages).await.rest().await;
    let heard: Vec<_> = types(&heard).into_iter().filter(|kind| kind != "call.taken").collect();
    assert_eq!(heard, ["call.ringing", "call.signal", "call.ended"]);
}

#[tokio::test]
async fn a_cancel_can_be_repeated() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    let cancelled = visitor.post("cancel", &json!({})).await.expect_json(200);
    for verb in ["cancel", "hang-up"] {
        assert_eq!(visitor.post(verb, &json!({})).await.expect_json(200), cancelled);
    }
    let heard = expert.mailbox(Transport::Pages).await.rest().await;
    assert_eq!(types(&heard), ["call.ringing", "call.cancelled"]);
}

#[tokio::test]
async fn leaving_and_signing_out_can_be_repeated() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    expert.leave().await;
    expert.leave().await;
    let sign_out = || {
        let request = organisation
            .service
            .delete("/api/v1/session")
            .origin(&organisation.service.base);
        request.header("cookie", &expert.cookie)
    };
    sign_out().send().await.expect(204);
    // The session is gone; who signs out again is signed out.
    let again = sign_out().send().await;
    assert!(matches!(again.status.as_u16(), 204 | 401), "{}", again.text());
    let visitor = organisation.visitor().await;
    visitor.leave().await;
    visitor
        .request(Method::DELETE, "/api/v1/presence")
        .send()
        .await
        .expect(204);
}
