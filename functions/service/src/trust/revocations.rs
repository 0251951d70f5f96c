//! The revocation list: the one with the highest number.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    encoded::{Encoded, does_not_hold},
    statements::Revocations,
};
use crate::{
    App,
    identity::bearer::Administrator,
    json::{Empty, Json, LargeJson},
    ports::{Database as _, Platform, Statement, Value},
    problem::{Problem, Slug},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationsRequest {
    /// A signed statement: base64url without padding.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]+$", min_length = 88, max_length = 50000)]
    revocations: Encoded,
}

/// Puts a list with a higher number in the place of the one that is there. What is on it is in no bundle any more.
#[utoipa::path(
    put, path = "/api/v1/trust/revocations", tag = "trust", security(("token" = [])),
    request_body = RevocationsRequest,
    responses(
        (status = 200, description = "This is the list now", body = Empty),
        (status = 400, description = "`malformed` or `statement-refused`"),
        (status = 409, description = "`outdated`: a list with this number or a higher one is there"),
    )
)]
pub(super) async fn put<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(RevocationsRequest { revocations: encoded }): LargeJson<RevocationsRequest>,
) -> Result<Json<Empty>, Problem> {
    let (organisation, now) = (administrator.organisation, app.now());
    let list: Revocations = encoded.open("revocations")?;
    let anchors = app.anchors(organisation).await?;
    list.check(organisation, &anchors.site_keys, &anchors.approvers, now)
        .map_err(|reason| does_not_hold("revocations", reason))?;
    let revoked: Vec<_> = list.revoked.iter().map(ToString::to_string).collect();
    let revoked = serde_json::json!(revoked).to_string();
    let mut statements = vec![Statement {
        sql: "INSERT INTO revocations (organisation, issuer, number, statement, keys) VALUES (?1, ?2, ?3, ?4, ?5) \
              ON CONFLICT (organisation) DO UPDATE SET issuer = excluded.issuer, number = excluded.number, \
              statement = excluded.statement, keys = excluded.keys WHERE excluded.number > number",
        parameters: vec![
            organisation.to_string().into(),
            list.issuer.to_string().into(),
            i64::try_from(list.number).unwrap_or(i64::MAX).into(),
            encoded.as_str().into(),
            revoked.into(),
        ],
    }];
    // Whichever list is there now.
    statements.extend(
        [
            "UPDATE devices SET revoked = signing_key IN (SELECT k.value FROM revocations r, json_each(r.keys) k \
             WHERE r.organisation = ?1) WHERE organisation = ?1",
            "UPDATE approvers SET revoked = key IN (SELECT k.value FROM revocations r, json_each(r.keys) k \
             WHERE r.organisation = ?1) WHERE organisation = ?1",
        ]
        .map(|sql| Statement {
            sql,
            parameters: vec![organisation.to_string().into()],
        }),
    );
    statements.push(Statement {
        sql: "SELECT statement FROM revocations WHERE organisation = ?1",
        parameters: vec![organisation.to_string().into()],
    });
    let rows = app.platform.database().batch(statements).await?;
    let stored = rows
        .last()
        .and_then(|rows| rows.rows.first()?.first())
        .and_then(Value::text);
    if stored == Some(encoded.as_str()) {
        Ok(Json(Empty {}))
    } else {
        let detail = "A list with this number or a higher one is there. Read it, and make one with a higher number.";
        Err(Problem::new(Slug::Outdated, detail))
    }
}
