//! Messages left when nobody is there.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use visavis_contract::{Answer, Organisation, Staff, Visitor, payload};

use crate::trust::Trust;

async fn leave(visitor: &Visitor, body: &Value) -> Answer {
    visitor
        .request(Method::POST, "/api/v1/messages")
        .json(body)
        .send()
        .await
}

async fn list(expert: &Staff) -> Vec<Value> {
    let answer = expert
        .request(Method::GET, "/api/v1/messages")
        .send()
        .await
        .expect_json(200);
    answer["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_message_is_read_by_those_it_is_for() {
    let trust = Trust::complete(2).await;
    let colleague = trust.organisation.expert(1).await;
    let visitor = trust.organisation.visitor().await;
    let for_any = json!({ "id": Uuid::now_v7(), "payload": payload("message") });
    let for_one = json!({ "id": Uuid::now_v7(), "payload": payload("message"), "expert": colleague.id() });
    let answer = leave(&visitor, &for_any).await.expect(201);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some(visitor.origin.as_str())
    );
    leave(&visitor, &for_any).await.expect(200);
    leave(&visitor, &for_one).await.expect(201);

    let seen = list(&trust.expert).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(
        (&seen[0]["id"], &seen[0]["payload"]),
        (&for_any["id"], &for_any["payload"])
    );
    let seen = list(&colleague).await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(
        (&seen[0]["id"], &seen[0]["expert"]),
        (&for_one["id"], &for_one["expert"])
    );

    let remove = async |staff: &Staff, message: &Value| {
        let path = format!("/api/v1/messages/{}", message["id"].as_str().unwrap());
        staff.request(Method::DELETE, &path).send().await.expect(204);
    };
    remove(&trust.expert, &for_one).await;
    assert_eq!(list(&colleague).await.len(), 2, "a message for somebody else stays");
    remove(&trust.expert, &for_any).await;
    remove(&trust.expert, &for_any).await;
    assert_eq!(list(&colleague).await.len(), 1);
}

#[tokio::test]
async fn visitors_and_strangers_read_none() {
    let (trust, foreign) = (Trust::complete(1).await, Trust::complete(1).await);
    let visitor = trust.organisation.visitor().await;
    let message = json!({ "id": Uuid::now_v7(), "payload": payload("message") });
    leave(&visitor, &message).await.expect(201);
    visitor
        .request(Method::GET, "/api/v1/messages")
        .send()
        .await
        .expect_problem(403, "role-not-allowed");
    let path = format!("/api/v1/messages/{}", message["id"].as_str().unwrap());
    visitor
        .request(Method::DELETE, &path)
        .send()
        .await
        .expect_problem(403, "origin-not-registered");
    assert_eq!(list(&foreign.expert).await, [] as [Value; 0]);
    foreign.expert.request(Method::DELETE, &path).send().await.expect(204);
    assert_eq!(list(&trust.expert).await.len(), 1);
    // Nor is it replaced by another visitor's, or addressed to another organisation's expert.
    let thief = trust.organisation.visitor().await;
    let other = json!({ "id": message["id"], "payload": payload("other") });
    leave(&thief, &other).await.expect_problem(400, "malformed");
    let astray = json!({ "id": Uuid::now_v7(), "payload": payload("message"), "expert": foreign.expert.id() });
    leave(&thief, &astray).await.expect_problem(404, "not-found");
    assert_eq!(list(&trust.expert).await[0]["payload"], message["payload"]);
}

#[tokio::test]
async fn a_message_has_its_bounds() {
    let trust = Trust::complete(1).await;
    let visitor = trust.organisation.visitor().await;
    for body in [
        json!({ "id": "1", "payload": "AAAA" }),
        json!({ "id": Uuid::now_v7(), "payload": "" }),
        json!({ "id": Uuid::now_v7(), "payload": "A".repeat(65_537) }),
        json!({ "id": Uuid::now_v7(), "payload": "AAAA", "text": "plain" }),
    ] {
        leave(&visitor, &body).await.expect_problem(400, "malformed");
    }
    let large = json!({ "id": Uuid::now_v7(), "payload": "A".repeat(97 * 1024) });
    leave(&visitor, &large).await.expect_problem(413, "body-too-large");
    leave(
        &visitor,
        &json!({ "id": Uuid::now_v7(), "payload": "A".repeat(65_536) }),
    )
    .await
    .expect(201);

    let without_keys = Organisation::new(1).await;
    let visitor = without_keys.visitor().await;
    let body = json!({ "id": Uuid::now_v7(), "payload": "AAAA" });
    leave(&visitor, &body).await.expect_problem(409, "nobody-available");
}
