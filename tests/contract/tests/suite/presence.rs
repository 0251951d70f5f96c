//! Presence is a lease: who is gone is gone soon, and the calls that need them move on.

use std::time::{Duration, Instant};

use serde_json::json;
use visavis_contract::{DEADLINE, Organisation, Transport, eventually};

/// A lease and what may be added to it by a machine under load.
const LEASE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_expert_who_closes_the_desk_disappears_at_once() {
    let organisation = Organisation::new(2).await;
    let (leaving, staying) = (organisation.expert(0).await, organisation.expert(1).await);
    leaving.leave().await;
    let availability = organisation.availability().await;
    assert_eq!(availability["experts"].as_array().unwrap().len(), 1, "{availability}");
    staying.leave().await;
    assert_eq!(organisation.availability().await["state"], "closed");
}

#[tokio::test]
async fn an_expert_whose_desk_is_cut_off_disappears_after_the_lease() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let lease = expert.present("available").await;
    let renew_in = Duration::from_millis(lease["renew_in"].as_u64().unwrap());
    let start = Instant::now();
    expert.vanish();
    eventually(LEASE, "nobody is there", async || {
        organisation.availability().await["state"] == "closed"
    })
    .await;
    // Not sooner than a renewal that is a little late.
    assert!(start.elapsed() > renew_in, "{:?} of {renew_in:?}", start.elapsed());
}

#[tokio::test]
async fn a_lease_says_when_to_renew_it() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let lease = expert.present("available").await;
    let renew_in = lease["renew_in"].as_u64().unwrap();
    assert!((1_000..=20_000).contains(&renew_in), "{lease}");
    assert!(
        lease["expires_at"].is_string() && lease["calls"] == json!([]),
        "{lease}"
    );
    // A visitor is here, an expert is available or away.
    let visitor = organisation.visitor().await;
    for state in ["available", "away", "", "HERE"] {
        let request = visitor
            .request(reqwest::Method::PUT, "/api/v1/presence")
            .json(&json!({ "state": state }));
        request.send().await.expect_problem(400, "malformed");
    }
    let request = expert
        .request(reqwest::Method::PUT, "/api/v1/presence")
        .json(&json!({ "state": "here" }));
    request.send().await.expect_problem(400, "malformed");
}

#[tokio::test]
async fn a_ringing_call_of_a_visitor_who_leaves_is_cancelled() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    let mut mailbox = expert.mailbox(Transport::Events).await;
    visitor.ring().await;
    mailbox.expect("call.ringing").await;
    visitor.leave().await;
    eventually(LEASE, "it is cancelled", async || {
        expert.look(&visitor.call).await["state"] == "cancelled"
    })
    .await;
    mailbox.until("call.cancelled").await;
}

#[tokio::test]
async fn a_call_ends_when_the_visitor_is_gone_for_good() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    let mut mailbox = expert.mailbox(Transport::Events).await;
    let start = Instant::now();
    visitor.leave().await;
    eventually(LEASE, "the call has ended", async || {
        expert.look(&visitor.call).await["state"] == "ended"
    })
    .await;
    assert!(
        start.elapsed() > Duration::from_secs(5),
        "a reload takes longer than {:?}",
        start.elapsed()
    );
    let ended = mailbox.until("call.ended").await["body"]["call"].clone();
    assert_eq!(ended["ended_because"], "visitor-gone");
}

#[tokio::test]
async fn a_call_ends_when_the_expert_is_gone_for_good() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    let mut mailbox = visitor.mailbox(Transport::Socket).await;
    expert.vanish();
    eventually(LEASE, "the call has ended", async || {
        visitor.look().await["state"] == "ended"
    })
    .await;
    let ended = mailbox.until("call.ended").await["body"]["call"].clone();
    assert_eq!(ended["ended_because"], "expert-gone");
}

#[tokio::test]
async fn who_comes_back_in_time_goes_on() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    // Both reload.
    visitor.leave().await;
    visitor.renew().await;
    expert.leave().await;
    expert.open_desk().await;
    let calls = expert.present("available").await["calls"].clone();
    assert_eq!(calls[0]["id"], visitor.call.as_str(), "{calls}");
    // Longer than who left may stay away.
    let start = Instant::now();
    eventually(LEASE, "the time to come back is over", async || {
        assert_eq!(visitor.look().await["state"], "answered");
        start.elapsed() > Duration::from_secs(15)
    })
    .await;
}

#[tokio::test]
async fn a_call_that_nobody_answers_is_missed() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    let mut mailbox = visitor.mailbox(Transport::Events).await;
    visitor.ring().await;
    let start = Instant::now();
    let deadline = Duration::from_secs(45) + LEASE;
    eventually(deadline, "it is missed", async || {
        visitor.look().await["state"] != "ringing"
    })
    .await;
    assert_eq!(visitor.look().await["state"], "missed");
    assert!(start.elapsed() > Duration::from_secs(40), "{:?}", start.elapsed());
    mailbox.until("call.missed").await;
    let mut mailbox = expert.mailbox(Transport::Events).await;
    mailbox.until("call.missed").await;
    assert_eq!(expert.present("available").await["calls"], json!([]));
    eventually(DEADLINE, "the expert is free", async || {
        organisation.availability().await["state"] == "free"
    })
    .await;
}
