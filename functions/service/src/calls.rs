//! Calls: ringing, answering, signalling and hanging up, each change by compare-and-set.
//!
//! How many sequential round trips a request costs (counted by `tests/calls/life.rs`): answering and signalling one to the
//! database and one to all mailboxes at once; ringing, declining and hanging up two and one.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use crate::{
    App,
    identity::bearer::{Expert, Participant, Visitor},
    json::{Empty, Json, LargeJson},
    limits::{Address, Kind},
    path::Path,
    ports::Platform,
    problem::Problem,
    relay::{IceServer, ice_servers},
    time::rfc3339,
};

pub(crate) mod change;
pub(crate) mod due;
pub(crate) mod invitations;
mod new_call;
pub(crate) mod payload;
pub(crate) mod record;
mod resume;
mod ring;
mod signals;
pub(crate) mod state;
pub(crate) mod view;

use change::{Found, refused};
use payload::Payload;
use state::{Event, Party, Refusal};
use view::{CallAnswer, CallView, with_call};

#[derive(OpenApi)]
#[openapi(paths(
    ring::ring,
    look,
    answer,
    decline,
    cancel,
    hang_up,
    signals::signal,
    relay,
    resume::resume,
    invitations::invite
))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route("/api/v1/calls/{call}", get(look::<P>))
        .route("/api/v1/calls/{call}/ring", post(ring::ring::<P>))
        .route("/api/v1/calls/{call}/answer", post(answer::<P>))
        .route("/api/v1/calls/{call}/decline", post(decline::<P>))
        .route("/api/v1/calls/{call}/cancel", post(cancel::<P>))
        .route("/api/v1/calls/{call}/hang-up", post(hang_up::<P>))
        .route("/api/v1/calls/{call}/signals", post(signals::signal::<P>))
        .route("/api/v1/calls/{call}/relay", post(relay::<P>))
        .route("/api/v1/calls/{call}/resume", post(resume::resume::<P>))
        .route("/api/v1/calls/{call}/invitations", post(invitations::invite::<P>))
}

impl Participant {
    /// Which side of a call this is.
    pub(crate) fn party(&self) -> Party {
        match self {
            Self::Visitor(_) => Party::Visitor,
            Self::Expert(expert) => Party::Expert(expert.id),
        }
    }

    /// The visitor's or the person's id.
    pub(crate) fn subject(&self) -> Uuid {
        match self {
            Self::Visitor(visitor) => visitor.id,
            Self::Expert(expert) => expert.id,
        }
    }

    /// Refuses a visitor any call but the token's.
    pub(crate) fn require_call(&self, call: Uuid) -> Result<(), Problem> {
        match self {
            Self::Visitor(visitor) => visitor.require_call(call),
            Self::Expert(_) => Ok(()),
        }
    }
}

/// Reads the call of a request.
async fn find<P: Platform>(
    app: &App<P>,
    kind: Kind,
    participant: &Participant,
    address: &Address,
    call: Uuid,
) -> Result<Found, Problem> {
    participant.require_call(call)?;
    let count = app.count(kind, Some(participant.subject()), address);
    app.find_call(&count, participant.organisation(), call, participant.party())
        .await
}

/// The call as it is.
#[utoipa::path(
    get, path = "/api/v1/calls/{call}", tag = "calls", security(("token" = [])), params(("call" = Uuid, Path)),
    responses((status = 200, description = "The call", body = CallAnswer))
)]
async fn look<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
    Path(call): Path<Uuid>,
) -> Result<Json<CallAnswer>, Problem> {
    let Found { keys, record } = find(&app, Kind::Calls, &participant, &address, call).await?;
    let record = app.settle(&keys, record).await?;
    Ok(Json(CallAnswer {
        call: CallView::new(&record, participant.party()),
    }))
}

/// What an expert answers with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerRequest {
    payload: Payload,
}

/// Answers a call that rings; the first expert to do so has it.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/answer", tag = "calls", security(("token" = [])), params(("call" = Uuid, Path)),
    request_body = AnswerRequest,
    responses(
        (status = 200, description = "Answered", body = CallAnswer),
        (status = 409, description = "`already-answered` or `call-over`"),
    )
)]
async fn answer<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Path(call): Path<Uuid>,
    Json(AnswerRequest { payload }): LargeJson<AnswerRequest>,
) -> Result<Json<CallAnswer>, Problem> {
    let count = app.count(Kind::Calls, Some(expert.id), &address);
    let answered = app.answer(&count, &expert, call, payload.as_str()).await?;
    Ok(Json(CallAnswer { call: answered }))
}

/// Does not want a call that rings.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/decline", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = Empty,
    responses(
        (status = 200, description = "Declined", body = CallAnswer),
        (status = 409, description = "`already-answered` or `call-over`"),
    )
)]
async fn decline<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Path(call): Path<Uuid>,
    Json(Empty {}): Json<Empty>,
) -> Result<Json<CallAnswer>, Problem> {
    let event = Event::Decline { expert: expert.id };
    act(app, Participant::Expert(expert), address, call, event).await
}

/// The visitor gives up; a call that was answered in the same instant is hung up.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/cancel", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = Empty,
    responses(
        (status = 200, description = "Over", body = CallAnswer),
        (status = 409, description = "`call-over`"),
    )
)]
async fn cancel<P: Platform>(
    State(app): State<App<P>>,
    visitor: Visitor,
    address: Address,
    Path(call): Path<Uuid>,
    Json(Empty {}): Json<Empty>,
) -> Result<Json<CallAnswer>, Problem> {
    act(
        app,
        Participant::Visitor(visitor),
        address,
        call,
        Event::HangUp { by: Party::Visitor },
    )
    .await
}

/// Ends a call; while it rings, for a visitor, the same as cancel.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/hang-up", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = Empty,
    responses(
        (status = 200, description = "Over", body = CallAnswer),
        (status = 409, description = "`not-answered`, `already-answered` or `call-over`"),
    )
)]
async fn hang_up<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
    Path(call): Path<Uuid>,
    Json(Empty {}): Json<Empty>,
) -> Result<Json<CallAnswer>, Problem> {
    let event = Event::HangUp {
        by: participant.party(),
    };
    act(app, participant, address, call, event).await
}

async fn act<P: Platform>(
    app: App<P>,
    participant: Participant,
    address: Address,
    call: Uuid,
    event: Event,
) -> Result<Json<CallAnswer>, Problem> {
    let found = find(&app, Kind::Calls, &participant, &address, call).await?;
    let call = app.act(found, participant.party(), event, None).await?;
    Ok(Json(CallAnswer { call }))
}

/// Fresh credentials for the relay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RelayAnswer {
    ice_servers: Vec<IceServer>,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl RelayAnswer {
    fn new<P: Platform>(app: &App<P>, call: Uuid) -> Self {
        let (ice_servers, expires_at) = ice_servers(&app.config.relay, call, app.now());
        Self {
            ice_servers,
            expires_at: rfc3339(expires_at),
        }
    }
}

/// Fresh TURN credentials, bound to a call that goes on.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/relay", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = Empty,
    responses(
        (status = 200, description = "For an hour", body = RelayAnswer),
        (status = 409, description = "`call-over`"),
    )
)]
async fn relay<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
    Path(call): Path<Uuid>,
    Json(Empty {}): Json<Empty>,
) -> Result<Json<RelayAnswer>, Problem> {
    let Found { keys, record } = find(&app, Kind::Relay, &participant, &address, call).await?;
    let record = app.settle(&keys, record).await?;
    if record.call.state.is_final() {
        return Err(with_call(refused(Refusal::Over), &record, participant.party()));
    }
    Ok(Json(RelayAnswer::new(&app, call)))
}
