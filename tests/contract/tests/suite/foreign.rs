//! Things of another organisation do not exist.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;
use visavis_contract::{Organisation, Transport, payload};

#[tokio::test]
async fn calls_of_another_organisation_are_not_found_and_not_touched() {
    let (own, foreign) = (Organisation::new(1).await, Organisation::new(1).await);
    let expert = own.expert(0).await;
    let stranger = foreign.expert(0).await;
    let visitor = own.visitor().await;
    let mut mailbox = visitor.mailbox(Transport::Pages).await;
    visitor.ring().await;
    let attempts = || {
        [
            ("answer", json!({ "payload": payload("answer") })),
            ("decline", json!({})),
            ("hang-up", json!({})),
            ("relay", json!({})),
            ("resume", json!({ "id": Uuid::new_v4() })),
            (
                "signals",
                json!({ "id": Uuid::new_v4(), "payload": payload("candidates") }),
            ),
        ]
    };
    for (verb, body) in attempts() {
        stranger
            .post(&visitor.call, verb, &body)
            .await
            .expect_problem(404, "not-found");
        // As is a call that never was.
        stranger
            .post(&Uuid::now_v7().to_string(), verb, &body)
            .await
            .expect_problem(404, "not-found");
    }
    let path = format!("/api/v1/calls/{}", visitor.call);
    stranger
        .request(Method::GET, &path)
        .send()
        .await
        .expect_problem(404, "not-found");
    assert_eq!(visitor.look().await["state"], "ringing");

    expert.answer(&visitor.call).await.expect(200);
    mailbox.expect("call.answered").await;
    for (verb, body) in attempts() {
        stranger
            .post(&visitor.call, verb, &body)
            .await
            .expect_problem(404, "not-found");
    }
    assert_eq!(visitor.look().await["state"], "answered");
    assert_eq!(mailbox.rest().await, []);
    assert_eq!(stranger.present("available").await["calls"], json!([]));
    assert_eq!(stranger.mailbox(Transport::Pages).await.rest().await, []);
}

#[tokio::test]
async fn people_of_another_organisation_are_not_found_and_not_touched() {
    let (own, foreign) = (Organisation::new(1).await, Organisation::new(1).await);
    let administrator = foreign.administrator().await;
    let person = own.people[0]["id"].as_str().unwrap();
    let path = format!("/api/v1/people/{person}");
    let change = administrator
        .request(Method::PATCH, &path)
        .json(&json!({ "active": false }));
    change.send().await.expect_problem(404, "not-found");
    let link = administrator
        .request(Method::POST, &format!("{path}/sign-in-link"))
        .json(&json!({}));
    link.send().await.expect_problem(404, "not-found");
    let listed = administrator.request(Method::GET, "/api/v1/people").send().await;
    assert!(!listed.text().contains(person));
    // The link that the person has still works.
    own.expert(0).await;
}

#[tokio::test]
async fn a_visitor_rings_no_expert_of_another_organisation() {
    let (own, foreign) = (Organisation::new(1).await, Organisation::new(1).await);
    let _expert = own.expert(0).await;
    let stranger = foreign.expert(0).await;
    let visitor = own.visitor().await;
    visitor.renew().await;
    let mut request = visavis_contract::Visitor::ring_request();
    request["expert"] = json!(stranger.id());
    let answer = visitor.post("ring", &request).await;
    assert!(matches!(answer.status.as_u16(), 404 | 409), "{}", answer.text());
    assert_eq!(stranger.mailbox(Transport::Pages).await.rest().await, []);
}

#[tokio::test]
async fn an_organisation_that_never_was_is_not_found() {
    let elsewhere = Organisation::new(1).await;
    let service = &elsewhere.service;
    let path = format!("/api/v1/organisations/{}", Uuid::now_v7());
    service
        .get(&format!("{path}/availability"))
        .send()
        .await
        .expect_problem(404, "not-found");
    // A visitor comes from a page, and no page is registered for it.
    let visit = service
        .post(&format!("{path}/visitors"), &json!({}))
        .origin(&elsewhere.origin)
        .send()
        .await;
    assert!(matches!(visit.status.as_u16(), 403 | 404), "{}", visit.text());
}
