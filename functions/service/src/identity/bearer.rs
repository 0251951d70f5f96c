//! Extractors for who is asking, by the bearer token (RFC 6750) and the page's origin.

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use uuid::Uuid;

use super::token::{Claims, Role, TokenError};
use crate::{
    App,
    directory::people,
    ports::{Database as _, Platform, Rows, mailbox_limits},
    problem::{Problem, Slug},
};

/// A visitor, bound to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub(crate) organisation: Uuid,
    /// The visitor's id.
    pub(crate) id: Uuid,
    /// The one call that the token is for.
    pub(crate) call: Uuid,
    /// The origin of the organisation's page.
    pub(crate) origin: String,
}

/// An expert at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expert {
    pub(crate) organisation: Uuid,
    /// The person's id.
    pub(crate) id: Uuid,
}

/// An administrator in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Administrator {
    pub(crate) organisation: Uuid,
    /// The person's id.
    pub(crate) id: Uuid,
}

/// Either side of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Participant {
    /// The visitor's side.
    Visitor(Visitor),
    /// The expert's side.
    Expert(Expert),
}

impl Participant {
    /// The organisation that the call belongs to.
    pub(crate) fn organisation(&self) -> Uuid {
        match self {
            Self::Visitor(visitor) => visitor.organisation,
            Self::Expert(expert) => expert.organisation,
        }
    }
}

impl Visitor {
    /// Refuses any call but the token's.
    pub(crate) fn require_call(&self, call: Uuid) -> Result<(), Problem> {
        if self.call == call {
            Ok(())
        } else {
            Err(role_not_allowed())
        }
    }
}

impl Administrator {
    /// Refuses whoever is no active administrator any more: the token outlives that by minutes, in which its owner could
    /// undo it.
    async fn require_office<P: Platform>(&self, app: &App<P>) -> Result<(), Problem> {
        let select = people::select_active_administrator(self.organisation, self.id);
        require_active(&[app.platform.database().query(select).await?])
    }
}

/// Refuses a person for whom a statement such as [`people::select_active_expert`] found no row.
pub(crate) fn require_active(active: &[Rows]) -> Result<(), Problem> {
    if active.iter().any(|rows| rows.rows.is_empty()) {
        return Err(no_longer_here());
    }
    Ok(())
}

/// For the token of a person who was made inactive, or lost the role, since.
pub(crate) fn no_longer_here() -> Problem {
    let detail = "You can no longer sign in here. Ask an administrator.";
    Problem::new(Slug::TokenInvalid, detail)
}

fn role_not_allowed() -> Problem {
    Problem::new(
        Slug::RoleNotAllowed,
        "The token is for another role or another call. Use the one that is for this.",
    )
}

/// The token of a request: `Authorization: Bearer …`, or on a WebSocket handshake, where a browser cannot set headers,
/// the offered subprotocol `bearer.…`.
fn token(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
    }
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    if !upgrade.eq_ignore_ascii_case("websocket") {
        return None;
    }
    let offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let offered: Vec<_> = offered.flat_map(|value| value.split(',')).map(str::trim).collect();
    let token = offered.iter().find_map(|protocol| protocol.strip_prefix("bearer."));
    offered.contains(&mailbox_limits::SUBPROTOCOL).then_some(token)?
}

/// The claims of a request's token, if its page may use it.
pub(crate) fn claims<P: Platform>(headers: &HeaderMap, app: &App<P>) -> Result<Claims, Problem> {
    let token = token(headers).ok_or_else(|| {
        Problem::new(
            Slug::TokenMissing,
            "Send a token with the request: authorization: Bearer <token>.",
        )
    })?;
    let claims = app
        .config
        .tokens
        .verify(token, app.now())
        .map_err(|error| match error {
            TokenError::Invalid => Problem::new(
                Slug::TokenInvalid,
                "The token is not one of this service. Get a new one.",
            ),
            TokenError::Expired => Problem::new(Slug::TokenExpired, "The token's time has passed. Renew it."),
        })?;
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != claims.origin.as_bytes() => Err(Problem::new(
            Slug::OriginNotRegistered,
            "The token belongs to a page of another origin. Get one for this page.",
        )),
        _ => Ok(claims),
    }
}

fn visitor(claims: Claims) -> Result<Visitor, Problem> {
    match (claims.role, claims.call) {
        (Role::Visitor, Some(call)) => Ok(Visitor {
            organisation: claims.organisation,
            id: claims.subject,
            call,
            origin: claims.origin,
        }),
        _ => Err(role_not_allowed()),
    }
}

fn expert(claims: &Claims) -> Result<Expert, Problem> {
    match claims.role {
        Role::Expert => Ok(Expert {
            organisation: claims.organisation,
            id: claims.subject,
        }),
        _ => Err(role_not_allowed()),
    }
}

impl<P: Platform> FromRequestParts<App<P>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App<P>) -> Result<Self, Problem> {
        visitor(claims(&parts.headers, app)?)
    }
}

impl<P: Platform> FromRequestParts<App<P>> for Expert {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App<P>) -> Result<Self, Problem> {
        expert(&claims(&parts.headers, app)?)
    }
}

impl<P: Platform> FromRequestParts<App<P>> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App<P>) -> Result<Self, Problem> {
        let claims = claims(&parts.headers, app)?;
        let administrator = match claims.role {
            Role::Administrator => Self {
                organisation: claims.organisation,
                id: claims.subject,
            },
            _ => return Err(role_not_allowed()),
        };
        administrator.require_office(app).await?;
        Ok(administrator)
    }
}

impl<P: Platform> FromRequestParts<App<P>> for Participant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App<P>) -> Result<Self, Problem> {
        let claims = claims(&parts.headers, app)?;
        match claims.role {
            Role::Expert => expert(&claims).map(Self::Expert),
            _ => visitor(claims).map(Self::Visitor),
        }
    }
}
