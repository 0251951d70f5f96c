//! Violation reports are stored, counted, bounded and shown.

use reqwest::Method;
use serde_json::{Value, json};
use visavis_contract::{Answer, Organisation, Staff};

async fn shown(administrator: &Staff) -> Vec<Value> {
    let answer = administrator
        .request(Method::GET, "/api/v1/reports")
        .send()
        .await
        .expect_json(200);
    answer["reports"].as_array().expect("reports").clone()
}

/// The reports of the organisation's own page; those of the service's pages belong to everybody.
async fn own(organisation: &Organisation, administrator: &Staff) -> Vec<Value> {
    let of_the_page = |report: &Value| report["page"].as_str().unwrap().starts_with(&organisation.origin);
    shown(administrator).await.into_iter().filter(of_the_page).collect()
}

fn legacy(organisation: &Organisation, path: &str, blocked: &str) -> String {
    json!({ "csp-report": {
        "document-uri": format!("{}{path}?secret=1#fragment", organisation.origin),
        "effective-directive": "script-src-elem", "violated-directive": "script-src-elem",
        "blocked-uri": blocked, "original-policy": "default-src 'none'", "status-code": 200, "disposition": "enforce",
    } })
    .to_string()
}

async fn report(organisation: &Organisation, media_type: &str, body: String) -> Answer {
    let request = organisation
        .service
        .request(Method::POST, &organisation.path("reports"));
    request.origin(&organisation.origin).body(media_type, body).send().await
}

#[tokio::test]
async fn both_forms_are_stored_counted_and_deleted() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    assert_eq!(own(&organisation, &administrator).await, Vec::<Value>::new());
    for _ in 0..3 {
        let body = legacy(&organisation, "/shop", "https://evil.example/x.js?token=1");
        report(&organisation, "application/csp-report", body).await.expect(204);
    }
    let modern = json!([{
        "age": 1, "type": "csp-violation", "url": format!("{}/shop", organisation.origin), "user_agent": "x",
        "body": {
            "documentURL": format!("{}/shop", organisation.origin), "effectiveDirective": "style-src-attr",
            "blockedURL": "inline", "disposition": "enforce", "originalPolicy": "x", "statusCode": 200,
        },
    }]);
    report(&organisation, "application/reports+json", modern.to_string())
        .await
        .expect(204);

    let reports = own(&organisation, &administrator).await;
    assert_eq!(reports.len(), 2, "{reports:?}");
    let script = reports
        .iter()
        .find(|it| it["directive"] == "script-src-elem")
        .expect("the script");
    assert_eq!(script["count"], 3);
    assert_eq!(
        script["page"],
        format!("{}/shop", organisation.origin),
        "without query and fragment"
    );
    assert!(!script["blocked"].as_str().unwrap().contains("token"), "{script}");
    assert!(script["first_at"].as_str() <= script["last_at"].as_str(), "{script}");
    let style = reports
        .iter()
        .find(|it| it["directive"] == "style-src-attr")
        .expect("the style");
    assert_eq!((&style["count"], &style["blocked"]), (&json!(1), &json!("inline")));

    administrator
        .request(Method::DELETE, "/api/v1/reports")
        .send()
        .await
        .expect(204);
    assert_eq!(own(&organisation, &administrator).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_no_report_of_the_organisations_pages_is_not_stored() {
    let organisation = Organisation::new(1).await;
    let elsewhere = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    report(&organisation, "application/csp-report", "{".into())
        .await
        .expect_problem(400, "malformed");
    report(&organisation, "application/json", "{}".into())
        .await
        .expect_problem(415, "unsupported-media-type");
    let large = legacy(&organisation, &format!("/{}", "x".repeat(20_000)), "inline");
    report(&organisation, "application/csp-report", large)
        .await
        .expect_problem(413, "body-too-large");
    // A page that is not the organisation's.
    report(
        &organisation,
        "application/csp-report",
        legacy(&elsewhere, "/", "inline"),
    )
    .await;
    let request = organisation
        .service
        .request(Method::POST, &organisation.path("reports"));
    let body = legacy(&organisation, "/", "inline");
    let foreign = request
        .origin("https://evil.example")
        .body("application/csp-report", body)
        .send()
        .await;
    foreign.expect_problem(403, "origin-not-registered");
    let of_these = |report: &Value| {
        let page = report["page"].as_str().unwrap();
        page.starts_with(&organisation.origin) || page.starts_with(&elsewhere.origin)
    };
    assert!(!shown(&administrator).await.iter().any(of_these));
}

#[tokio::test]
async fn a_flood_of_reports_stays_bounded() {
    let organisation = Organisation::new(1).await;
    let administrator = organisation.administrator().await;
    // Many in each request, as browsers batch them.
    for batch in 0..12 {
        let violations: Vec<_> = (0..20)
            .map(|number| json!({
                "type": "csp-violation", "url": format!("{}/{batch}/{number}", organisation.origin), "age": 0,
                "user_agent": "x", "body": {
                    "documentURL": format!("{}/{batch}/{number}", organisation.origin),
                    "effectiveDirective": "img-src", "blockedURL": "https://evil.example/i.png", "disposition": "report",
                },
            }))
            .collect();
        let answer = report(
            &organisation,
            "application/reports+json",
            Value::from(violations).to_string(),
        )
        .await;
        assert!(matches!(answer.status.as_u16(), 204 | 413 | 429), "{}", answer.text());
    }
    let count = own(&organisation, &administrator).await.len();
    assert!((1..=200).contains(&count), "{count} reports");
}
