//! Cross-origin sharing: registered origins, and nobody else.

use reqwest::Method;
use serde_json::json;
use visavis_contract::{Answer, Organisation};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// No header that would let another page read the answer.
#[track_caller]
fn assert_closed(answer: &Answer) {
    for (name, value) in &answer.headers {
        assert!(
            !name.as_str().starts_with("access-control-allow"),
            "{}: {name}: {value:?}",
            answer.asked
        );
    }
}

/// Open to this origin alone, without credentials, and kept apart by caches.
#[track_caller]
fn assert_open(answer: &Answer, origin: &str) {
    let allowed: Vec<_> = answer.headers.get_all(ALLOW_ORIGIN).iter().collect();
    assert_eq!(allowed, [origin], "{}", answer.asked);
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        None,
        "{}",
        answer.asked
    );
    let vary = answer
        .headers
        .get_all("vary")
        .iter()
        .filter_map(|value| value.to_str().ok());
    assert!(
        vary.flat_map(|value| value.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case("origin"))
    );
}

fn preflight(organisation: &Organisation, path: &str, origin: &str, method: &str) -> visavis_contract::Call {
    let request = organisation.service.request(Method::OPTIONS, path).origin(origin);
    request
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization,content-type")
}

#[tokio::test]
async fn a_registered_page_is_answered_and_told_so() {
    let organisation = Organisation::new(1).await;
    let path = organisation.path("availability");
    let answer = organisation
        .service
        .get(&path)
        .origin(&organisation.origin)
        .send()
        .await
        .expect(200);
    assert_open(&answer, &organisation.origin);

    // Errors too can be read by the page.
    let visitor = organisation.visitor().await;
    let request = visitor.request(Method::GET, &format!("/api/v1/calls/{}", visitor.call));
    assert_open(&request.send().await.expect(404), &organisation.origin);

    // Programs that are no page need no permission.
    assert_closed(&organisation.service.get(&path).send().await.expect(200));
}

#[tokio::test]
async fn other_pages_are_refused() {
    let organisation = Organisation::new(1).await;
    let elsewhere = Organisation::new(1).await;
    let host = organisation.origin.strip_prefix("https://").unwrap();
    let foreign = [
        "https://evil.example".into(),
        "null".into(),
        elsewhere.origin.clone(),
        format!("http://{host}"),
        format!("https://{host}:8443"),
        format!("https://{host}.evil.example"),
        format!("https://sub.{host}"),
        organisation.origin.to_uppercase(),
        format!("{} ", "https://evil.example,https://other.example"),
    ];
    for origin in foreign {
        let answer = organisation
            .service
            .get(&organisation.path("availability"))
            .origin(origin.trim())
            .send()
            .await;
        assert_eq!(
            answer
                .header(ALLOW_ORIGIN)
                .filter(|allowed| *allowed != elsewhere.origin),
            None,
            "{origin}"
        );
        answer.expect_problem(403, "origin-not-registered");
        let visit = organisation
            .service
            .post(&organisation.path("visitors"), &json!({}))
            .origin(origin.trim());
        visit.send().await.expect_problem(403, "origin-not-registered");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_for_registered_pages_only() {
    let organisation = Organisation::new(1).await;
    let call = "01890000-0000-7000-8000-000000000000";
    let routes = [
        ("GET", organisation.path("availability")),
        ("POST", organisation.path("visitors")),
        ("POST", "/api/v1/visitor/token".into()),
        ("POST", format!("/api/v1/calls/{call}/ring")),
        ("POST", format!("/api/v1/calls/{call}/signals")),
        ("PUT", "/api/v1/presence".into()),
        ("DELETE", "/api/v1/presence".into()),
        ("GET", "/api/v1/mailbox?after=0".into()),
    ];
    for (method, path) in routes {
        let answer = preflight(&organisation, &path, &organisation.origin, method)
            .send()
            .await
            .expect(204);
        assert_open(&answer, &organisation.origin);
        let methods = answer.header("access-control-allow-methods").unwrap();
        assert!(
            methods.split(',').any(|allowed| allowed.trim() == method),
            "{path}: {methods}"
        );
        let headers = answer.header("access-control-allow-headers").unwrap().to_lowercase();
        for header in ["authorization", "content-type"] {
            assert!(
                headers.split(',').any(|allowed| allowed.trim() == header),
                "{path}: {headers}"
            );
        }
        for origin in ["https://evil.example", "null"] {
            let answer = preflight(&organisation, &path, origin, method).send().await.expect(403);
            assert_closed(&answer);
        }
    }
}

#[tokio::test]
async fn desk_console_and_operator_answer_the_services_own_pages_only() {
    let organisation = Organisation::new(1).await;
    let call = "01890000-0000-7000-8000-000000000000";
    let routes = [
        ("POST", "/api/v1/sign-in".into()),
        ("POST", "/api/v1/session/token".into()),
        ("DELETE", "/api/v1/session".into()),
        ("POST", format!("/api/v1/calls/{call}/answer")),
        ("POST", format!("/api/v1/calls/{call}/decline")),
        ("GET", "/api/v1/organisation".into()),
        ("PATCH", "/api/v1/organisation".into()),
        ("GET", "/api/v1/people".into()),
        ("GET", "/api/v1/snippet".into()),
        ("GET", "/api/v1/reports".into()),
        ("POST", "/api/v1/operator/organisations".into()),
    ];
    for (method, path) in routes {
        let answer = preflight(&organisation, &path, &organisation.origin, method)
            .send()
            .await;
        assert!(!answer.status.is_success(), "{path}: {}", answer.status);
        assert_closed(&answer);
        let request = organisation
            .service
            .request(method.parse().unwrap(), &path)
            .origin(&organisation.origin);
        let answer = request.json(&json!({})).send().await;
        assert_closed(&answer);
        answer.expect_problem(403, "origin-not-registered");
    }
}

#[tokio::test]
async fn an_origin_that_is_taken_off_is_refused_from_then_on() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    let change = administrator.request(Method::PATCH, "/api/v1/organisation");
    let changed = change
        .json(&json!({ "origins": ["https://other.example"] }))
        .send()
        .await
        .expect_json(200);
    assert_eq!(changed["origins"], json!(["https://other.example"]));
    let availability = organisation.path("availability");
    let before = organisation
        .service
        .get(&availability)
        .origin(&organisation.origin)
        .send()
        .await;
    before.expect_problem(403, "origin-not-registered");
    let after = organisation
        .service
        .get(&availability)
        .origin("https://other.example")
        .send()
        .await
        .expect(200);
    assert_open(&after, "https://other.example");
}
