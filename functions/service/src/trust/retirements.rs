//! Giving up site keys that are lost or stolen, with everything that hangs on them, so that there can be a first one again.
//!
//! Pages that pin such a key refuse every call from then on: only their owner can make them pin another.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{encoded, overview::read_person, unexpected};
use crate::{
    App,
    directory::people::ExpertName,
    identity::bearer::Administrator,
    json::{Empty, Json},
    ports::{Database as _, Platform, PortResult, Statement, Value},
    problem::{Problem, Slug},
    time::rfc3339,
    vault::record::DataKeys,
};

/// The most site keys of an organisation.
const MOST: usize = 16;

/// Why a site key is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Because {
    /// Nobody can open it any more.
    Lost,
    /// Somebody else may be able to.
    Stolen,
}

impl Because {
    const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetirementRequest {
    /// All site keys that there are, as whoever decides has seen them.
    #[schema(min_items = 1, max_items = 16, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    site_keys: Vec<String>,
    because: Because,
}

/// The condition of everything here: there are site keys, and the request names all of them.
macro_rules! if_all_are_named {
    ($begin:literal $(, $more:literal)?) => {
        concat!(
            $begin,
            " WHERE organisation = ?1 AND EXISTS (SELECT 1 FROM site_keys WHERE organisation = ?1) \
             AND NOT EXISTS (SELECT 1 FROM site_keys WHERE organisation = ?1 \
             AND key NOT IN (SELECT value FROM json_each(?2)))"
            $(, $more)?
        )
    };
}

/// Gives all site keys up, and with them the successions, approvers and revocation lists; devices are to be certified
/// anew, and those that were revoked are forgotten. This cannot be undone, and the same keys are never taken again.
#[utoipa::path(
    post, path = "/api/v1/trust/retirements", tag = "trust", security(("token" = [])),
    request_body = RetirementRequest,
    responses(
        (status = 200, description = "There was no site key any more", body = Empty),
        (status = 201, description = "There is none any more", body = Empty),
        (status = 400, description = "`malformed`"),
        (status = 409, description = "`outdated`: there is a site key that the request does not name"),
    )
)]
pub(super) async fn add<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(RetirementRequest { site_keys, because }): Json<RetirementRequest>,
) -> Result<(StatusCode, Json<Empty>), Problem> {
    let good = site_keys.iter().all(|key| encoded::key(key).is_some());
    if !good || site_keys.is_empty() || site_keys.len() > MOST {
        return Err(Problem::malformed(
            "site_keys must be the 1 to 16 site keys that there are, each in base64url without padding.",
        ));
    }
    let named = serde_json::json!(site_keys).to_string();
    let statement = |sql: &'static str, more: Vec<Value>| {
        let mut parameters = vec![administrator.organisation.to_string().into(), named.as_str().into()];
        parameters.extend(more);
        Statement { sql, parameters }
    };
    let (now, person) = (app.now(), administrator.id.to_string());
    let statements = vec![
        statement(
            if_all_are_named!(
                "INSERT INTO retirements (organisation, key, retired_at, person, because) \
                 SELECT organisation, key, ?3, ?4, ?5 FROM site_keys"
            ),
            vec![now.into(), person.into(), because.name().into()],
        ),
        statement(if_all_are_named!("DELETE FROM successions"), vec![]),
        statement(if_all_are_named!("DELETE FROM approvers"), vec![]),
        statement(if_all_are_named!("DELETE FROM revocations"), vec![]),
        statement(if_all_are_named!("DELETE FROM devices", " AND revoked = 1"), vec![]),
        // As if they had asked just now.
        statement(
            if_all_are_named!(
                "UPDATE devices SET approver = NULL, certificate_sealed = NULL, not_after = NULL, requested_at = ?3"
            ),
            vec![now.into()],
        ),
        // The last, because the others look at them.
        statement(if_all_are_named!("DELETE FROM site_keys"), vec![]),
        Statement {
            sql: "SELECT 1 FROM site_keys WHERE organisation = ?1 LIMIT 1",
            parameters: vec![administrator.organisation.to_string().into()],
        },
    ];
    let rows = app.platform.database().batch(statements).await?;
    if rows.last().is_none_or(|left| !left.rows.is_empty()) {
        let detail = "There is a site key that the request does not name. Read what is there, and decide anew.";
        return Err(Problem::new(Slug::Outdated, detail));
    }
    let is_new = rows.first().is_some_and(|retired| retired.changes > 0);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Empty {})))
}

/// A site key that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Retirement {
    site_key: String,
    because: Because,
    by: RetiredBy,
    #[schema(format = DateTime)]
    at: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct RetiredBy {
    id: Uuid,
    name: String,
}

/// Reads them all, the latest first, for a batch; [`read`] takes the rows.
pub(super) const SELECT: &str = "SELECT p.id, p.name_sealed, p.title_sealed, r.key, r.because, r.retired_at \
    FROM retirements r JOIN people p ON p.id = r.person AND p.organisation = r.organisation \
    WHERE r.organisation = ?1 ORDER BY r.retired_at DESC, r.key";

pub(super) fn read(keys: &DataKeys, row: &[Value]) -> PortResult<Retirement> {
    let [_, _, _, Value::Text(site_key), Value::Text(because), at] = row else {
        return Err(unexpected());
    };
    let ExpertName { id, name, .. } = read_person(keys, row)?;
    Ok(Retirement {
        site_key: site_key.clone(),
        because: serde_json::from_value(because.as_str().into()).map_err(|_| unexpected())?,
        by: RetiredBy { id, name },
        at: rfc3339(at.integer().ok_or_else(unexpected)?),
    })
}
