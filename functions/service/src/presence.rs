//! Presence: a lease that its owner renews. Who does not, is gone; nothing waits for a farewell.
//!
//! Whoever renews moves the calls it takes part in on, so nothing depends on a timer in the service.

use axum::{Router, extract::State, routing::put};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use crate::{
    App,
    calls::{
        change::Changed,
        record::{self, Record},
        state::{Event, LEASE, Party, State as CallState},
        view::OpenCall,
    },
    identity::bearer::{Participant, no_longer_here},
    json::Json,
    limits::{Address, Count, Kind},
    ports::{Database as _, Platform, Statement, Value},
    problem::Problem,
    relay::ice_servers,
    time::{MINUTE, rfc3339},
    vault::record::DataKeys,
};

/// How often a client renews its lease, in milliseconds.
const RENEW_IN: i64 = 8_000;
/// No client is asked to renew sooner than this, in milliseconds.
const RENEW_SOONEST: i64 = 500;
/// How long whoever leaves may take to come back (a reload), in milliseconds. Longer than it takes another page of the
/// same person to renew the lease that they share.
const RETURN: i64 = RENEW_IN + 4_000;

#[derive(OpenApi)]
#[openapi(paths(renew, leave))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/api/v1/presence", put(renew::<P>).delete(leave::<P>))
}

/// What somebody who is there wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Presence {
    /// A visitor.
    Here,
    /// An expert to ring for.
    Available,
    /// An expert not to ring for.
    Away,
}

impl Presence {
    fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Available => "available",
            Self::Away => "away",
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceRequest {
    state: Presence,
}

/// The lease, and the truth about the calls that it is for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceAnswer {
    #[schema(format = DateTime)]
    expires_at: String,
    /// When to renew, in milliseconds.
    renew_in: i64,
    calls: Vec<OpenCall>,
}

/// Renews the lease and moves the calls of its owner on.
///
/// One round trip to the database while nothing has changed.
#[utoipa::path(
    put, path = "/api/v1/presence", tag = "calls", security(("token" = [])), request_body = PresenceRequest,
    responses((status = 200, description = "There until `expires_at`", body = PresenceAnswer))
)]
async fn renew<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
    Json(PresenceRequest { state }): Json<PresenceRequest>,
) -> Result<Json<PresenceAnswer>, Problem> {
    let expires_at = app.now() + LEASE;
    let count = app.count(Kind::Presence, Some(participant.subject()), &address);
    let calls = match (&participant, state) {
        (Participant::Visitor(visitor), Presence::Here) => {
            let lease = visitor_lease(visitor.organisation, visitor.id, expires_at, Some(&count));
            let select = record::select(visitor.organisation, visitor.call);
            let (keys, records) = read(&app, &count, visitor.organisation, lease, select).await?;
            settle(&app, &keys, records, Party::Visitor).await?
        }
        (Participant::Expert(expert), Presence::Available | Presence::Away) => {
            let lease = expert_lease(expert.organisation, expert.id, state, expires_at, &count);
            let select = record::select_for_expert(expert.organisation, expert.id, state == Presence::Available);
            let (keys, records) = read(&app, &count, expert.organisation, lease, select).await?;
            let party = Party::Expert(expert.id);
            let records = settle(&app, &keys, records, party).await?;
            records
                .into_iter()
                .filter(|record| concerns(record, expert.id))
                .collect()
        }
        _ => {
            return Err(Problem::malformed(
                "state must be `here` for a visitor, `available` or `away` for an expert.",
            ));
        }
    };
    let party = participant.party();
    let now = app.now();
    let view = |record: &Record| OpenCall::new(record, party, || ice_servers(&app.config.relay, record.id, now).0);
    Ok(Json(PresenceAnswer {
        expires_at: rfc3339(expires_at),
        renew_in: renew_in(&calls, now),
        calls: calls.iter().map(view).collect(),
    }))
}

/// Gone. Availability shows it at once; open calls wait 12 seconds for a return.
#[utoipa::path(
    delete, path = "/api/v1/presence", tag = "calls", security(("token" = [])),
    responses((status = 204, description = "Gone"))
)]
async fn leave<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
) -> Result<StatusCode, Problem> {
    let count = app.count(Kind::Presence, Some(participant.subject()), &address);
    let mut statements = count.statements();
    statements.push(leaving(
        participant.organisation(),
        participant.party(),
        participant.subject(),
        app.now(),
        Some(&count),
    ));
    count.judge(app.platform.database().batch(statements).await?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sooner than usual when a call of theirs is about to change by time alone: so that whoever waits for somebody who is
/// gone learns it when the lease runs out, not a renewal later.
fn renew_in(calls: &[Record], now: i64) -> i64 {
    let due = calls.iter().filter_map(|record| record.call.due_at()).min();
    due.map_or(RENEW_IN, |due| (due - now).clamp(RENEW_SOONEST, RENEW_IN))
}

/// Whether a call rings for an expert or is the expert's, and goes on.
fn concerns(record: &Record, expert: Uuid) -> bool {
    match record.call.state {
        CallState::Ringing => record
            .call
            .rings
            .iter()
            .any(|ring| ring.expert == expert && !ring.declined),
        CallState::Answered => record.call.expert == Some(expert),
        _ => false,
    }
}

async fn read<P: Platform>(
    app: &App<P>,
    count: &Count,
    organisation: Uuid,
    lease: Statement,
    select: Statement,
) -> Result<(DataKeys, Vec<Record>), Problem> {
    let mut statements = count.statements();
    statements.extend([lease, DataKeys::select(organisation), select]);
    let rows = count.judge(app.platform.database().batch(statements).await?)?;
    let [lease, keys, calls] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if lease.changes == 0 {
        return Err(no_longer_here());
    }
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let records = Record::read(&keys, calls)?;
    Ok((keys, records))
}

/// Moves calls on; an expert joins those that wait for anybody.
async fn settle<P: Platform>(
    app: &App<P>,
    keys: &DataKeys,
    records: Vec<Record>,
    party: Party,
) -> Result<Vec<Record>, Problem> {
    let mut settled = Vec::with_capacity(records.len());
    for record in records {
        let offer = record.offer.clone();
        let event = match party {
            Party::Expert(expert) if !record.has(party) => Event::Join { expert },
            _ => Event::Time,
        };
        let Changed {
            mut record, notices, ..
        } = app.change(keys, record, event).await?;
        record.offer = offer;
        let payload = record.offer.as_deref();
        // Whoever cannot be told now learns it as this one does.
        let _ = app.tell(&record, &notices, payload).await;
        settled.push(record);
    }
    Ok(settled)
}

/// Where the request is counted, only within its limits.
fn visitor_lease(organisation: Uuid, visitor: Uuid, expires_at: i64, count: Option<&Count>) -> Statement {
    let mut parameters = vec![
        organisation.to_string().into(),
        visitor.to_string().into(),
        expires_at.into(),
    ];
    parameters.extend(most(count));
    Statement {
        sql: "INSERT INTO presence (organisation, role, subject, state, expires_at) \
              SELECT ?1, 'visitor', ?2, 'here', ?3 WHERE NOT EXISTS \
              (SELECT 1 FROM rate_limits WHERE (key = ?4 AND count > ?5) OR (key = ?6 AND count > ?7)) \
              ON CONFLICT (organisation, role, subject) DO UPDATE SET state = 'here', expires_at = excluded.expires_at",
        parameters,
    }
}

/// Only for a person who is still an active expert: a token outlives the person's deactivation by minutes. Only within
/// the limits of the request.
fn expert_lease(organisation: Uuid, expert: Uuid, state: Presence, expires_at: i64, count: &Count) -> Statement {
    let mut parameters = vec![
        organisation.to_string().into(),
        expert.to_string().into(),
        state.name().into(),
        expires_at.into(),
    ];
    parameters.extend(count.most());
    Statement {
        sql: "INSERT INTO presence (organisation, role, subject, state, expires_at) \
              SELECT organisation, 'expert', id, ?3, ?4 FROM people \
              WHERE organisation = ?1 AND id = ?2 AND active = 1 AND expert = 1 AND NOT EXISTS \
              (SELECT 1 FROM rate_limits WHERE (key = ?5 AND count > ?6) OR (key = ?7 AND count > ?8)) \
              ON CONFLICT (organisation, role, subject) \
              DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at",
        parameters,
    }
}

/// The lease of a visitor who rings.
pub(crate) fn begin(organisation: Uuid, visitor: Uuid, now: i64) -> Statement {
    visitor_lease(organisation, visitor, now + LEASE, None)
}

/// Who acts is there: the lease lasts from now, and its state is as it was. An expert without one is not rung for by it.
pub(crate) fn extend(organisation: Uuid, party: Party, visitor: Uuid, now: i64) -> Statement {
    let (role, subject) = role_and_subject(party, visitor);
    let state = if party == Party::Visitor {
        Presence::Here
    } else {
        Presence::Away
    };
    Statement {
        sql: "INSERT INTO presence (organisation, role, subject, state, expires_at) VALUES (?1, ?2, ?3, ?4, ?5) \
              ON CONFLICT (organisation, role, subject) \
              DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)",
        parameters: vec![
            organisation.to_string().into(),
            role.into(),
            subject.to_string().into(),
            state.name().into(),
            (now + LEASE).into(),
        ],
    }
}

/// Ends the lease but for the time that a reload takes: a statement for a batch. Where the request is counted, only
/// within its limits.
pub(crate) fn leaving(organisation: Uuid, party: Party, visitor: Uuid, now: i64, count: Option<&Count>) -> Statement {
    let (role, subject) = role_and_subject(party, visitor);
    let mut parameters = vec![
        organisation.to_string().into(),
        role.into(),
        subject.to_string().into(),
        (now + RETURN).into(),
    ];
    parameters.extend(most(count));
    Statement {
        sql: "UPDATE presence SET state = 'leaving', expires_at = min(expires_at, ?4) \
              WHERE organisation = ?1 AND role = ?2 AND subject = ?3 AND NOT EXISTS \
              (SELECT 1 FROM rate_limits WHERE (key = ?5 AND count > ?6) OR (key = ?7 AND count > ?8))",
        parameters,
    }
}

/// The parameters of a condition on the counters of a subject and an address; it holds where nothing is counted.
fn most(count: Option<&Count>) -> Vec<Value> {
    count.map_or_else(|| vec![Value::Null; 4], |count| count.most().collect())
}

/// Ends an expert's lease at once: a statement for a batch.
pub(crate) fn end(organisation: Uuid, expert: Uuid) -> Statement {
    Statement {
        sql: "DELETE FROM presence WHERE organisation = ?1 AND role = 'expert' AND subject = ?2",
        parameters: vec![organisation.to_string().into(), expert.to_string().into()],
    }
}

fn role_and_subject(party: Party, visitor: Uuid) -> (&'static str, Uuid) {
    match party {
        Party::Visitor => ("visitor", visitor),
        Party::Expert(expert) => ("expert", expert),
    }
}

/// Deletes leases that have long run out; until then they only mean that nobody is there.
pub(crate) fn delete_outdated(now: i64) -> Statement {
    Statement {
        sql: "DELETE FROM presence WHERE expires_at <= ?1",
        parameters: vec![(now - MINUTE).into()],
    }
}

/// Reads the experts of an organisation whose desks are open and who are available, for a batch: id, sealed name, sealed
/// title, end of the lease, whether in a call.
pub(crate) fn select_available(organisation: Uuid, now: i64) -> Statement {
    Statement {
        sql: "SELECT e.id, e.name_sealed, e.title_sealed, p.expires_at, EXISTS (SELECT 1 FROM calls c \
              WHERE c.organisation = p.organisation AND c.expert = p.subject AND c.state = 'answered') \
              FROM presence p JOIN people e ON e.id = p.subject AND e.organisation = p.organisation \
              WHERE p.organisation = ?1 AND p.role = 'expert' AND p.state = 'available' AND p.expires_at > ?2 \
              AND e.active = 1 AND e.expert = 1 ORDER BY e.id LIMIT 50",
        parameters: vec![organisation.to_string().into(), now.into()],
    }
}
