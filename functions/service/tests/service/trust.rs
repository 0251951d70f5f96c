//! Who may speak for an organisation: what is kept, what is refused, and what visitors are given.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};
use uuid::Uuid;
use visavis::{
    ports::{Clock as _, Platform as _},
    testing::statements::{self as write, DeviceFields, Key},
};

use crate::support::{Answer, OTHER_PAGE, OWN, Organisation, PAGE, Service, request};

mod alarms;
mod approvers;
mod bundle;
mod certificates;
mod devices;
mod retirements;
mod revocations;
mod site_keys;

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
/// A fresh sign-in link of the administrator, by the operator.
async fn link(trust: &Trust) -> String {
    let mut organisation = crate::support::organisation(PAGE);
    organisation["id"] = json!(trust.organisation.id);
    let answer = trust.service.operator(&organisation).await.ok(200);
    answer["people"][0]["sign_in_url"].as_str().unwrap().into()
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
async fn each_route_is_for_its_role() {
    let trust = Trust::complete().await;
    let visitor = trust.visit().await["token"].as_str().unwrap().to_owned();
    let device = trust.device_path();
    let refusing = format!("trust/{device}");
    for (method, path) in [
        ("GET", "trust"),
        ("POST", "trust/site-keys"),
        ("POST", "trust/retirements"),
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
