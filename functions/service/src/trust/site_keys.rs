//! Site keys, and which follows which.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    encoded::{Encoded, does_not_hold, milliseconds, refused},
    statements::{SiteKey, Succession},
};
use crate::{
    App,
    identity::bearer::Administrator,
    json::{Empty, Json},
    ports::{Database as _, Platform, Rows, Statement},
    problem::{Problem, Slug},
};

/// The most site keys of an organisation; each lives for years.
const MOST: i64 = 16;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteKeyRequest {
    site_key: Encoded,
    /// From a site key that is known to this one; only the first does without.
    succession: Option<Encoded>,
}

/// Makes a site key known: the first one, or one that a known one names as its successor.
#[utoipa::path(
    post, path = "/api/v1/trust/site-keys", tag = "trust", security(("token" = [])), request_body = SiteKeyRequest,
    responses(
        (status = 200, description = "It was known", body = Empty),
        (status = 201, description = "It is known", body = Empty),
        (status = 400, description = "`malformed` or `statement-refused`"),
        (status = 409, description = "`outdated` or `limit-reached`"),
    )
)]
pub(super) async fn add<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(request): Json<SiteKeyRequest>,
) -> Result<(StatusCode, Json<Empty>), Problem> {
    let (organisation, now) = (administrator.organisation, app.now());
    let site_key: SiteKey = request.site_key.open("site_key")?;
    site_key
        .check(organisation)
        .map_err(|reason| does_not_hold("site_key", reason))?;
    let succession = request
        .succession
        .as_ref()
        .map(|succession| {
            succession
                .open::<Succession>("succession")
                .map(|opened| (succession, opened))
        })
        .transpose()?;
    let known = app.anchors(organisation).await?.site_keys;
    let mut statements = Vec::new();
    if let Some((encoded, succession)) = &succession {
        succession
            .check(organisation, &known, now)
            .map_err(|reason| does_not_hold("succession", reason))?;
        if succession.new != site_key.key {
            return Err(refused("succession", "it names another key than site_key"));
        }
        statements.push(Statement {
            sql: "INSERT INTO successions (organisation, old_key, new_key, statement, not_after) \
                  VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (organisation, old_key, new_key) \
                  DO UPDATE SET statement = excluded.statement, not_after = excluded.not_after \
                  WHERE excluded.not_after > not_after",
            parameters: vec![
                organisation.to_string().into(),
                succession.old.to_string().into(),
                succession.new.to_string().into(),
                encoded.as_str().into(),
                milliseconds(succession.window.not_after).into(),
            ],
        });
    }
    let is_known = known.contains(&site_key.key);
    if !is_known && !known.is_empty() && succession.is_none() {
        return Err(refused(
            "site_key",
            "there is one already; send a succession from it to this one too",
        ));
    }
    statements.push(Statement {
        sql: "SELECT 1 FROM retirements WHERE organisation = ?1 AND key = ?2",
        parameters: vec![organisation.to_string().into(), site_key.key.to_string().into()],
    });
    // Of two that are each to be the first one is stored.
    statements.push(Statement {
        sql: "INSERT INTO site_keys (organisation, key, statement, stored_at) SELECT ?1, ?2, ?3, ?4 \
              WHERE (EXISTS (SELECT 1 FROM site_keys WHERE organisation = ?1 AND key = ?5) \
              OR NOT EXISTS (SELECT 1 FROM site_keys WHERE organisation = ?1)) \
              AND (SELECT count(*) FROM site_keys WHERE organisation = ?1) < ?6 \
              AND NOT EXISTS (SELECT 1 FROM retirements WHERE organisation = ?1 AND key = ?2) \
              ON CONFLICT (organisation, key) DO NOTHING",
        parameters: vec![
            organisation.to_string().into(),
            site_key.key.to_string().into(),
            request.site_key.as_str().into(),
            now.into(),
            succession
                .as_ref()
                .map(|(_, succession)| succession.old.to_string())
                .into(),
            MOST.into(),
        ],
    });
    let rows = app.platform.database().batch(statements).await?;
    let [.., retired, stored] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    match stored {
        _ if !retired.rows.is_empty() => Err(refused("site_key", "it was given up as lost or stolen; make a new one")),
        stored if stored.changes == 1 => Ok((StatusCode::CREATED, Json(Empty {}))),
        _ if is_known => Ok((StatusCode::OK, Json(Empty {}))),
        _ if succession.is_some() => {
            let detail = format!("An organisation has at most {MOST} site keys.");
            Err(Problem::new(Slug::LimitReached, detail))
        }
        _ => {
            let detail = "Another site key was stored a moment ago. Read what is there, and decide anew.";
            Err(Problem::new(Slug::Outdated, detail))
        }
    }
}

/// Reads the site keys that pages pin, for a batch: the newest, and the one before that an approver's certificate
/// which holds still needs; [`read_attribute`] takes the rows.
pub(crate) fn select_attribute(organisation: Uuid, now: i64) -> Statement {
    Statement {
        sql: "SELECT k.key FROM site_keys k WHERE k.organisation = ?1 \
              AND (k.stored_at = (SELECT max(stored_at) FROM site_keys WHERE organisation = ?1) \
              OR EXISTS (SELECT 1 FROM approvers a WHERE a.organisation = ?1 AND a.site_key = k.key \
              AND a.revoked = 0 AND a.not_after > ?2)) ORDER BY k.stored_at DESC, k.key LIMIT 2",
        parameters: vec![organisation.to_string().into(), now.into()],
    }
}

/// The value of the widget's attribute `site-key`; nothing where there is no site key.
pub(crate) fn read_attribute(rows: &Rows) -> Option<String> {
    let keys: Vec<_> = rows.rows.iter().filter_map(|row| row.first()?.text()).collect();
    (!keys.is_empty()).then(|| keys.join(" "))
}
