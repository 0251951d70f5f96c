//! A call as a participant sees it (`docs/signalling.md`, Calls).

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    record::{About, Joining, Media, Record, VisitedPage, because_name, state_name},
    state::{Kind, Party, State},
};
use crate::{problem::Problem, relay::IceServer, time::rfc3339};

/// A call.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Call)]
pub(crate) struct CallView {
    id: Uuid,
    /// `ringing`, `answered`, `ended`, `missed`, `declined` or `cancelled`.
    state: &'static str,
    /// Rises by one with every change.
    version: i64,
    media: Media,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it will be missed.
    #[schema(format = DateTime)]
    rings_until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    answered_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// `hung-up`, `visitor-gone` or `expert-gone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_because: Option<&'static str>,
    /// While it rings with `wait`: how many are before, 0 = next.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<i64>,
    /// To experts only.
    #[serde(skip_serializing_if = "Option::is_none")]
    visitor: Option<VisitorView>,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    expert: Option<ExpertView>,
    /// To experts only: by which invitation, and into which call.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<Joining>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CallVisitor)]
struct VisitorView {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    language: String,
    page: VisitedPage,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CallExpert)]
struct ExpertView {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
}

/// A call, and what its expert needs to answer it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct OpenCall {
    #[serde(flatten)]
    call: CallView,
    /// The visitor's offer, while it rings, to experts.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// While it rings, to experts.
    #[serde(skip_serializing_if = "Option::is_none")]
    ice_servers: Option<Vec<IceServer>>,
}

/// An answer that holds a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallAnswer {
    pub(crate) call: CallView,
}

impl CallView {
    /// The call as this side sees it.
    pub(crate) fn new(record: &Record, party: Party) -> Self {
        let About { name, language, page } = record.about.clone();
        let call = &record.call;
        Self {
            id: record.id,
            state: state_name(call.state),
            version: call.version,
            media: record.media,
            created_at: rfc3339(record.created_at),
            rings_until: rfc3339(call.rings_until),
            answered_at: call.answered_at.map(rfc3339),
            ended_at: call.ended_at.map(rfc3339),
            ended_because: call.because.map(because_name),
            waiting: record.before.filter(|_| record.waits && call.state == State::Ringing),
            visitor: match party {
                Party::Visitor => None,
                Party::Expert(_) => Some(VisitorView {
                    id: record.visitor,
                    name,
                    language,
                    page,
                }),
            },
            expert: record.expert.clone().map(|expert| ExpertView {
                id: expert.id,
                name: expert.name,
                title: expert.title,
            }),
            invitation: record.joining.filter(|_| party != Party::Visitor),
        }
    }
}

impl OpenCall {
    /// The call as this side sees it; to an expert for whom it rings with the offer.
    pub(crate) fn new(record: &Record, party: Party, ice_servers: impl FnOnce() -> Vec<IceServer>) -> Self {
        let rings = record.call.state == State::Ringing && party != Party::Visitor;
        Self {
            call: CallView::new(record, party),
            payload: record.offer.clone().filter(|_| rings),
            ice_servers: rings.then(ice_servers),
        }
    }
}

/// The `type` of an envelope.
pub(crate) fn envelope_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Ringing => "call.ringing",
        Kind::Answered => "call.answered",
        Kind::Taken => "call.taken",
        Kind::Declined => "call.declined",
        Kind::Cancelled => "call.cancelled",
        Kind::Missed => "call.missed",
        Kind::Ended => "call.ended",
    }
}

/// The same problem with the state of the call as this side sees it.
pub(crate) fn with_call(problem: Problem, record: &Record, party: Party) -> Problem {
    match serde_json::to_value(CallView::new(record, party)) {
        Ok(call) => problem.with_call(call),
        Err(_) => problem,
    }
}
