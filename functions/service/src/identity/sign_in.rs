//! One-time sign-in links: a secret in a fragment, stored as a hash, exchanged once for a session.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::{
    secret::{Secret, hash},
    session,
};
use crate::{
    App,
    directory::people::StaffRole,
    json::Json,
    limits::{Address, Kind},
    ports::{Database as _, Platform, PortResult, Statement},
    problem::{Problem, Slug},
    time::{DAY, rfc3339},
};

/// How long a link can be used, in milliseconds.
const LIFETIME: i64 = DAY;

#[derive(OpenApi)]
#[openapi(paths(sign_in))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/api/v1/sign-in", post(sign_in::<P>))
}

/// A sign-in link that has just been made.
pub(crate) struct SignInLink {
    secret: Secret,
    expires_at: i64,
}

impl SignInLink {
    /// A new link, not stored yet.
    pub(crate) fn new<P: Platform>(app: &App<P>) -> PortResult<Self> {
        Ok(Self {
            secret: Secret::new(app.platform.entropy())?,
            expires_at: app.now() + LIFETIME,
        })
    }

    /// Stores the link for an active person and voids the person's earlier ones: statements for a batch, of which the
    /// last reports one change where the person exists and is active.
    pub(crate) fn statements(&self, organisation: Uuid, person: Uuid) -> [Statement; 2] {
        let person = person.to_string();
        let void = Statement {
            sql: "DELETE FROM sign_in_links WHERE person = ?1 AND organisation = ?2",
            parameters: vec![person.as_str().into(), organisation.to_string().into()],
        };
        let store = Statement {
            sql: "INSERT INTO sign_in_links (secret_hash, organisation, person, expires_at) \
                  SELECT ?1, organisation, id, ?2 FROM people WHERE id = ?3 AND organisation = ?4 AND active = 1",
            parameters: vec![
                self.secret.hash().into(),
                self.expires_at.into(),
                person.into(),
                organisation.to_string().into(),
            ],
        };
        [void, store]
    }

    /// The address that signs in: the desk for experts, otherwise the console.
    pub(crate) fn url(&self, public_url: &str, roles: &[StaffRole]) -> String {
        let page = if roles.contains(&StaffRole::Expert) {
            "desk"
        } else {
            "console"
        };
        format!("{public_url}/{page}#sign-in={}", self.secret.expose())
    }

    /// When the link can no longer be used, RFC 3339.
    pub(crate) fn expires_at(&self) -> String {
        rfc3339(self.expires_at)
    }
}

/// The secret of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInRequest {
    /// What follows `#sign-in=`.
    #[schema(min_length = 1, max_length = 100)]
    secret: String,
}

/// Signs in with a one-time link.
#[utoipa::path(
    post, path = "/api/v1/sign-in", tag = "staff", request_body = SignInRequest,
    responses(
        (status = 204, description = "Signed in", headers(("set-cookie" = String, description = "The session"))),
        (status = 401, description = "`token-invalid`: the link was used, voided or is too old"),
    )
)]
async fn sign_in<P: Platform>(
    State(app): State<App<P>>,
    address: Address,
    Json(request): Json<SignInRequest>,
) -> Result<Response, Problem> {
    app.limit(Kind::SignIn, None, &address).await?;
    let session = Secret::new(app.platform.entropy())?;
    let now = app.now();
    let link = hash(&request.secret);
    let statements = vec![
        Statement {
            sql: "DELETE FROM sessions WHERE expires_at <= ?1",
            parameters: vec![now.into()],
        },
        Statement {
            sql: "DELETE FROM sign_in_links WHERE expires_at <= ?1",
            parameters: vec![now.into()],
        },
        // Of several requests with the same secret one changes the row.
        Statement {
            sql: "UPDATE sign_in_links SET used_by = ?1 WHERE secret_hash = ?2 AND used_by IS NULL \
                  AND person IN (SELECT id FROM people WHERE active = 1)",
            parameters: vec![session.hash().into(), link.clone().into()],
        },
        Statement {
            sql: "INSERT INTO sessions (secret_hash, organisation, person, created_at, expires_at) \
                  SELECT used_by, organisation, person, ?1, ?2 FROM sign_in_links \
                  WHERE secret_hash = ?3 AND used_by = ?4 RETURNING person",
            parameters: vec![
                now.into(),
                (now + session::LIFETIME).into(),
                link.into(),
                session.hash().into(),
            ],
        },
        Statement {
            sql: "UPDATE people SET signed_in_at = ?1 \
                  WHERE id = (SELECT person FROM sessions WHERE secret_hash = ?2)",
            parameters: vec![now.into(), session.hash().into()],
        },
    ];
    let rows = app.platform.database().batch(statements).await?;
    if rows.get(3).is_none_or(|inserted| inserted.rows.is_empty()) {
        let detail = "This sign-in link was used already, or is too old. Ask an administrator for a new one.";
        return Err(Problem::new(Slug::TokenInvalid, detail));
    }
    Ok((StatusCode::NO_CONTENT, [session::cookie(&session)]).into_response())
}
