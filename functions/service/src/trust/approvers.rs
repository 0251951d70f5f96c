//! Approvers: administrators' browsers that a site key has certified.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    chain::Refused,
    encoded::{Encoded, does_not_hold, milliseconds, refused},
    statements::Approver,
};
use crate::{
    App,
    identity::bearer::Administrator,
    json::{Empty, Json},
    ports::{Database as _, Platform, Statement},
    problem::{Problem, Slug},
};

/// The most approvers of an organisation whose certificates hold.
const MOST: i64 = 32;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproverRequest {
    certificate: Encoded,
}

/// Makes an approver known, or gives a known one a later certificate.
#[utoipa::path(
    post, path = "/api/v1/trust/approvers", tag = "trust", security(("token" = [])), request_body = ApproverRequest,
    responses(
        (status = 200, description = "The approver was known", body = Empty),
        (status = 201, description = "The approver is known", body = Empty),
        (status = 400, description = "`malformed` or `statement-refused`"),
        (status = 409, description = "`limit-reached`"),
    )
)]
pub(super) async fn add<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(ApproverRequest { certificate }): Json<ApproverRequest>,
) -> Result<(StatusCode, Json<Empty>), Problem> {
    let (organisation, now) = (administrator.organisation, app.now());
    let approver: Approver = certificate.open("certificate")?;
    let site_keys = app.anchors(organisation).await?.site_keys;
    approver
        .check(organisation, &site_keys, now)
        .map_err(|reason| does_not_hold("certificate", reason))?;
    let key = approver.key.to_string();
    let parameters = || vec![organisation.to_string().into(), key.as_str().into()];
    let known = Statement {
        sql: "SELECT 1 FROM approvers WHERE organisation = ?1 AND key = ?2",
        parameters: parameters(),
    };
    let revoked = Statement {
        sql: "SELECT 1 FROM revocations r, json_each(r.keys) k WHERE r.organisation = ?1 AND k.value = ?2",
        parameters: parameters(),
    };
    let administers = Statement {
        sql: "SELECT 1 FROM people WHERE organisation = ?1 AND id = ?2 AND active = 1 AND administrator = 1",
        parameters: vec![organisation.to_string().into(), approver.person.to_string().into()],
    };
    let mut store = Statement {
        sql: "INSERT INTO approvers (organisation, key, site_key, person, statement, not_after, revoked) \
              SELECT organisation, ?2, ?3, id, ?5, ?6, 0 FROM people \
              WHERE organisation = ?1 AND id = ?4 AND active = 1 AND administrator = 1 \
              AND NOT EXISTS (SELECT 1 FROM revocations r, json_each(r.keys) k \
              WHERE r.organisation = ?1 AND k.value = ?2) \
              AND (SELECT count(*) FROM approvers WHERE organisation = ?1 AND key <> ?2 AND not_after > ?7) < ?8 \
              ON CONFLICT (organisation, key) DO UPDATE SET site_key = excluded.site_key, person = excluded.person, \
              statement = excluded.statement, not_after = excluded.not_after WHERE excluded.not_after >= not_after",
        parameters: parameters(),
    };
    store.parameters.extend([
        approver.site_key.to_string().into(),
        approver.person.to_string().into(),
        certificate.as_str().into(),
        milliseconds(approver.window.not_after).into(),
        now.into(),
        MOST.into(),
    ]);
    let rows = app
        .platform
        .database()
        .batch(vec![known, revoked, administers, store])
        .await?;
    let [known, revoked, administers, stored] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if !revoked.rows.is_empty() {
        Err(does_not_hold("certificate", Refused::Revoked))
    } else if administers.rows.is_empty() {
        Err(refused(
            "certificate",
            "the person that it names is no active administrator here",
        ))
    } else if !known.rows.is_empty() {
        Ok((StatusCode::OK, Json(Empty {})))
    } else if stored.changes == 0 {
        let detail =
            format!("An organisation has at most {MOST} approvers. Revoke one, or wait until one's time is over.");
        Err(Problem::new(Slug::LimitReached, detail))
    } else {
        Ok((StatusCode::CREATED, Json(Empty {})))
    }
}
