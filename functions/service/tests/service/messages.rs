//! Messages left: by visitors, for one expert or for any, for 30 days.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;
use visavis::ports::Platform as _;

use crate::{
    support::{Answer, PAGE, Service, request},
    trust::Trust,
};

const ID: &str = "019ab1c0-0000-7000-8000-00000000000";

/// Leaves a message with a visitor's token.
async fn leave(trust: &Trust, token: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("origin", PAGE)];
    trust
        .service
        .send(request("POST", "/api/v1/messages", &headers, Some(body)))
        .await
}

async fn visitor(trust: &Trust) -> String {
    trust.visit().await["token"].as_str().unwrap().into()
}

fn ids(answer: &Value) -> Vec<String> {
    let messages = answer["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["id"].as_str().unwrap().into())
        .collect()
}

/// Another expert of the organisation, signed in.
async fn colleague(trust: &Trust) -> (String, String) {
    let person = json!({"name": "Max", "email": "max@customer.example", "roles": ["expert"]});
    let person = trust.console("POST", "people", person).await.ok(201)["person"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = trust
        .console("POST", &format!("people/{person}/sign-in-link"), json!({}))
        .await
        .ok(201);
    let token = trust.service.token(link["url"].as_str().unwrap(), "expert").await;
    (person, token)
}

#[tokio::test]
async fn a_message_reaches_those_it_is_for_until_somebody_removes_it() {
    let trust = Trust::complete().await;
    let (max, other) = colleague(&trust).await;
    let token = visitor(&trust).await;
    let for_any = json!({"id": format!("{ID}1"), "payload": "Zm9yLWFueQ"});
    let for_max = json!({"id": format!("{ID}2"), "payload": "Zm9yLW1heA", "expert": max});
    leave(&trust, &token, &for_any).await.ok(201);
    trust.service.wait(Duration::from_secs(1));
    leave(&trust, &token, &for_max).await.ok(201);
    leave(&trust, &token, &for_any).await.ok(200);

    let eves = trust.desk("GET", "messages", Value::Null).await.ok(200);
    assert_eq!(ids(&eves), [format!("{ID}1")]);
    assert_eq!(eves["messages"][0]["payload"], "Zm9yLWFueQ");
    assert_eq!(
        (&eves["more"], eves["messages"][0].get("expert")),
        (&json!(false), None)
    );
    let listed = trust
        .service
        .with_token(&other, "GET", "/api/v1/messages", None)
        .await
        .ok(200);
    assert_eq!(ids(&listed), [format!("{ID}2"), format!("{ID}1")]);
    assert_eq!(listed["messages"][0]["expert"], max);
    let page = format!("/api/v1/messages?before={ID}2");
    let listed = trust.service.with_token(&other, "GET", &page, None).await.ok(200);
    assert_eq!(ids(&listed), [format!("{ID}1")]);

    // What is for somebody else stays.
    let answer = trust.desk("DELETE", &format!("messages/{ID}2"), Value::Null).await;
    assert_eq!(answer.status, 204);
    let answer = trust.desk("DELETE", &format!("messages/{ID}1"), Value::Null).await;
    assert_eq!(answer.status, 204);
    let listed = trust
        .service
        .with_token(&other, "GET", "/api/v1/messages", None)
        .await
        .ok(200);
    assert_eq!(ids(&listed), [format!("{ID}2")]);
}

#[tokio::test]
async fn pages_hold_fifty() {
    let trust = Trust::complete().await;
    for number in 0..52_u128 {
        let token = visitor(&trust).await;
        let body = json!({"id": Uuid::from_u128(number + 1), "payload": "YWJj"});
        leave(&trust, &token, &body).await.ok(201);
    }
    let first = trust.desk("GET", "messages", Value::Null).await.ok(200);
    assert_eq!((ids(&first).len(), &first["more"]), (50, &json!(true)));
    let rest = format!("messages?before={}", ids(&first)[49]);
    let rest = trust.desk("GET", &rest, Value::Null).await.ok(200);
    assert_eq!((ids(&rest).len(), &rest["more"]), (2, &json!(false)));
    assert!(ids(&rest).iter().all(|id| !ids(&first).contains(id)));
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let trust = Trust::complete().await;
    let token = visitor(&trust).await;
    for body in [
        json!({"id": "1", "payload": "YWJj"}),
        json!({"id": format!("{ID}1")}),
        json!({"id": format!("{ID}1"), "payload": ""}),
        json!({"id": format!("{ID}1"), "payload": "a b"}),
        json!({"id": format!("{ID}1"), "payload": "A".repeat(65 * 1024)}),
        json!({"id": format!("{ID}1"), "payload": "YWJj", "text": "plain"}),
    ] {
        assert_eq!(leave(&trust, &token, &body).await.problem(400), "malformed", "{body}");
    }
    let large = json!({"id": format!("{ID}1"), "payload": "A".repeat(100 * 1024)});
    assert_eq!(leave(&trust, &token, &large).await.problem(413), "body-too-large");
    for expert in [trust.organisation.administrator.as_str(), ID] {
        let expert = format!("{expert}{}", if expert == ID { "9" } else { "" });
        let body = json!({"id": format!("{ID}1"), "payload": "YWJj", "expert": expert});
        assert_eq!(leave(&trust, &token, &body).await.problem(404), "not-found");
    }
    assert_eq!(ids(&trust.desk("GET", "messages", Value::Null).await.ok(200)), [""; 0]);
    // A visitor reads none, and removes none.
    leave(&trust, &token, &json!({"id": format!("{ID}1"), "payload": "YWJj"}))
        .await
        .ok(201);
    let bearer = format!("Bearer {token}");
    for (method, path) in [
        ("GET", "/api/v1/messages".into()),
        ("DELETE", format!("/api/v1/messages/{ID}1")),
    ] {
        let answer = trust
            .service
            .send(request(method, &path, &[("authorization", &bearer)], None))
            .await;
        assert_eq!(answer.problem(403), "role-not-allowed");
    }
    let answer = trust
        .desk("POST", "messages", json!({"id": format!("{ID}3"), "payload": "YWJj"}))
        .await;
    assert_eq!(answer.problem(403), "role-not-allowed");
    // Another visitor does not learn of it, nor put another in its place.
    let stranger = visitor(&trust).await;
    let body = json!({"id": format!("{ID}1"), "payload": "b3RoZXI"});
    assert_eq!(leave(&trust, &stranger, &body).await.problem(400), "malformed");
    let listed = trust.desk("GET", "messages", Value::Null).await.ok(200);
    assert_eq!(listed["messages"][0]["payload"], "YWJj");
}

#[tokio::test]
async fn nobody_can_read_them_where_there_is_no_site_key() {
    let trust = Trust::new().await;
    let token = visitor(&trust).await;
    let answer = leave(&trust, &token, &json!({"id": format!("{ID}1"), "payload": "YWJj"})).await;
    assert_eq!(answer.problem(409), "nobody-available");
}

#[tokio::test]
async fn they_are_sealed_at_rest_and_go_after_thirty_days() {
    let trust = Trust::complete().await;
    let token = visitor(&trust).await;
    leave(
        &trust,
        &token,
        &json!({"id": format!("{ID}1"), "payload": "cGxhaW4gYW5kIHBlcnNvbmFs"}),
    )
    .await
    .ok(201);
    let dump = trust.service.memory.database().dump();
    let payload = b"cGxhaW4gYW5kIHBlcnNvbmFs";
    assert!(!dump.windows(payload.len()).any(|window| window == payload));
    let kept = || trust.service.memory.database().dump();
    let id = format!("{ID}1");
    let is_kept = || kept().windows(id.len()).any(|window| window == id.as_bytes());
    trust.service.wait(Duration::from_hours(30 * 24 - 1));
    trust.service.tick().await;
    assert!(is_kept());
    trust.service.wait(Duration::from_hours(2));
    trust.service.tick().await;
    assert!(!is_kept());
}

#[tokio::test]
async fn nobody_fills_the_box_in_a_hurry() {
    let trust = Trust::complete_of(Service::with(&[("LIMITS_FACTOR", "1")])).await;
    let message = |number: u128| json!({"id": Uuid::from_u128(number), "payload": "YWJj"});
    let (first, second, third) = (visitor(&trust).await, visitor(&trust).await, visitor(&trust).await);
    for number in 1..=5 {
        leave(&trust, &first, &message(number)).await.ok(201);
    }
    assert_eq!(
        leave(&trust, &first, &message(6)).await.problem(429),
        "too-many-requests"
    );
    for number in 7..=10 {
        leave(&trust, &second, &message(number)).await.ok(201);
    }
    // That were ten from this address, one of them in vain.
    assert_eq!(
        leave(&trust, &third, &message(11)).await.problem(429),
        "too-many-requests"
    );
    trust.service.wait(Duration::from_secs(61));
    leave(&trust, &third, &message(11)).await.ok(201);
}

#[tokio::test]
async fn the_box_holds_five_hundred() {
    let trust = Trust::complete().await;
    let token = visitor(&trust).await;
    for number in 1..=500_u128 {
        leave(
            &trust,
            &token,
            &json!({"id": Uuid::from_u128(number), "payload": "YWJj"}),
        )
        .await
        .ok(201);
    }
    let one_more = json!({"id": Uuid::from_u128(501), "payload": "YWJj"});
    assert_eq!(leave(&trust, &token, &one_more).await.problem(409), "limit-reached");
    let read = format!("messages/{}", Uuid::from_u128(7));
    assert_eq!(trust.desk("DELETE", &read, Value::Null).await.status, 204);
    leave(&trust, &token, &one_more).await.ok(201);
}
