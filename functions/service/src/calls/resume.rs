//! Going on with a call after a reload of the desk, or at another one: of an expert's desks one speaks at a time.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    RelayAnswer,
    change::{Found, mailbox_of, require_answered_by},
    find,
    state::Party,
};
use crate::{
    App,
    identity::bearer::{Expert, Participant},
    json::Json,
    limits::{Address, Kind},
    path::Path,
    ports::Platform,
    problem::Problem,
};

/// Which desk goes on with a call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResumeRequest {
    /// The same for each attempt to go on, by which the desk knows its own `call.resumed`.
    id: Uuid,
}

#[derive(Serialize)]
struct Body {
    id: Uuid,
}

/// Goes on with a call that this expert has answered: all desks of theirs hear `call.resumed`, and one that had the call
/// lets go of it. With fresh TURN credentials.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/resume", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = ResumeRequest,
    responses(
        (status = 200, description = "The other desks hear of it before anything that the visitor says to this one", body = RelayAnswer),
        (status = 409, description = "`not-answered`, `already-answered` or `call-over`"),
    )
)]
pub(super) async fn resume<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Path(call): Path<Uuid>,
    Json(ResumeRequest { id }): Json<ResumeRequest>,
) -> Result<Json<RelayAnswer>, Problem> {
    let own = expert.id;
    let participant = Participant::Expert(expert);
    let Found { keys, record } = find(&app, Kind::Relay, &participant, &address, call).await?;
    let record = app.settle(&keys, record).await?;
    require_answered_by(&record, own)?;
    let mailbox = mailbox_of(&record, Party::Expert(own));
    app.post(&mailbox, ("call.resumed", &id.to_string()), call, Body { id })
        .await?;
    Ok(Json(RelayAnswer::new(&app, call)))
}
