//! What administrators see and change, of their own organisation and no other.

use http::StatusCode;
use serde_json::json;
use visavis::ports::{Database as _, Platform as _};

use crate::support::{OTHER_PAGE, OWN, PAGE, Service, request};

#[tokio::test]
async fn the_organisation_is_shown_and_changed() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let shown = service
        .with_token(&token, "GET", "/api/v1/organisation", None)
        .await
        .ok(200);
    assert_eq!(shown["origins"], json!([PAGE]));
    assert_eq!(shown["contact"], "https://customer.example/contact");
    let change = json!({"name": "New name", "contact": "", "origins": ["https://new.example/", PAGE]});
    let changed = service
        .with_token(&token, "PATCH", "/api/v1/organisation", Some(&change))
        .await
        .ok(200);
    let expected = json!({
        "id": organisation.id, "name": "New name", "accent": shown["accent"], "origins": [PAGE, "https://new.example"],
    });
    assert_eq!(changed, expected);
    for bad in [
        json!({"name": "4111111111111111"}),
        json!({"name": " "}),
        json!({"accent": "#12345"}),
        json!({"contact": "javascript:x"}),
        json!({"origins": ["*"]}),
        json!({"name": "X", "origins": ["null"]}),
    ] {
        let answer = service
            .with_token(&token, "PATCH", "/api/v1/organisation", Some(&bad))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(
        service
            .with_token(&token, "GET", "/api/v1/organisation", None)
            .await
            .ok(200),
        expected
    );
}

#[tokio::test]
async fn a_removed_origin_is_shut_out_at_once() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let path = format!("/api/v1/organisations/{}/availability", organisation.id);
    let ask = || service.send(request("GET", &path, &[("origin", PAGE)], None));
    ask().await.ok(200);
    service
        .with_token(&token, "PATCH", "/api/v1/organisation", Some(&json!({"origins": []})))
        .await
        .ok(200);
    assert_eq!(ask().await.problem(403), "origin-not-registered");
}

#[tokio::test]
async fn people_are_added_changed_and_invited() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let max = json!({"name": "Max", "title": " ", "email": "Max@Customer.example", "roles": ["expert", "expert"]});
    let added = service
        .with_token(&token, "POST", "/api/v1/people", Some(&max))
        .await
        .ok(201);
    let expected = json!({
        "id": added["person"]["id"], "name": "Max", "email": "max@customer.example", "roles": ["expert"], "active": true,
    });
    assert_eq!(added["person"], expected);
    assert_eq!(
        service
            .with_token(&token, "POST", "/api/v1/people", Some(&max))
            .await
            .ok(200),
        added
    );
    let path = format!("/api/v1/people/{}", added["person"]["id"].as_str().unwrap());
    let change = json!({"name": "Maxine", "title": "Adviser", "roles": ["administrator", "expert"]});
    let changed = service.with_token(&token, "PATCH", &path, Some(&change)).await.ok(200);
    assert_eq!(changed["person"]["name"], "Maxine");
    assert_eq!(changed["person"]["title"], "Adviser");
    assert_eq!(changed["person"]["roles"], json!(["expert", "administrator"]));
    let link = service
        .with_token(&token, "POST", &format!("{path}/sign-in-link"), Some(&json!({})))
        .await
        .ok(201);
    assert_eq!(link["expires_at"], "2026-11-24T21:00:00.000Z");
    let url = link["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{OWN}/desk#sign-in=")), "{url}");
    service.session(url).await;
    let people = service.with_token(&token, "GET", "/api/v1/people", None).await.ok(200);
    assert_eq!(people["people"].as_array().unwrap().len(), 3);
    let maxine = people["people"]
        .as_array()
        .unwrap()
        .iter()
        .find(|person| person["name"] == "Maxine")
        .unwrap();
    assert_eq!(maxine["signed_in_at"], "2026-11-23T21:00:00.000Z");
}

#[tokio::test]
async fn a_person_made_inactive_is_signed_out_at_once() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let cookie = service.session(&organisation.expert_url).await;
    let path = format!("/api/v1/people/{}", organisation.expert);
    let link_path = format!("{path}/sign-in-link");
    let link = service
        .with_token(&token, "POST", &link_path, Some(&json!({})))
        .await
        .ok(201);
    let changed = service
        .with_token(&token, "PATCH", &path, Some(&json!({"active": false})))
        .await
        .ok(200);
    assert_eq!(changed["person"]["active"], false);
    assert_eq!(
        service.session_token(&cookie, "expert").await.problem(401),
        "token-expired"
    );
    assert_eq!(
        service.sign_in(link["url"].as_str().unwrap()).await.problem(401),
        "token-invalid"
    );
    assert_eq!(
        service
            .with_token(&token, "POST", &link_path, Some(&json!({})))
            .await
            .problem(400),
        "malformed"
    );
}

#[tokio::test]
async fn administrators_do_not_lock_themselves_out() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let path = format!("/api/v1/people/{}", organisation.administrator);
    for change in [
        json!({"active": false}),
        json!({"active": true}),
        json!({"roles": ["expert"]}),
    ] {
        assert_eq!(
            service
                .with_token(&token, "PATCH", &path, Some(&change))
                .await
                .problem(400),
            "malformed"
        );
    }
}

#[tokio::test]
async fn another_organisation_is_not_found_and_not_changed() {
    let service = Service::new();
    let ours = service.organisation(PAGE).await;
    let theirs = service.organisation(OTHER_PAGE).await;
    let token = service.token(&ours.administrator_url, "administrator").await;
    let before = service.stored().await;
    let person = format!("/api/v1/people/{}", theirs.expert);
    for (method, path, body) in [
        (
            "PATCH",
            person.clone(),
            json!({"name": "Mallory", "title": "x", "active": false, "roles": ["administrator"]}),
        ),
        (
            "PATCH",
            format!("/api/v1/people/{}", theirs.administrator),
            json!({"active": false}),
        ),
        ("POST", format!("{person}/sign-in-link"), json!({})),
        ("PATCH", "/api/v1/people/not-an-id".into(), json!({})),
    ] {
        assert_eq!(
            service
                .with_token(&token, method, &path, Some(&body))
                .await
                .problem(404),
            "not-found",
            "{path}"
        );
    }
    assert_eq!(service.stored().await, before);
    let people = service.with_token(&token, "GET", "/api/v1/people", None).await.ok(200);
    let mut ids: Vec<_> = people["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|person| person["id"].as_str())
        .collect();
    let mut expected = [ours.administrator.as_str(), &ours.expert];
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    service.session(&theirs.expert_url).await;
}

#[tokio::test]
async fn the_snippet_is_complete() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let snippet = service.with_token(&token, "GET", "/api/v1/snippet", None).await.ok(200);
    let html = format!(
        "<script type=\"module\" src=\"{OWN}/widget/loader-1.js\" integrity=\"sha384-AAAA\" \
         crossorigin=\"anonymous\"></script>\n<visavis-widget organisation=\"{}\"></visavis-widget>",
        organisation.id
    );
    assert_eq!(snippet["html"], html);
    assert_eq!(snippet["integrity"], "sha384-AAAA");
    assert_eq!(snippet["script_url"], format!("{OWN}/widget/loader-1.js"));
    let policy = snippet["content_security_policy"].as_str().unwrap();
    assert!(!policy.contains("unsafe-"), "{policy}");
    assert!(
        policy.contains("connect-src https://visavis.example wss://visavis.example;"),
        "{policy}"
    );
}

#[tokio::test]
async fn a_deactivated_or_demoted_administrators_token_is_worth_nothing() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let second = json!({"name": "Max", "email": "max@customer.example", "roles": ["administrator"]});
    let second = service
        .with_token(&token, "POST", "/api/v1/people", Some(&second))
        .await
        .ok(201);
    let path = format!("/api/v1/people/{}", second["person"]["id"].as_str().unwrap());
    let link = service
        .with_token(&token, "POST", &format!("{path}/sign-in-link"), Some(&json!({})))
        .await
        .ok(201);
    let theirs = service.token(link["url"].as_str().unwrap(), "administrator").await;
    service.with_token(&theirs, "GET", "/api/v1/people", None).await.ok(200);
    for (change, undo) in [
        (json!({"active": false}), json!({"active": true})),
        (json!({"roles": ["expert"]}), json!({"roles": ["administrator"]})),
    ] {
        service.with_token(&token, "PATCH", &path, Some(&change)).await.ok(200);
        for (method, path, body) in [
            ("GET", "/api/v1/people", None),
            ("GET", "/api/v1/reports", None),
            ("PATCH", path.as_str(), Some(&undo)),
        ] {
            let answer = service.with_token(&theirs, method, path, body).await;
            assert_eq!(answer.problem(401), "token-invalid", "{method} {path} after {change}");
        }
        service.with_token(&token, "PATCH", &path, Some(&undo)).await.ok(200);
        service.with_token(&theirs, "GET", "/api/v1/people", None).await.ok(200);
    }
}

#[tokio::test]
async fn an_expert_made_inactive_is_gone_at_once() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let administrator = service.token(&organisation.administrator_url, "administrator").await;
    let expert = service.token(&organisation.expert_url, "expert").await;
    let path = format!("/api/v1/people/{}", organisation.expert);
    for change in [json!({"active": false}), json!({"roles": ["administrator"]})] {
        let here = json!({"state": "available"});
        service
            .with_token(&expert, "PUT", "/api/v1/presence", Some(&here))
            .await
            .ok(200);
        service
            .with_token(&administrator, "PATCH", &path, Some(&change))
            .await
            .ok(200);
        let leases = visavis::ports::Statement {
            sql: "SELECT subject FROM presence",
            parameters: Vec::new(),
        };
        let leases = service.memory.database().query(leases).await.unwrap();
        assert!(leases.rows.is_empty(), "{change}: {leases:?}");
        let undo = json!({"active": true, "roles": ["expert"]});
        service
            .with_token(&administrator, "PATCH", &path, Some(&undo))
            .await
            .ok(200);
    }
}

#[tokio::test]
async fn a_removed_origin_renews_no_visitors_token() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let visitor = format!("Bearer {}", service.visitor(&organisation, PAGE).await);
    let headers = [("authorization", visitor.as_str()), ("origin", PAGE)];
    let same = json!({"call": "same"});
    let renew = || service.send(request("POST", "/api/v1/visitor/token", &headers, Some(&same)));
    renew().await.ok(200);
    // Registered by somebody else is not registered here.
    service.organisation(PAGE).await;
    service
        .with_token(&token, "PATCH", "/api/v1/organisation", Some(&json!({"origins": []})))
        .await
        .ok(200);
    assert_eq!(renew().await.problem(403), "origin-not-registered");
    let path = format!("/api/v1/organisations/{}/visitors", organisation.id);
    for body in [json!({}), json!({"invitation": "c2VjcmV0"})] {
        let begin = service.send(request("POST", &path, &headers, Some(&body))).await;
        assert_eq!(begin.problem(403), "origin-not-registered", "{body}");
    }
}
