//! A request that traps takes everything in its instance with it.

use serde_json::json;
use visavis_contract::{DEADLINE, Delivery, Mailbox, Organisation, Transport, within};
use visavis_faults::State;

use crate::support::{call, signal, signals};

/// What comes up to and including a payload, over as many connections as it takes, and how often they were cut.
async fn listen(mut mailbox: Mailbox, last: &str) -> (Vec<Delivery>, usize) {
    let mut heard = Vec::new();
    let mut cuts = 0;
    loop {
        let Ok(delivery) = mailbox.receive_uncut().await else {
            cuts += 1;
            mailbox.reconnect().await;
            continue;
        };
        let is_last = matches!(&delivery, Delivery::Entry { envelope, .. } if envelope["body"]["payload"] == last);
        heard.push(delivery);
        if is_last {
            return (heard, cuts);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_are_cut_and_go_on_where_they_were() {
    let state = State::new();
    let _host = state.start().await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let visitor = call(&organisation, &expert).await;
    let trap = async || {
        let trap = state.service().post("/conformance/trap", &json!({})).send().await;
        assert_eq!(trap.status, 500, "{}", trap.text());
    };

    // Until a stream was open in the instance that fell.
    for _ in 0..5 {
        let listening = [
            expert.mailbox(Transport::Events).await,
            expert.mailbox(Transport::Events).await,
        ];
        let mut sent = Vec::new();
        for count in 0..5 {
            sent.push(signal(&visitor, &format!("before {count}")).await);
        }
        trap().await;
        for count in 0..5 {
            sent.push(signal(&visitor, &format!("after {count}")).await);
        }
        let last = sent.last().expect("a payload");
        let mut cuts = 0;
        for mailbox in listening {
            let (heard, cut) = within(DEADLINE, "everything that was sent", listen(mailbox, last)).await;
            let heard = signals(&heard, &visitor.call);
            assert_eq!(heard[heard.len() - sent.len()..], sent);
            cuts += cut;
        }
        if cuts > 0 {
            return;
        }
    }
    panic!("no stream was cut: the traps hit nothing");
}
