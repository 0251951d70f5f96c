//! What visitors are given, and what not.

use std::time::Duration;

use serde_json::{Value, json};
use visavis::{
    ports::Platform as _,
    testing::statements::{self as write, DeviceFields, Key},
};

use super::{DAY, SEALING, Trust, refused, text};
use crate::support::{PAGE, request};

#[tokio::test]
async fn a_renewed_token_comes_with_what_is_there_now() {
    let trust = Trust::complete().await;
    let visitor = trust.visit().await;
    trust.revoke(2, &[&trust.device]).await.ok(200);
    let bearer = format!("Bearer {}", visitor["token"].as_str().unwrap());
    let headers = [("origin", PAGE), ("authorization", bearer.as_str())];
    let renewed = request(
        "POST",
        "/api/v1/visitor/token",
        &headers,
        Some(&json!({"call": "same"})),
    );
    let renewed = trust.service.send(renewed).await.ok(200);
    assert_eq!(renewed["trust"]["devices"], json!([]));
    assert_eq!(renewed["trust"]["revocations"], trust.overview().await["revocations"]);
}

/// Reading what was verified when it was stored costs no round trip of its own.
#[tokio::test]
async fn a_visitor_waits_no_longer_for_it() {
    let trust = Trust::complete().await;
    let before = trust.service.memory.database().trips();
    assert_eq!(trust.bundle().await["devices"].as_array().unwrap().len(), 1);
    assert_eq!(
        trust.service.memory.database().trips() - before,
        2,
        "origins, then all the rest"
    );
}

#[tokio::test]
async fn who_is_deactivated_leaves_the_bundle_at_once_and_is_to_be_revoked() {
    let trust = Trust::complete().await;
    let path = format!("people/{}", trust.organisation.expert);
    trust.console("PATCH", &path, json!({"active": false})).await.ok(200);
    assert_eq!(trust.bundle().await["devices"], json!([]));
    let device = &trust.overview().await["devices"][0];
    assert_eq!(
        (&device["state"], &device["expert"]["active"]),
        (&json!("certified"), &json!(false))
    );
    refused(&trust.certify(&[trust.certificate()]).await, "no active expert");
    // The token outlives that by minutes.
    assert_eq!(
        trust.desk("GET", &trust.device_path(), Value::Null).await.problem(401),
        "token-invalid"
    );
    assert_eq!(trust.ask(&Key::new(9)).await.problem(401), "token-invalid");
}

#[tokio::test]
async fn what_is_over_is_in_no_bundle() {
    let trust = Trust::complete().await;
    trust.service.wait(Duration::from_secs(7 * DAY + 60));
    let bundle = trust.bundle().await;
    assert_eq!(bundle["devices"], json!([]));
    // The client says better than the service what is wrong with an old list.
    assert!(bundle["revocations"].is_string());
}

#[tokio::test]
async fn those_who_are_present_come_first_and_64_are_enough() {
    let trust = Trust::complete().await;
    let mut last = String::new();
    let mut certificates = Vec::new();
    for number in 0..9_u8 {
        let person = json!({"name": format!("Expert {number}"), "email": format!("e{number}@customer.example"), "roles": ["expert"]});
        let person = trust.console("POST", "people", person).await.ok(201)["person"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let link = trust
            .console("POST", &format!("people/{person}/sign-in-link"), json!({}))
            .await
            .ok(201);
        last = trust.service.token(link["url"].as_str().unwrap(), "expert").await;
        for device in 0..8_u8 {
            let device = Key::new(100 + number * 8 + device);
            let asked = write::device_request(&device, trust.id, person.parse().unwrap(), &SEALING);
            let body = json!({"request": text(&asked)});
            trust
                .service
                .with_token(&last, "POST", "/api/v1/devices", Some(&body))
                .await
                .ok(201);
            let fields = DeviceFields {
                expert: person.parse().unwrap(),
                signing: device.public(),
                ..trust.fields()
            };
            certificates.push(write::device(&trust.approver, &fields));
        }
    }
    for certificates in certificates.chunks(40) {
        trust.certify(certificates).await.ok(200);
    }
    let body = json!({"state": "available"});
    trust
        .service
        .with_token(&last, "PUT", "/api/v1/presence", Some(&body))
        .await
        .ok(200);
    let bundle = trust.bundle().await;
    let devices: Vec<_> = bundle["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert_eq!(devices.len(), 64);
    let present: Vec<_> = certificates[64..].iter().map(|signed| text(signed)).collect();
    for certificate in &present {
        assert!(
            devices[..8].contains(&certificate.as_str()),
            "those who are present come first"
        );
    }
}
