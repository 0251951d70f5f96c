//! What happens at the same instant ends in one state that everybody agrees on.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use visavis_contract::{Delivery, Organisation, Staff, Transport, payload};

/// The same person over a connection of its own, so that requests really are at once.
async fn apart(organisation: &Organisation, number: usize) -> Staff {
    let mut staff = organisation.expert(number).await;
    staff.service = staff.service.another_connection();
    staff
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_experts_who_answer_at_once_exactly_one_has_the_call() {
    const EXPERTS: usize = 4;
    let organisation = Organisation::new(EXPERTS).await;
    let experts = join_all((0..EXPERTS).map(|number| apart(&organisation, number))).await;
    for round in 0..5 {
        let visitor = organisation.visitor().await;
        visitor.ring().await;
        let answers = join_all(experts.iter().map(|expert| expert.answer(&visitor.call))).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        let winners: Vec<_> = (0..EXPERTS).filter(|index| statuses[*index] == 200).collect();
        assert_eq!(winners.len(), 1, "round {round}: {statuses:?}");
        let winner = &experts[winners[0]];
        for (index, answer) in answers
            .into_iter()
            .enumerate()
            .filter(|(index, _)| *index != winners[0])
        {
            let problem = answer.expect_problem(409, "already-answered");
            assert_eq!(problem["call"]["expert"]["id"], winner.id(), "round {round}");
            // The losers are told in their mailbox too.
            let mut mailbox = experts[index].mailbox(Transport::Pages).await;
            while mailbox.until("call.taken").await["call"] != visitor.call.as_str() {}
        }
        // The visitor hears of one answer.
        let mailbox = visitor.mailbox(Transport::Pages).await;
        let mut heard = mailbox.rest().await;
        assert_eq!(heard.len(), 1, "round {round}: {heard:?}");
        let Some(Delivery::Entry { envelope, .. }) = heard.pop() else {
            panic!("an entry")
        };
        assert_eq!(envelope["type"], "call.answered");
        assert_eq!(envelope["body"]["call"]["expert"]["id"], winner.id(), "round {round}");
        visitor.post("hang-up", &json!({})).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancel_against_answer_has_one_outcome() {
    let organisation = Organisation::new(1).await;
    let expert = apart(&organisation, 0).await;
    let mut outcomes = Vec::new();
    for round in 0..8 {
        let visitor = organisation.visitor().await;
        visitor.ring().await;
        let nothing = json!({});
        let (cancelled, answered) = join(visitor.post("cancel", &nothing), expert.answer(&visitor.call)).await;
        let state = visitor.look().await["state"].clone();
        match state.as_str() {
            Some("cancelled") => {
                assert_eq!(cancelled.expect_json(200)["call"]["state"], "cancelled");
                assert_eq!(answered.expect_problem(409, "call-over")["call"]["state"], "cancelled");
            }
            // The answer was first; a cancel is then either too late or hangs up.
            Some("answered") => {
                answered.expect(200);
                assert!(cancelled.status.is_client_error(), "{}", cancelled.text());
            }
            Some("ended") => {
                answered.expect(200);
                cancelled.expect(200);
            }
            other => panic!("round {round}: {other:?}"),
        }
        assert_eq!(
            expert.look(&visitor.call).await["state"],
            state,
            "round {round}: both sides see the same"
        );
        outcomes.push(state);
        visitor.post("hang-up", &json!({})).await;
        // Whoever is told something is told of the outcome.
        let told = told_state(&expert, &visitor.call).await;
        let settled = visitor.look().await["state"].clone();
        assert_eq!(told, settled, "round {round}");
    }
    eprintln!("cancel against answer: {outcomes:?}");
}

/// The state that the envelopes about the call in the expert's mailbox tell of: that of the highest version, because two
/// changes in quick succession may arrive in either order.
async fn told_state(expert: &Staff, call: &str) -> Value {
    let heard = expert.mailbox(Transport::Pages).await.rest().await;
    let told = heard.into_iter().filter_map(|delivery| match delivery {
        Delivery::Entry { envelope, .. } if envelope["call"] == call => Some(envelope["body"]["call"].clone()),
        _ => None,
    });
    let newest = told.max_by_key(|call| call["version"].as_u64());
    newest.expect("something about the call")["state"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_hang_up_at_once_and_it_ends_once() {
    let organisation = Organisation::new(1).await;
    let expert = apart(&organisation, 0).await;
    for _ in 0..4 {
        let visitor = organisation.visitor().await;
        visitor.ring().await;
        expert.answer(&visitor.call).await.expect(200);
        let nothing = json!({});
        let (one, other) = join(
            visitor.post("hang-up", &nothing),
            expert.post(&visitor.call, "hang-up", &nothing),
        )
        .await;
        let (one, other) = (one.expect_json(200), other.expect_json(200));
        assert_eq!(one["call"]["version"], other["call"]["version"], "{one} {other}");
        let heard = visitor.mailbox(Transport::Pages).await.rest().await;
        let ended = heard
            .iter()
            .filter(|it| matches!(it, Delivery::Entry { envelope, .. } if envelope["type"] == "call.ended"));
        assert_eq!(ended.count(), 1, "{heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_visitor_with_two_tabs_rings_once() {
    let organisation = Organisation::new(1).await;
    let expert = organisation.expert(0).await;
    let visitor = organisation.visitor().await;
    visitor.renew().await;
    let request = json!({
        "language": "en", "media": "audio", "payload": payload("offer"),
        "page": { "url": "https://customer.example/", "title": "Home" },
    });
    let answers = join_all((0..4).map(|_| visitor.post("ring", &request))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 201]);
    let heard = expert.mailbox(Transport::Pages).await.rest().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
}
