//! Site keys, and which follows which.

use std::time::Duration;

use serde_json::{Value, json};
use visavis::testing::statements::{self as write, Key};

use super::{DAY, Trust, refused, text};

#[tokio::test]
async fn a_further_site_key_needs_the_word_of_one_that_is_known() {
    let trust = Trust::complete().await;
    let (next, stranger) = (Key::new(11), Key::new(12));
    refused(&trust.add_site_key(&next).await, "there is one already");
    refused(&trust.succeed(&stranger, &next).await, "may not");
    refused(&trust.succeed(&next, &next).await, "may not");
    // The succession names another key than the one that comes with it.
    let body = json!({
        "site_key": text(&write::site_key(&next, trust.id, trust.now())),
        "succession": text(&write::succession(&trust.site, trust.id, &stranger, trust.days(400))),
    });
    refused(&trust.console("POST", "trust/site-keys", body).await, "another key");
    // A signature of the stranger under the name of the known key.
    let forged = stranger.sign(&[
        b"visavis/v1/succession",
        trust.id.as_bytes(),
        &trust.site.public(),
        &next.public(),
        &trust.now().to_be_bytes(),
        &(trust.now() + DAY).to_be_bytes(),
    ]);
    let body = json!({"site_key": text(&write::site_key(&next, trust.id, 0)), "succession": text(&forged)});
    refused(&trust.console("POST", "trust/site-keys", body).await, "signature");
    assert_eq!(trust.overview().await["site_keys"].as_array().unwrap().len(), 1);

    trust.succeed(&trust.site, &next).await.ok(201);
    trust.succeed(&trust.site, &next).await.ok(200);
    let overview = trust.overview().await;
    assert_eq!(overview["site_keys"].as_array().unwrap().len(), 2);
    assert_eq!(overview["successions"].as_array().unwrap().len(), 1);
    // Pages pin both as long as an approver needs the older one.
    let html = |answer: Value| answer["html"].as_str().unwrap().to_owned();
    trust.service.wait(Duration::from_secs(1));
    let both = format!("{} {}", next.text(), trust.site.text());
    let snippet = html(trust.console("GET", "snippet", Value::Null).await.ok(200));
    assert!(
        snippet.contains(&trust.site.text()) && snippet.contains(&next.text()),
        "{snippet} {both}"
    );
    trust.add_approver(&next, &trust.approver).await.ok(200);
    let bundle = trust.bundle().await;
    assert_eq!(bundle["successions"], overview["successions"]);
    assert_eq!(bundle["approvers"].as_array().unwrap().len(), 1);
    let device = trust.desk("GET", &trust.device_path(), Value::Null).await.ok(200);
    assert_eq!(device["device"]["succession"], overview["successions"][0]);
}
