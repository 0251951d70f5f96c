//! A violation as browsers report it, reduced to what is worth keeping: no query, no fragment, no sample of the page.

use serde::Deserialize;
use url::Url;

use crate::{problem::Problem, text};

/// The most violations that are taken from one request.
const MOST: usize = 20;
/// The longest page that is kept, in bytes.
const LONGEST_PAGE: usize = 300;

/// One violation of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// The origin of the page.
    pub(super) origin: String,
    /// Origin and path of the page.
    pub(super) page: String,
    /// The directive, such as `script-src-elem`.
    pub(super) directive: String,
    /// The origin of what was blocked, or a word such as `inline`.
    pub(super) blocked: String,
}

/// `application/reports+json` (Reporting API) or `application/csp-report` (CSP level 2); other fields do not matter.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Reports(Vec<Report>),
    Legacy {
        #[serde(rename = "csp-report")]
        report: LegacyReport,
    },
}

#[derive(Deserialize)]
struct Report {
    r#type: String,
    #[serde(default)]
    body: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportBody {
    #[serde(rename = "documentURL")]
    document_url: String,
    #[serde(rename = "blockedURL", default)]
    blocked_url: String,
    effective_directive: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct LegacyReport {
    document_uri: String,
    #[serde(default)]
    blocked_uri: String,
    #[serde(default)]
    effective_directive: String,
    #[serde(default)]
    violated_directive: String,
}

/// The violations in a body of either form. Reports of another type, and violations that say nothing of use, are
/// dropped.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Violation>, Problem> {
    let refused =
        || Problem::malformed("The body is not a list of reports or a CSP report. Send what a browser sends.");
    match serde_json::from_slice(body).map_err(|_| refused())? {
        Body::Reports(reports) => {
            let violations = reports
                .into_iter()
                .filter(|report| report.r#type == "csp-violation")
                .take(MOST);
            let bodies =
                violations.map(|report| serde_json::from_value::<ReportBody>(report.body).map_err(|_| refused()));
            let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
            Ok(bodies
                .iter()
                .filter_map(|body| Violation::new(&body.document_url, &body.effective_directive, &body.blocked_url))
                .collect())
        }
        Body::Legacy { report } => {
            let directive = match report.effective_directive.as_str() {
                "" => report.violated_directive.split(' ').next().unwrap_or_default(),
                directive => directive,
            };
            Ok(Violation::new(&report.document_uri, directive, &report.blocked_uri)
                .into_iter()
                .collect())
        }
    }
}

impl Violation {
    fn new(page: &str, directive: &str, blocked: &str) -> Option<Self> {
        let page = Url::parse(page)
            .ok()
            .filter(|page| matches!(page.scheme(), "https" | "http"))?;
        let is_directive = |character: u8| character.is_ascii_lowercase() || character == b'-';
        if !(3..=40).contains(&directive.len()) || !directive.bytes().all(is_directive) {
            return None;
        }
        let origin = page.origin().ascii_serialization();
        let path = page.path();
        // A path that may name a person, or hold a card number, is left out.
        let is_telling = path.contains('@') || path.contains("%40") || text::holds_card_number(path);
        let path = if is_telling || origin.len() + path.len() > LONGEST_PAGE {
            "/"
        } else {
            path
        };
        Some(Self {
            page: format!("{origin}{path}"),
            origin,
            directive: directive.into(),
            blocked: blocked_source(blocked),
        })
    }
}

/// The origin of an address, the scheme of one that has none, or one of the words of CSP level 3 section 5.3.
fn blocked_source(blocked: &str) -> String {
    const WORDS: [&str; 9] = [
        "inline",
        "eval",
        "wasm-eval",
        "self",
        "data",
        "blob",
        "about",
        "trusted-types-policy",
        "trusted-types-sink",
    ];
    if WORDS.contains(&blocked) {
        return blocked.into();
    }
    match Url::parse(blocked) {
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization().chars().take(LONGEST_PAGE).collect(),
        Ok(url) => url.scheme().chars().take(40).collect(),
        Err(_) => "other".into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn violation(page: &str, directive: &str, blocked: &str) -> Violation {
        let origin = "https://shop.example".into();
        Violation {
            origin,
            page: page.into(),
            directive: directive.into(),
            blocked: blocked.into(),
        }
    }

    #[test]
    fn both_forms_are_read_without_query_and_sample() {
        let reports = json!([
            {"type": "csp-violation", "age": 3, "url": "https://shop.example/a?email=x", "user_agent": "x", "body": {
                "documentURL": "https://shop.example/a?email=x#y", "blockedURL": "https://evil.example/x.js?id=1",
                "effectiveDirective": "script-src-elem", "sample": "secret", "disposition": "enforce", "statusCode": 200,
            }},
            {"type": "deprecation", "body": {}},
        ]);
        let expected = [violation(
            "https://shop.example/a",
            "script-src-elem",
            "https://evil.example",
        )];
        assert_eq!(parse(reports.to_string().as_bytes()).unwrap(), expected);
        let legacy = json!({"csp-report": {
            "document-uri": "https://shop.example/b?x=1", "blocked-uri": "inline",
            "violated-directive": "style-src 'self'", "script-sample": "secret",
        }});
        let expected = [violation("https://shop.example/b", "style-src", "inline")];
        assert_eq!(parse(legacy.to_string().as_bytes()).unwrap(), expected);
    }

    #[test]
    fn telling_paths_are_left_out() {
        for path in [
            "/people/ada@example.org",
            "/people/ada%40example.org",
            "/pay/4111111111111111",
        ] {
            let violation = Violation::new(&format!("https://shop.example{path}"), "img-src", "data").unwrap();
            assert_eq!(violation.page, "https://shop.example/");
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for body in [
            "",
            "{}",
            "[1]",
            r#"[{"type":"csp-violation","body":{}}]"#,
            r#"{"csp-report":{}}"#,
        ] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(Violation::new("data:text/html,x", "img-src", ""), None);
        assert_eq!(Violation::new("https://shop.example", "img-src <script>", ""), None);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_bounded(page in ".{0,400}", directive in "[a-z-]{0,60}", blocked in ".{0,400}") {
            if let Some(violation) = Violation::new(&page, &directive, &blocked) {
                prop_assert!(violation.directive.len() <= 40);
                prop_assert!(violation.blocked.chars().count() <= LONGEST_PAGE);
                prop_assert!(!violation.page.contains(['?', '#']));
            }
        }
    }
}
