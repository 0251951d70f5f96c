//! A clock that is set back, as by an operator or after a restart without a battery.

use serde_json::json;
use visavis_contract::{Organisation, Staff, Transport};
use visavis_faults::State;

use crate::support::{call, signal, told};

const MINUTE: i64 = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_tokens_and_mailboxes_go_on() {
    let state = State::new();
    let _host = state.start().await;
    let organisation = Organisation::on(state.service(), 1).await;
    let expert = organisation.expert(0).await;
    let visitor = call(&organisation, &expert).await;
    let mut listening = expert.mailbox(Transport::Events).await;
    listening.until("call.ringing").await;
    let before = signal(&visitor, "before").await;
    assert_eq!(listening.until("call.signal").await["body"]["payload"], before.as_str());

    state.set_clock(-10 * MINUTE);
    // The call goes on, for both.
    let calls = expert.present("available").await["calls"].clone();
    assert_eq!(calls[0]["id"], visitor.call.as_str(), "{calls}");
    visitor.renew().await;
    assert_eq!(visitor.look().await["state"], "answered");
    // Messages come, after those from before, on the old stream and on a new one.
    let after = signal(&visitor, "after").await;
    let heard = listening.until("call.signal").await;
    assert_eq!(heard["body"]["payload"], after.as_str());
    let mut again = expert.mailbox(Transport::Events).await;
    assert_eq!(again.until("call.signal").await["body"]["payload"], before.as_str());
    assert_eq!(again.until("call.signal").await["body"]["payload"], after.as_str());
    // Tokens of before are good, and new ones are given.
    Staff::with_cookie(&expert.service, &expert.cookie, "expert").await;
    visitor.post("hang-up", &json!({})).await.expect(200);
    assert_eq!(told(&visitor).await, ["call.answered", "call.ended"]);

    // A new call, and a lease that runs out by the new clock.
    let visitor = call(&organisation, &expert).await;
    expert.vanish();
    visitor.vanish();
    state.set_clock(-10 * MINUTE + MINUTE);
    visitor.renew().await;
    let seen = visitor.look().await;
    assert_eq!(
        (&seen["state"], &seen["ended_because"]),
        (&json!("ended"), &json!("expert-gone"))
    );
}
