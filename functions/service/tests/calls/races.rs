//! Requests that meet in the same instant, and requests that come twice.

use futures_util::future::join_all;
use serde_json::json;
use tokio::join;
use visavis::ports::{Database as _, Platform as _, Statement};

use crate::support::{ANSWER, Client, OFFER, Service, ringing_for_both};

#[tokio::test]
async fn one_of_two_simultaneous_answers_wins() {
    for _ in 0..20 {
        let (_, organisation, mut visitor) = ringing_for_both().await;
        let [mut ada, mut ben] = <[_; 2]>::try_from(organisation.experts).ok().unwrap();
        let (first, second) = join!(ada.answer(&visitor.call), ben.answer(&visitor.call));
        let (winner, loser) = if first.status.is_success() {
            (&ada, second)
        } else {
            (&ben, first)
        };
        assert_eq!(loser.problem(409), "already-answered");
        assert_eq!(loser.body["call"]["expert"]["id"], winner.id);
        let heard = visitor.hear().await;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0]["body"]["call"]["expert"]["id"], winner.id);
        for expert in [&mut ada, &mut ben] {
            assert_eq!(expert.hear_types().await, ["call.ringing", "call.taken"]);
        }
    }
}

#[tokio::test]
async fn hang_up_against_answer_ends_in_one_state_that_all_are_told() {
    let mut seen = std::collections::HashSet::new();
    for round in 0..20 {
        let (service, organisation, mut visitor) = ringing_for_both().await;
        let [mut ada, mut ben] = <[_; 2]>::try_from(organisation.experts).ok().unwrap();
        // The click comes later and later while the visitor's request is under way.
        let answer = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            ada.answer(&visitor.call).await
        };
        let (answered, over) = join!(answer, visitor.on(&visitor.call, "hang-up", json!({})));
        let state = over.ok(200)["call"]["state"].clone();
        let (ada_hears, ben_hears): (&[_], &[_]) = match state.as_str().unwrap() {
            "cancelled" => {
                assert_eq!(answered.problem(409), "call-over");
                assert!(visitor.hear().await.is_empty());
                (&["call.ringing", "call.cancelled"], &["call.ringing", "call.cancelled"])
            }
            "ended" => {
                let mut heard = visitor.hear_types().await;
                heard.sort();
                assert_eq!(heard, ["call.answered", "call.ended"]);
                (
                    &["call.ringing", "call.taken", "call.ended"],
                    &["call.ringing", "call.taken"],
                )
            }
            other => panic!("{other}"),
        };
        let sorted = |mut types: Vec<String>| {
            types.sort();
            types
        };
        let expected = |types: &[&str]| sorted(types.iter().map(|name| (*name).into()).collect());
        assert_eq!(sorted(ada.hear_types().await), expected(ada_hears));
        assert_eq!(sorted(ben.hear_types().await), expected(ben_hears));
        assert_eq!(ada.look(&visitor.call).await["state"], state);
        seen.insert(state.to_string());
        drop(service);
    }
    assert_eq!(seen.len(), 2, "only {seen:?}");
}

#[tokio::test]
async fn simultaneous_declines_are_both_counted() {
    for _ in 0..20 {
        let (_, organisation, mut visitor) = ringing_for_both().await;
        let [ada, ben] = &organisation.experts[..] else {
            panic!()
        };
        let (first, second) = join!(
            ada.on(&visitor.call, "decline", json!({})),
            ben.on(&visitor.call, "decline", json!({}))
        );
        first.ok(200);
        second.ok(200);
        assert_eq!(visitor.hear_types().await, ["call.declined"]);
    }
}

#[tokio::test]
async fn everything_at_once_is_told_once() {
    for round in 0..10 {
        let (_, organisation, visitor) = ringing_for_both().await;
        let [ada, ben] = &organisation.experts[..] else {
            panic!()
        };
        for _ in 0..round {
            visitor.look(&visitor.call).await;
        }
        let act = |client: &Client, what: &'static str| {
            let (client, call) = (client.clone(), visitor.call.clone());
            let body = if what == "answer" {
                json!({"payload": ANSWER})
            } else {
                json!({})
            };
            async move { client.on(&call, what, body).await }
        };
        let acts = vec![
            act(ada, "answer"),
            act(ben, "decline"),
            act(ben, "answer"),
            act(&visitor, "cancel"),
            act(ada, "decline"),
            act(ada, "answer"),
            act(&visitor, "hang-up"),
            act(ada, "hang-up"),
        ];
        for answer in join_all(acts).await {
            assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.body);
        }
        let state = visitor.look(&visitor.call).await;
        assert!(
            ["ended", "cancelled", "declined"].contains(&state["state"].as_str().unwrap()),
            "{state}"
        );
        for client in [&visitor, ada, ben] {
            let mut client = client.clone();
            assert_eq!(client.look(&visitor.call).await["version"], state["version"]);
            let mut types = client.hear_types().await;
            let heard = types.len();
            types.sort();
            types.dedup();
            assert_eq!(types.len(), heard, "told twice: {types:?}");
        }
    }
}

#[tokio::test]
async fn repeats_are_answered_as_it_was_done() {
    let (_, organisation, mut visitor) = ringing_for_both().await;
    let [mut ada, ben] = <[_; 2]>::try_from(organisation.experts).ok().unwrap();
    let call = visitor.call.clone();
    assert_eq!(visitor.ring().await.ok(200)["call"]["version"], 1);
    let signal = json!({"id": "019ab1c0-0000-7000-8000-000000000001", "payload": "Y2Fu"});
    for _ in 0..3 {
        visitor.on(&call, "signals", signal.clone()).await.ok(202);
    }
    assert_eq!(ada.hear_types().await, ["call.ringing", "call.signal"]);
    let first = ada.answer(&call).await.ok(200);
    assert_eq!(ada.answer(&call).await.ok(200), first);
    // The second desk of the same expert has another answer.
    let other = ada.on(&call, "answer", json!({"payload": OFFER})).await;
    assert_eq!(other.problem(409), "already-answered");
    assert_eq!(ben.answer(&call).await.problem(409), "already-answered");
    assert_eq!(visitor.hear_types().await, ["call.answered"]);
    let first = visitor.on(&call, "hang-up", json!({})).await.ok(200);
    assert_eq!(visitor.on(&call, "hang-up", json!({})).await.ok(200), first);
    assert_eq!(visitor.on(&call, "cancel", json!({})).await.ok(200), first);
    assert_eq!(ada.answer(&call).await.problem(409), "call-over");
    assert_eq!(visitor.ring().await.ok(200)["call"]["state"], "ended");
    assert_eq!(ada.hear_types().await, ["call.taken", "call.ended"]);
    assert_eq!(visitor.hear_types().await, ["call.ended"]);
}

#[tokio::test]
async fn simultaneous_rings_are_one() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let mut ada = organisation.experts[0].clone();
    ada.here("available").await;
    for _ in 0..10 {
        let visitor = organisation.visitor().await;
        let (first, second) = join!(visitor.ring(), visitor.ring());
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201]);
        assert_eq!(ada.hear_types().await, ["call.ringing"]);
    }
}

#[tokio::test]
async fn answer_that_could_not_be_delivered_is_delivered_when_repeated() {
    let (service, organisation, mut visitor) = ringing_for_both().await;
    let ada = &organisation.experts[0];
    // Every append of the three, and its two further attempts.
    service.memory.mailboxes().fail_appends(9);
    assert_eq!(ada.answer(&visitor.call).await.problem(503), "unavailable");
    assert!(visitor.hear().await.is_empty());
    // The truth is told all the same.
    assert_eq!(visitor.here("here").await["calls"][0]["state"], "answered");
    ada.answer(&visitor.call).await.ok(200);
    assert_eq!(visitor.hear_types().await, ["call.answered"]);
}

#[tokio::test]
async fn mailbox_that_is_silent_for_a_moment_loses_nothing() {
    let (service, organisation, mut visitor) = ringing_for_both().await;
    service.memory.mailboxes().fail_appends(6);
    organisation.experts[0].answer(&visitor.call).await.ok(200);
    assert_eq!(visitor.hear_types().await, ["call.answered"]);
}

#[tokio::test]
async fn silent_database_changes_nothing() {
    let (service, organisation, visitor) = ringing_for_both().await;
    service.memory.database().break_down(true);
    let answer = organisation.experts[0].answer(&visitor.call).await;
    assert_eq!(answer.problem(503), "unavailable");
    assert_eq!(answer.headers["retry-after"], "1");
    service.memory.database().break_down(false);
    assert_eq!(visitor.look(&visitor.call).await["state"], "ringing");
}

#[tokio::test]
async fn a_call_that_cannot_be_read_keeps_no_other_from_ending() {
    let service = Service::new();
    let organisation = service.organisation(&["Ada"]).await;
    let ada = &organisation.experts[0];
    ada.here("available").await;
    let broken = organisation.visitor().await;
    broken.ring().await.ok(201);
    service.wait(1);
    let mut visitor = organisation.visitor().await;
    visitor.ring_with(json!({"wait": true})).await.ok(201);
    let spoil = Statement {
        sql: "UPDATE calls SET visitor_sealed = x'00' WHERE id = ?1",
        parameters: vec![broken.call.as_str().into()],
    };
    service.memory.database().query(spoil).await.unwrap();
    service.wait(15);
    visitor.here("here").await;
    service.wait(15);
    let ticked = visavis::tick(
        service.memory.clone(),
        visavis::Config::load(&visavis::testing::settings()).unwrap(),
    );
    assert!(ticked.await.is_err());
    assert_eq!(visitor.hear_types().await, ["call.missed"]);
}
