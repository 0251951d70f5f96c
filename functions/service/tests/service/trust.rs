//! Who may speak for an organisation: what is kept, what is refused, and what visitors are given.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use uuid::Uuid;
use visavis::{
    ports::{Clock as _, Platform as _},
    testing::statements::{self as write, DeviceFields, Key},
};

use crate::support::{Answer, OTHER_PAGE, OWN, Organisation, PAGE, Service, request};

const DAY: u64 = 86_400;

/// An organisation whose administrator and expert are signed in, and their keys.
pub(crate) struct Trust {
    pub(crate) service: Service,
    pub(crate) organisation: Organisation,
    id: Uuid,
    administrator: String,
    expert: String,
    site: Key,
    approver: Key,
    device: Key,
}

const SEALING: [u8; 32] = [77; 32];

fn text(signed: &[u8]) -> String {
    BASE64URL.encode(signed)
}

impl Trust {
    /// Without any statement.
    pub(crate) async fn new() -> Self {
        Self::of(Service::new()).await
    }

    async fn of(service: Service) -> Self {
        let organisation = service.organisation(PAGE).await;
        let administrator = service.token(&organisation.administrator_url, "administrator").await;
        let expert = service.token(&organisation.expert_url, "expert").await;
        Self {
            id: organisation.id.parse().unwrap(),
            service,
            organisation,
            administrator,
            expert,
            site: Key::new(1),
            approver: Key::new(2),
            device: Key::new(3),
        }
    }

    /// With a site key, an approver, a certified device and a list that revokes nothing.
    pub(crate) async fn complete() -> Self {
        Self::complete_of(Service::new()).await
    }

    pub(crate) async fn complete_of(service: Service) -> Self {
        let trust = Self::of(service).await;
        trust.add_site_key(&trust.site).await.ok(201);
        trust.add_approver(&trust.site, &trust.approver).await.ok(201);
        trust.ask(&trust.device).await.ok(201);
        trust.certify(&[trust.certificate()]).await.ok(200);
        trust.revoke(1, &[]).await.ok(200);
        trust
    }

    fn now(&self) -> u64 {
        u64::try_from(self.service.memory.clock().now()).unwrap() / 1000
    }

    /// From now for so many days.
    fn days(&self, days: u64) -> (u64, u64) {
        (self.now(), self.now() + days * DAY)
    }

    fn expert_id(&self) -> Uuid {
        self.organisation.expert.parse().unwrap()
    }

    fn administrator_id(&self) -> Uuid {
        self.organisation.administrator.parse().unwrap()
    }

    pub(crate) async fn console(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = (method != "GET" && method != "DELETE").then_some(body);
        self.service
            .with_token(&self.administrator, method, &format!("/api/v1/{path}"), body.as_ref())
            .await
    }

    pub(crate) async fn desk(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = (method != "GET" && method != "DELETE").then_some(body);
        self.service
            .with_token(&self.expert, method, &format!("/api/v1/{path}"), body.as_ref())
            .await
    }

    async fn add_site_key(&self, key: &Key) -> Answer {
        let statement = text(&write::site_key(key, self.id, self.now()));
        self.console("POST", "trust/site-keys", json!({"site_key": statement}))
            .await
    }

    async fn succeed(&self, old: &Key, new: &Key) -> Answer {
        let body = json!({
            "site_key": text(&write::site_key(new, self.id, self.now())),
            "succession": text(&write::succession(old, self.id, new, self.days(400))),
        });
        self.console("POST", "trust/site-keys", body).await
    }

    async fn put_approver(&self, signed: &[u8]) -> Answer {
        self.console("POST", "trust/approvers", json!({"certificate": text(signed)}))
            .await
    }

    async fn add_approver(&self, site: &Key, approver: &Key) -> Answer {
        let certificate = write::approver(site, self.id, approver, self.administrator_id(), self.days(90));
        self.put_approver(&certificate).await
    }

    async fn put_request(&self, signed: &[u8]) -> Answer {
        self.desk("POST", "devices", json!({"request": text(signed)})).await
    }

    async fn ask(&self, device: &Key) -> Answer {
        self.put_request(&write::device_request(device, self.id, self.expert_id(), &SEALING))
            .await
    }

    fn fields(&self) -> DeviceFields {
        DeviceFields {
            organisation: self.id,
            expert: self.expert_id(),
            name: "Eve Expert".into(),
            title: "Adviser".into(),
            organisation_name: "Customer".into(),
            signing: self.device.public(),
            sealing: SEALING,
            times: self.days(7),
        }
    }

    fn certificate(&self) -> Vec<u8> {
        write::device(&self.approver, &self.fields())
    }

    async fn certify(&self, certificates: &[Vec<u8>]) -> Answer {
        let certificates: Vec<_> = certificates.iter().map(|signed| text(signed)).collect();
        self.console("POST", "trust/certificates", json!({"certificates": certificates}))
            .await
    }

    async fn put_list(&self, signed: &[u8]) -> Answer {
        self.console("PUT", "trust/revocations", json!({"revocations": text(signed)}))
            .await
    }

    async fn revoke(&self, number: u64, keys: &[&Key]) -> Answer {
        let mut keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
        keys.sort_unstable();
        self.put_list(&write::revocations(
            &self.approver,
            self.id,
            number,
            self.days(6),
            &keys,
        ))
        .await
    }

    async fn overview(&self) -> Value {
        self.console("GET", "trust", Value::Null).await.ok(200)
    }

    fn device_path(&self) -> String {
        format!("devices/{}", id_of(&self.device))
    }

    async fn state(&self) -> Value {
        self.desk("GET", &self.device_path(), Value::Null).await.ok(200)["device"]["state"].clone()
    }

    /// What a new visitor is given.
    pub(crate) async fn visit(&self) -> Value {
        let path = format!("/api/v1/organisations/{}/visitors", self.organisation.id);
        let answer = self
            .service
            .send(request("POST", &path, &[("origin", PAGE)], Some(&json!({}))))
            .await;
        answer.ok(201)
    }

    async fn bundle(&self) -> Value {
        self.visit().await["trust"].clone()
    }
}

/// A device's id, as the handshake says.
fn id_of(device: &Key) -> String {
    use sha2::{Digest as _, Sha256};
    BASE64URL.encode(&Sha256::digest(device.public())[..16])
}

#[track_caller]
fn refused(answer: &Answer, because: &str) {
    assert_eq!(answer.problem(400), "statement-refused");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(because), "{detail}");
}

#[tokio::test]
async fn from_the_site_key_to_what_visitors_are_given() {
    let trust = Trust::new().await;
    assert_eq!(trust.bundle().await, Value::Null);
    let snippet = trust.console("GET", "snippet", Value::Null).await.ok(200)["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!snippet.contains("site-key"), "{snippet}");

    trust.add_site_key(&trust.site).await.ok(201);
    trust.add_site_key(&trust.site).await.ok(200);
    let snippet = trust.console("GET", "snippet", Value::Null).await.ok(200)["html"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        snippet.contains(&format!(" site-key=\"{}\"></visavis-widget>", trust.site.text())),
        "{snippet}"
    );
    assert_eq!(
        trust.bundle().await,
        json!({"successions": [], "approvers": [], "devices": []})
    );

    trust.add_approver(&trust.site, &trust.approver).await.ok(201);
    trust.add_approver(&trust.site, &trust.approver).await.ok(200);
    let asked = trust.ask(&trust.device).await.ok(201);
    assert_eq!(asked["device"], json!({"id": id_of(&trust.device), "state": "pending"}));
    assert_eq!(trust.ask(&trust.device).await.ok(200), asked);
    assert_eq!(
        trust.desk("GET", &trust.device_path(), Value::Null).await.ok(200),
        asked
    );
    let overview = trust.overview().await;
    let pending = &overview["devices"][0];
    assert_eq!(pending["state"], "pending");
    assert_eq!(
        pending["expert"],
        json!({"id": trust.organisation.expert, "name": "Eve Expert", "title": "Adviser", "active": true})
    );
    assert_eq!(overview["approvers"][0]["person"]["name"], "Ada Administrator");
    assert_eq!(overview["approvers"][0]["revoked"], false);

    let certificate = trust.certificate();
    trust.certify(std::slice::from_ref(&certificate)).await.ok(200);
    trust.certify(std::slice::from_ref(&certificate)).await.ok(200);
    trust.revoke(1, &[]).await.ok(200);
    let bundle = trust.bundle().await;
    assert_eq!(bundle["devices"], json!([text(&certificate)]));
    assert_eq!(bundle["approvers"], json!([overview["approvers"][0]["certificate"]]));
    assert_eq!(bundle["successions"], json!([]));
    assert_eq!(bundle["revocations"], trust.overview().await["revocations"]);
    let device = trust.desk("GET", &trust.device_path(), Value::Null).await.ok(200);
    assert_eq!(device["device"]["state"], "certified");
    assert_eq!(device["device"]["certificate"], text(&certificate));
    assert_eq!(device["device"]["approver"], overview["approvers"][0]["certificate"]);
    assert_eq!(device["device"].get("succession"), None);
}

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

#[tokio::test]
async fn statements_of_another_organisation_are_refused() {
    let trust = Trust::complete().await;
    let elsewhere: Uuid = trust.service.organisation(OTHER_PAGE).await.id.parse().unwrap();
    let (now, next) = (trust.now(), Key::new(11));
    let site = json!({"site_key": text(&write::site_key(&next, elsewhere, now))});
    refused(
        &trust.console("POST", "trust/site-keys", site).await,
        "another organisation",
    );
    let body = json!({
        "site_key": text(&write::site_key(&next, trust.id, now)),
        "succession": text(&write::succession(&trust.site, elsewhere, &next, trust.days(9))),
    });
    refused(
        &trust.console("POST", "trust/site-keys", body).await,
        "another organisation",
    );
    let approver = write::approver(&trust.site, elsewhere, &next, trust.administrator_id(), trust.days(9));
    refused(&trust.put_approver(&approver).await, "another organisation");
    let asked = write::device_request(&next, elsewhere, trust.expert_id(), &SEALING);
    refused(&trust.put_request(&asked).await, "another organisation");
    let certificate = write::device(
        &trust.approver,
        &DeviceFields {
            organisation: elsewhere,
            ..trust.fields()
        },
    );
    refused(&trust.certify(&[certificate]).await, "another organisation");
    let list = write::revocations(&trust.approver, elsewhere, 9, trust.days(6), &[]);
    refused(&trust.put_list(&list).await, "another organisation");
}

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

#[tokio::test]
async fn each_route_is_for_its_role() {
    let trust = Trust::complete().await;
    let visitor = trust.visit().await["token"].as_str().unwrap().to_owned();
    let device = trust.device_path();
    let refusing = format!("trust/{device}");
    for (method, path) in [
        ("GET", "trust"),
        ("POST", "trust/site-keys"),
        ("POST", "trust/approvers"),
        ("POST", "trust/certificates"),
        ("PUT", "trust/revocations"),
        ("DELETE", refusing.as_str()),
        ("GET", "alarms"),
        ("DELETE", "alarms"),
    ] {
        assert_eq!(
            trust.desk(method, path, json!({})).await.problem(403),
            "role-not-allowed",
            "{method} {path}"
        );
        let bearer = format!("Bearer {visitor}");
        let headers = [("authorization", bearer.as_str())];
        let answer = trust
            .service
            .send(request(method, &format!("/api/v1/{path}"), &headers, Some(&json!({}))))
            .await;
        assert_eq!(answer.problem(403), "role-not-allowed", "{method} {path}");
        let answer = trust
            .service
            .send(request(method, &format!("/api/v1/{path}"), &[("origin", OWN)], None))
            .await;
        assert_eq!(answer.problem(401), "token-missing", "{method} {path}");
    }
    for (method, path) in [("POST", "devices"), ("GET", device.as_str()), ("GET", "messages")] {
        assert_eq!(
            trust.console(method, path, json!({})).await.problem(403),
            "role-not-allowed",
            "{method} {path}"
        );
    }
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

/// A fresh sign-in link of the administrator, by the operator.
pub(crate) async fn link(trust: &Trust) -> String {
    let mut organisation = crate::support::organisation(PAGE);
    organisation["id"] = json!(trust.organisation.id);
    let answer = trust.service.operator(&organisation).await.ok(200);
    answer["people"][0]["sign_in_url"].as_str().unwrap().into()
}

#[tokio::test]
async fn alarms_are_counted_by_reason_and_side() {
    let trust = Trust::complete().await;
    let visitor = trust.visit().await;
    let call = visitor["call"].as_str().unwrap();
    let bearer = format!("Bearer {}", visitor["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str()), ("origin", PAGE)];
    let raise = async |call: &str, reason: &str| {
        let path = format!("/api/v1/calls/{call}/alarms");
        trust
            .service
            .send(request("POST", &path, &headers, Some(&json!({"reason": reason}))))
            .await
    };
    assert_eq!(raise(call, "fingerprint").await.status, 204);
    assert_eq!(raise(call, "fingerprint").await.status, 204);
    assert_eq!(raise(call, "no-device").await.status, 204);
    assert_eq!(raise(call, "because").await.problem(400), "malformed");
    assert_eq!(
        raise(&trust.organisation.id, "chain").await.problem(403),
        "role-not-allowed"
    );
    // An expert tells of calls that ring for them.
    let alarm = json!({"reason": "continuity"});
    assert_eq!(
        trust
            .desk("POST", &format!("calls/{call}/alarms"), alarm.clone())
            .await
            .problem(404),
        "not-found"
    );
    let ring = json!({
        "language": "en", "media": "video", "payload": "b2ZmZXI", "page": {"url": PAGE, "title": "Page"},
    });
    trust
        .desk("PUT", "presence", json!({"state": "available"}))
        .await
        .ok(200);
    trust
        .service
        .send(request(
            "POST",
            &format!("/api/v1/calls/{call}/ring"),
            &headers,
            Some(&ring),
        ))
        .await
        .ok(201);
    assert_eq!(
        trust.desk("POST", &format!("calls/{call}/alarms"), alarm).await.status,
        204
    );
    let alarms = trust.console("GET", "alarms", Value::Null).await.ok(200)["alarms"].clone();
    let mut found: Vec<_> = alarms
        .as_array()
        .unwrap()
        .iter()
        .map(|alarm| {
            let text = |name: &str| alarm[name].as_str().unwrap().to_owned();
            (text("reason"), text("side"), alarm["count"].as_i64().unwrap())
        })
        .collect();
    found.sort();
    let expected = [
        ("continuity", "expert", 1),
        ("fingerprint", "visitor", 2),
        ("no-device", "visitor", 1),
    ];
    assert_eq!(
        found,
        expected.map(|(reason, side, count)| (reason.into(), side.into(), count))
    );
    assert_eq!(trust.console("DELETE", "alarms", Value::Null).await.status, 204);
    assert_eq!(
        trust.console("GET", "alarms", Value::Null).await.ok(200),
        json!({"alarms": []})
    );
}
