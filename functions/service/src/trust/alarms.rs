//! Alarms: checks of the handshake that failed in a client, counted for the organisation and nothing else.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    App,
    calls::{change::no_call, state::Party},
    identity::bearer::{Administrator, Participant},
    json::Json,
    limits::{Address, Kind},
    path::Path,
    ports::{Database as _, Platform, Statement, Value},
    problem::Problem,
    time::{DAY, rfc3339},
};

/// How long an alarm is kept after it was raised last, in milliseconds.
const AGE: i64 = 365 * DAY;

/// Why a client has ended a call, or not begun it (`docs/handshake.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CheckReason {
    /// A plain payload where a key is pinned.
    Unsealed,
    Version,
    Malformed,
    /// No good device to ring.
    NoDevice,
    Organisation,
    Chain,
    Expired,
    NotYetValid,
    Revoked,
    RevocationsMissing,
    RevocationsOld,
    WrongExpert,
    Signature,
    Fingerprint,
    CertificateChanged,
    SecondAnswer,
    Continuity,
    ShortCode,
}

/// Who has noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Side {
    Visitor,
    Expert,
}

/// As it is written in JSON and in the database.
fn name(value: impl Serialize) -> Value {
    serde_json::to_value(value)
        .ok()
        .and_then(|name| name.as_str().map(String::from))
        .into()
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlarmRequest {
    reason: CheckReason,
}

/// A check failed: for a visitor in the call of the token, rung or not, for an expert in a call that rings or rang for
/// them.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/alarms", tag = "calls", security(("token" = [])), params(("call" = Uuid, Path)),
    request_body = AlarmRequest,
    responses((status = 204, description = "Counted"))
)]
pub(super) async fn raise<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
    Path(call): Path<Uuid>,
    Json(AlarmRequest { reason }): Json<AlarmRequest>,
) -> Result<StatusCode, Problem> {
    participant.require_call(call)?;
    let (organisation, now) = (participant.organisation(), app.now());
    let (side, expert) = match participant.party() {
        Party::Visitor => (Side::Visitor, None),
        Party::Expert(expert) => (Side::Expert, Some(expert.to_string())),
    };
    let count = app.count(Kind::Alarms, Some(participant.subject()), &address);
    let mut parameters = vec![
        organisation.to_string().into(),
        name(reason),
        name(side),
        now.into(),
        expert.into(),
        call.to_string().into(),
    ];
    parameters.extend(count.most());
    let mut statements = count.statements();
    statements.push(Statement {
        sql: "INSERT INTO alarms (organisation, reason, side, count, first_at, last_at) \
              SELECT id, ?2, ?3, 1, ?4, ?4 FROM organisations WHERE id = ?1 \
              AND (?5 IS NULL OR EXISTS (SELECT 1 FROM rings r JOIN calls c ON c.id = r.call \
              JOIN people e ON e.id = r.expert AND e.organisation = c.organisation AND e.active = 1 \
              WHERE r.call = ?6 AND r.expert = ?5 AND c.organisation = ?1)) \
              AND NOT EXISTS (SELECT 1 FROM rate_limits WHERE (key = ?7 AND count > ?8) OR (key = ?9 AND count > ?10)) \
              ON CONFLICT (organisation, reason, side) DO UPDATE SET count = count + 1, last_at = excluded.last_at",
        parameters,
    });
    let rows = count.judge(app.platform.database().batch(statements).await?)?;
    if rows.first().is_none_or(|stored| stored.changes == 0) {
        return Err(no_call());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A check that failed, and how often.
#[derive(Debug, Serialize, ToSchema)]
struct Alarm {
    reason: CheckReason,
    side: Side,
    count: i64,
    #[schema(format = DateTime)]
    first_at: String,
    #[schema(format = DateTime)]
    last_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmsAnswer {
    alarms: Vec<Alarm>,
}

fn read(row: &[Value]) -> Option<Alarm> {
    let [reason, side, count, first_at, last_at] = row else {
        return None;
    };
    Some(Alarm {
        reason: serde_json::from_value(reason.text()?.into()).ok()?,
        side: serde_json::from_value(side.text()?.into()).ok()?,
        count: count.integer()?,
        first_at: rfc3339(first_at.integer()?),
        last_at: rfc3339(last_at.integer()?),
    })
}

/// The organisation's alarms, the latest first.
#[utoipa::path(
    get, path = "/api/v1/alarms", tag = "trust", security(("token" = [])),
    responses((status = 200, description = "One for each reason and side", body = AlarmsAnswer))
)]
pub(super) async fn alarms<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<Json<AlarmsAnswer>, Problem> {
    let statement = Statement {
        sql: "SELECT reason, side, count, first_at, last_at FROM alarms WHERE organisation = ?1 \
              ORDER BY last_at DESC, reason, side",
        parameters: vec![administrator.organisation.to_string().into()],
    };
    let rows = app.platform.database().query(statement).await?;
    Ok(Json(AlarmsAnswer {
        alarms: rows.rows.iter().filter_map(|row| read(row)).collect(),
    }))
}

/// Deletes the organisation's alarms.
#[utoipa::path(
    delete, path = "/api/v1/alarms", tag = "trust", security(("token" = [])),
    responses((status = 204, description = "Deleted"))
)]
pub(super) async fn delete_alarms<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<StatusCode, Problem> {
    let statement = Statement {
        sql: "DELETE FROM alarms WHERE organisation = ?1",
        parameters: vec![administrator.organisation.to_string().into()],
    };
    app.platform.database().query(statement).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes alarms that have long been silent.
pub(crate) fn delete_outdated(now: i64) -> Statement {
    Statement {
        sql: "DELETE FROM alarms WHERE last_at <= ?1",
        parameters: vec![(now - AGE).into()],
    }
}
