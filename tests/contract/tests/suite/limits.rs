//! Rate limits.

use futures_util::future::join_all;
use serde_json::json;
use visavis_contract::{Organisation, Service};

/// How many attempts are under way together.
const AT_ONCE: usize = 10;

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_go_on_and_nobody_else_suffers() {
    let organisation = Organisation::new(1).await;
    let guess = async |service: &Service| {
        let request = service
            .post("/api/v1/sign-in", &json!({ "secret": "guessed" }))
            .origin(&service.base);
        request.send().await
    };
    let attacker = Service::new();
    let mut attempts = 0;
    // Many at once: all must fall into the limit's window also where each takes long.
    let refused = loop {
        let answers = join_all((0..AT_ONCE).map(|_| guess(&attacker))).await;
        let (refused, tried): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 429);
        attempts += tried.len();
        for answer in tried {
            answer.expect_problem(401, "token-invalid");
        }
        if let Some(refused) = refused.into_iter().next() {
            break refused;
        }
        assert!(attempts < 1_000, "sign-in can be tried without end");
    };
    let seconds: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    refused.expect_problem(429, "too-many-requests");
    assert!(attempts >= 5, "only {attempts} attempts");
    // Another address is another count, also of the same IPv6 provider.
    guess(&Service::new()).await.expect_problem(401, "token-invalid");
    organisation.expert(0).await;
}
