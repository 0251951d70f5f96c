//! A third person: invited by the expert of a call, into a call of their own that ends with it.

use serde_json::{Value, json};
use visavis::ports::{Database as _, Platform as _, Statement};

use crate::support::{Client, OWN, Organisation, PAGE, Service};

/// A call that Ada has answered, and Ben.
struct Talk {
    service: Service,
    organisation: Organisation,
    visitor: Client,
    ada: Client,
    ben: Client,
}

impl Talk {
    async fn new() -> Self {
        Self::with(Service::new()).await
    }

    async fn with(service: Service) -> Self {
        let organisation = service.organisation(&["Ada", "Ben"]).await;
        let [mut ada, mut ben] = <[_; 2]>::try_from(organisation.experts.clone()).ok().unwrap();
        ada.here("available").await;
        ben.here("available").await;
        let mut visitor = organisation.visitor().await;
        visitor.ring().await.ok(201);
        ada.answer(&visitor.call).await.ok(200);
        for client in [&mut ada, &mut ben, &mut visitor] {
            client.hear().await;
        }
        Self {
            service,
            organisation,
            visitor,
            ada,
            ben,
        }
    }

    async fn invite(&self) -> String {
        let answer = self.ada.on(&self.visitor.call, "invitations", json!({})).await.ok(201);
        answer["secret"].as_str().unwrap().into()
    }

    /// Somebody who has accepted an invitation of Ada's at the service's own page.
    async fn guest(&self) -> Client {
        let (guest, invitation) = self
            .organisation
            .invited(&self.invite().await, Some(OWN))
            .await
            .unwrap();
        assert_eq!(invitation["expert"], json!({"id": self.ada.id, "name": "Ada"}));
        guest
    }

    /// A guest whom Ada has let in.
    async fn joined(&self) -> Client {
        let guest = self.guest().await;
        guest.ring().await.ok(201);
        self.ada.answer(&guest.call).await.ok(200);
        guest
    }

    async fn hang_up(&self) {
        self.visitor.on(&self.visitor.call, "hang-up", json!({})).await.ok(200);
    }
}

#[tokio::test]
async fn a_guest_rings_the_inviting_expert_alone_who_is_in_the_call() {
    let mut talk = Talk::new().await;
    let mut guest = talk.guest().await;
    // Whatever the guest asks for.
    let rung = guest
        .ring_with(json!({"expert": talk.ben.id, "wait": true}))
        .await
        .ok(201);
    assert_eq!(rung["call"].get("invitation"), None, "the guest need not know");
    let heard = talk.ada.hear().await;
    assert_eq!(heard[0]["type"], "call.ringing");
    let invitation = &heard[0]["body"]["call"]["invitation"];
    assert_eq!(invitation["call"], talk.visitor.call);
    assert_eq!(heard[0]["body"]["call"].get("waiting"), None);
    assert!(talk.ben.hear().await.is_empty());
    assert_eq!(talk.ben.here("available").await["calls"], json!([]));
    let calls = talk.ada.here("available").await["calls"].clone();
    assert_eq!(calls.as_array().unwrap().len(), 2, "{calls}");

    talk.ada.answer(&guest.call).await.ok(200);
    assert_eq!(guest.hear_types().await, ["call.answered"]);
    assert_eq!(talk.visitor.look(&talk.visitor.call).await["state"], "answered");
    // Leaving it leaves the other one.
    guest.on(&guest.call, "hang-up", json!({})).await.ok(200);
    assert_eq!(talk.visitor.look(&talk.visitor.call).await["state"], "answered");
}

#[tokio::test]
async fn a_colleague_is_told_and_joins_from_the_desk() {
    let mut talk = Talk::new().await;
    let body = json!({"expert": talk.ben.id});
    let answer = talk.ada.on(&talk.visitor.call, "invitations", body).await.ok(201);
    let heard = talk.ben.hear().await;
    assert_eq!(heard[0]["type"], "call.invited");
    assert_eq!(heard[0]["call"], talk.visitor.call);
    let body = &heard[0]["body"];
    assert_eq!(body["from"], json!({"id": talk.ada.id, "name": "Ada"}));
    for field in ["invitation", "secret", "expires_at"] {
        assert_eq!(body[field], answer[field], "{field}");
    }
    let (guest, _) = talk
        .organisation
        .invited(body["secret"].as_str().unwrap(), Some(OWN))
        .await
        .unwrap();
    guest.ring().await.ok(201);
    talk.ada.answer(&guest.call).await.ok(200);
}

#[tokio::test]
async fn the_end_of_the_call_ends_what_belongs_to_it() {
    let mut talk = Talk::new().await;
    let (mut joined, mut ringing) = (talk.joined().await, talk.guest().await);
    ringing.ring().await.ok(201);
    talk.ada.hear().await;
    joined.hear().await;
    talk.hang_up().await;
    assert_eq!(joined.hear_types().await, ["call.ended"]);
    assert_eq!(ringing.hear_types().await, ["call.cancelled"]);
    assert_eq!(ringing.look(&ringing.call).await["state"], "cancelled");
    assert_eq!(joined.look(&joined.call).await["state"], "ended");
    let mut heard = talk.ada.hear_types().await;
    heard.sort();
    assert_eq!(heard, ["call.cancelled", "call.ended", "call.ended"]);
    // It cannot be answered, nor rung again.
    assert_eq!(talk.ada.answer(&ringing.call).await.problem(409), "call-over");
    assert_eq!(ringing.ring().await.ok(200)["call"]["state"], "cancelled");
}

/// Whoever renews moves the call on, where the one who ended the other call could not.
#[tokio::test]
async fn what_was_not_ended_with_it_ends_when_somebody_asks() {
    for by_tick in [false, true] {
        let talk = Talk::new().await;
        let (joined, ringing) = (talk.joined().await, talk.guest().await);
        ringing.ring().await.ok(201);
        let sql = "UPDATE calls SET state = 'ended', ended_at = 1 WHERE id = ?1";
        let parameters = vec![talk.visitor.call.as_str().into()];
        let statement = visavis::ports::Statement { sql, parameters };
        visavis::ports::Database::query(talk.service.memory.database(), statement)
            .await
            .unwrap();
        // A click that came too late does not win by its shorter way.
        assert_eq!(talk.ada.answer(&ringing.call).await.problem(409), "call-over");
        if by_tick {
            talk.service.tick().await;
        }
        assert_eq!(joined.here("here").await["calls"][0]["state"], "ended");
        assert_eq!(ringing.here("here").await["calls"][0]["state"], "cancelled");
    }
}

#[tokio::test]
async fn an_invitation_works_once_and_not_after_its_time_or_its_call() {
    let talk = Talk::new().await;
    let used = talk.invite().await;
    talk.organisation.invited(&used, Some(OWN)).await.unwrap();
    let again = talk.organisation.invited(&used, Some(OWN)).await.err().unwrap();
    assert_eq!(again.problem(404), "not-found");
    for secret in ["", "no-secret", &"A".repeat(43)] {
        let answer = talk.organisation.invited(secret, Some(OWN)).await.err().unwrap();
        assert_eq!(answer.problem(404), "not-found");
    }
    let late = talk.invite().await;
    for _ in 0..(30 * 60 / 15) {
        talk.service.wait(15);
        talk.visitor.here("here").await;
        talk.ada.signed_in_again().await.here("available").await;
    }
    assert_eq!(talk.visitor.look(&talk.visitor.call).await["state"], "answered");
    let answer = talk.organisation.invited(&late, Some(OWN)).await.err().unwrap();
    assert_eq!(answer.problem(404), "not-found");

    let ada = talk.ada.signed_in_again().await;
    let secret = ada.on(&talk.visitor.call, "invitations", json!({})).await.ok(201)["secret"].clone();
    let accepted = ada.on(&talk.visitor.call, "invitations", json!({})).await.ok(201)["secret"].clone();
    let (guest, _) = talk
        .organisation
        .invited(accepted.as_str().unwrap(), Some(OWN))
        .await
        .unwrap();
    talk.hang_up().await;
    let answer = talk
        .organisation
        .invited(secret.as_str().unwrap(), Some(OWN))
        .await
        .err()
        .unwrap();
    assert_eq!(answer.problem(404), "not-found");
    assert_eq!(guest.ring().await.problem(409), "call-over");
}

#[tokio::test]
async fn one_of_two_who_accept_at_once_has_it() {
    let talk = Talk::new().await;
    let secret = talk.invite().await;
    let accept = || talk.organisation.invited(&secret, Some(OWN));
    let answers = futures_util::future::join_all([accept(), accept(), accept()]).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn from_which_pages_one_may_come() {
    let talk = Talk::new().await;
    let secret = talk.invite().await;
    let foreign = talk
        .organisation
        .invited(&secret, Some("https://stranger.example"))
        .await
        .err()
        .unwrap();
    assert_eq!(foreign.problem(403), "origin-not-registered");
    // Another organisation's invitation is none here, and is not used up by trying.
    let elsewhere = talk.service.organisation(&["Eve"]).await;
    let answer = elsewhere.invited(&secret, Some(OWN)).await.err().unwrap();
    assert_eq!(answer.problem(404), "not-found");
    // Nor by a page that was the organisation's and still has a token.
    let visitor = talk.organisation.visitor().await;
    let register = async |sql| {
        let parameters = vec![PAGE.into(), talk.organisation.id.as_str().into()];
        let database = talk.service.memory.database();
        database.query(Statement { sql, parameters }).await.unwrap();
    };
    register("DELETE FROM origins WHERE origin = ?1 AND organisation = ?2").await;
    let path = talk.organisation.path("visitors");
    let removed = visitor.post(&path, json!({"invitation": secret})).await;
    assert_eq!(removed.problem(403), "origin-not-registered");
    register("INSERT INTO origins (origin, organisation) VALUES (?1, ?2)").await;
    let (guest, _) = talk.organisation.invited(&secret, Some(PAGE)).await.unwrap();
    guest.ring().await.ok(201);
    // Without an invitation nobody is a visitor of the service's own page.
    let own = Client::new(talk.service.clone(), Some(OWN));
    let answer = own.post(&talk.organisation.path("visitors"), json!({})).await;
    assert_eq!(answer.problem(403), "origin-not-registered");
}

#[tokio::test]
async fn a_guests_token_is_for_this_call() {
    let talk = Talk::new().await;
    let mut guest = talk.guest().await;
    let renewed = guest
        .post("/api/v1/visitor/token", json!({"call": "same"}))
        .await
        .ok(200);
    assert_eq!(renewed["invitation"]["expert"]["id"], talk.ada.id);
    let next = guest.post("/api/v1/visitor/token", json!({"call": "next"})).await;
    assert_eq!(next.problem(403), "origin-not-registered");
    // A guest from the organisation's page is an ordinary visitor for the next call.
    let (mut other, _) = talk
        .organisation
        .invited(&talk.invite().await, Some(PAGE))
        .await
        .unwrap();
    let next = other
        .post("/api/v1/visitor/token", json!({"call": "next"}))
        .await
        .ok(200);
    assert_eq!(next.get("invitation"), None);
    other.take_visitor(&next);
    other.ring().await.ok(201);
    assert_eq!(talk.ben.here("available").await["calls"].as_array().unwrap().len(), 1);
    guest.take_visitor(&renewed);
    guest.ring().await.ok(201);
}

#[tokio::test]
async fn somebody_elses_invitation_rings_nobody() {
    let talk = Talk::new().await;
    let guest = talk.guest().await;
    let thief = talk.organisation.visitor().await;
    let ring = json!({
        "language": "en", "media": "video", "payload": "b2ZmZXI", "page": {"url": PAGE, "title": "Page"},
    });
    assert_eq!(
        thief.on(&guest.call, "ring", ring).await.problem(403),
        "role-not-allowed"
    );
    assert_eq!(talk.ada.here("available").await["calls"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_the_expert_of_an_answered_call_invites() {
    let talk = Talk::new().await;
    let call = &talk.visitor.call;
    let invite = |client: &Client, body: Value| {
        let client = client.clone();
        async move { client.on(call, "invitations", body).await }
    };
    assert_eq!(invite(&talk.ben, json!({})).await.problem(409), "already-answered");
    assert_eq!(
        invite(&talk.visitor.without_page(), json!({})).await.problem(403),
        "role-not-allowed"
    );
    assert_eq!(
        invite(&talk.ada, json!({"expert": talk.ada.id})).await.problem(400),
        "malformed"
    );
    let stranger = talk.service.organisation(&["Eve"]).await.experts.remove(0);
    assert_eq!(
        invite(&talk.ada, json!({"expert": stranger.id})).await.problem(404),
        "not-found"
    );
    assert_eq!(invite(&stranger, json!({})).await.problem(404), "not-found");
    talk.service.deactivate(&talk.ben.id).await;
    assert_eq!(
        invite(&talk.ada, json!({"expert": talk.ben.id})).await.problem(404),
        "not-found"
    );

    let joined = talk.joined().await;
    let nested = talk.ada.on(&joined.call, "invitations", json!({})).await;
    assert_eq!(nested.problem(409), "limit-reached");
    talk.hang_up().await;
    assert_eq!(invite(&talk.ada, json!({})).await.problem(409), "call-over");
    let ringing = talk.organisation.visitor().await;
    ringing.ring().await.ok(201);
    let early = talk.ada.on(&ringing.call, "invitations", json!({})).await;
    assert_eq!(early.problem(409), "not-answered");
}

#[tokio::test]
async fn four_people_are_enough() {
    let talk = Talk::new().await;
    let (first, second, third) = (talk.joined().await, talk.joined().await, talk.guest().await);
    assert_eq!(third.ring().await.problem(409), "limit-reached");
    second.on(&second.call, "hang-up", json!({})).await.ok(200);
    third.ring().await.ok(201);
    assert_eq!(first.look(&first.call).await["state"], "answered");
}

#[tokio::test]
async fn invitations_are_not_made_without_end() {
    let talk = Talk::new().await;
    let mut secrets = Vec::new();
    for _ in 0..8 {
        secrets.push(talk.invite().await);
    }
    let answer = talk.ada.on(&talk.visitor.call, "invitations", json!({})).await;
    assert_eq!(answer.problem(409), "limit-reached");
    talk.organisation.invited(&secrets[0], Some(OWN)).await.unwrap();
    talk.invite().await;
}

#[tokio::test]
async fn guessing_is_limited() {
    let talk = Talk::with(Service::with_limits(1)).await;
    let secret = talk.invite().await;
    let mut statuses = Vec::new();
    for _ in 0..70 {
        if let Err(answer) = talk.organisation.invited("guess", Some(OWN)).await {
            statuses.push(answer.status.as_u16());
        }
    }
    assert!(statuses.contains(&404) && statuses.contains(&429), "{statuses:?}");
    // Beyond the limit the right one is not used up either.
    assert_eq!(
        talk.organisation
            .invited(&secret, Some(OWN))
            .await
            .err()
            .unwrap()
            .problem(429),
        "too-many-requests"
    );
    talk.service.wait(61);
    talk.visitor.here("here").await;
}

#[tokio::test]
async fn secrets_are_not_stored() {
    let talk = Talk::new().await;
    let secret = talk.invite().await;
    let dump = talk.service.memory.database().dump();
    assert!(!dump.windows(secret.len()).any(|window| window == secret.as_bytes()));
    let mailboxes = talk.service.memory.mailboxes().dump();
    assert!(
        !mailboxes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes())
    );
}
