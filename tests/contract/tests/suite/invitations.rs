//! A third person in a call.

use reqwest::Method;
use serde_json::{Value, json};
use visavis_contract::{Answer, Organisation, Staff, Transport, Visitor, payload};

/// A call that the first expert has answered.
async fn talk(organisation: &Organisation) -> (Staff, Visitor) {
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    (expert, visitor)
}

async fn invite(expert: &Staff, call: &str) -> Value {
    expert.post(call, "invitations", &json!({})).await.expect_json(201)
}

/// Comes with an invitation from a page of that origin.
async fn accept(organisation: &Organisation, secret: &Value, origin: &str) -> Answer {
    let request = organisation
        .service
        .post(&organisation.path("visitors"), &json!({ "invitation": secret }));
    request.origin(origin).send().await
}

/// A guest at the service's own page.
struct Guest {
    token: String,
    call: String,
    granted: Value,
}

impl Guest {
    async fn new(organisation: &Organisation, secret: &Value) -> Self {
        let granted = accept(organisation, secret, &organisation.service.base)
            .await
            .expect_json(201);
        let text = |field: &str| granted[field].as_str().unwrap().to_owned();
        Self {
            token: text("token"),
            call: text("call"),
            granted,
        }
    }

    async fn ask(&self, organisation: &Organisation, method: Method, path: &str, body: &Value) -> Answer {
        let request = organisation.service.request(method, path).bearer(&self.token);
        request.origin(&organisation.service.base).json(body).send().await
    }

    async fn ring(&self, organisation: &Organisation) -> Answer {
        let path = format!("/api/v1/calls/{}/ring", self.call);
        self.ask(organisation, Method::POST, &path, &Visitor::ring_request())
            .await
    }
}

#[tokio::test]
async fn a_guest_joins_by_ringing_the_expert_who_is_in_the_call() {
    let organisation = Organisation::new(2).await;
    let (expert, visitor) = talk(&organisation).await;
    let colleague = organisation.expert(1).await;
    let mut mailbox = expert.mailbox(Transport::Pages).await;
    mailbox.until("call.taken").await;
    let invitation = invite(&expert, &visitor.call).await;
    let guest = Guest::new(&organisation, &invitation["secret"]).await;
    assert_eq!(
        guest.granted["invitation"],
        json!({ "id": invitation["invitation"], "expert": { "id": expert.id(), "name": "Expert 1" } })
    );
    let rung = guest.ring(&organisation).await.expect_json(201);
    assert_eq!(rung["call"].get("invitation"), None);
    let ringing = mailbox.expect("call.ringing").await;
    assert_eq!(
        ringing["body"]["call"]["invitation"],
        json!({ "id": invitation["invitation"], "call": visitor.call })
    );
    assert_eq!(colleague.mailbox(Transport::Pages).await.rest().await, []);
    expert.answer(&guest.call).await.expect(200);
    mailbox.expect("call.taken").await;
    assert_eq!(visitor.look().await["state"], "answered");

    // The end of the call is the end of the guest's.
    visitor.post("hang-up", &json!({})).await.expect(200);
    let path = format!("/api/v1/calls/{}", guest.call);
    let call = guest
        .ask(&organisation, Method::GET, &path, &json!({}))
        .await
        .expect_json(200);
    assert_eq!(call["call"]["state"], "ended");
    for _ in 0..2 {
        mailbox.until("call.ended").await;
    }
}

#[tokio::test]
async fn a_colleague_hears_of_it_in_the_mailbox() {
    let organisation = Organisation::new(2).await;
    let (expert, visitor) = talk(&organisation).await;
    let colleague = organisation.expert(1).await;
    let mut mailbox = colleague.mailbox(Transport::Pages).await;
    let body = json!({ "expert": colleague.id() });
    let invitation = expert.post(&visitor.call, "invitations", &body).await.expect_json(201);
    let envelope = mailbox.expect("call.invited").await;
    assert_eq!(envelope["call"], visitor.call);
    assert_eq!(
        envelope["body"]["from"],
        json!({ "id": expert.id(), "name": "Expert 1" })
    );
    for field in ["invitation", "secret", "expires_at"] {
        assert_eq!(envelope["body"][field], invitation[field], "{field}");
    }
    let guest = Guest::new(&organisation, &envelope["body"]["secret"]).await;
    guest.ring(&organisation).await.expect(201);
}

#[tokio::test]
async fn an_invitation_works_once_here_and_while_the_call_goes_on() {
    let (organisation, elsewhere) = (Organisation::new(1).await, Organisation::new(1).await);
    let (expert, visitor) = talk(&organisation).await;
    let own = organisation.service.base.clone();
    let secret = invite(&expert, &visitor.call).await["secret"].clone();
    accept(&elsewhere, &secret, &own).await.expect_problem(404, "not-found");
    accept(&organisation, &secret, &elsewhere.origin)
        .await
        .expect_problem(403, "origin-not-registered");
    accept(&organisation, &json!("guess"), &own)
        .await
        .expect_problem(404, "not-found");
    let guest = Guest::new(&organisation, &secret).await;
    accept(&organisation, &secret, &own)
        .await
        .expect_problem(404, "not-found");
    // A guest of the service's own page has this call and no other.
    let renew = async |which: &str| {
        let body = json!({ "call": which });
        guest
            .ask(&organisation, Method::POST, "/api/v1/visitor/token", &body)
            .await
    };
    renew("next").await.expect_problem(403, "origin-not-registered");
    renew("same").await.expect(200);
    let uninvited = organisation
        .service
        .post(&organisation.path("visitors"), &json!({}))
        .origin(&own);
    uninvited.send().await.expect_problem(403, "origin-not-registered");
    // Another visitor's token does not ring with it.
    let thief = organisation.visitor().await;
    let path = format!("/api/v1/calls/{}/ring", guest.call);
    let stolen = thief.request(Method::POST, &path).json(&Visitor::ring_request());
    stolen.send().await.expect_problem(403, "role-not-allowed");

    let unused = invite(&expert, &visitor.call).await["secret"].clone();
    visitor.post("hang-up", &json!({})).await.expect(200);
    accept(&organisation, &unused, &own)
        .await
        .expect_problem(404, "not-found");
    guest.ring(&organisation).await.expect_problem(409, "call-over");
}

#[tokio::test]
async fn only_the_expert_of_the_call_invites() {
    let organisation = Organisation::new(2).await;
    let (expert, visitor) = talk(&organisation).await;
    let colleague = organisation.expert(1).await;
    let stranger = Organisation::new(1).await.expert(0).await;
    let body = json!({});
    colleague
        .post(&visitor.call, "invitations", &body)
        .await
        .expect_problem(404, "not-found");
    stranger
        .post(&visitor.call, "invitations", &body)
        .await
        .expect_problem(404, "not-found");
    visitor
        .post("invitations", &body)
        .await
        .expect_problem(403, "origin-not-registered");
    let foreign = json!({ "expert": stranger.id() });
    expert
        .post(&visitor.call, "invitations", &foreign)
        .await
        .expect_problem(404, "not-found");
    // Nor into a call that belongs to another one.
    let guest = Guest::new(&organisation, &invite(&expert, &visitor.call).await["secret"]).await;
    guest.ring(&organisation).await.expect(201);
    let answer = json!({ "payload": payload("answer") });
    expert.post(&guest.call, "answer", &answer).await.expect(200);
    expert
        .post(&guest.call, "invitations", &body)
        .await
        .expect_problem(409, "limit-reached");
    expert.post(&visitor.call, "hang-up", &body).await.expect(200);
    expert
        .post(&visitor.call, "invitations", &body)
        .await
        .expect_problem(409, "call-over");
}
