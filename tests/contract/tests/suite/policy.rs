//! Every response passes the header policy: every route that is described, every asset that was built, every error.

use std::{env, fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha384};
use visavis_contract::{Answer, Organisation, Service};

/// The directives of a content security policy.
fn directives(policy: &str) -> Vec<(&str, Vec<&str>)> {
    let parts = policy.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let mut words = part.split_whitespace();
            (words.next().unwrap_or_default(), words.collect())
        })
        .collect()
}

/// What every response has, whatever it is.
#[track_caller]
fn assert_policy(answer: &Answer) {
    let asked = format!("{} ({})", answer.asked, answer.status);
    let header = |name: &str| {
        answer
            .header(name)
            .unwrap_or_else(|| panic!("{asked}: {name} is missing"))
    };
    for name in [
        "content-security-policy",
        "strict-transport-security",
        "x-content-type-options",
        "referrer-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-embedder-policy",
        "cross-origin-resource-policy",
        "reporting-endpoints",
        "cache-control",
    ] {
        assert_eq!(
            answer.headers.get_all(name).iter().count(),
            1,
            "{asked}: {name} must be there once"
        );
    }
    let policy = directives(header("content-security-policy"));
    let directive = |name: &str| {
        policy
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, values)| values.as_slice())
    };
    assert_eq!(directive("default-src"), Some(&["'none'"][..]), "{asked}");
    assert_eq!(directive("base-uri"), Some(&["'none'"][..]), "{asked}");
    assert_eq!(directive("frame-ancestors"), Some(&["'none'"][..]), "{asked}");
    assert_eq!(directive("form-action"), Some(&["'none'"][..]), "{asked}");
    assert_eq!(
        directive("require-trusted-types-for"),
        Some(&["'script'"][..]),
        "{asked}"
    );
    assert!(directive("trusted-types").is_some(), "{asked}");
    assert!(
        directive("report-to").is_some() || directive("report-uri").is_some(),
        "{asked}"
    );
    for (name, values) in &policy {
        for value in values {
            assert!(!value.starts_with("'unsafe"), "{asked}: {name} {value}");
            assert!(
                !matches!(*value, "*" | "http:" | "https:" | "data:"),
                "{asked}: {name} {value}"
            );
        }
    }
    let hsts = header("strict-transport-security");
    let seconds = hsts.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    assert!(
        seconds.and_then(|it| it.parse::<u64>().ok()) >= Some(31_536_000),
        "{asked}: {hsts}"
    );
    assert_eq!(header("x-content-type-options"), "nosniff", "{asked}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{asked}");
    assert_eq!(header("cross-origin-embedder-policy"), "require-corp", "{asked}");
    assert!(
        matches!(header("referrer-policy"), "no-referrer" | "same-origin"),
        "{asked}"
    );
    let permissions = header("permissions-policy");
    for feature in [
        "camera",
        "microphone",
        "display-capture",
        "geolocation",
        "payment",
        "usb",
    ] {
        let open = format!("{feature}=*");
        assert!(
            permissions.contains(&format!("{feature}=")) && !permissions.contains(&open),
            "{asked}: {permissions}"
        );
    }
    for name in ["server", "x-powered-by", "via"] {
        if let Some(value) = answer.header(name) {
            assert!(
                !value.chars().any(|it| it.is_ascii_digit()),
                "{asked}: {name}: {value} tells a version"
            );
        }
    }
    assert!(answer.header("access-control-allow-origin") != Some("*"), "{asked}");
}

#[tokio::test]
async fn every_described_route_passes_the_policy() {
    let organisation = Organisation::new(1).await;
    let service = &organisation.service;
    let description = service.get("/openapi.json").send().await.expect_json(200);
    let mut walked = 0;
    for (path, item) in description["paths"].as_object().expect("paths") {
        let path = path.replace("{organisation}", &organisation.id);
        let path = path
            .replace("{call}", &organisation.id)
            .replace("{person}", &organisation.id)
            .replace("{message}", &organisation.id)
            .replace("{device}", "AAAAAAAAAAAAAAAAAAAAAA");
        assert!(
            !path.contains('{'),
            "{path} has a parameter that this test does not know"
        );
        for method in item.as_object().expect("an item").keys() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            walked += 1;
            // As a program, as the own page, as a registered page, as a foreign one, with a broken body.
            let request = || service.request(method.clone(), &path);
            for request in [
                request(),
                request().origin(&service.base),
                request().origin(&organisation.origin),
                request().origin("https://evil.example"),
                request().bearer("visavis1.e30.AAAA").json(&json!({})),
                request().body("application/json", "{"),
            ] {
                let answer = request.send().await;
                assert_policy(&answer);
                assert_eq!(
                    answer.header("cache-control"),
                    Some("no-store"),
                    "{} {path}",
                    answer.asked
                );
                assert_eq!(
                    answer.header("cross-origin-resource-policy"),
                    Some("same-origin"),
                    "{path}"
                );
                assert!(answer.status.as_u16() < 500, "{}: {}", answer.asked, answer.text());
            }
        }
        // Methods that the route does not have.
        for method in [Method::OPTIONS, Method::HEAD, Method::TRACE] {
            if let Ok(method) = Method::from_bytes(method.as_str().as_bytes())
                && method != Method::TRACE
            {
                assert_policy(&service.request(method, &path).send().await);
            }
        }
    }
    assert!(walked > 30, "only {walked} routes are described");
}

#[tokio::test]
async fn what_is_not_there_passes_the_policy_too() {
    let service = Service::new();
    for path in [
        "/nothing",
        "/api",
        "/api/v1/nothing",
        "/widget/",
        "/widget/loader.js",
        "/app/../../Cargo.toml",
        "/app/%2e%2e/x",
        "/.git/config",
        "/.env",
        "/manifest.json",
        "/desk.html",
        "/index.html",
        "/_headers",
        "/widget/%00",
        "/desk/x",
        "/%F0%9F%92%A5",
        "//desk",
        "/wrangler.toml",
        "/.dev.vars",
    ] {
        let answer = service.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert_policy(&answer);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

fn manifest() -> Value {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../functions/web/dist/manifest.json");
    let path = env::var_os("VISAVIS_MANIFEST").map_or(beside, PathBuf::from);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: build the pages first", path.display()));
    serde_json::from_slice(&text).expect("a manifest in JSON")
}

#[tokio::test]
async fn every_built_asset_is_served_as_it_was_built_under_its_policy() {
    let organisation = Organisation::new(1).await;
    let service = &organisation.service;
    let manifest = manifest();
    let assets = manifest["assets"].as_object().expect("assets");
    for (path, asset) in assets {
        let (route, page) = match path.as_str() {
            "index.html" => ("/".into(), true),
            "desk.html" => ("/desk".into(), true),
            "console.html" => ("/console".into(), true),
            "join.html" => ("/join".into(), true),
            other => (format!("/{other}"), false),
        };
        let answer = service.get(&route).send().await.expect(200);
        assert_policy(&answer);
        assert_eq!(answer.body.len() as u64, asset["bytes"].as_u64().unwrap(), "{path}");
        let integrity = format!("sha384-{}", STANDARD.encode(Sha384::digest(&answer.body)));
        assert_eq!(asset["integrity"], integrity.as_str(), "{path}");
        let media_type = answer.header("content-type").expect("a media type");
        assert!(!media_type.contains("octet-stream"), "{path} has no media type");
        let cache = answer.header("cache-control").unwrap();
        let shared = answer.header("cross-origin-resource-policy").unwrap();
        let cross_origin = service.get(&route).origin(&organisation.origin).send().await;
        assert_policy(&cross_origin);
        if page {
            assert!(media_type.starts_with("text/html"), "{path}: {media_type}");
            assert_eq!((cache, shared), ("no-cache", "same-origin"), "{path}");
            let permissions = answer.header("permissions-policy").unwrap();
            let granted = permissions.contains("camera=(self)");
            assert_eq!(
                granted,
                matches!(path.as_str(), "desk.html" | "join.html"),
                "{path}: the camera is for where a call runs: {permissions}"
            );
        } else if path.starts_with("widget/") {
            assert!(cache.contains("immutable"), "{path}: {cache}");
            assert_eq!(shared, "cross-origin", "{path}");
            let allowed = cross_origin.header("access-control-allow-origin");
            assert_eq!(allowed, Some(organisation.origin.as_str()), "{path}");
            let refused = service
                .get(&route)
                .origin("https://evil.example")
                .send()
                .await
                .expect(403);
            assert_eq!(refused.header("access-control-allow-origin"), None, "{path}");
        } else if path.starts_with("app/") {
            assert!(cache.contains("immutable"), "{path}: {cache}");
            assert_eq!(shared, "same-origin", "{path}");
            cross_origin.expect(403);
        }
        let head = service.request(Method::HEAD, &route).send().await.expect(200);
        assert_policy(&head);
        assert!(head.body.is_empty());
    }
    for page in ["index.html", "desk.html", "console.html"] {
        assert!(assets.contains_key(page), "{page} is not built");
    }
    let loader = manifest["entries"]["loader"].as_str().expect("the loader");
    assert!(assets.contains_key(loader), "{loader}");
}

#[tokio::test]
async fn no_page_needs_what_the_policy_forbids() {
    let service = Service::new();
    for path in ["/", "/desk", "/console"] {
        let page = service.get(path).send().await.expect(200).text().to_lowercase();
        for forbidden in [
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "javascript:",
            "http://",
            "//cdn",
        ] {
            assert!(!page.contains(forbidden), "{path} has {forbidden}");
        }
        for script in page.split("<script").skip(1) {
            assert!(
                script.starts_with(' ') && script.split('>').next().unwrap().contains("src="),
                "{path}: inline script"
            );
        }
    }
}
