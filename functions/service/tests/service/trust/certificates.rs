//! Certificates of devices.

use std::time::Duration;

use serde_json::json;
use visavis::{
    ports::Platform as _,
    testing::statements::{self as write, DeviceFields, Key},
};

use super::{DAY, Trust, refused, text};

#[tokio::test]
async fn certificates_are_for_exactly_what_was_asked() {
    let trust = Trust::complete().await;
    let next = Key::new(9);
    trust.ask(&next).await.ok(201);
    let fields = || DeviceFields {
        signing: next.public(),
        ..trust.fields()
    };
    let now = trust.now();
    for (certificate, because) in [
        (
            write::device(
                &trust.approver,
                &DeviceFields {
                    signing: Key::new(10).public(),
                    ..fields()
                },
            ),
            "no such device",
        ),
        (
            write::device(
                &trust.approver,
                &DeviceFields {
                    sealing: [1; 32],
                    ..fields()
                },
            ),
            "not those",
        ),
        (
            write::device(
                &trust.approver,
                &DeviceFields {
                    expert: trust.administrator_id(),
                    ..fields()
                },
            ),
            "not those",
        ),
        (write::device(&Key::new(13), &fields()), "may not"),
        (write::device(&trust.site, &fields()), "may not"),
        (
            write::device(
                &trust.approver,
                &DeviceFields {
                    times: (now, now + 8 * DAY + 1),
                    ..fields()
                },
            ),
            "longer",
        ),
        (
            write::device(
                &trust.approver,
                &DeviceFields {
                    times: (now - DAY, now - 700),
                    ..fields()
                },
            ),
            "over",
        ),
        (
            write::device(
                &trust.approver,
                &DeviceFields {
                    times: (now + 700, now + DAY),
                    ..fields()
                },
            ),
            "not begun",
        ),
    ] {
        // All or none.
        refused(
            &trust
                .certify(&[write::device(&trust.approver, &fields()), certificate])
                .await,
            because,
        );
    }
    let mut forged = write::device(&trust.approver, &fields());
    forged[100] ^= 1;
    let answer = trust.certify(&[forged]).await;
    assert!(["malformed", "statement-refused"].contains(&answer.problem(400).as_str()));
    let overview = trust.overview().await;
    let states = overview["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| &device["state"]);
    assert_eq!(states.filter(|state| **state == "pending").count(), 1);
    assert_eq!(trust.bundle().await["devices"].as_array().unwrap().len(), 1);
    let many = vec![trust.certificate(); 65];
    assert_eq!(trust.certify(&many).await.problem(400), "malformed");
    trust.certify(&[]).await.ok(200);
}

#[tokio::test]
async fn a_renewed_certificate_takes_the_place_of_the_older_one() {
    let trust = Trust::complete().await;
    trust.service.wait(Duration::from_mins(5));
    let (older, newer) = (write::device(&trust.approver, &trust.fields()), trust.fields());
    let newer = write::device(
        &trust.approver,
        &DeviceFields {
            times: trust.days(8),
            ..newer
        },
    );
    trust.certify(std::slice::from_ref(&newer)).await.ok(200);
    trust.certify(&[older]).await.ok(200);
    assert_eq!(trust.bundle().await["devices"], json!([text(&newer)]));
}

#[tokio::test]
async fn names_in_certificates_are_sealed() {
    let trust = Trust::complete().await;
    let dump = trust.service.memory.database().dump();
    let certificate = trust.certificate();
    for secret in [b"Eve Expert".as_slice(), text(&certificate).as_bytes(), &certificate] {
        assert!(!dump.windows(secret.len()).any(|window| window == secret));
    }
}
