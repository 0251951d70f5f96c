//! The scheduled work, where a timer asks for it.

use std::time::Duration;

use visavis::ports::{Mailboxes as _, Platform as _, mailbox_limits};

use crate::support::{PAGE, Service, request};

const PATH: &str = "/api/v1/operator/tick";
const KEY: &str = "dGhlIHRpbWVyJ3MgbG9uZyBrZXksIDMyIGJ5dGVz";

#[tokio::test]
async fn without_a_key_of_its_own_nobody_may_ask() {
    let service = Service::new();
    let operator = format!("Bearer {}", service.operator_key);
    for headers in [
        &[][..],
        &[("authorization", operator.as_str())],
        &[("authorization", "Bearer ")],
    ] {
        let answer = service.send(request("POST", PATH, headers, None)).await;
        assert_eq!(answer.problem(401), "token-missing");
    }
}

#[tokio::test]
async fn the_timers_key_is_needed_and_is_good_for_nothing_else() {
    let service = Service::with(&[("TICK_KEY", KEY)]);
    let operator = format!("Bearer {}", service.operator_key);
    let timer = format!("Bearer {KEY}");
    let longer = format!("Bearer {KEY}x");
    let post = async |headers: &[(&str, &str)]| service.send(request("POST", PATH, headers, None)).await;
    assert_eq!(post(&[]).await.problem(401), "token-missing");
    for wrong in ["Bearer x", &operator, &longer, &timer[..timer.len() - 1]] {
        assert_eq!(post(&[("authorization", wrong)]).await.problem(401), "token-invalid");
    }
    let page = [("authorization", timer.as_str()), ("origin", PAGE)];
    assert_eq!(post(&page).await.problem(403), "origin-not-registered");
    assert_eq!(post(&[("authorization", &timer)]).await.status, 204);

    let organisations = request(
        "POST",
        "/api/v1/operator/organisations",
        &[("authorization", timer.as_str())],
        Some(&crate::support::organisation(PAGE)),
    );
    assert_eq!(service.send(organisations).await.problem(401), "token-invalid");
}

#[tokio::test]
async fn guesses_are_counted() {
    let service = Service::with(&[("TICK_KEY", KEY), ("LIMITS_FACTOR", "1")]);
    let guess = || request("POST", PATH, &[("authorization", "Bearer x")], None);
    for _ in 0..10 {
        assert_eq!(service.send(guess()).await.problem(401), "token-invalid");
    }
    assert_eq!(service.send(guess()).await.problem(429), "too-many-requests");
}

#[tokio::test]
async fn a_tick_drops_what_is_old() {
    let service = Service::with(&[("TICK_KEY", KEY)]);
    let mailboxes = service.memory.mailboxes();
    mailboxes.append("a", "id", "long gone".into()).await.unwrap();
    let kept = || String::from_utf8(mailboxes.dump()).unwrap().contains("long gone");
    service.wait(mailbox_limits::AGE);
    assert!(kept());
    let timer = format!("Bearer {KEY}");
    let answer = service
        .send(request("POST", PATH, &[("authorization", timer.as_str())], None))
        .await;
    assert_eq!(answer.status, 204);
    assert!(!kept());
    service.wait(Duration::from_secs(1));
    assert_eq!(mailboxes.append("a", "next", "sealed".into()).await.unwrap(), 2);
}
