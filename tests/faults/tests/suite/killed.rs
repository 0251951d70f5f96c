//! A host that is killed, as by `kill -9`, in the middle of writes.

use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use serde_json::json;
use tokio::time::sleep;
use visavis_contract::{Organisation, Transport, payload};
use visavis_faults::{Host, State, below};

use crate::support::{call, everything, insist, signal, signals, told};

/// Kills a host at a moment nobody has chosen, and starts the next.
async fn kill_and_start(state: &State, host: Host, within: u64) -> Host {
    sleep(Duration::from_millis(below(within))).await;
    host.kill();
    state.start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_lost_or_repeated() {
    const SENDERS: usize = 6;
    const SIGNALS: usize = 10;
    let state = State::new();
    let mut host = state.start().await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    for round in 0..6 {
        let visitor = call(&organisation, &expert).await;
        let sender = async |number: usize| {
            let mut sent = Vec::new();
            for count in 0..SIGNALS {
                sent.push(signal(&visitor, &format!("{number}/{count}")).await);
            }
            sent
        };
        let (sent, next) = join(join_all((0..SENDERS).map(sender)), kill_and_start(&state, host, 150)).await;
        host = next;
        let deliveries = everything(expert.mailbox(Transport::Pages).await).await;
        let heard = signals(&deliveries, &visitor.call);
        assert_eq!(heard.len(), SENDERS * SIGNALS, "round {round}");
        for sent in sent {
            let own: Vec<_> = heard.iter().filter(|payload| sent.contains(payload)).cloned().collect();
            assert_eq!(own, sent, "round {round}: each once, in the order they were sent");
        }
        visitor.post("hang-up", &json!({})).await.expect(200);
    }
    drop(host);
    state.check_database();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_is_in_two_states() {
    let state = State::new();
    let mut host = state.start().await;
    let organisation = Organisation::on(state.service(), 2).await;
    let experts = [organisation.expert(0).await, organisation.expert(1).await];
    let mut outcomes = Vec::new();
    for round in 0..10 {
        let visitor = organisation.visitor().await;
        visitor.ring().await;
        // A client repeats its request with the same words until it is answered.
        let answer = async |number: usize| {
            let words = json!({ "payload": payload("answer") });
            let path = format!("/api/v1/calls/{}/answer", visitor.call);
            let attempt = async || {
                let request = experts[number].request("POST".parse().unwrap(), &path);
                request.json(&words).attempt().await.ok()
            };
            insist(attempt).await
        };
        let (one, other, next) = join3(answer(0), answer(1), kill_and_start(&state, host, 40)).await;
        host = next;
        let statuses = [one.status.as_u16(), other.status.as_u16()];
        assert!(
            matches!(statuses, [200, 409] | [409, 200]),
            "round {round}: {statuses:?}"
        );
        let winner = usize::from(statuses[1] == 200);
        for expert in &experts {
            let seen = expert.look(&visitor.call).await;
            assert_eq!(seen["state"], "answered", "round {round}");
            assert_eq!(seen["expert"]["id"], experts[winner].id(), "round {round}");
        }
        let loser = [&one, &other][1 - winner];
        assert_eq!(
            loser.json()["call"]["expert"]["id"],
            experts[winner].id(),
            "round {round}"
        );
        assert_eq!(told(&visitor).await, ["call.answered"], "round {round}");
        visitor.post("hang-up", &json!({})).await.expect(200);
        assert_eq!(told(&visitor).await, ["call.answered", "call.ended"], "round {round}");
        outcomes.push(winner);
    }
    eprintln!("who was first: {outcomes:?}");
    drop(host);
    state.check_database();
}
