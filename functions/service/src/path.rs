//! Path and query parameters, or a problem.

use axum::extract::{FromRequestParts, rejection::PathRejection};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Path parameters. What cannot be an id is not found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters: Result<_, PathRejection> = axum::extract::Path::from_request_parts(parts, state).await;
        parameters
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::not_found())
    }
}

/// Query parameters. Types deny unknown fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::malformed(format!(
                "The query is not of the documented form: {rejection}."
            ))),
        }
    }
}
