//! Sessions of staff: a cookie that only the service reads, exchanged for short-lived tokens.
//!
//! Forged requests (CSRF) fail threefold: the cookie is `SameSite=Strict`, the header policy refuses another origin on
//! these routes, and a body must be JSON.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::{
    secret::{Secret, hash},
    token::{Claims, Role, STAFF_LIFETIME},
};
use crate::{
    App,
    calls::state::Party,
    directory::people::StaffRole,
    json::Json,
    limits::{Address, Kind},
    ports::{Database as _, Platform, PortResult, Statement},
    presence,
    problem::{Problem, Slug},
    time::{HOUR, rfc3339},
    trust,
    vault::mailbox::{MailboxAccess, MailboxName},
};

/// How long a session lasts, in milliseconds.
pub(super) const LIFETIME: i64 = 12 * HOUR;
const COOKIE: &str = "__Host-visavis";

#[derive(OpenApi)]
#[openapi(paths(session_token, sign_out))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route("/api/v1/session/token", post(session_token::<P>))
        .route("/api/v1/session", delete(sign_out::<P>))
}

/// The header that gives a browser its session.
pub(super) fn cookie(secret: &Secret) -> (HeaderName, HeaderValue) {
    set_cookie(secret.expose(), LIFETIME / 1000)
}

fn set_cookie(value: &str, seconds: i64) -> (HeaderName, HeaderValue) {
    let cookie = format!("{COOKIE}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Strict");
    let mut cookie = HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""));
    cookie.set_sensitive(true);
    (header::SET_COOKIE, cookie)
}

/// The session that a request's cookie names, as it is stored.
fn session_hash(headers: &HeaderMap) -> Option<Vec<u8>> {
    let cookies = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, secret)| hash(secret))
}

/// Whose session it is.
struct Session {
    organisation: Uuid,
    person: Uuid,
    expires_at: i64,
}

async fn find<P: Platform>(app: &App<P>, hash: Vec<u8>) -> PortResult<Option<Session>> {
    let statement = Statement {
        sql: "SELECT sessions.organisation, sessions.person, sessions.expires_at FROM sessions \
              JOIN people ON people.id = sessions.person AND people.organisation = sessions.organisation \
              WHERE sessions.secret_hash = ?1 AND sessions.expires_at > ?2 AND people.active = 1",
        parameters: vec![hash.into(), app.now().into()],
    };
    let rows = app.platform.database().query(statement).await?;
    Ok(rows.rows.first().and_then(|row| match row.as_slice() {
        [organisation, person, expires_at] => Some(Session {
            organisation: organisation.text()?.parse().ok()?,
            person: person.text()?.parse().ok()?,
            expires_at: expires_at.integer()?,
        }),
        _ => None,
    }))
}

/// The role that the token is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    role: StaffRole,
}

/// A token, and whose it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    token: String,
    #[schema(format = DateTime)]
    token_expires_at: String,
    person: SignedInPerson,
    organisation: SignedInOrganisation,
    mailbox: MailboxAccess,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInPerson {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    roles: Vec<StaffRole>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInOrganisation {
    id: Uuid,
    name: String,
    accent: String,
    /// Whether it has a site key, so that visitors verify who answers.
    site_key: bool,
}

/// Exchanges the session for a token of ten minutes.
#[utoipa::path(
    post, path = "/api/v1/session/token", tag = "staff", security(("session" = [])), request_body = TokenRequest,
    responses((status = 200, description = "A token of that role", body = TokenAnswer))
)]
async fn session_token<P: Platform>(
    State(app): State<App<P>>,
    headers: HeaderMap,
    address: Address,
    Json(request): Json<TokenRequest>,
) -> Result<Json<TokenAnswer>, Problem> {
    let missing = || Problem::new(Slug::TokenMissing, "Nobody is signed in here. Open a sign-in link.");
    let hash = session_hash(&headers).ok_or_else(missing)?;
    app.limit(Kind::SessionToken, None, &address).await?;
    let session = find(&app, hash).await?.ok_or_else(|| {
        Problem::new(
            Slug::TokenExpired,
            "The session has ended. Ask an administrator for a sign-in link.",
        )
    })?;
    let person = app.person(session.organisation, session.person).await?;
    if !person.roles.contains(&request.role) {
        let detail = "You do not have this role. An administrator can give it to you.";
        return Err(Problem::new(Slug::RoleNotAllowed, detail));
    }
    let organisation = app.organisation(session.organisation).await?.organisation;
    let select = trust::select_attribute(session.organisation, app.now());
    let site_key = trust::read_attribute(&app.platform.database().query(select).await?).is_some();
    let role = match request.role {
        StaffRole::Expert => Role::Expert,
        StaffRole::Administrator => Role::Administrator,
    };
    let now = app.now();
    let claims = Claims {
        organisation: session.organisation,
        origin: app.config.public_url.clone(),
        role,
        subject: session.person,
        call: None,
        issued_at: now,
        expires_at: (now + STAFF_LIFETIME).min(session.expires_at),
    };
    let mailbox = MailboxName::new(session.organisation, role, session.person);
    Ok(Json(TokenAnswer {
        token: app.config.tokens.mint(&claims),
        token_expires_at: rfc3339(claims.expires_at),
        person: SignedInPerson {
            id: person.id,
            name: person.name,
            title: person.title,
            roles: person.roles,
        },
        organisation: SignedInOrganisation {
            id: organisation.id,
            name: organisation.name,
            accent: organisation.accent,
            site_key,
        },
        mailbox: app.config.vault.mailbox_access(&mailbox),
    }))
}

/// Signs out.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "staff", security(("session" = []), ()),
    responses((status = 204, description = "Nobody is signed in any more"))
)]
async fn sign_out<P: Platform>(
    State(app): State<App<P>>,
    headers: HeaderMap,
    address: Address,
) -> Result<Response, Problem> {
    app.limit_lookup(&address)?;
    if let Some(hash) = session_hash(&headers) {
        let mut statements = vec![Statement {
            sql: "DELETE FROM sessions WHERE secret_hash = ?1",
            parameters: vec![hash.clone().into()],
        }];
        if let Some(session) = find(&app, hash).await? {
            statements.push(presence::leaving(
                session.organisation,
                Party::Expert(session.person),
                session.person,
                app.now(),
                None,
            ));
        }
        app.platform.database().batch(statements).await?;
    }
    Ok((StatusCode::NO_CONTENT, [set_cookie("", 0)]).into_response())
}
