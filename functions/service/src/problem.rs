//! Errors as `application/problem+json` (RFC 9457), each slug of `docs/signalling.md` with its status.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::{config::ConfigError, ports::PortError};

/// What went wrong: the last part of a problem's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Slug {
    Malformed,
    StatementRefused,
    CardNumber,
    TokenMissing,
    TokenInvalid,
    TokenExpired,
    RoleNotAllowed,
    OriginNotRegistered,
    NotFound,
    MethodNotAllowed,
    NobodyAvailable,
    Busy,
    CallOver,
    AlreadyAnswered,
    NotAnswered,
    Outdated,
    LimitReached,
    BodyTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    Unsupported,
    Unavailable,
    Misconfigured,
}

impl Slug {
    /// The slug as it is written, its status and its title.
    pub(crate) const fn parts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Malformed => ("malformed", StatusCode::BAD_REQUEST, "The request is malformed"),
            Self::StatementRefused => (
                "statement-refused",
                StatusCode::BAD_REQUEST,
                "The statement is not good",
            ),
            Self::CardNumber => (
                "card-number",
                StatusCode::BAD_REQUEST,
                "Payment card numbers are refused",
            ),
            Self::TokenMissing => ("token-missing", StatusCode::UNAUTHORIZED, "A token is needed"),
            Self::TokenInvalid => ("token-invalid", StatusCode::UNAUTHORIZED, "The token is not valid"),
            Self::TokenExpired => ("token-expired", StatusCode::UNAUTHORIZED, "The token has expired"),
            Self::RoleNotAllowed => ("role-not-allowed", StatusCode::FORBIDDEN, "Not for this token"),
            Self::OriginNotRegistered => (
                "origin-not-registered",
                StatusCode::FORBIDDEN,
                "Not from this page's origin",
            ),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "This method is not allowed here",
            ),
            Self::NobodyAvailable => ("nobody-available", StatusCode::CONFLICT, "Nobody is there"),
            Self::Busy => ("busy", StatusCode::CONFLICT, "Everybody is in a call"),
            Self::CallOver => ("call-over", StatusCode::CONFLICT, "The call is over"),
            Self::AlreadyAnswered => ("already-answered", StatusCode::CONFLICT, "Somebody else was first"),
            Self::NotAnswered => ("not-answered", StatusCode::CONFLICT, "The call is not answered yet"),
            Self::Outdated => ("outdated", StatusCode::CONFLICT, "Something newer is there"),
            Self::LimitReached => (
                "limit-reached",
                StatusCode::CONFLICT,
                "There are as many as there may be",
            ),
            Self::BodyTooLarge => ("body-too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Not this media type",
            ),
            Self::TooManyRequests => ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::Unsupported => (
                "unsupported",
                StatusCode::NOT_IMPLEMENTED,
                "Not supported on this platform",
            ),
            Self::Unavailable => (
                "unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "The service did not answer",
            ),
            Self::Misconfigured => (
                "misconfigured",
                StatusCode::SERVICE_UNAVAILABLE,
                "The service is misconfigured",
            ),
        }
    }
}

/// An error as the client sees it: what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    slug: Slug,
    detail: Cow<'static, str>,
    call: Option<Value>,
    retry_after: Option<u32>,
}

impl Problem {
    /// A problem; `detail` says what is wrong and what to do.
    pub(crate) fn new(slug: Slug, detail: impl Into<Cow<'static, str>>) -> Self {
        let retry_after = matches!(
            slug.parts().1,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        );
        Self {
            slug,
            detail: detail.into(),
            call: None,
            retry_after: retry_after.then_some(1),
        }
    }

    /// The same with the state of the call, for `call-over` and `already-answered`.
    pub(crate) fn with_call(mut self, call: Value) -> Self {
        self.call = Some(call);
        self
    }

    /// The same with `Retry-After` in seconds; without it `429` and `503` say 1.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Not of the documented form.
    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Slug::Malformed, detail)
    }

    /// No such thing, also for things of another organisation.
    pub(crate) fn not_found() -> Self {
        Self::new(
            Slug::NotFound,
            "Nothing is here under this address; check it against /openapi.json.",
        )
    }

    /// No such method here.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            Slug::MethodNotAllowed,
            "Use one of the methods that the Allow header names.",
        )
    }

    /// A setting is missing or weak, or the deployment is not whole; `detail` names it.
    pub(crate) fn misconfigured(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Slug::Misconfigured, detail).retry_after(60)
    }

    /// The platform did not answer.
    pub(crate) fn unavailable() -> Self {
        Self::new(
            Slug::Unavailable,
            "Something that the service depends on did not answer. Try again.",
        )
    }

    /// Which problem it is.
    #[cfg(test)]
    pub(crate) fn slug(&self) -> Slug {
        self.slug
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        match error {
            // A rule that a statement should have kept: repeating the request meets the new state.
            PortError::Constraint(_) | PortError::Unavailable(_) => Self::unavailable(),
            PortError::Unsupported(_) => Self::new(
                Slug::Unsupported,
                "This platform does not offer that. Use one of the other ways.",
            ),
        }
    }
}

impl From<&ConfigError> for Problem {
    fn from(error: &ConfigError) -> Self {
        Self::misconfigured(error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (slug, status, title) = self.slug.parts();
        let mut document = json!({
            "type": format!("/problems/{slug}"),
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail,
        });
        if let Some(call) = self.call {
            document["call"] = call;
        }
        let content_type = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, content_type)], document.to_string()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750 section 3.
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// How a problem is written: what the OpenAPI document says of it.
#[derive(utoipa::ToSchema, serde::Serialize)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "a description; `Problem` writes it")]
pub(crate) struct Document {
    /// `/problems/<slug>`.
    r#type: String,
    title: String,
    status: u16,
    /// What is wrong and what to do.
    detail: String,
    /// With `call-over` and `already-answered`: the state of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<Value>,
}
