//! A disk without space.

use std::{
    fs::{self, File},
    io::Write as _,
};

use visavis_contract::{Organisation, Transport, payload};
use visavis_faults::State;

use crate::support::{attempt_signal, call, everything, signals};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_are_refused_until_there_is_space_again() {
    let state = State::new();
    let host = state.start_small(8 << 20).await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let visitor = call(&organisation, &expert).await;
    let mut sent = vec![payload("before")];
    let id = || uuid::Uuid::new_v4().to_string();
    attempt_signal(&visitor, &id(), &sent[0])
        .await
        .expect("an answer")
        .expect(202);

    let filler = host.storage().join("filler");
    let mut file = File::create(&filler).expect("a file beside the database");
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    // The database has room inside its files for a while.
    let mut refused = None;
    for count in 0..400 {
        let (id, words) = (id(), payload(&count.to_string()));
        let answer = attempt_signal(&visitor, &id, &words).await.expect("an answer");
        if answer.status.is_success() {
            sent.push(words);
        } else {
            answer.expect_problem(503, "unavailable");
            refused = Some((id, words));
            break;
        }
    }
    let (id, words) = refused.expect("a disk that is full");
    fs::remove_file(&filler).expect("space");

    attempt_signal(&visitor, &id, &words)
        .await
        .expect("an answer")
        .expect(202);
    sent.push(words);
    let heard = everything(expert.mailbox(Transport::Pages).await).await;
    assert_eq!(signals(&heard, &visitor.call), sent);
}
