//! JSON in and out: a request body of the documented type, form and size, or a problem.

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::problem::{Problem, Slug};

/// The largest body of most routes, in bytes.
pub(crate) const SMALL: usize = 16 * 1024;
/// The largest body of the routes that carry a payload, in bytes.
pub(crate) const LARGE: usize = 96 * 1024;

/// A JSON body of at most `LIMIT` bytes. Types deny unknown fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<T, const LIMIT: usize = SMALL>(pub(crate) T);

/// A JSON body that may carry a payload.
pub(crate) type LargeJson<T> = Json<T, LARGE>;

/// A request that says nothing but `{}`.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        require_media_type(request.headers(), &["application/json"])?;
        let body = read_body(request, LIMIT).await?;
        // serde would take a list of the fields' values too.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::malformed(
                "The body is not of the documented form: it must be a JSON object.",
            ));
        }
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Problem::malformed(format!("The body is not of the documented form: {error}.")))
    }
}

impl<T: Serialize, const LIMIT: usize> IntoResponse for Json<T, LIMIT> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Refuses a body of another media type; parameters do not count.
pub(crate) fn require_media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if accepted
        .iter()
        .any(|media_type| essence.eq_ignore_ascii_case(media_type))
    {
        return Ok(());
    }
    let detail = format!("Send the body with content-type: {}.", accepted.join(" or "));
    Err(Problem::new(Slug::UnsupportedMediaType, detail))
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            Slug::BodyTooLarge,
            format!("The body may have at most {limit} bytes. Send less."),
        )
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        let limited = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if limited {
            too_large()
        } else {
            Problem::malformed("The body ended early. Send it again.")
        }
    })
}
