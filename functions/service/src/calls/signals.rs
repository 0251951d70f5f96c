//! Signals: what one side's client says to the other's while they find each other, carried without being stored.

use axum::extract::State;
use futures_util::future::join_all;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    change::{Found, mailbox_of, refused, require_answered_by},
    payload::Payload,
    state::{Party, Refusal, State as CallState},
    view::with_call,
};
use crate::{
    App,
    identity::bearer::Participant,
    json::{Empty, Json, LargeJson},
    limits::{Address, Kind},
    path::Path,
    ports::Platform,
    problem::Problem,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalRequest {
    /// The same for each attempt to send the same signal.
    id: Uuid,
    payload: Payload,
}

#[derive(Serialize)]
struct Body<'a> {
    from: &'static str,
    payload: &'a str,
}

/// Puts a payload into the other side's mailbox, once for each `id`. While it rings only the visitor may, to every
/// expert it rings for.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/signals", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = SignalRequest,
    responses(
        (status = 202, description = "On its way", body = Empty),
        (status = 409, description = "`call-over`, `not-answered` or `already-answered`"),
        (status = 429, description = "`too-many-requests`"),
    )
)]
pub(super) async fn signal<P: Platform>(
    State(app): State<App<P>>,
    participant: Participant,
    address: Address,
    Path(call): Path<Uuid>,
    Json(SignalRequest { id, payload }): LargeJson<SignalRequest>,
) -> Result<(StatusCode, Json<Empty>), Problem> {
    participant.require_call(call)?;
    let party = participant.party();
    let count = match &participant {
        Participant::Visitor(visitor) => app.count_signal(visitor.id, call, &address),
        Participant::Expert(expert) => app.count(Kind::Signals, Some(expert.id), &address),
    };
    let Found { keys, record } = app.find_call(&count, participant.organisation(), call, party).await?;
    let record = app.settle(&keys, record).await?;
    let (from, to) = match (party, record.call.state) {
        (Party::Visitor, CallState::Ringing) => {
            // Also where the lease has run out: whoever comes back in time answers with what was signalled meanwhile.
            let rung = record.call.rings.iter();
            let rung = rung.filter(|ring| !ring.declined && !record.inactive.contains(&ring.expert));
            ("visitor", rung.map(|ring| Party::Expert(ring.expert)).collect())
        }
        (Party::Visitor, CallState::Answered) => {
            ("visitor", record.call.expert.map(Party::Expert).into_iter().collect())
        }
        (Party::Expert(expert), _) => {
            require_answered_by(&record, expert)?;
            ("expert", vec![Party::Visitor])
        }
        (Party::Visitor, _) => return Err(with_call(refused(Refusal::Over), &record, party)),
    };
    let of = format!("{from}/{id}");
    let sent = join_all(to.into_iter().map(|to| {
        let mailbox = mailbox_of(&record, to);
        let body = Body {
            from,
            payload: payload.as_str(),
        };
        let (app, of) = (&app, of.as_str());
        async move { app.post(&mailbox, ("call.signal", of), call, body).await }
    }))
    .await;
    // While it rings, one expert who does not read does not keep the others from hearing.
    if !sent.iter().any(Result::is_ok) {
        sent.into_iter().collect::<Result<Vec<()>, _>>()?;
    }
    Ok((StatusCode::ACCEPTED, Json(Empty {})))
}
