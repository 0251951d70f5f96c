//! Sign-in links, sessions and signing out.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use visavis::ports::Value as Column;

use crate::support::{OWN, PAGE, Service, organisation, request};

#[tokio::test]
async fn a_link_works_once() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let answer = service.sign_in(&organisation.expert_url).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-visavis="), "{cookie}");
    assert!(
        cookie.ends_with("; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let again = service.sign_in(&organisation.expert_url).await;
    assert_eq!(again.problem(401), "token-invalid");
    assert_eq!(again.header("set-cookie"), None);
}

#[tokio::test]
async fn of_two_at_once_one_signs_in() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let (first, second) = tokio::join!(
        service.sign_in(&organisation.expert_url),
        service.sign_in(&organisation.expert_url)
    );
    let signed_in = [first.status, second.status]
        .iter()
        .filter(|status| **status == StatusCode::NO_CONTENT)
        .count();
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn a_link_lasts_a_day_and_a_newer_one_voids_it() {
    let service = Service::new();
    let first = service.organisation(PAGE).await;
    service.wait(Duration::from_hours(24));
    assert_eq!(service.sign_in(&first.expert_url).await.problem(401), "token-invalid");
    let mut body = organisation(PAGE);
    body["id"] = first.id.clone().into();
    let second = service.operator(&body).await.ok(200);
    let third = service.operator(&body).await.ok(200);
    let url = |answer: &serde_json::Value| answer["people"][1]["sign_in_url"].as_str().unwrap().to_owned();
    assert_eq!(second["people"][1]["id"], first.expert);
    assert_eq!(service.sign_in(&url(&second)).await.problem(401), "token-invalid");
    service.session(&url(&third)).await;
}

#[tokio::test]
async fn who_is_inactive_gets_no_link() {
    let service = Service::new();
    let first = service.organisation(PAGE).await;
    let administrator = service.token(&first.administrator_url, "administrator").await;
    let path = format!("/api/v1/people/{}", first.expert);
    let change = json!({"active": false});
    service
        .with_token(&administrator, "PATCH", &path, Some(&change))
        .await
        .ok(200);
    let mut body = organisation(PAGE);
    body["id"] = first.id.clone().into();
    let again = service.operator(&body).await.ok(200);
    assert!(again["people"][0]["sign_in_url"].is_string());
    assert_eq!(
        (&again["people"][1]["id"], again["people"][1].get("sign_in_url")),
        (&json!(first.expert), None)
    );
}

#[tokio::test]
async fn a_session_gives_tokens_of_the_persons_roles() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let cookie = service.session(&organisation.expert_url).await;
    let answer = service.session_token(&cookie, "expert").await.ok(200);
    assert_eq!(answer["person"]["name"], "Eve Expert");
    assert_eq!(answer["person"]["roles"], json!(["expert"]));
    assert_eq!(answer["organisation"]["id"], organisation.id.as_str());
    assert_eq!(
        answer["mailbox"]["name"],
        format!("{}/staff/{}", organisation.id, organisation.expert)
    );
    assert_eq!(answer["token_expires_at"], "2026-11-23T21:10:00.000Z");
    assert_eq!(
        service.session_token(&cookie, "administrator").await.problem(403),
        "role-not-allowed"
    );
    assert_eq!(
        service.session_token(&cookie, "visitor").await.problem(400),
        "malformed"
    );
    assert_eq!(
        service.session_token("other=1", "expert").await.problem(401),
        "token-missing"
    );
    assert_eq!(
        service
            .session_token("__Host-visavis=guess", "expert")
            .await
            .problem(401),
        "token-expired"
    );
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let cookie = service.session(&organisation.expert_url).await;
    service.wait(Duration::from_mins(12 * 60 - 5));
    let last = service.session_token(&cookie, "expert").await.ok(200);
    assert_eq!(
        last["token_expires_at"], "2026-11-24T09:00:00.000Z",
        "a token does not outlive its session"
    );
    service.wait(Duration::from_mins(5));
    assert_eq!(
        service.session_token(&cookie, "expert").await.problem(401),
        "token-expired"
    );
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let cookie = service.session(&organisation.expert_url).await;
    let sign_out = || {
        service.send(request(
            "DELETE",
            "/api/v1/session",
            &[("cookie", &cookie), ("origin", OWN)],
            None,
        ))
    };
    let answer = sign_out().await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(
        answer
            .header("set-cookie")
            .unwrap()
            .starts_with("__Host-visavis=; Max-Age=0;")
    );
    assert_eq!(
        service.session_token(&cookie, "expert").await.problem(401),
        "token-expired"
    );
    assert_eq!(
        sign_out().await.status,
        StatusCode::NO_CONTENT,
        "signing out again is safe"
    );
}

#[tokio::test]
async fn the_operators_key_is_needed() {
    let service = Service::new();
    let path = "/api/v1/operator/organisations";
    let body = organisation(PAGE);
    assert_eq!(
        service.send(request("POST", path, &[], Some(&body))).await.problem(401),
        "token-missing"
    );
    let wrong = format!("Bearer {}x", service.operator_key);
    let answer = service
        .send(request("POST", path, &[("authorization", &wrong)], Some(&body)))
        .await;
    assert_eq!(answer.problem(401), "token-invalid");
    assert_eq!(service.stored().await, []);
}

#[tokio::test]
async fn nothing_personal_and_no_secret_is_stored_in_the_clear() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    service.session(&organisation.administrator_url).await;
    let secrets = [
        "Ada",
        "Eve",
        "Adviser",
        "ada@",
        "eve@",
        organisation.expert_url.split('=').next_back().unwrap(),
    ];
    for value in service.stored().await {
        let bytes = match &value {
            Column::Text(text) => text.as_bytes(),
            Column::Blob(blob) => blob,
            _ => continue,
        };
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {value:?}");
        }
    }
}

#[tokio::test]
async fn operators_requests_out_of_bounds_change_nothing() {
    let service = Service::new();
    for (field, value, slug) in [
        ("name", json!(""), "malformed"),
        ("name", json!("4111 1111 1111 1111"), "card-number"),
        ("accent", json!("red"), "malformed"),
        ("contact", json!("javascript:alert(1)"), "malformed"),
        ("origins", json!(["https://a.example/path"]), "malformed"),
        ("origins", json!("https://a.example"), "malformed"),
        (
            "people",
            json!([{"name": "A", "email": "a", "roles": ["expert"]}]),
            "malformed",
        ),
        (
            "people",
            json!([{"name": "A", "email": "a@b.example", "roles": []}]),
            "malformed",
        ),
        (
            "people",
            json!([{"name": "A", "email": "a@b.example", "roles": ["visitor"]}]),
            "malformed",
        ),
        (
            "people",
            json!([{"name": "4111111111111111", "email": "a@b.example", "roles": ["expert"]}]),
            "card-number",
        ),
        ("surprise", json!(1), "malformed"),
    ] {
        let mut body = organisation(PAGE);
        body[field] = value.clone();
        assert_eq!(service.operator(&body).await.problem(400), slug, "{field}: {value}");
    }
    assert_eq!(service.stored().await, []);
}
