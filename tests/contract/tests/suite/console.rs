//! The console: the organisation, its people and the snippet.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha384};
use uuid::Uuid;
use visavis_contract::{Answer, Organisation, Service, Staff};

async fn patch(administrator: &Staff, path: &str, body: &Value) -> Answer {
    administrator.request(Method::PATCH, path).json(body).send().await
}

#[tokio::test]
async fn the_organisation_is_changed_within_its_bounds() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    let get = async || {
        administrator
            .request(Method::GET, "/api/v1/organisation")
            .send()
            .await
            .expect_json(200)
    };
    let before = get().await;
    assert_eq!(before["id"], organisation.id.as_str());
    assert_eq!(before["origins"], json!([organisation.origin]));
    let long = "x".repeat(81);
    let malformed = [
        json!({ "name": "" }),
        json!({ "name": long }),
        json!({ "accent": "red" }),
        json!({ "accent": "#12345" }),
        json!({ "contact": "javascript:alert(1)" }),
        json!({ "contact": "http://insecure.example" }),
        json!({ "origins": ["*"] }),
        json!({ "origins": ["null"] }),
        json!({ "origins": ["https://a.example/path"] }),
        json!({ "origins": ["http://a.example"] }),
        json!({ "origins": ["ftp://a.example"] }),
        json!({ "origins": ["https://*.example"] }),
        json!({ "origins": "https://a.example" }),
        json!({ "id": Uuid::now_v7() }),
        json!({ "unknown": 1 }),
    ];
    for change in malformed {
        let answer = patch(&administrator, "/api/v1/organisation", &change).await;
        assert_eq!(answer.status, 400, "{change}: {}", answer.text());
        answer.expect_problem(400, "malformed");
    }
    patch(
        &administrator,
        "/api/v1/organisation",
        &json!({ "name": "4111111111111111" }),
    )
    .await
    .expect_problem(400, "card-number");
    assert_eq!(get().await, before);

    let change = json!({ "name": "Näher AG", "accent": "#a1b2c3", "contact": "tel:+41441234567" });
    let changed = patch(&administrator, "/api/v1/organisation", &change)
        .await
        .expect_json(200);
    for field in ["name", "accent", "contact"] {
        assert_eq!(changed[field], change[field]);
    }
    assert_eq!(changed["origins"], before["origins"]);
    assert_eq!(get().await, changed);
    assert_eq!(organisation.availability().await["organisation"]["name"], "Näher AG");
}

#[tokio::test]
async fn people_are_added_and_changed() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    let add = async |body: &Value| {
        administrator
            .request(Method::POST, "/api/v1/people")
            .json(body)
            .send()
            .await
    };
    let new = json!({ "name": "Nina New", "title": "Guide", "email": "nina@example.com", "roles": ["expert"] });
    let added = add(&new).await.expect_json(201)["person"].clone();
    for field in ["name", "title", "email", "roles"] {
        assert_eq!(added[field], new[field]);
    }
    assert_eq!(added["active"], true);
    let list = async || {
        administrator
            .request(Method::GET, "/api/v1/people")
            .send()
            .await
            .expect_json(200)
    };
    let listed = list().await;
    assert_eq!(listed["people"].as_array().unwrap().len(), 3);
    for malformed in [
        json!({ "name": "N", "email": "not an address", "roles": ["expert"] }),
        json!({ "name": "N", "email": "n@example.com", "roles": [] }),
        json!({ "name": "N", "email": "n@example.com", "roles": ["visitor"] }),
        json!({ "name": "", "email": "n@example.com", "roles": ["expert"] }),
        json!({ "email": "n@example.com", "roles": ["expert"] }),
    ] {
        add(&malformed).await.expect_problem(400, "malformed");
    }
    assert_eq!(list().await, listed);

    let path = format!("/api/v1/people/{}", added["id"].as_str().unwrap());
    let change = json!({ "name": "Nina Newer", "title": null, "roles": ["expert", "administrator"] });
    let changed = patch(&administrator, &path, &change).await;
    // `null` is not documented; leaving a field out is.
    let changed = match changed.status.as_u16() {
        400 => {
            patch(
                &administrator,
                &path,
                &json!({ "name": "Nina Newer", "roles": ["expert", "administrator"] }),
            )
            .await
        }
        _ => changed,
    };
    let changed = changed.expect_json(200);
    assert_eq!(changed["person"]["name"], "Nina Newer");
    assert_eq!(changed["person"]["roles"].as_array().unwrap().len(), 2);
    patch(&administrator, &path, &json!({ "active": "no" }))
        .await
        .expect_problem(400, "malformed");
    patch(&administrator, &path, &json!({ "email": "other@example.com" }))
        .await
        .expect_problem(400, "malformed");
}

#[tokio::test]
async fn the_snippets_integrity_is_that_of_the_script_that_is_served() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    let snippet = administrator
        .request(Method::GET, "/api/v1/snippet")
        .send()
        .await
        .expect_json(200);
    let url = snippet["script_url"].as_str().unwrap();
    let path = url
        .strip_prefix(&organisation.service.base)
        .unwrap_or_else(|| panic!("{url} is not of this service"));
    let script = organisation
        .service
        .get(path)
        .origin(&organisation.origin)
        .send()
        .await
        .expect(200);
    let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(&script.body)));
    assert_eq!(snippet["integrity"], integrity.as_str());
    assert_eq!(
        script.header("access-control-allow-origin"),
        Some(organisation.origin.as_str())
    );
    let html = snippet["html"].as_str().unwrap();
    for part in [
        format!("src=\"{url}\""),
        format!("integrity=\"{integrity}\""),
        "type=\"module\"".into(),
        "crossorigin=\"anonymous\"".into(),
        format!("<visavis-widget organisation=\"{}\">", organisation.id),
    ] {
        assert!(html.contains(&part), "{part} is not in {html}");
    }
    let policy = snippet["content_security_policy"].as_str().unwrap();
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert!(policy.contains(&organisation.service.base), "{policy}");
    // The script is for registered pages.
    let refused = organisation
        .service
        .get(path)
        .origin("https://evil.example")
        .send()
        .await;
    refused.expect_problem(403, "origin-not-registered");
}

#[tokio::test]
async fn the_operator_changes_an_organisation_that_is_there() {
    let service = Service::new();
    let id = Uuid::now_v7().to_string();
    let person = json!({ "name": "Pia", "email": "pia@example.com", "roles": ["expert"] });
    let request = |name: &str| json!({ "id": id, "name": name, "origins": ["https://a.example"], "people": [person] });
    let made = Organisation::put(&service, &request("First")).await.expect_json(201);
    assert_eq!(made["organisation"]["id"], id.as_str());
    let again = Organisation::put(&service, &request("Second")).await.expect_json(200);
    assert_eq!(again["organisation"]["name"], "Second");
    assert_eq!(again["people"][0]["id"], made["people"][0]["id"]);
    assert_ne!(again["people"][0]["sign_in_url"], made["people"][0]["sign_in_url"]);
    let mut unknown = request("Third");
    unknown["unknown"] = json!(1);
    Organisation::put(&service, &unknown)
        .await
        .expect_problem(400, "malformed");
}
