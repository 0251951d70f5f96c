//! Going on with a call at another desk of the same expert.

use serde_json::json;
use uuid::Uuid;
use visavis_contract::{Organisation, Transport, payload};

#[tokio::test]
async fn all_desks_of_an_expert_hear_which_one_goes_on_with_a_call() {
    let organisation = Organisation::new(2).await;
    let (expert, colleague) = (organisation.expert(0).await, organisation.expert(1).await);
    let visitor = organisation.visitor().await;
    visitor.ring().await;
    let id = Uuid::new_v4();
    let wish = json!({ "id": id });
    let early = expert.post(&visitor.call, "resume", &wish).await;
    early.expect_problem(409, "not-answered");
    expert.answer(&visitor.call).await.expect(200);
    let mut desk = expert.mailbox(Transport::Pages).await;
    let foreign = colleague.post(&visitor.call, "resume", &wish).await;
    foreign.expect_problem(409, "already-answered");

    let resumed = expert.post(&visitor.call, "resume", &wish).await.expect_json(200);
    assert!(resumed["ice_servers"].is_array(), "{resumed}");
    assert!(resumed["expires_at"].is_string(), "{resumed}");
    // Heard before anything that the visitor says to the desk that goes on.
    visitor
        .signal(&Uuid::new_v4().to_string(), &payload("offer"))
        .await
        .expect(202);
    let heard = desk.until("call.resumed").await;
    assert_eq!(heard["call"], visitor.call.as_str());
    assert_eq!(heard["body"], wish);
    desk.expect("call.signal").await;

    // A repetition is not heard again, another wish is.
    expert.post(&visitor.call, "resume", &wish).await.expect(200);
    let other = json!({ "id": Uuid::new_v4() });
    expert.post(&visitor.call, "resume", &other).await.expect(200);
    assert_eq!(desk.expect("call.resumed").await["body"], other);

    expert.post(&visitor.call, "hang-up", &json!({})).await.expect(200);
    let late = expert.post(&visitor.call, "resume", &other).await;
    late.expect_problem(409, "call-over");
}
