//! A database that somebody else keeps locked: a backup, or an operator who looks.

use serde_json::Value;
use visavis_contract::{DEADLINE, Organisation, Transport, payload, within};
use visavis_faults::State;

use crate::support::{attempt_signal, call, everything, signals};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_waits_a_while_and_then_changes_nothing() {
    let state = State::new();
    let _host = state.start().await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let visitor = call(&organisation, &expert).await;
    let before: Value = visitor.look().await;

    let locker = state.database();
    locker.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let (id, words) = (uuid::Uuid::new_v4().to_string(), payload("words"));
    let refused = within(DEADLINE, "a locked database is answered for", async {
        attempt_signal(&visitor, &id, &words).await
    });
    refused.await.expect("an answer").expect_problem(503, "unavailable");
    // Between the two the leases are renewed, or they would end the call on a slow machine.
    locker.execute_batch("ROLLBACK").expect("no lock");
    visitor.renew().await;
    expert.present("available").await;
    locker.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let refused = within(DEADLINE, "a locked database is answered for", async {
        visitor.post("hang-up", &serde_json::json!({})).await
    });
    refused.await.expect_problem(503, "unavailable");
    locker.execute_batch("ROLLBACK").expect("no lock");

    assert_eq!(visitor.look().await, before);
    attempt_signal(&visitor, &id, &words)
        .await
        .expect("an answer")
        .expect(202);
    let heard = everything(expert.mailbox(Transport::Pages).await).await;
    assert_eq!(signals(&heard, &visitor.call), [words]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_outwaits_a_short_lock_and_a_stream_outlives_it() {
    let state = State::new();
    let _host = state.start().await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let visitor = call(&organisation, &expert).await;
    let mut listening = expert.mailbox(Transport::Events).await;
    let locker = state.database();
    locker.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let (id, words) = (uuid::Uuid::new_v4().to_string(), payload("words"));
    let unlock = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        locker.execute_batch("ROLLBACK").expect("no lock");
    };
    let (taken, ()) = futures_util::future::join(attempt_signal(&visitor, &id, &words), unlock).await;
    taken.expect("an answer").expect(202);
    assert_eq!(listening.until("call.signal").await["body"]["payload"], words.as_str());
}
