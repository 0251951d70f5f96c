//! Two hosts on one database, as two instances of a deployment or the old and the new one of an update.

use futures_util::future::{join, join_all};
use serde_json::json;
use visavis_contract::{Organisation, Staff, Transport};
use visavis_faults::State;

use crate::support::{signal, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn started_together_they_migrate_once() {
    for _ in 0..3 {
        let state = State::new();
        let (one, other) = join(state.start(), state.start_another()).await;
        let through = [&one, &other].map(|host| state.service().through(&host.address));
        // The first requests of all, at once.
        let asked = join_all(
            through
                .iter()
                .cycle()
                .take(8)
                .map(|service| service.get("/healthz").send()),
        )
        .await;
        for answer in asked {
            assert_eq!(answer.expect_json(200)["status"], "ok");
        }
        Organisation::on(state.service(), 1).await.expert(0).await;
        drop((one, other));
        state.check_database();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_through_both_has_one_outcome() {
    let state = State::new();
    let (one, other) = join(state.start(), state.start_another()).await;
    let organisation = Organisation::on(state.service(), 4).await;
    let mut experts: Vec<Staff> = join_all((0..4).map(|number| organisation.expert(number))).await;
    for (expert, host) in experts.iter_mut().zip([&one, &other].into_iter().cycle()) {
        expert.service = expert.service.through(&host.address);
    }
    for round in 0..10 {
        let mut visitor = organisation.visitor().await;
        visitor.ring().await;
        visitor.service = visitor.service.through(&[&one, &other][round % 2].address);
        let nothing = json!({});
        let (cancelled, answers) = join(
            visitor.post("cancel", &nothing),
            join_all(experts.iter().map(|expert| expert.answer(&visitor.call))),
        )
        .await;
        let winners: Vec<_> = answers.iter().filter(|answer| answer.status.is_success()).collect();
        let state = visitor.look().await["state"].clone();
        let mut told = told(&visitor).await;
        // Two changes in quick succession may arrive in either order.
        told.sort_unstable();
        match state.as_str() {
            Some("cancelled") => {
                cancelled.expect(200);
                assert!(winners.is_empty(), "round {round}: answered and cancelled");
                assert!(told.is_empty(), "round {round}: {told:?}");
            }
            Some("answered") => {
                assert!(cancelled.status.is_client_error(), "{}", cancelled.text());
                assert_eq!(winners.len(), 1, "round {round}");
                assert_eq!(told, ["call.answered"], "round {round}");
            }
            Some("ended") => {
                cancelled.expect(200);
                assert_eq!(winners.len(), 1, "round {round}");
                assert_eq!(told, ["call.answered", "call.ended"], "round {round}");
            }
            unexpected => panic!("round {round}: {unexpected:?}"),
        }
        for expert in &experts {
            assert_eq!(expert.look(&visitor.call).await["state"], state, "round {round}");
        }
        visitor.post("hang-up", &nothing).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_said_through_one_is_heard_through_the_other() {
    let state = State::new();
    let (_one, other) = join(state.start(), state.start_another()).await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let mut listening = expert.mailbox(Transport::Events).await;
    let mut visitor = organisation.visitor().await;
    visitor.service = visitor.service.through(&other.address);
    visitor.ring().await;
    assert_eq!(listening.until("call.ringing").await["call"], visitor.call.as_str());
    expert.answer(&visitor.call).await.expect(200);
    for count in 0..20 {
        let sent = signal(&visitor, &count.to_string()).await;
        let heard = listening.until("call.signal").await;
        assert_eq!(heard["body"]["payload"], sent.as_str());
    }
}
