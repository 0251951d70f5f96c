//! The whole life of a call, heard in each of the three ways.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use visavis_contract::{DEADLINE, Organisation, Staff, Transport, Visitor, eventually, payload};

async fn from_ring_to_hang_up(transport: Transport) {
    let organisation = Organisation::new(2).await;
    let (first, second) = (organisation.expert(0).await, organisation.expert(1).await);
    let visitor = organisation.visitor().await;
    let mut visitors_box = visitor.mailbox(transport).await;
    let (mut first_box, mut second_box) = (first.mailbox(transport).await, second.mailbox(transport).await);

    let request = Visitor::ring_request();
    visitor.renew().await;
    let rung = visitor.post("ring", &request).await.expect_json(201)["call"].clone();
    assert_eq!(rung["id"], visitor.call.as_str());
    assert_eq!(rung["state"], "ringing");
    assert_eq!(rung["media"], "video");
    assert!(rung["rings_until"].is_string(), "{rung}");
    assert!(
        rung.get("visitor").is_none(),
        "the visitor's data goes to experts only: {rung}"
    );

    // Both experts hear it, with everything they need to answer.
    for mailbox in [&mut first_box, &mut second_box] {
        let envelope = mailbox.expect("call.ringing").await;
        assert_eq!(envelope["call"], visitor.call.as_str());
        let body = &envelope["body"];
        assert_eq!(body["payload"], request["payload"]);
        assert_eq!(body["call"]["state"], "ringing");
        assert_eq!(body["call"]["visitor"]["name"], "Vera Visitor");
        assert_eq!(body["call"]["visitor"]["language"], "en");
        // The query and the fragment are nobody's business, and the link leads to the organisation.
        let page = json!({ "url": format!("{}/pricing", organisation.origin), "title": "Pricing" });
        assert_eq!(body["call"]["visitor"]["page"], page);
        assert!(body["ice_servers"][0]["urls"].is_array(), "{body}");
    }
    let ringing = first.present("available").await["calls"].clone();
    assert_eq!(ringing[0]["id"], visitor.call.as_str(), "{ringing}");
    assert_eq!(ringing[0]["payload"], request["payload"]);
    assert!(ringing[0]["ice_servers"].is_array(), "{ringing}");

    // Only the visitor's candidates go ahead of the answer, to everybody it rings for.
    let early = payload("candidates");
    let id = Uuid::new_v4().to_string();
    visitor.signal(&id, &early).await.expect(202);
    for mailbox in [&mut first_box, &mut second_box] {
        let body = mailbox.expect("call.signal").await["body"].clone();
        assert_eq!(body, json!({ "from": "visitor", "payload": early }));
    }
    let too_soon = json!({ "id": Uuid::new_v4(), "payload": payload("candidates") });
    first
        .post(&visitor.call, "signals", &too_soon)
        .await
        .expect_problem(409, "not-answered");

    // The first to answer has it.
    let answer = payload("answer");
    let answered = first
        .post(&visitor.call, "answer", &json!({ "payload": answer }))
        .await
        .expect_json(200);
    assert_eq!(answered["call"]["state"], "answered");
    assert_eq!(answered["call"]["expert"]["id"], first.id());
    assert!(
        answered["call"]["version"].as_i64() > rung["version"].as_i64(),
        "{answered}"
    );
    let heard = visitors_box.expect("call.answered").await["body"].clone();
    assert_eq!(heard["payload"], answer);
    assert_eq!(
        heard["call"]["expert"],
        json!({ "id": first.id(), "name": "Expert 1", "title": "Adviser" })
    );
    assert!(heard["call"].get("visitor").is_none(), "{heard}");
    let taken = second_box.expect("call.taken").await["body"]["call"].clone();
    assert_eq!(taken["state"], "answered");
    assert_eq!(taken["expert"]["id"], first.id());
    let late = second
        .answer(&visitor.call)
        .await
        .expect_problem(409, "already-answered");
    assert_eq!(late["call"]["expert"]["id"], first.id());
    let calls = second.present("available").await["calls"].clone();
    assert_eq!(calls, json!([]), "the other expert has nothing to do with it any more");
    let calls = first.present("available").await["calls"].clone();
    assert_eq!(calls[0]["id"], visitor.call.as_str(), "{calls}");

    // Both ways.
    for round in 0..3 {
        let there = payload(&format!("there {round}"));
        visitor.signal(&Uuid::new_v4().to_string(), &there).await.expect(202);
        let back = payload(&format!("back {round}"));
        let body = json!({ "id": Uuid::new_v4(), "payload": back });
        first.post(&visitor.call, "signals", &body).await.expect(202);
        let heard = first_box.until("call.signal").await["body"].clone();
        assert_eq!(heard, json!({ "from": "visitor", "payload": there }));
        let heard = visitors_box.expect("call.signal").await["body"].clone();
        assert_eq!(heard, json!({ "from": "expert", "payload": back }));
    }

    let ended = first.post(&visitor.call, "hang-up", &json!({})).await.expect_json(200)["call"].clone();
    assert_eq!(ended["state"], "ended");
    assert_eq!(ended["ended_because"], "hung-up");
    assert!(
        ended["answered_at"].is_string() && ended["ended_at"].is_string(),
        "{ended}"
    );
    let heard = visitors_box.expect("call.ended").await["body"]["call"].clone();
    assert_eq!(heard["ended_because"], "hung-up");
    assert_eq!(visitor.look().await["state"], "ended");
    first_box.until("call.ended").await;

    // It is over for good.
    let over = first.answer(&visitor.call).await.expect_problem(409, "call-over");
    assert_eq!(over["call"]["state"], "ended");
    visitor
        .signal(&Uuid::new_v4().to_string(), &payload("late"))
        .await
        .expect_problem(409, "call-over");
    let late = json!({ "id": Uuid::new_v4(), "payload": payload("late") });
    first
        .post(&visitor.call, "signals", &late)
        .await
        .expect_problem(409, "call-over");
    assert_eq!(second_box.rest().await, []);
    assert_eq!(visitors_box.rest().await, []);
}

#[tokio::test]
async fn from_ring_to_hang_up_over_a_websocket() {
    from_ring_to_hang_up(Transport::Socket).await;
}

#[tokio::test]
async fn from_ring_to_hang_up_over_server_sent_events() {
    from_ring_to_hang_up(Transport::Events).await;
}

#[tokio::test]
async fn from_ring_to_hang_up_page_by_page() {
    from_ring_to_hang_up(Transport::Pages).await;
}

#[tokio::test]
async fn the_visitor_hangs_up() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    let mut mailbox = expert.mailbox(Transport::Events).await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    let ended = visitor.post("hang-up", &json!({})).await.expect_json(200)["call"].clone();
    assert_eq!(
        (&ended["state"], &ended["ended_because"]),
        (&json!("ended"), &json!("hung-up"))
    );
    let heard = mailbox.until("call.ended").await["body"]["call"].clone();
    assert_eq!(heard["ended_because"], "hung-up");
}

#[tokio::test]
async fn a_call_is_declined_when_the_last_expert_declines() {
    let organisation = Organisation::new(2).await;
    let (first, second) = (organisation.expert(0).await, organisation.expert(1).await);
    let visitor = organisation.visitor().await;
    let mut mailbox = visitor.mailbox(Transport::Socket).await;
    visitor.ring().await;
    let one = first.post(&visitor.call, "decline", &json!({})).await.expect_json(200);
    assert_eq!(one["call"]["state"], "ringing");
    assert_eq!(visitor.look().await["state"], "ringing");
    let all = second.post(&visitor.call, "decline", &json!({})).await.expect_json(200);
    assert_eq!(all["call"]["state"], "declined");
    let heard = mailbox.expect("call.declined").await;
    assert_eq!(heard["body"]["call"]["state"], "declined");
    first.answer(&visitor.call).await.expect_problem(409, "call-over");
}

#[tokio::test]
async fn a_cancelled_call_stops_ringing_everywhere() {
    for verb in ["cancel", "hang-up"] {
        let organisation = Organisation::new(2).await;
        let experts = [organisation.expert(0).await, organisation.expert(1).await];
        let visitor = organisation.visitor().await;
        visitor.ring().await;
        let cancelled = visitor.post(verb, &json!({})).await.expect_json(200);
        assert_eq!(cancelled["call"]["state"], "cancelled");
        for expert in &experts {
            let mut mailbox = expert.mailbox(Transport::Events).await;
            mailbox.expect("call.ringing").await;
            assert_eq!(
                mailbox.expect("call.cancelled").await["body"]["call"]["state"],
                "cancelled"
            );
            expert.answer(&visitor.call).await.expect_problem(409, "call-over");
            assert_eq!(expert.present("available").await["calls"], json!([]));
        }
    }
}

#[tokio::test]
async fn it_never_rings_into_the_void() {
    let organisation = Organisation::new(2).await;
    assert_eq!(organisation.availability().await["state"], "closed");
    let visitor = organisation.visitor().await;
    visitor.renew().await;
    visitor
        .post("ring", &Visitor::ring_request())
        .await
        .expect_problem(409, "nobody-available");
    let waiting = with(&json!({ "wait": true }));
    visitor
        .post("ring", &waiting)
        .await
        .expect_problem(409, "nobody-available");

    // Away is not there.
    let away = organisation.signed_in(0, "expert").await;
    away.present("away").await;
    assert_eq!(organisation.availability().await["state"], "closed");
    visitor
        .post("ring", &Visitor::ring_request())
        .await
        .expect_problem(409, "nobody-available");
    let path = format!("/api/v1/calls/{}", visitor.call);
    visitor
        .request(Method::GET, &path)
        .send()
        .await
        .expect_problem(404, "not-found");

    // The same visitor may ring with the same id once somebody is there.
    away.open_desk().await;
    visitor.post("ring", &Visitor::ring_request()).await.expect(201);
}

fn with(changes: &Value) -> Value {
    let mut request = Visitor::ring_request();
    for (field, value) in changes.as_object().unwrap() {
        request[field] = value.clone();
    }
    request
}

#[tokio::test]
async fn who_is_busy_does_not_ring_but_can_be_waited_for() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let talking = organisation.visitor().await;
    talking.ring().await;
    expert.answer(&talking.call).await.expect(200);
    let availability = organisation.availability().await;
    assert_eq!(availability["state"], "busy");
    assert_eq!(availability["experts"][0]["state"], "busy");

    let (next, last) = (organisation.visitor().await, organisation.visitor().await);
    next.renew().await;
    last.renew().await;
    next.post("ring", &Visitor::ring_request())
        .await
        .expect_problem(409, "busy");
    let waiting = with(&json!({ "wait": true }));
    let rung = next.post("ring", &waiting).await.expect_json(201);
    assert_eq!(
        (&rung["call"]["state"], &rung["call"]["waiting"]),
        (&json!("ringing"), &json!(0))
    );
    let rung = last.post("ring", &waiting).await.expect_json(201);
    assert_eq!(rung["call"]["waiting"], 1);

    // The desk sees who waits, and takes the next one when it is free again.
    let mut mailbox = expert.mailbox(Transport::Pages).await;
    mailbox.until("call.ringing").await;
    assert_eq!(mailbox.until("call.ringing").await["call"], next.call.as_str());
    expert.post(&talking.call, "hang-up", &json!({})).await.expect(200);
    expert.answer(&next.call).await.expect(200);
    eventually(DEADLINE, "the last one is next", async || {
        last.look().await["waiting"] == 0
    })
    .await;
}

#[tokio::test]
async fn a_call_for_one_expert_rings_for_no_other() {
    let organisation = Organisation::new(2).await;
    let (first, second) = (organisation.expert(0).await, organisation.expert(1).await);
    let visitor = organisation.visitor().await;
    visitor.renew().await;
    visitor
        .post("ring", &with(&json!({ "expert": second.id() })))
        .await
        .expect(201);
    second.mailbox(Transport::Pages).await.expect("call.ringing").await;
    assert_eq!(first.mailbox(Transport::Pages).await.rest().await, []);
    let refused = first.answer(&visitor.call).await;
    assert!(matches!(refused.status.as_u16(), 403 | 404), "{}", refused.text());
    assert_eq!(visitor.look().await["state"], "ringing");
    let declined = second.post(&visitor.call, "decline", &json!({})).await.expect_json(200);
    assert_eq!(declined["call"]["state"], "declined");

    let other = organisation.visitor().await;
    other.renew().await;
    let nobody = with(&json!({ "expert": Uuid::new_v4() }));
    let answer = other.post("ring", &nobody).await;
    assert!(matches!(answer.status.as_u16(), 404 | 409), "{}", answer.text());
}

#[tokio::test]
async fn availability_tells_the_truth_and_stores_nothing() {
    let organisation = Organisation::new(2).await;
    let answer = organisation.availability().await;
    assert_eq!(answer["organisation"]["name"], "Contract Ltd");
    assert_eq!(answer["organisation"]["accent"], "#336699");
    assert_eq!(answer["organisation"]["contact"], "mailto:hello@example.com");
    assert_eq!(answer["state"], "closed");
    let expert: Staff = organisation.expert(0).await;
    let answer = organisation.availability().await;
    assert_eq!(answer["state"], "free");
    let free = json!([{ "id": expert.id(), "name": "Expert 1", "title": "Adviser", "state": "free" }]);
    assert_eq!(answer["experts"], free, "the other expert is not there");
    assert!(
        !answer.to_string().contains("@example.com\",\"roles"),
        "addresses are nobody's business: {answer}"
    );
    let answer = organisation
        .service
        .get(&organisation.path("availability"))
        .send()
        .await;
    assert_eq!(answer.header("set-cookie"), None);
}
