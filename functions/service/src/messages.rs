//! Messages left when nobody is there: sealed by the visitor to experts' devices, kept for 30 days.
//!
//! They are sealed once more for storage, because whether a client has done so is its own word.

use axum::{
    Router,
    extract::State,
    routing::{delete, post},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};
use uuid::Uuid;

use crate::{
    App,
    calls::payload::Payload,
    directory::people,
    identity::bearer::{Expert, Visitor, no_longer_here},
    json::{Empty, Json, LargeJson},
    limits::{Address, Kind},
    path::{Path, Query},
    ports::{Database as _, Platform, PortError, PortResult, Statement, Value},
    problem::{Problem, Slug},
    time::{DAY, rfc3339},
    vault::record::{DataKeys, Place},
};

/// How long a message is kept, in milliseconds.
const KEPT: i64 = 30 * DAY;
/// The most messages that are kept for an organisation.
const MOST: i64 = 500;
/// The most messages of a page.
const PAGE: usize = 50;

#[derive(OpenApi)]
#[openapi(paths(leave, messages, remove))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route("/api/v1/messages", post(leave::<P>).get(messages::<P>))
        .route("/api/v1/messages/{message}", delete(remove::<P>))
}

fn place(message: Uuid) -> Place {
    Place {
        field: "messages.payload_sealed",
        row: message,
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageRequest {
    /// The same for each attempt to leave the same message.
    id: Uuid,
    /// For this one alone.
    expert: Option<Uuid>,
    payload: Payload,
}

/// Leaves a message for an expert, or for any.
#[utoipa::path(
    post, path = "/api/v1/messages", tag = "messages", security(("token" = [])), request_body = MessageRequest,
    responses(
        (status = 200, description = "It was left already", body = Empty),
        (status = 201, description = "It is kept for 30 days", body = Empty),
        (status = 404, description = "`not-found`: there is no such expert"),
        (status = 409, description = "`nobody-available` or `limit-reached`"),
    )
)]
async fn leave<P: Platform>(
    State(app): State<App<P>>,
    visitor: Visitor,
    address: Address,
    Json(MessageRequest { id, expert, payload }): LargeJson<MessageRequest>,
) -> Result<(StatusCode, Json<Empty>), Problem> {
    let (organisation, now) = (visitor.organisation, app.now());
    let count = app.count_message(&visitor, &address);
    let mut statements = count.statements();
    statements.extend([
        DataKeys::select(organisation),
        Statement {
            sql: "SELECT 1 FROM site_keys WHERE organisation = ?1 LIMIT 1",
            parameters: vec![organisation.to_string().into()],
        },
        people::select_active_expert(organisation, expert.unwrap_or_default()),
    ]);
    // It writes nothing but counters.
    let rows = count.judge(app.platform.database().batch_unsynced(statements).await?)?;
    let [keys, site_keys, addressed] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    if site_keys.rows.is_empty() {
        let detail = "Nobody here can read messages yet. Reach the organisation in another way.";
        return Err(Problem::new(Slug::NobodyAvailable, detail));
    }
    if expert.is_some() && addressed.rows.is_empty() {
        let detail = "There is no such expert. Leave the message for any expert.";
        return Err(Problem::new(Slug::NotFound, detail));
    }
    let statements = vec![
        Statement {
            sql: "INSERT INTO messages (id, organisation, visitor, expert, payload_sealed, created_at) \
                  SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(*) FROM messages WHERE organisation = ?2) < ?7 \
                  ON CONFLICT (id) DO NOTHING",
            parameters: vec![
                id.to_string().into(),
                organisation.to_string().into(),
                visitor.id.to_string().into(),
                expert.map(|expert| expert.to_string()).into(),
                keys.seal(app.platform.entropy(), place(id), payload.as_str())?.into(),
                now.into(),
                MOST.into(),
            ],
        },
        Statement {
            sql: "SELECT organisation, visitor FROM messages WHERE id = ?1",
            parameters: vec![id.to_string().into()],
        },
    ];
    let rows = app.platform.database().batch(statements).await?;
    let [stored, known] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if stored.changes == 1 {
        return Ok((StatusCode::CREATED, Json(Empty {})));
    }
    let own = [Some(organisation.to_string()), Some(visitor.id.to_string())];
    match known.rows.first().map(Vec::as_slice) {
        Some([of, by]) if [of, by].map(|id| id.text().map(String::from)) == own => Ok((StatusCode::OK, Json(Empty {}))),
        Some(_) => Err(Problem::malformed("id is that of another message. Choose a new UUID.")),
        None => {
            let detail = "The organisation has more messages than it has read. Reach it in another way.";
            Err(Problem::new(Slug::LimitReached, detail))
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Before {
    /// Only messages before this one, for the next page.
    before: Option<Uuid>,
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
struct Message {
    id: Uuid,
    #[schema(format = DateTime)]
    at: String,
    /// For whom alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    expert: Option<Uuid>,
    payload: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessagesAnswer {
    messages: Vec<Message>,
    /// Whether there are more before the last one.
    more: bool,
}

/// The messages for this expert and for any, the newest first.
#[utoipa::path(
    get, path = "/api/v1/messages", tag = "messages", security(("token" = [])), params(Before),
    responses((status = 200, description = "At most 50", body = MessagesAnswer))
)]
async fn messages<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Query(Before { before }): Query<Before>,
) -> Result<Json<MessagesAnswer>, Problem> {
    let organisation = expert.organisation;
    let count = app.count(Kind::Messages, Some(expert.id), &address);
    let mut statements = count.statements();
    statements.extend([
        DataKeys::select(organisation),
        people::select_active_expert(organisation, expert.id),
        Statement {
            sql: "SELECT id, created_at, expert, payload_sealed FROM messages m WHERE organisation = ?1 \
                  AND (expert IS NULL OR expert = ?2) AND created_at > ?4 AND (?3 IS NULL OR EXISTS \
                  (SELECT 1 FROM messages b WHERE b.id = ?3 AND b.organisation = ?1 \
                  AND (m.created_at < b.created_at OR (m.created_at = b.created_at AND m.id < b.id)))) \
                  ORDER BY created_at DESC, id DESC LIMIT 51",
            parameters: vec![
                organisation.to_string().into(),
                expert.id.to_string().into(),
                before.map(|before| before.to_string()).into(),
                (app.now() - KEPT).into(),
            ],
        },
    ]);
    // It writes nothing but counters.
    let rows = count.judge(app.platform.database().batch_unsynced(statements).await?)?;
    let [keys, active, found] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if active.rows.is_empty() {
        return Err(no_longer_here());
    }
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let messages = found.rows.iter().take(PAGE).map(|row| read(&keys, row));
    Ok(Json(MessagesAnswer {
        messages: messages.collect::<PortResult<_>>()?,
        more: found.rows.len() > PAGE,
    }))
}

fn read(keys: &DataKeys, row: &[Value]) -> PortResult<Message> {
    let unexpected = || PortError::Unavailable("a message is not of the expected form".into());
    let [id, at, expert, payload] = row else {
        return Err(unexpected());
    };
    let id = id.text().and_then(|id| id.parse().ok()).ok_or_else(unexpected)?;
    Ok(Message {
        id,
        at: rfc3339(at.integer().ok_or_else(unexpected)?),
        expert: expert.text().and_then(|expert| expert.parse().ok()),
        payload: keys.open(place(id), payload.blob().ok_or_else(unexpected)?)?,
    })
}

/// Removes a message for this expert or for any.
#[utoipa::path(
    delete, path = "/api/v1/messages/{message}", tag = "messages", security(("token" = [])),
    params(("message" = Uuid, Path)),
    responses((status = 204, description = "It is not there any more"))
)]
async fn remove<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Path(message): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let count = app.count(Kind::Messages, Some(expert.id), &address);
    let mut parameters = vec![
        message.to_string().into(),
        expert.organisation.to_string().into(),
        expert.id.to_string().into(),
    ];
    parameters.extend(count.most());
    let mut statements = count.statements();
    statements.extend([
        people::select_active_expert(expert.organisation, expert.id),
        Statement {
            sql: "DELETE FROM messages WHERE id = ?1 AND organisation = ?2 AND (expert IS NULL OR expert = ?3) \
                  AND EXISTS (SELECT 1 FROM people WHERE organisation = ?2 AND id = ?3 AND active = 1 AND expert = 1) \
                  AND NOT EXISTS (SELECT 1 FROM rate_limits WHERE (key = ?4 AND count > ?5) OR (key = ?6 AND count > ?7))",
            parameters,
        },
    ]);
    let rows = count.judge(app.platform.database().batch(statements).await?)?;
    if rows.first().is_none_or(|active| active.rows.is_empty()) {
        return Err(no_longer_here());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes messages that are too old.
pub(crate) fn delete_outdated(now: i64) -> Statement {
    Statement {
        sql: "DELETE FROM messages WHERE created_at <= ?1",
        parameters: vec![(now - KEPT).into()],
    }
}
