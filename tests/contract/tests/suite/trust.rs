//! Who may speak for an organisation: statements are verified, kept, handed to visitors, revoked.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use visavis_contract::{Answer, Organisation, Staff, statements::Key};

const SEALING: [u8; 32] = [9; 32];

/// An organisation with an expert, an administrator and their keys.
pub(crate) struct Trust {
    pub(crate) organisation: Organisation,
    pub(crate) expert: Staff,
    administrator: Staff,
    id: Uuid,
    site: Key,
    approver: Key,
    device: Key,
}

impl Trust {
    async fn new(experts: usize) -> Self {
        let organisation = Organisation::new(experts).await;
        Self {
            expert: organisation.expert(0).await,
            administrator: organisation.administrator().await,
            id: organisation.id.parse().unwrap(),
            organisation,
            site: Key::new(),
            approver: Key::new(),
            device: Key::new(),
        }
    }

    /// With a site key, an approver, a certified device and a list that revokes nothing.
    pub(crate) async fn complete(experts: usize) -> Self {
        let trust = Self::new(experts).await;
        trust.add_site_key(&trust.site.site_key(trust.id)).await.expect(201);
        trust.add_approver(&trust.approver_certificate()).await.expect(201);
        trust.ask(&trust.request()).await.expect(201);
        trust.certify(&[trust.certificate()]).await.expect(200);
        trust.revoke(1, &[]).await.expect(200);
        trust
    }

    fn expert_id(&self) -> Uuid {
        self.expert.id().parse().unwrap()
    }

    fn approver_certificate(&self) -> String {
        let person = self.administrator.id().parse().unwrap();
        self.site.approver(self.id, &self.approver, person, 90)
    }

    fn request(&self) -> String {
        self.device.device_request(self.id, self.expert_id(), &SEALING)
    }

    fn certificate(&self) -> String {
        let expert = (self.expert_id(), "Expert 1");
        self.approver.device(self.id, expert, &self.device, &SEALING, 7)
    }

    pub(crate) async fn console(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.administrator.request(method, &format!("/api/v1/{path}"));
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    async fn add_site_key(&self, statement: &str) -> Answer {
        self.console(Method::POST, "trust/site-keys", Some(json!({ "site_key": statement })))
            .await
    }

    async fn add_approver(&self, certificate: &str) -> Answer {
        self.console(
            Method::POST,
            "trust/approvers",
            Some(json!({ "certificate": certificate })),
        )
        .await
    }

    async fn ask(&self, request: &str) -> Answer {
        let asked = self
            .expert
            .request(Method::POST, "/api/v1/devices")
            .json(&json!({ "request": request }));
        asked.send().await
    }

    async fn look(&self) -> Answer {
        let path = format!("/api/v1/devices/{}", self.device.device_id());
        self.expert.request(Method::GET, &path).send().await
    }

    async fn certify(&self, certificates: &[String]) -> Answer {
        let body = json!({ "certificates": certificates });
        self.console(Method::POST, "trust/certificates", Some(body)).await
    }

    async fn put_list(&self, list: &str) -> Answer {
        self.console(Method::PUT, "trust/revocations", Some(json!({ "revocations": list })))
            .await
    }

    async fn revoke(&self, number: u64, keys: &[&Key]) -> Answer {
        self.put_list(&self.approver.revocations(self.id, number, keys, 6))
            .await
    }

    async fn overview(&self) -> Value {
        self.console(Method::GET, "trust", None).await.expect_json(200)
    }

    async fn bundle(&self) -> Value {
        self.organisation.visitor().await.granted["trust"].clone()
    }
}

#[tokio::test]
async fn from_the_site_key_to_the_call_and_back() {
    let trust = Trust::new(1).await;
    assert_eq!(trust.bundle().await, Value::Null);
    trust.add_site_key(&trust.site.site_key(trust.id)).await.expect(201);
    trust.add_site_key(&trust.site.site_key(trust.id)).await.expect(200);
    assert_eq!(
        trust.bundle().await,
        json!({ "successions": [], "approvers": [], "devices": [] })
    );
    let snippet = trust.console(Method::GET, "snippet", None).await.expect_json(200);
    let html = snippet["html"].as_str().unwrap();
    assert!(html.contains(&format!(" site-key=\"{}\"", trust.site.text())), "{html}");

    trust.add_approver(&trust.approver_certificate()).await.expect(201);
    trust.add_approver(&trust.approver_certificate()).await.expect(200);
    let asked = trust.ask(&trust.request()).await.expect_json(201);
    assert_eq!(
        asked["device"],
        json!({ "id": trust.device.device_id(), "state": "pending" })
    );
    assert_eq!(trust.ask(&trust.request()).await.expect_json(200), asked);
    let overview = trust.overview().await;
    assert_eq!(overview["devices"][0]["request"], trust.request());
    assert_eq!(overview["devices"][0]["expert"]["name"], "Expert 1");
    assert_eq!(overview["approvers"][0]["person"]["name"], "Ada Admin");

    let certificate = trust.certificate();
    trust.certify(std::slice::from_ref(&certificate)).await.expect(200);
    trust.revoke(1, &[]).await.expect(200);
    let device = trust.look().await.expect_json(200)["device"].clone();
    assert_eq!(
        (&device["state"], &device["certificate"]),
        (&json!("certified"), &json!(certificate))
    );
    assert_eq!(device["approver"], overview["approvers"][0]["certificate"]);

    let visitor = trust.organisation.visitor().await;
    let bundle = &visitor.granted["trust"];
    assert_eq!(bundle["devices"], json!([certificate]));
    assert_eq!(bundle["approvers"], json!([device["approver"]]));
    assert_eq!(bundle["revocations"], trust.overview().await["revocations"]);

    // Revoked: a visitor learns of it as soon as the token is renewed.
    trust.revoke(2, &[&trust.device]).await.expect(200);
    // The same list within the same second would be a repetition.
    trust.revoke(2, &[]).await.expect_problem(409, "outdated");
    let renewed = visitor
        .request(Method::POST, "/api/v1/visitor/token")
        .json(&json!({ "call": "same" }));
    let renewed = renewed.send().await.expect_json(200)["trust"].clone();
    assert_eq!(renewed["devices"], json!([]));
    assert_eq!(renewed["revocations"], trust.overview().await["revocations"]);
    assert_eq!(trust.look().await.expect_json(200)["device"]["state"], "revoked");
}

#[tokio::test]
async fn a_new_site_key_follows_by_the_word_of_the_old_one() {
    let trust = Trust::complete(1).await;
    let next = Key::new();
    trust
        .add_site_key(&next.site_key(trust.id))
        .await
        .expect_problem(400, "statement-refused");
    let follow = async |by: &Key| {
        let body = json!({ "site_key": next.site_key(trust.id), "succession": by.succession(trust.id, &next, 400) });
        trust.console(Method::POST, "trust/site-keys", Some(body)).await
    };
    follow(&Key::new()).await.expect_problem(400, "statement-refused");
    follow(&trust.site).await.expect(201);
    let person = trust.administrator.id().parse().unwrap();
    trust
        .add_approver(&next.approver(trust.id, &trust.approver, person, 95))
        .await
        .expect(200);
    let bundle = trust.bundle().await;
    assert_eq!(bundle["successions"], trust.overview().await["successions"]);
    assert_eq!(bundle["successions"].as_array().unwrap().len(), 1);
    assert_eq!(
        trust.look().await.expect_json(200)["device"]["succession"],
        bundle["successions"][0]
    );
}

#[tokio::test]
async fn what_is_forged_foreign_or_too_long_is_refused_and_changes_nothing() {
    let trust = Trust::complete(1).await;
    let stranger = Key::new();
    let elsewhere = Uuid::now_v7();
    let (person, expert) = (
        trust.administrator.id().parse().unwrap(),
        (trust.expert_id(), "Expert 1"),
    );
    let before = trust.overview().await;
    for certificate in [
        stranger.approver(trust.id, &trust.approver, person, 90),
        trust.site.approver(elsewhere, &trust.approver, person, 90),
        trust.site.approver(trust.id, &trust.approver, trust.expert_id(), 90),
        trust.site.approver(trust.id, &trust.approver, person, 101),
    ] {
        trust
            .add_approver(&certificate)
            .await
            .expect_problem(400, "statement-refused");
    }
    for certificate in [
        stranger.device(trust.id, expert, &trust.device, &SEALING, 7),
        trust.approver.device(elsewhere, expert, &trust.device, &SEALING, 7),
        trust
            .approver
            .device(trust.id, (Uuid::now_v7(), "Nobody"), &trust.device, &SEALING, 7),
        trust.approver.device(trust.id, expert, &trust.device, &[8; 32], 7),
        trust.approver.device(trust.id, expert, &stranger, &SEALING, 7),
        trust.approver.device(trust.id, expert, &trust.device, &SEALING, 9),
    ] {
        let answer = trust.certify(&[trust.certificate(), certificate]).await;
        answer.expect_problem(400, "statement-refused");
    }
    for list in [
        stranger.revocations(trust.id, 9, &[], 6),
        trust.approver.revocations(elsewhere, 9, &[], 6),
        trust.approver.revocations(trust.id, 9, &[], 8),
        trust.approver.revocations(trust.id, 9, &[&trust.approver], 6),
    ] {
        trust.put_list(&list).await.expect_problem(400, "statement-refused");
    }
    for request in [
        trust.device.device_request(elsewhere, trust.expert_id(), &SEALING),
        trust.device.device_request(trust.id, person, &SEALING),
        trust.device.device_request(trust.id, trust.expert_id(), &[8; 32]),
    ] {
        trust.ask(&request).await.expect_problem(400, "statement-refused");
    }
    // One character of the signature, of what was signed, and something else entirely.
    let good = trust.request();
    let changed = |at: usize| {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(changed).unwrap()
    };
    trust
        .ask(&changed(good.len() - 20))
        .await
        .expect_problem(400, "statement-refused");
    trust.ask(&changed(100)).await.expect_problem(400, "statement-refused");
    for garbage in ["", "AAAA", "not base64url", &trust.certificate(), &format!("{good}A")] {
        trust.ask(garbage).await.expect_problem(400, "malformed");
    }
    let large = json!({ "request": "A".repeat(17 * 1024) });
    let large = trust.expert.request(Method::POST, "/api/v1/devices").json(&large);
    large.send().await.expect_problem(413, "body-too-large");
    assert_eq!(trust.overview().await, before);
}

#[tokio::test]
async fn things_of_others_are_not_found_and_not_touched() {
    let (trust, foreign) = (Trust::complete(2).await, Trust::complete(1).await);
    let colleague = trust.organisation.expert(1).await;
    let device = format!("/api/v1/devices/{}", trust.device.device_id());
    for stranger in [&colleague, &foreign.expert] {
        stranger
            .request(Method::GET, &device)
            .send()
            .await
            .expect_problem(404, "not-found");
    }
    let pending = Key::new();
    trust
        .ask(&pending.device_request(trust.id, trust.expert_id(), &SEALING))
        .await
        .expect(201);
    let refuse = format!("trust/devices/{}", pending.device_id());
    foreign.console(Method::DELETE, &refuse, None).await.expect(204);
    assert_eq!(trust.overview().await["devices"].as_array().unwrap().len(), 2);
    assert_eq!(foreign.overview().await["devices"].as_array().unwrap().len(), 1);
    trust.console(Method::DELETE, &refuse, None).await.expect(204);
    assert_eq!(trust.overview().await["devices"].as_array().unwrap().len(), 1);
    let certified = format!("trust/devices/{}", trust.device.device_id());
    trust
        .console(Method::DELETE, &certified, None)
        .await
        .expect_problem(409, "outdated");
}

#[tokio::test]
async fn who_is_made_inactive_leaves_the_bundle_at_once() {
    let trust = Trust::complete(1).await;
    assert_eq!(trust.bundle().await["devices"].as_array().unwrap().len(), 1);
    let path = format!("people/{}", trust.expert.id());
    trust
        .console(Method::PATCH, &path, Some(json!({ "active": false })))
        .await
        .expect(200);
    assert_eq!(trust.bundle().await["devices"], json!([]));
    let device = trust.overview().await["devices"][0].clone();
    assert_eq!(
        (&device["state"], &device["expert"]["active"]),
        (&json!("certified"), &json!(false))
    );
    trust.look().await.expect_problem(401, "token-invalid");
}

#[tokio::test]
async fn each_route_is_for_its_role_and_for_own_pages() {
    let trust = Trust::complete(1).await;
    let visitor = trust.organisation.visitor().await;
    let device = format!("devices/{}", trust.device.device_id());
    let refuse = format!("trust/{device}");
    for (method, path, of_expert) in [
        (Method::GET, "trust", false),
        (Method::POST, "trust/site-keys", false),
        (Method::POST, "trust/approvers", false),
        (Method::POST, "trust/certificates", false),
        (Method::PUT, "trust/revocations", false),
        (Method::DELETE, refuse.as_str(), false),
        (Method::GET, "alarms", false),
        (Method::DELETE, "alarms", false),
        (Method::POST, "devices", true),
        (Method::GET, device.as_str(), true),
    ] {
        let path = format!("/api/v1/{path}");
        let other = if of_expert { &trust.administrator } else { &trust.expert };
        for token in [&other.token, &visitor.token] {
            let request = trust.organisation.service.request(method.clone(), &path).bearer(token);
            request
                .json(&json!({}))
                .send()
                .await
                .expect_problem(403, "role-not-allowed");
        }
        let request = trust.organisation.service.request(method.clone(), &path);
        request.send().await.expect_problem(401, "token-missing");
        let foreign = visitor.request(method, &path).json(&json!({})).send().await;
        assert_eq!(foreign.header("access-control-allow-origin"), None);
        foreign.expect_problem(403, "origin-not-registered");
    }
}

#[tokio::test]
async fn alarms_are_counted_and_shown() {
    let trust = Trust::complete(1).await;
    let visitor = trust.organisation.visitor().await;
    let alarm = |reason: &str| json!({ "reason": reason });
    for _ in 0..2 {
        visitor.post("alarms", &alarm("fingerprint")).await.expect(204);
    }
    visitor
        .post("alarms", &alarm("curiosity"))
        .await
        .expect_problem(400, "malformed");
    let expert = async |call: &str| trust.expert.post(call, "alarms", &alarm("continuity")).await;
    expert(&visitor.call).await.expect_problem(404, "not-found");
    visitor.ring().await;
    expert(&visitor.call).await.expect(204);
    let other = trust.organisation.visitor().await;
    let path = format!("/api/v1/calls/{}/alarms", visitor.call);
    let foreign = other.request(Method::POST, &path).json(&alarm("chain"));
    foreign.send().await.expect_problem(403, "role-not-allowed");

    let alarms = trust.console(Method::GET, "alarms", None).await.expect_json(200)["alarms"].clone();
    let counts = |reason: &str, side: &str| {
        let found = alarms
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["reason"] == reason && it["side"] == side);
        found.map_or(0, |alarm| alarm["count"].as_i64().unwrap())
    };
    assert_eq!(alarms.as_array().unwrap().len(), 2, "{alarms}");
    assert_eq!(
        (counts("fingerprint", "visitor"), counts("continuity", "expert")),
        (2, 1)
    );
    trust.console(Method::DELETE, "alarms", None).await.expect(204);
    assert_eq!(
        trust.console(Method::GET, "alarms", None).await.expect_json(200),
        json!({ "alarms": [] })
    );
}
