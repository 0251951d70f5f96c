//! An answer of the service, read whole.

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName},
};
use serde_json::Value;

/// Status, headers and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(asked: String, response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        Ok(Self {
            asked,
            status,
            headers,
            body,
        })
    }

    /// A header's value; nothing where it is not there.
    pub fn header(&self, name: impl TryInto<HeaderName>) -> Option<&str> {
        let name = name.try_into().ok()?;
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("an ASCII header"))
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {} is not JSON: {error}: {}", self.asked, self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.asked, self.text());
        self
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub fn expect_json(self, status: u16) -> Value {
        self.expect(status).json()
    }

    /// Fails unless this is the problem of RFC 9457 with this status and slug, complete; returns it.
    #[track_caller]
    pub fn expect_problem(self, status: u16, slug: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{}",
            answer.asked
        );
        let problem = answer.json();
        assert_eq!(
            problem["type"],
            format!("/problems/{slug}"),
            "{}: {problem}",
            answer.asked
        );
        assert_eq!(problem["status"], status, "{}: {problem}", answer.asked);
        for field in ["title", "detail"] {
            assert!(
                problem[field].as_str().is_some_and(|text| text.len() > 3),
                "{}: {problem}",
                answer.asked
            );
        }
        if matches!(status, 429 | 503) {
            let seconds = answer.header("retry-after").and_then(|value| value.parse::<u32>().ok());
            assert!(
                seconds.is_some(),
                "{}: Retry-After is missing with {status}",
                answer.asked
            );
        }
        if status == 401 {
            assert!(
                answer.header("www-authenticate").is_some(),
                "{}: RFC 9110 section 15.5.2",
                answer.asked
            );
        }
        problem
    }
}
