//! Cross-origin requests (CORS): which page may ask, and what it is told.
//!
//! An origin is allowed when the request's token was made for it, which needs no database, or when an organisation has
//! registered it. It is never reflected unseen, and never with credentials: a page of another origin has a token, no
//! cookie.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use uuid::Uuid;

use super::Kind;
use crate::{
    App,
    identity::bearer,
    limits::Address,
    ports::Platform,
    problem::{Problem, Slug},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How a request came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// From the service's own pages, or from no page at all.
    Own,
    /// From a page of another origin, by its token.
    Token { origin: HeaderValue, organisation: Uuid },
    /// From a page of another origin that these organisations have registered.
    Registered {
        origin: HeaderValue,
        organisations: Vec<Uuid>,
    },
}

impl Entry {
    /// The origin of the other page that is to be answered.
    pub(super) fn allowed_origin(&self) -> Option<HeaderValue> {
        match self {
            Self::Own => None,
            Self::Token { origin, .. } | Self::Registered { origin, .. } => Some(origin.clone()),
        }
    }
}

/// Lets a request in by its origin, or refuses it.
pub(super) async fn enter<P: Platform>(
    app: &App<P>,
    kind: Kind,
    headers: &HeaderMap,
    address: &Address,
) -> Result<Entry, Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        // Fetch metadata tells of requests that carry no origin, such as images; links lead to pages only.
        let site = headers.get(SEC_FETCH_SITE).map_or(&b"none"[..], HeaderValue::as_bytes);
        let is_foreign = matches!(site, b"cross-site" | b"same-site");
        return if is_foreign && !kind.is_navigable() {
            Err(not_registered())
        } else {
            Ok(Entry::Own)
        };
    };
    if origin.as_bytes() == app.config.public_url.as_bytes() {
        return Ok(Entry::Own);
    }
    if !kind.is_cross_origin() {
        return Err(not_registered());
    }
    if let Ok(claims) = bearer::claims(headers, app) {
        return Ok(Entry::Token {
            origin: origin.clone(),
            organisation: claims.organisation,
        });
    }
    app.limit_lookup(address)?;
    let organisations = match origin.to_str() {
        Ok(origin) => app.registered_for(origin).await?,
        Err(_) => Vec::new(),
    };
    if organisations.is_empty() {
        return Err(not_registered());
    }
    Ok(Entry::Registered {
        origin: origin.clone(),
        organisations,
    })
}

fn not_registered() -> Problem {
    let detail = "This page's origin may not use this. An administrator can register it in the console.";
    Problem::new(Slug::OriginNotRegistered, detail)
}

/// The answer to a preflight of an allowed origin. Two hours are the longest that browsers remember it.
pub(super) fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "accept, authorization, content-type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        (
            header::VARY,
            "access-control-request-method, access-control-request-headers",
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The page that a request comes from: for routes that have no token yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallingPage {
    origin: Option<HeaderValue>,
    organisations: Vec<Uuid>,
}

impl CallingPage {
    /// Refuses a page of another origin that this organisation has not registered. A request of no page at all passes:
    /// whoever can leave the origin out can also invent one.
    pub(crate) fn require(&self, organisation: Uuid) -> Result<(), Problem> {
        if self.origin.is_none() || self.organisations.contains(&organisation) {
            Ok(())
        } else {
            Err(not_registered())
        }
    }

    /// The origin to which the token of somebody with an invitation can be bound: this organisation's page, or the
    /// service's own.
    pub(crate) fn invited_origin<'a>(&'a self, organisation: Uuid, own: &'a str) -> Result<&'a str, Problem> {
        if self.origin.is_none() {
            return Ok(own);
        }
        self.require_origin(organisation)
    }

    /// The origin of this organisation's page, to which a token can be bound.
    pub(crate) fn require_origin(&self, organisation: Uuid) -> Result<&str, Problem> {
        self.require(organisation)?;
        self.origin
            .as_ref()
            .and_then(|origin| origin.to_str().ok())
            .ok_or_else(not_registered)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CallingPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Entry>() {
            Some(Entry::Own) => Ok(Self {
                origin: None,
                organisations: Vec::new(),
            }),
            Some(Entry::Token { origin, organisation }) => Ok(Self {
                origin: Some(origin.clone()),
                organisations: vec![*organisation],
            }),
            Some(Entry::Registered { origin, organisations }) => Ok(Self {
                origin: Some(origin.clone()),
                organisations: organisations.clone(),
            }),
            None => Err(not_registered()),
        }
    }
}
