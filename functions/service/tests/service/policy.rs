//! Every response has the full set of its kind, whatever was asked, from wherever.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;

use crate::support::{Answer, OTHER_PAGE, OWN, PAGE, STRANGER, Service, request, routes};

/// The directives of a policy, by name.
fn directives(answer: &Answer) -> BTreeMap<String, String> {
    let policy = answer
        .header("content-security-policy")
        .expect("no content security policy");
    let pairs = policy.split(';').map(|directive| {
        let (name, value) = directive.trim().split_once(' ').unwrap_or((directive.trim(), ""));
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

/// What no response may lack.
fn assert_full_set(what: &str, answer: &Answer) {
    let policy = directives(answer);
    for (name, value) in [
        ("default-src", "'none'"),
        ("base-uri", "'none'"),
        ("form-action", "'none'"),
        ("frame-ancestors", "'none'"),
        ("require-trusted-types-for", "'script'"),
        ("report-to", "csp"),
        ("report-uri", "https://visavis.example/api/v1/reports"),
    ] {
        assert_eq!(policy.get(name).map(String::as_str), Some(value), "{what}: {name}");
    }
    for (name, value) in &policy {
        let is_wide = value
            .split(' ')
            .any(|source| matches!(source, "*" | "https:" | "http:" | "data:"));
        assert!(!value.contains("unsafe-") && !is_wide, "{what}: {name} {value}");
    }
    let types = &policy["trusted-types"];
    assert!(types == "'none'" || types == "visavis lit-html", "{what}: {types}");
    for (name, value) in [
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("origin-agent-cluster", "?1"),
        ("reporting-endpoints", "csp=\"https://visavis.example/api/v1/reports\""),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{what}: {name} twice");
    }
    let corp = answer.header("cross-origin-resource-policy").expect(what);
    assert!(
        corp == "same-origin" || (corp == "cross-origin" && what.contains("/widget/")),
        "{what}: {corp}"
    );
    let referrer = answer.header("referrer-policy").expect(what);
    assert!(matches!(referrer, "no-referrer" | "same-origin"), "{what}: {referrer}");
    let features = answer.header("permissions-policy").expect(what);
    let may_call = (what.contains(" /desk ") || what.contains(" /join ")) && answer.status == StatusCode::OK;
    for feature in ["camera", "microphone", "display-capture"] {
        let rule = format!("{feature}={}", if may_call { "(self)" } else { "()" });
        assert!(features.split(", ").any(|given| given == rule), "{what}: {rule}");
    }
    assert!(
        features.contains("geolocation=()") && features.contains("usb=()"),
        "{what}"
    );
    let caching = answer.header("cache-control").expect(what);
    let may_be_kept = answer.status.is_success() && !what.contains(" /api/");
    assert!(caching == "no-store" || may_be_kept, "{what}: {caching}");
    assert_ne!(answer.header("access-control-allow-origin"), Some("*"), "{what}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{what}");
}

#[tokio::test]
async fn every_route_has_its_full_set() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let mut walked = 0;
    for route in routes(&service.router)
        .into_iter()
        .chain(["/nothing".into(), "/api/v1/nothing".into()])
    {
        let path = route
            .replace("{organisation}", &organisation.id)
            .replace("{person}", &organisation.expert);
        let path = path
            .replace("{call}", "019aaf00-0000-7000-8000-000000000001")
            .replace("{message}", "019aaf00-0000-7000-8000-000000000002")
            .replace("{device}", "AAAAAAAAAAAAAAAAAAAAAA");
        let paths = match path.split_once("{*path}") {
            Some(("/app/", _)) => vec!["/app/desk-1.js".into(), "/app/page-1.css".into(), "/app/none.js".into()],
            Some(("/widget/", _)) => vec!["/widget/loader-1.js".into(), "/widget/none.js".into()],
            Some(other) => panic!("what to ask for under {other:?}?"),
            None => vec![path],
        };
        assert!(
            !paths.iter().any(|path| path.contains('{')),
            "what to ask for under {paths:?}?"
        );
        let is_cross_origin = visitor_routes().any(|known| known == route) || route.starts_with("/widget/");
        for path in paths {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
                for origin in [None, Some(OWN), Some(PAGE), Some(STRANGER), Some("null")] {
                    for preflight in [false, true] {
                        let mut headers = Vec::from_iter(origin.map(|origin| ("origin", origin)));
                        if preflight {
                            headers.push(("access-control-request-method", "POST"));
                        }
                        let what = format!("{method} {path} from {origin:?}, preflight: {preflight}");
                        let answer = service.send(request(method, &path, &headers, None)).await;
                        assert_full_set(&what, &answer);
                        let is_allowed = is_cross_origin && origin == Some(PAGE);
                        let expected = is_allowed.then_some(PAGE);
                        assert_eq!(answer.header("access-control-allow-origin"), expected, "{what}");
                        let varies = answer.headers.get_all("vary").iter().any(|value| value == "origin");
                        assert_eq!(varies, is_cross_origin, "{what}");
                        if matches!(origin, Some(STRANGER | "null")) || (origin == Some(PAGE) && !is_cross_origin) {
                            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
                        }
                        walked += 1;
                    }
                }
            }
        }
    }
    assert!(walked > 30 * 8 * 10, "only {walked}");
}

/// The table of `docs/signalling.md`: what customers' pages may use.
fn visitor_routes() -> impl Iterator<Item = &'static str> {
    [
        "/api/v1/organisations/{organisation}/availability",
        "/api/v1/organisations/{organisation}/visitors",
        "/api/v1/organisations/{organisation}/reports",
        "/api/v1/visitor/token",
        "/api/v1/presence",
        "/api/v1/mailbox",
        "/api/v1/calls/{call}",
        "/api/v1/calls/{call}/ring",
        "/api/v1/calls/{call}/cancel",
        "/api/v1/calls/{call}/signals",
        "/api/v1/calls/{call}/hang-up",
        "/api/v1/calls/{call}/relay",
        "/api/v1/calls/{call}/alarms",
        "/api/v1/messages",
    ]
    .into_iter()
}

#[tokio::test]
async fn every_visitor_route_exists() {
    let known = routes(&Service::new().router);
    for route in visitor_routes() {
        assert!(known.iter().any(|known| known == route), "{route}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_start_keeps_the_policy() {
    let error = visavis::Config::load(&visavis::testing::Setting::default()).unwrap_err();
    let service = Service {
        router: visavis::refusing_router(&error),
        ..Service::new()
    };
    for path in ["/", "/desk", "/api/v1/presence", "/widget/loader-1.js"] {
        let answer = service.get(path).await;
        assert_eq!(answer.problem(503), "misconfigured");
        assert!(answer.json()["detail"].as_str().unwrap().contains("PUBLIC_URL"));
        assert_eq!(answer.header("retry-after"), Some("60"));
        assert!(directives(&answer).contains_key("sandbox"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn pages_load_their_own_scripts_only() {
    let service = Service::new();
    for path in ["/", "/desk", "/join", "/console"] {
        let policy = directives(&service.get(path).await);
        for directive in ["script-src", "style-src", "font-src"] {
            assert_eq!(policy[directive], "https://visavis.example/app/", "{path}");
        }
        assert_eq!(policy["connect-src"], "'self' wss://visavis.example");
        assert_eq!(policy["trusted-types"], "visavis lit-html");
    }
    let widget = directives(&service.get("/widget/loader-1.js").await);
    assert_eq!(widget["trusted-types"], "'none'");
}

#[tokio::test]
async fn preflights_of_registered_pages_are_answered() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let path = format!("/api/v1/organisations/{}/visitors", organisation.id);
    let ask = |origin| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        service.send(request("OPTIONS", &path, &headers, None))
    };
    let answer = ask(PAGE).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-max-age"), Some("7200"));
    assert!(
        answer
            .header("access-control-allow-headers")
            .unwrap()
            .contains("authorization")
    );
    let answer = ask(STRANGER).await;
    assert_eq!(answer.problem(403), "origin-not-registered");
    for name in [
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-max-age",
    ] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn another_organisations_page_is_refused() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    service.organisation(OTHER_PAGE).await;
    let path = format!("/api/v1/organisations/{}/visitors", organisation.id);
    let answer = service
        .send(request("POST", &path, &[("origin", OTHER_PAGE)], Some(&json!({}))))
        .await;
    assert_eq!(answer.problem(403), "origin-not-registered");
    let availability = format!("/api/v1/organisations/{}/availability", organisation.id);
    let answer = service
        .send(request("GET", &availability, &[("origin", OTHER_PAGE)], None))
        .await;
    assert_eq!(answer.problem(403), "origin-not-registered");
}

#[tokio::test]
async fn forged_requests_of_other_sites_are_refused() {
    let service = Service::new();
    let organisation = service.organisation(PAGE).await;
    let cookie = service.session(&organisation.administrator_url).await;
    let body = json!({"role": "administrator"});
    for headers in [
        [("cookie", cookie.as_str()), ("origin", PAGE)],
        [("cookie", cookie.as_str()), ("origin", "null")],
        [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")],
        [("cookie", cookie.as_str()), ("sec-fetch-site", "same-site")],
    ] {
        let answer = service
            .send(request("POST", "/api/v1/session/token", &headers, Some(&body)))
            .await;
        assert_eq!(answer.problem(403), "origin-not-registered");
    }
    // A link of another site may open a page.
    let answer = service
        .send(request("GET", "/desk", &[("sec-fetch-site", "cross-site")], None))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}
