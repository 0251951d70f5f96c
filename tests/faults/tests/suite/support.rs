//! What the tests do again and again.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use visavis_contract::{Answer, Delivery, Mailbox, Organisation, Staff, Transport, Visitor, payload};

/// A visitor and an expert in a call.
pub(crate) async fn call(organisation: &Organisation, expert: &Staff) -> Visitor {
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    expert.answer(&visitor.call).await.expect(200);
    visitor
}

/// Repeats a request until the service answers, as a client does; 503 asks for another attempt.
pub(crate) async fn insist(mut request: impl AsyncFnMut() -> Option<Answer>) -> Answer {
    loop {
        match request().await {
            Some(answer) if answer.status.as_u16() != 503 => return answer,
            _ => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Sends the other side something that can be recognised, and repeats it until it is taken; returns the payload.
pub(crate) async fn signal(visitor: &Visitor, what: &str) -> String {
    let (id, payload) = (uuid::Uuid::new_v4().to_string(), payload(what));
    let answer = insist(async || attempt_signal(visitor, &id, &payload).await).await;
    answer.expect(202);
    payload
}

/// Tries once to send something.
pub(crate) async fn attempt_signal(visitor: &Visitor, id: &str, payload: &str) -> Option<Answer> {
    let path = format!("/api/v1/calls/{}/signals", visitor.call);
    let request = visitor.request("POST".parse().unwrap(), &path);
    let request = request.json(&json!({ "id": id, "payload": payload }));
    request.attempt().await.ok()
}

/// The payloads of the signals about a call in a mailbox, in their order, which has no gaps and repeats nothing.
pub(crate) fn signals(deliveries: &[Delivery], call: &str) -> Vec<String> {
    let mut before = None;
    let mut payloads = Vec::new();
    for delivery in deliveries {
        let Delivery::Entry { sequence, envelope } = delivery else {
            panic!("a gap: {delivery:?}");
        };
        if let Some(before) = before {
            assert_eq!(*sequence, before + 1, "the sequence of {envelope}");
        }
        before = Some(*sequence);
        if envelope["type"] == "call.signal" && envelope["call"] == call {
            payloads.push(envelope["body"]["payload"].as_str().expect("a payload").to_owned());
        }
    }
    payloads
}

/// Everything in a mailbox from its beginning.
pub(crate) async fn everything(mailbox: Mailbox) -> Vec<Delivery> {
    mailbox.rest().await
}

/// What a visitor has been told of, by type.
pub(crate) async fn told(visitor: &Visitor) -> Vec<String> {
    let deliveries = everything(visitor.mailbox(Transport::Pages).await).await;
    deliveries
        .iter()
        .map(|delivery| match delivery {
            Delivery::Entry { envelope, .. } => envelope["type"].as_str().expect("a type").to_owned(),
            Delivery::Gap(_) => panic!("a gap: {delivery:?}"),
        })
        .collect()
}
