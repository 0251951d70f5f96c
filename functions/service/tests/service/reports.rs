//! Violation reports from browsers, and how the console shows them.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, OTHER_PAGE, OWN, Organisation, PAGE, STRANGER, Service};

async fn report(service: &Service, path: &str, origin: &str, media_type: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header("origin", origin)
        .header("content-type", media_type);
    service.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn violations(page: &str, blocked: &str) -> Value {
    json!([{"type": "csp-violation", "age": 1, "url": page, "user_agent": "x", "body": {
        "documentURL": page, "blockedURL": blocked, "effectiveDirective": "script-src-elem", "disposition": "enforce",
    }}])
}

async fn shown(service: &Service, organisation: &Organisation, token: &str) -> Value {
    assert!(!organisation.id.is_empty());
    service.with_token(token, "GET", "/api/v1/reports", None).await.ok(200)["reports"].clone()
}

#[tokio::test]
async fn reports_are_counted_shown_and_deleted() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let other = service.organisation(OTHER_PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let path = format!("/api/v1/organisations/{}/reports", organisation.id);
    let page = format!("{PAGE}/shop?name=Grace#x");
    for _ in 0..2 {
        let body = violations(&page, "https://evil.example/x.js?y");
        let answer = report(&service, &path, PAGE, "application/reports+json", &body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        service.wait(Duration::from_secs(1));
    }
    let legacy = json!({"csp-report": {
        "document-uri": page, "blocked-uri": "https://evil.example/z", "effective-directive": "script-src-elem",
    }});
    report(&service, &path, PAGE, "application/csp-report", &legacy).await;
    let reports = shown(&service, &organisation, &token).await;
    assert_eq!(reports.as_array().unwrap().len(), 1, "{reports}");
    assert_eq!(reports[0]["count"], 3);
    assert_eq!(reports[0]["page"], format!("{PAGE}/shop"));
    assert_eq!(reports[0]["blocked"], "https://evil.example");
    assert_eq!(reports[0]["first_at"], "2026-11-23T21:00:00.000Z");
    assert_eq!(reports[0]["last_at"], "2026-11-23T21:00:02.000Z");
    let other_token = service.token(&other.administrator_url, "administrator").await;
    assert_eq!(shown(&service, &other, &other_token).await, json!([]));
    let answer = service
        .with_token(&other_token, "DELETE", "/api/v1/reports", None)
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(shown(&service, &organisation, &token).await, reports);
    service.with_token(&token, "DELETE", "/api/v1/reports", None).await;
    assert_eq!(shown(&service, &organisation, &token).await, json!([]));
}

#[tokio::test]
async fn reports_of_other_pages_are_dropped() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    service.organisation(OTHER_PAGE).await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    let path = format!("/api/v1/organisations/{}/reports", organisation.id);
    let stranger = violations(&format!("{STRANGER}/x"), "inline");
    let answer = report(&service, &path, PAGE, "application/reports+json", &stranger).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let own = violations(&format!("{PAGE}/x"), "inline");
    for origin in [STRANGER, OTHER_PAGE] {
        let answer = report(&service, &path, origin, "application/reports+json", &own).await;
        assert_eq!(answer.problem(403), "origin-not-registered");
    }
    report(&service, "/api/v1/reports", OWN, "application/reports+json", &own).await;
    assert_eq!(shown(&service, &organisation, &token).await, json!([]));
    // The service's own pages report for everybody.
    let desk = violations(&format!("{OWN}/desk#sign-in=secret"), "inline");
    report(&service, "/api/v1/reports", OWN, "application/reports+json", &desk).await;
    assert_eq!(
        shown(&service, &organisation, &token).await[0]["page"],
        format!("{OWN}/desk")
    );
}

#[tokio::test]
async fn reports_are_bounded_in_number_and_age() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let path = format!("/api/v1/organisations/{}/reports", organisation.id);
    let send = async |page: &str| {
        let body = violations(&format!("{PAGE}/{page}"), "inline");
        let answer = report(&service, &path, PAGE, "application/reports+json", &body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    };
    send("real").await;
    send("real").await;
    // An hour takes fifty; what is known is counted all the same.
    for page in 0..60 {
        send(&page.to_string()).await;
    }
    send("real").await;
    let token = service.token(&organisation.administrator_url, "administrator").await;
    assert_eq!(
        shown(&service, &organisation, &token).await.as_array().unwrap().len(),
        50
    );
    for page in 60..290 {
        service.wait(Duration::from_secs(80));
        send(&page.to_string()).await;
    }
    let mut body = crate::support::organisation(PAGE);
    body["id"] = organisation.id.clone().into();
    let invited = service.operator(&body).await.ok(200);
    let url = invited["people"][0]["sign_in_url"].as_str().unwrap();
    let token = service.token(url, "administrator").await;
    let reports = shown(&service, &organisation, &token).await;
    assert_eq!(reports.as_array().unwrap().len(), 200);
    assert_eq!(reports[0]["page"], format!("{PAGE}/289"));
    // What was seen most often is older than all and stays.
    assert_eq!(reports[199]["page"], format!("{PAGE}/real"));
    assert_eq!(reports[199]["count"], 3);
    service.wait(Duration::from_hours(24 * 31));
    let mut body = crate::support::organisation(PAGE);
    body["id"] = organisation.id.clone().into();
    let invited = service.operator(&body).await.ok(200);
    let url = invited["people"][0]["sign_in_url"].as_str().unwrap();
    let token = service.token(url, "administrator").await;
    assert_eq!(shown(&service, &organisation, &token).await, json!([]));
}

#[tokio::test]
async fn bodies_that_are_no_reports_are_refused() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let path = format!("/api/v1/organisations/{}/reports", organisation.id);
    let answer = report(&service, &path, PAGE, "application/json", &json!([])).await;
    assert_eq!(answer.problem(415), "unsupported-media-type");
    let answer = report(&service, &path, PAGE, "application/csp-report", &json!({"x": 1})).await;
    assert_eq!(answer.problem(400), "malformed");
    let large = json!([{"type": "x".repeat(20_000)}]);
    let answer = report(&service, &path, PAGE, "application/reports+json", &large).await;
    assert_eq!(answer.problem(413), "body-too-large");
}
