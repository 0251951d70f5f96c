//! Revocation lists.

use serde_json::json;
use visavis::testing::statements::{self as write, Key};

use super::{DAY, Trust, refused};

#[tokio::test]
async fn revocation_lists_count_up() {
    let trust = Trust::complete().await;
    trust.revoke(5, &[&trust.device]).await.ok(200);
    assert_eq!(trust.state().await, "revoked");
    let bundle = trust.bundle().await;
    assert_eq!(bundle["devices"], json!([]));
    // The list's issuer has signed, so its certificate is needed.
    assert_eq!(bundle["approvers"].as_array().unwrap().len(), 1);
    trust.revoke(5, &[&trust.device]).await.ok(200);
    for number in [0, 4, 5] {
        assert_eq!(trust.revoke(number, &[]).await.problem(409), "outdated", "{number}");
    }
    assert_eq!(trust.bundle().await["revocations"], bundle["revocations"]);
    // What was revoked is not certified again, and cannot be asked for again.
    refused(&trust.certify(&[trust.certificate()]).await, "revoked");
    assert_eq!(trust.ask(&trust.device).await.ok(200)["device"]["state"], "revoked");
    // Nor does a key that was on the list before it was ever asked for.
    let known = Key::new(44);
    trust.revoke(6, &[&trust.device, &known]).await.ok(200);
    assert_eq!(trust.ask(&known).await.ok(201)["device"]["state"], "revoked");
}

#[tokio::test]
async fn lists_are_signed_by_the_site_key_or_an_approver_that_holds() {
    let trust = Trust::complete().await;
    let list =
        |issuer: &Key, number, times, keys: &[[u8; 32]]| write::revocations(issuer, trust.id, number, times, keys);
    let (now, week) = (trust.now(), trust.days(6));
    for (signed, because) in [
        (list(&Key::new(13), 2, week, &[]), "may not"),
        (list(&trust.device, 2, week, &[]), "may not"),
        (list(&trust.approver, 2, week, &[trust.approver.public()]), "revoked"),
        (list(&trust.approver, 2, (now, now + 7 * DAY + 1), &[]), "longer"),
        (list(&trust.approver, 2, (now - 2 * DAY, now - DAY), &[]), "over"),
    ] {
        refused(&trust.put_list(&signed).await, because);
    }
    // The site key revokes the approver: what it has certified is in no bundle, and it signs no more.
    trust
        .put_list(&list(&trust.site, 2, week, &[trust.approver.public()]))
        .await
        .ok(200);
    assert_eq!(trust.bundle().await["devices"], json!([]));
    assert_eq!(trust.overview().await["approvers"][0]["revoked"], true);
    refused(&trust.revoke(3, &[]).await, "may not");
    refused(&trust.certify(&[trust.certificate()]).await, "may not");
    refused(&trust.add_approver(&trust.site, &trust.approver).await, "revoked");
}
