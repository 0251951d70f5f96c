//! The full set of headers of each kind of response.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Kind;

/// Where browsers send violation reports, relative to the service.
const REPORTS: &str = "/api/v1/reports";

/// Everything is denied that is not granted.
const FEATURES: [&str; 24] = [
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "clipboard-write",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "speaker-selection",
    "usb",
];

/// What a page may use on which no call runs.
const PAGE_FEATURES: [&str; 1] = ["clipboard-write"];

/// What a page may use on which a call runs.
const CALL_FEATURES: [&str; 9] = [
    "autoplay",
    "camera",
    "clipboard-write",
    "display-capture",
    "fullscreen",
    "microphone",
    "picture-in-picture",
    "screen-wake-lock",
    "speaker-selection",
];

/// What is the same on every response.
const EVERYWHERE: [(HeaderName, &str); 6] = [
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
];

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");

/// The header sets of one deployment, made once.
#[derive(Debug)]
pub(crate) struct HeaderSets {
    strictest: HeaderMap,
    sets: HashMap<Kind, HeaderMap>,
}

impl HeaderSets {
    /// The sets of a service at that origin.
    pub(crate) fn new(public_url: &str) -> Self {
        let kinds = [
            Kind::CallPage,
            Kind::Page,
            Kind::OwnAsset,
            Kind::CrossOriginAsset,
            Kind::Text,
            Kind::Api,
            Kind::CrossOriginApi,
        ];
        let sets = kinds
            .into_iter()
            .map(|kind| (kind, header_set(kind, public_url)))
            .collect();
        Self {
            strictest: header_set(Kind::Unknown, public_url),
            sets,
        }
    }

    /// Gives a response the set of its kind, whatever it had. A handler decides only on what is no policy
    /// (`content-type`, `set-cookie`, …).
    pub(super) fn apply(&self, kind: Kind, headers: &mut HeaderMap) {
        for (name, value) in self.sets.get(&kind).unwrap_or(&self.strictest) {
            headers.insert(name, value.clone());
        }
    }
}

fn header_set(kind: Kind, public_url: &str) -> HeaderMap {
    let is_page = matches!(kind, Kind::CallPage | Kind::Page);
    let granted: &[&str] = match kind {
        Kind::CallPage => &CALL_FEATURES,
        Kind::Page => &PAGE_FEATURES,
        _ => &[],
    };
    let policy = if is_page {
        page_policy(public_url)
    } else {
        document_policy(public_url)
    };
    let mut set: HeaderMap = EVERYWHERE
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    let mut insert = |name, value: &str| {
        // What is built here is ASCII, as an origin in the form of RFC 6454 is.
        if let Ok(value) = HeaderValue::from_str(value) {
            set.insert(name, value);
        }
    };
    insert(header::CONTENT_SECURITY_POLICY, &policy);
    insert(PERMISSIONS_POLICY, &permissions(granted));
    insert(REPORTING_ENDPOINTS, &format!("csp=\"{public_url}{REPORTS}\""));
    insert(
        CORP,
        if kind == Kind::CrossOriginAsset {
            "cross-origin"
        } else {
            "same-origin"
        },
    );
    // With `no-referrer` some requests of a page to its own service would say `Origin: null`.
    insert(
        header::REFERRER_POLICY,
        if is_page { "same-origin" } else { "no-referrer" },
    );
    let cache_control = match kind {
        Kind::OwnAsset | Kind::CrossOriginAsset => "public, max-age=31536000, immutable",
        Kind::CallPage | Kind::Page => "no-cache",
        Kind::Text => "public, max-age=3600",
        Kind::Api | Kind::CrossOriginApi | Kind::Unknown => "no-store",
    };
    insert(header::CACHE_CONTROL, cache_control);
    set
}

/// What cannot be a page can do nothing, should a browser take it for one.
fn document_policy(public_url: &str) -> String {
    format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox; \
         require-trusted-types-for 'script'; trusted-types 'none'; report-to csp; report-uri {public_url}{REPORTS}"
    )
}

/// The service's own pages load what lies under `app/`, and talk to the service.
///
/// `'self'` covers the WebSocket in browsers that follow CSP level 3; older ones need it named.
fn page_policy(public_url: &str) -> String {
    let socket = web_socket_origin(public_url);
    let assets = format!("{public_url}/app/");
    format!(
        "default-src 'none'; script-src {assets}; style-src {assets}; font-src {assets}; img-src {assets} blob:; \
         media-src {assets} blob:; manifest-src {assets}; connect-src 'self' {socket}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types visavis lit-html; report-to csp; report-uri {public_url}{REPORTS}"
    )
}

/// What a customer's page with a strict policy needs for the widget, reported to its organisation.
pub(crate) fn snippet_policy(public_url: &str, organisation: uuid::Uuid) -> String {
    let socket = web_socket_origin(public_url);
    let assets = format!("{public_url}/widget/");
    format!(
        "script-src {assets}; connect-src {public_url} {socket}; img-src blob:; media-src {assets} blob:; \
         require-trusted-types-for 'script'; trusted-types visavis lit-html; \
         report-uri {public_url}/api/v1/organisations/{organisation}/reports"
    )
}

/// `https:` becomes `wss:`, `http:` `ws:`.
fn web_socket_origin(public_url: &str) -> String {
    public_url.replacen("http", "ws", 1)
}

fn permissions(granted: &[&str]) -> String {
    let rule = |feature: &&str| format!("{feature}={}", if granted.contains(feature) { "(self)" } else { "()" });
    FEATURES.iter().map(rule).collect::<Vec<_>>().join(", ")
}
