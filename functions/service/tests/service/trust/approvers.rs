//! Approvers: whom a site key names.

use serde_json::json;
use uuid::Uuid;
use visavis::testing::statements::{self as write, Key};

use super::{DAY, Trust, refused, text};

#[tokio::test]
async fn approvers_are_administrators_whom_the_site_key_names() {
    let trust = Trust::new().await;
    let administrator = trust.administrator_id();
    // Before there is a site key nobody can name anybody.
    refused(&trust.add_approver(&trust.site, &trust.approver).await, "may not");
    trust.add_site_key(&trust.site).await.ok(201);
    let stranger = Key::new(12);
    refused(&trust.add_approver(&stranger, &trust.approver).await, "may not");
    for person in [trust.expert_id(), Uuid::from_u128(7)] {
        let certificate = write::approver(&trust.site, trust.id, &trust.approver, person, trust.days(90));
        refused(&trust.put_approver(&certificate).await, "no active administrator");
    }
    let now = trust.now();
    for (times, because) in [
        ((now, now + 101 * DAY), "longer"),
        ((now - 9 * DAY, now - DAY), "over"),
        ((now + DAY, now + 9 * DAY), "not begun"),
        ((0, (1 << 53) - 1), "longer"),
    ] {
        let certificate = write::approver(&trust.site, trust.id, &trust.approver, administrator, times);
        refused(&trust.put_approver(&certificate).await, because);
    }
    let mut forged = write::approver(&trust.site, trust.id, &trust.approver, administrator, trust.days(9));
    *forged.last_mut().unwrap() ^= 1;
    refused(&trust.put_approver(&forged).await, "signature");
    assert_eq!(trust.overview().await["approvers"], json!([]));

    trust.add_approver(&trust.site, &trust.approver).await.ok(201);
    // An earlier end does not take the place of a later one.
    let sooner = write::approver(&trust.site, trust.id, &trust.approver, administrator, trust.days(9));
    trust.put_approver(&sooner).await.ok(200);
    let kept = trust.overview().await["approvers"].clone();
    assert_ne!(kept[0]["certificate"], text(&sooner));
    assert_eq!(kept.as_array().unwrap().len(), 1);
    let later = write::approver(&trust.site, trust.id, &trust.approver, administrator, trust.days(100));
    trust.put_approver(&later).await.ok(200);
    assert_eq!(trust.overview().await["approvers"][0]["certificate"], text(&later));
}
