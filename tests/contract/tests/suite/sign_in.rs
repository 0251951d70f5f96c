//! Signing in and out.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use visavis_contract::{Organisation, Service, Staff, Transport, within};

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let organisation = Organisation::new(1).await;
    let secret = organisation.sign_in_secret(0);
    let link = organisation.people[0]["sign_in_url"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("{}/desk#sign-in=", organisation.service.base)),
        "{link}"
    );
    assert!(secret.len() >= 32, "a secret that can be guessed: {}", secret.len());
    Staff::sign_in(&organisation.service, &secret).await;
    let again = organisation
        .service
        .post("/api/v1/sign-in", &json!({ "secret": secret }));
    let again = again.origin(&organisation.service.base).send().await;
    assert_eq!(again.header("set-cookie"), None);
    again.expect_problem(401, "token-invalid");
    for wrong in ["", "x", &secret[1..], &secret.to_lowercase()] {
        let request = organisation
            .service
            .post("/api/v1/sign-in", &json!({ "secret": wrong }));
        let answer = request.origin(&organisation.service.base).send().await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_in_link_works_once_at_the_same_instant_too() {
    let organisation = Organisation::new(1).await;
    let body = json!({ "secret": organisation.sign_in_secret(0) });
    let base = &organisation.service.base;
    let connections: Vec<Service> = (0..6).map(|_| organisation.service.another_connection()).collect();
    let attempts = connections
        .iter()
        .map(|service| service.post("/api/v1/sign-in", &body).origin(base).send());
    let answers = join_all(attempts).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 204).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| matches!(status, 204 | 401)),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn the_session_cookie_stays_with_the_service() {
    let organisation = Organisation::new(1).await;
    let request = organisation
        .service
        .post("/api/v1/sign-in", &json!({ "secret": organisation.sign_in_secret(0) }));
    let answer = request.origin(&organisation.service.base).send().await.expect(204);
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let mut parts = cookies[0].to_str().unwrap().split(';').map(str::trim);
    let (name, secret) = parts.next().unwrap().split_once('=').unwrap();
    assert_eq!(name, "__Host-visavis");
    assert!(secret.len() >= 32);
    let mut attributes: Vec<_> = parts.map(str::to_lowercase).collect();
    attributes.sort();
    assert_eq!(
        attributes,
        ["httponly", "max-age=43200", "path=/", "samesite=strict", "secure"]
    );
}

#[tokio::test]
async fn a_token_is_given_for_a_role_that_the_person_has() {
    let organisation = Organisation::new(1).await;
    let service = &organisation.service;
    let cookie = Staff::sign_in(service, &organisation.sign_in_secret(0)).await;
    let granted = Staff::token_request(service, &cookie, "expert").await.expect_json(200);
    assert_eq!(granted["person"]["name"], "Expert 1");
    assert_eq!(granted["person"]["roles"], json!(["expert"]));
    assert_eq!(granted["organisation"]["id"], organisation.id.as_str());
    assert!(granted["token_expires_at"].is_string(), "{granted}");
    Staff::token_request(service, &cookie, "administrator")
        .await
        .expect_problem(403, "role-not-allowed");
    for role in ["visitor", "operator", ""] {
        Staff::token_request(service, &cookie, role)
            .await
            .expect_problem(400, "malformed");
    }
    Staff::token_request(service, "other=1", "expert")
        .await
        .expect_problem(401, "token-missing");
    Staff::token_request(service, "__Host-visavis=guessed", "expert")
        .await
        .expect_problem(401, "token-expired");
    // The cookie alone opens nothing.
    let request = service.get("/api/v1/organisation").header("cookie", &cookie);
    request.send().await.expect_problem(401, "token-missing");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_the_presence() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    assert_eq!(organisation.availability().await["state"], "free");
    let request = organisation
        .service
        .delete("/api/v1/session")
        .origin(&organisation.service.base);
    let answer = request.header("cookie", &expert.cookie).send().await.expect(204);
    let cookie = answer
        .header("set-cookie")
        .expect("a cookie that removes the old one")
        .to_lowercase();
    assert!(
        cookie.starts_with("__host-visavis=;") && cookie.contains("max-age=0"),
        "{cookie}"
    );
    expert.vanish();
    assert_eq!(organisation.availability().await["state"], "closed");
    let token = Staff::token_request(&organisation.service, &expert.cookie, "expert").await;
    token.expect_problem(401, "token-expired");
}

#[tokio::test]
async fn who_is_made_inactive_is_out_at_once() {
    let organisation = Organisation::new(2).await;
    let (expert, administrator) = (organisation.expert(0).await, organisation.administrator().await);
    let path = format!("/api/v1/people/{}", expert.id());
    let change = administrator
        .request(Method::PATCH, &path)
        .json(&json!({ "active": false }));
    let changed = change.send().await.expect_json(200);
    assert_eq!(changed["person"]["active"], false);
    Staff::token_request(&organisation.service, &expert.cookie, "expert")
        .await
        .expect_problem(401, "token-expired");
    assert_eq!(organisation.availability().await["state"], "closed");
    // The token that is still running answers no calls any more.
    let answer = expert
        .request(Method::PUT, "/api/v1/presence")
        .json(&json!({ "state": "available" }))
        .send()
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert_eq!(organisation.availability().await["state"], "closed");
    // Nor does a new link bring them back.
    let link = administrator
        .request(Method::POST, &format!("{path}/sign-in-link"))
        .json(&json!({}));
    assert!(link.send().await.status.is_client_error());
}

#[tokio::test]
async fn a_new_sign_in_link_voids_the_earlier_one() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    let person = organisation.people[0]["id"].as_str().unwrap();
    let request = administrator.request(Method::POST, &format!("/api/v1/people/{person}/sign-in-link"));
    let link = request.json(&json!({})).send().await.expect_json(201);
    assert!(link["expires_at"].is_string(), "{link}");
    let old = organisation
        .service
        .post("/api/v1/sign-in", &json!({ "secret": organisation.sign_in_secret(0) }));
    old.origin(&organisation.service.base)
        .send()
        .await
        .expect_problem(401, "token-invalid");
    let secret = link["url"].as_str().unwrap().split_once("#sign-in=").unwrap().1;
    Staff::sign_in(&organisation.service, secret).await;
}

#[tokio::test]
async fn a_session_has_one_mailbox_for_both_roles() {
    let service = Service::new();
    let request = json!({
        "name": "Both", "origins": [], "people": [
            { "name": "Both", "email": "both@example.com", "roles": ["expert", "administrator"] },
        ],
    });
    let made = Organisation::put(&service, &request).await.expect_json(201);
    let secret = made["people"][0]["sign_in_url"]
        .as_str()
        .unwrap()
        .split_once("#sign-in=")
        .unwrap()
        .1
        .to_owned();
    let cookie = Staff::sign_in(&service, &secret).await;
    let expert = Staff::with_cookie(&service, &cookie, "expert").await;
    let administrator = Staff::with_cookie(&service, &cookie, "administrator").await;
    assert_eq!(expert.granted["mailbox"], administrator.granted["mailbox"]);
    let reading = expert.mailbox(Transport::Pages).await;
    assert_eq!(within(visavis_contract::DEADLINE, "a page", reading.rest()).await, []);
}
