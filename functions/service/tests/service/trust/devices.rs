//! Devices: what asks to be certified, and for how long.

use std::time::Duration;

use serde_json::{Value, json};
use visavis::testing::statements::{self as write, Key};

use super::{DAY, SEALING, Trust, id_of, link, refused, text};

#[tokio::test]
async fn a_request_is_proven_by_its_own_signature_and_is_ones_own() {
    let trust = Trust::new().await;
    let other = Key::new(9);
    // Signed by another key than the one that it names.
    let forged = other.sign(&[
        b"visavis/v1/device-request",
        trust.id.as_bytes(),
        trust.expert_id().as_bytes(),
        &trust.device.public(),
        &SEALING,
    ]);
    refused(&trust.put_request(&forged).await, "signature");
    let for_another = write::device_request(&trust.device, trust.id, trust.administrator_id(), &SEALING);
    refused(&trust.put_request(&for_another).await, "somebody else");
    trust.ask(&trust.device).await.ok(201);
    let other_sealing = write::device_request(&trust.device, trust.id, trust.expert_id(), &[78; 32]);
    refused(&trust.put_request(&other_sealing).await, "another sealing key");
    assert_eq!(trust.put_request(&trust.certificate()).await.problem(400), "malformed");
    for garbage in ["", "A", "AAAA", "é", "AAAA=", &"A".repeat(9000)] {
        let answer = trust.desk("POST", "devices", json!({"request": garbage})).await;
        assert_eq!(answer.problem(400), "malformed", "{garbage}");
    }
    assert_eq!(trust.overview().await["devices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_persons_device_is_not_found() {
    let trust = Trust::complete().await;
    let person = json!({"name": "Max", "email": "max@customer.example", "roles": ["expert"]});
    let person = trust.console("POST", "people", person).await.ok(201)["person"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = trust
        .console("POST", &format!("people/{person}/sign-in-link"), json!({}))
        .await
        .ok(201);
    let other = trust.service.token(link["url"].as_str().unwrap(), "expert").await;
    let path = format!("/api/v1/{}", trust.device_path());
    let answer = trust.service.with_token(&other, "GET", &path, None).await;
    assert_eq!(answer.problem(404), "not-found");
    // Nor can it be claimed by asking for it.
    let stolen = write::device_request(&trust.device, trust.id, person.parse().unwrap(), &SEALING);
    let body = json!({"request": text(&stolen)});
    let answer = trust
        .service
        .with_token(&other, "POST", "/api/v1/devices", Some(&body))
        .await;
    assert!(answer.status.is_client_error(), "{:?}", answer.bytes);
    assert_eq!(
        trust.overview().await["devices"][0]["expert"]["id"],
        trust.organisation.expert
    );
}

#[tokio::test]
async fn a_person_has_eight_devices() {
    let trust = Trust::complete().await;
    for seed in 20..27 {
        trust.ask(&Key::new(seed)).await.ok(201);
    }
    assert_eq!(trust.ask(&Key::new(30)).await.problem(409), "limit-reached");
    trust.ask(&Key::new(20)).await.ok(200);
    for none in ["x", "AAAAAAAAAAAAAAAAAAAAAB", "%F0%9F%92%A5"] {
        let path = format!("trust/devices/{none}");
        assert_eq!(
            trust.console("DELETE", &path, Value::Null).await.problem(404),
            "not-found"
        );
    }
    // Refused and revoked ones make room.
    let path = format!("trust/devices/{}", id_of(&Key::new(20)));
    assert_eq!(trust.console("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(trust.console("DELETE", &path, Value::Null).await.status, 204);
    trust.ask(&Key::new(30)).await.ok(201);
    trust.revoke(2, &[&trust.device]).await.ok(200);
    trust.ask(&Key::new(31)).await.ok(201);
    assert_eq!(trust.ask(&Key::new(32)).await.problem(409), "limit-reached");
}

#[tokio::test]
async fn a_certified_device_is_revoked_and_not_refused() {
    let trust = Trust::complete().await;
    let path = format!("trust/devices/{}", id_of(&trust.device));
    assert_eq!(
        trust.console("DELETE", &path, Value::Null).await.problem(409),
        "outdated"
    );
    assert_eq!(trust.state().await, "certified");
}

#[tokio::test]
async fn old_requests_and_revoked_devices_go() {
    let trust = Trust::complete().await;
    trust.ask(&Key::new(9)).await.ok(201);
    trust.revoke(2, &[&trust.device]).await.ok(200);
    trust.service.tick().await;
    assert_eq!(trust.overview().await["devices"].as_array().unwrap().len(), 2);
    trust.service.wait(Duration::from_secs(9 * DAY));
    trust.service.tick().await;
    let administrator = trust.service.token(&link(&trust).await, "administrator").await;
    let left = trust
        .service
        .with_token(&administrator, "GET", "/api/v1/trust", None)
        .await
        .ok(200);
    assert_eq!(left["devices"].as_array().unwrap().len(), 1);
    trust.service.wait(Duration::from_secs(22 * DAY));
    trust.service.tick().await;
    let administrator = trust.service.token(&link(&trust).await, "administrator").await;
    let left = trust
        .service
        .with_token(&administrator, "GET", "/api/v1/trust", None)
        .await
        .ok(200);
    assert_eq!(left["devices"], json!([]));
}
