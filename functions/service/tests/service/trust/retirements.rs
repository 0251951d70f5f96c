//! Site keys that are given up: what ends with them, and what can begin then.

use serde_json::{Value, json};
use uuid::Uuid;
use visavis::testing::statements::{self as write, Key};

use super::{Trust, id_of, refused, text};
use crate::support::Answer;

impl Trust {
    async fn retire(&self, keys: &[&Key], because: &str) -> Answer {
        let keys: Vec<_> = keys.iter().map(|key| key.text()).collect();
        self.console(
            "POST",
            "trust/retirements",
            json!({"site_keys": keys, "because": because}),
        )
        .await
    }

    /// The whole chain again, from another site key down; the same browsers ask.
    async fn begin_anew(&self, site: &Key, approver: &Key) {
        self.add_site_key(site).await.ok(201);
        self.add_approver(site, approver).await.ok(201);
        let certificate = write::device(approver, &self.fields());
        self.certify(&[certificate]).await.ok(200);
        let list = write::revocations(approver, self.id, 1, self.days(6), &[]);
        self.put_list(&list).await.ok(200);
    }
}

#[tokio::test]
async fn a_site_key_that_is_given_up_takes_everything_with_it() {
    let trust = Trust::complete().await;
    let revoked = Key::new(9);
    trust.ask(&revoked).await.ok(201);
    trust.revoke(2, &[&revoked]).await.ok(200);
    let devices = trust.overview().await["devices"].as_array().unwrap().len();
    assert_eq!(devices, 2);

    trust.retire(&[&trust.site], "stolen").await.ok(201);
    let overview = trust.overview().await;
    assert_eq!(overview["site_keys"], json!([]));
    assert_eq!(overview["successions"], json!([]));
    assert_eq!(overview["approvers"], json!([]));
    assert_eq!(overview.get("revocations"), None);
    // The browser may be certified anew; the revoked one has to make new keys.
    let devices = overview["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(
        (&devices[0]["id"], &devices[0]["state"]),
        (&json!(id_of(&trust.device)), &json!("pending"))
    );
    assert_eq!(devices[0].get("certificate"), None);
    assert_eq!(trust.state().await, "pending");
    // Who has given it up stands there for good.
    let retired = &overview["retirements"];
    assert_eq!(retired.as_array().unwrap().len(), 1);
    assert_eq!(retired[0]["site_key"], trust.site.text());
    assert_eq!(retired[0]["because"], "stolen");
    assert_eq!(retired[0]["by"]["name"], "Ada Administrator");
    // Visitors are told nothing that leads to the old key, and no page is given it.
    assert_eq!(trust.bundle().await, Value::Null);
    let snippet = trust.console("GET", "snippet", Value::Null).await.ok(200);
    assert!(!snippet["html"].as_str().unwrap().contains("site-key"));
    // Again: nothing is left to give up.
    trust.retire(&[&trust.site], "stolen").await.ok(200);
    assert_eq!(trust.overview().await["retirements"], *retired);
}

#[tokio::test]
async fn another_first_site_key_can_be_made_then_and_never_the_same() {
    let trust = Trust::complete().await;
    let (next, approver) = (Key::new(11), Key::new(12));
    trust.succeed(&trust.site, &next).await.ok(201);
    trust.retire(&[&trust.site, &next], "lost").await.ok(201);
    refused(&trust.add_site_key(&trust.site).await, "given up");
    refused(&trust.add_site_key(&next).await, "given up");
    // The old key vouches for nobody any more.
    let fresh = Key::new(13);
    refused(&trust.succeed(&trust.site, &fresh).await, "may not");
    refused(&trust.add_approver(&trust.site, &trust.approver).await, "may not");
    refused(&trust.certify(&[trust.certificate()]).await, "may not");
    refused(&trust.revoke(9, &[]).await, "may not");

    trust.begin_anew(&fresh, &approver).await;
    refused(&trust.add_approver(&trust.site, &trust.approver).await, "may not");
    refused(&trust.add_site_key(&trust.site).await, "there is one already");
    refused(&trust.succeed(&fresh, &trust.site).await, "given up");
    let bundle = trust.bundle().await;
    assert_eq!(bundle["devices"].as_array().unwrap().len(), 1);
    assert_eq!(bundle["successions"], json!([]));
    assert_eq!(
        bundle["approvers"],
        json!([trust.overview().await["approvers"][0]["certificate"]])
    );
    let snippet = trust.console("GET", "snippet", Value::Null).await.ok(200);
    let expected = format!(" site-key=\"{}\"", fresh.text());
    assert!(snippet["html"].as_str().unwrap().contains(&expected));
}

#[tokio::test]
async fn it_must_name_all_that_are_there() {
    let trust = Trust::complete().await;
    let (next, stranger) = (Key::new(11), Key::new(12));
    trust.succeed(&trust.site, &next).await.ok(201);
    let before = trust.overview().await;
    for keys in [&[&trust.site][..], &[&stranger], &[&next, &stranger]] {
        assert_eq!(trust.retire(keys, "lost").await.problem(409), "outdated");
    }
    for body in [
        json!({"site_keys": [], "because": "lost"}),
        json!({"site_keys": ["not a key"], "because": "lost"}),
        json!({"site_keys": vec![trust.site.text(); 17], "because": "lost"}),
        json!({"site_keys": [trust.site.text()], "because": "tired"}),
        json!({"site_keys": [trust.site.text()]}),
    ] {
        assert_eq!(
            trust.console("POST", "trust/retirements", body).await.problem(400),
            "malformed"
        );
    }
    assert_eq!(trust.overview().await, before);
}

#[tokio::test]
async fn other_organisations_keep_theirs() {
    let trust = Trust::complete().await;
    let elsewhere = trust.service.organisation("https://elsewhere.example").await;
    let token = trust.service.token(&elsewhere.administrator_url, "administrator").await;
    let id: Uuid = elsewhere.id.parse().unwrap();
    let (site, before) = (Key::new(21), trust.overview().await);
    let send = async |path: &str, body: Value| {
        trust
            .service
            .with_token(&token, "POST", &format!("/api/v1/{path}"), Some(&body))
            .await
    };
    let statement = text(&write::site_key(&site, id, trust.now()));
    send("trust/site-keys", json!({"site_key": statement})).await.ok(201);
    let both = json!({"site_keys": [site.text(), trust.site.text()], "because": "lost"});
    send("trust/retirements", both).await.ok(201);
    assert_eq!(trust.overview().await, before);
}
