//! Pages, assets and small texts.

use http::StatusCode;

use crate::support::{PAGE, Service, request};

#[tokio::test]
async fn the_manifest_decides_what_is_served() {
    let service = Service::new();
    for (path, media_type, caching) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/desk", "text/html; charset=utf-8", "no-cache"),
        ("/console", "text/html; charset=utf-8", "no-cache"),
        (
            "/app/desk-1.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/app/page-1.css",
            "text/css; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/widget/loader-1.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        ("/robots.txt", "text/plain; charset=utf-8", "public, max-age=3600"),
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), Some(media_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some(caching), "{path}");
    }
    for path in [
        "/app/not-listed.js",
        "/app/../manifest.json",
        "/app/%2e%2e/manifest.json",
        "/manifest.json",
        "/desk.html",
        "/widget/../app/desk-1.js",
        "/favicon.ico",
        "/.well-known/security.txt",
    ] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8"),
            "{path}"
        );
    }
    assert_eq!(service.get("/api/v1/nothing").await.problem(404), "not-found");
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let service = Service::new();
    let first = service.get("/desk").await;
    let tag = first.header("etag").unwrap();
    let headers = [("if-none-match", tag)];
    let again = service.send(request("GET", "/desk", &headers, None)).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.bytes.is_empty());
    let policy = "content-security-policy";
    assert_eq!(again.header(policy), first.header(policy));
    let changed = service
        .send(request("GET", "/desk", &[("if-none-match", "\"other\"")], None))
        .await;
    assert_eq!(changed.status, StatusCode::OK);
}

#[tokio::test]
async fn widget_assets_open_to_registered_pages_only() {
    let service = Service::new();
    let before = service
        .send(request("GET", "/widget/loader-1.js", &[("origin", PAGE)], None))
        .await;
    assert_eq!(before.problem(403), "origin-not-registered");
    service.organisation(PAGE).await;
    let after = service
        .send(request("GET", "/widget/loader-1.js", &[("origin", PAGE)], None))
        .await;
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(after.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(after.header("cross-origin-resource-policy"), Some("cross-origin"));
}

#[tokio::test]
async fn security_contact_is_published_where_it_is_set() {
    let service = Service::with(&[("SECURITY_CONTACT", "mailto:security@visavis.example")]);
    let answer = service.get("/.well-known/security.txt").await;
    let text = std::str::from_utf8(&answer.bytes).unwrap();
    assert!(
        text.starts_with("Contact: mailto:security@visavis.example\nExpires: 2027-"),
        "{text}"
    );
}

#[tokio::test]
async fn health_needs_the_built_pages() {
    assert_eq!(
        Service::new().get("/healthz").await.ok(200),
        serde_json::json!({"status": "ok"})
    );
    let settings = visavis::Config::load(&visavis::testing::settings()).unwrap();
    let memory = visavis::testing::Memory::new();
    let service = Service {
        router: visavis::router(memory, settings),
        ..Service::new()
    };
    let answer = service.get("/healthz").await;
    assert_eq!(answer.problem(503), "misconfigured");
}
