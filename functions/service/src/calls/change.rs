//! Changing a call: reading its facts, letting the state machine decide, storing under compare-and-set, telling all.

use futures_util::future::join_all;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    record::{self, Record},
    state::{Event, Kind, Notice, Party, Refusal, State},
    view::{CallView, envelope_type, with_call},
};
use crate::{
    App,
    directory::people,
    identity::{
        bearer::{Expert, require_active},
        token::Role,
    },
    limits::Count,
    ports::{Database as _, Platform, PortResult, Rows, Statement},
    presence,
    problem::{Problem, Slug},
    relay::{IceServer, ice_servers},
    vault::{mailbox::MailboxName, record::DataKeys},
};

/// How often a change is tried anew after another was first. Each time something did happen to the call, and not much
/// can.
const ATTEMPTS: usize = 8;

/// A call with its organisation's keys, as it was read.
pub(crate) struct Found {
    pub(crate) keys: DataKeys,
    pub(crate) record: Record,
}

/// What came of an event.
pub(crate) struct Changed {
    /// The call afterwards.
    pub(crate) record: Record,
    /// Who is to be told; after a repeated request everyone again, which does no harm.
    pub(crate) notices: Vec<Notice>,
    /// Why the event was refused.
    pub(crate) refusal: Option<Refusal>,
}

/// The body of an envelope about a call.
#[derive(Serialize)]
struct Body<'a> {
    call: CallView,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ice_servers: Option<Vec<IceServer>>,
}

impl<P: Platform> App<P> {
    /// Counts the request and reads a call in which someone takes part, by one round trip.
    pub(crate) async fn find_call(
        &self,
        count: &Count,
        organisation: Uuid,
        call: Uuid,
        party: Party,
    ) -> Result<Found, Problem> {
        let mut statements = count.statements();
        statements.extend([DataKeys::select(organisation), record::select(organisation, call)]);
        if let Party::Expert(expert) = party {
            statements.push(people::select_active_expert(organisation, expert));
        }
        // It writes nothing but counters.
        let rows = count.judge(self.platform.database().batch_unsynced(statements).await?)?;
        let [keys, rows, active @ ..] = rows.as_slice() else {
            return Err(Problem::unavailable());
        };
        require_active(active)?;
        self.found(organisation, party, keys, rows)
    }

    /// The call in the rows, in which someone takes part.
    fn found(&self, organisation: Uuid, party: Party, keys: &Rows, rows: &Rows) -> Result<Found, Problem> {
        let keys = DataKeys::unwrap(&self.config.vault, organisation, keys)?.ok_or_else(no_call)?;
        let record = Record::first(&keys, rows)?.filter(|record| record.has(party));
        let record = record.ok_or_else(no_call)?;
        Ok(Found { keys, record })
    }

    /// Applies an event to a call and stores what came of it. An event that changes nothing stores nothing. What belongs
    /// to a call ends with it.
    pub(crate) async fn change(&self, keys: &DataKeys, record: Record, event: Event) -> Result<Changed, Problem> {
        let (changed, joining) = self.change_alone(keys, record, event).await?;
        for record in joining {
            // Whoever renews presence, or the scheduler, moves on what cannot be moved on now.
            if let Ok((changed, _)) = self.change_alone(keys, record, Event::Time).await {
                let _ = self.tell(&changed.record, &changed.notices, None).await;
            }
        }
        Ok(changed)
    }

    /// The same without the calls that belong to this one, and have to end where this one has: they are returned.
    async fn change_alone(
        &self,
        keys: &DataKeys,
        mut record: Record,
        event: Event,
    ) -> Result<(Changed, Vec<Record>), Problem> {
        for _ in 0..ATTEMPTS {
            let step = record.call.step(event.clone(), self.now());
            if step.call.version == record.call.version {
                let repeated = step.refusal.is_none() && event != Event::Time;
                let notices = if repeated { record.call.notices() } else { Vec::new() };
                let changed = Changed {
                    record,
                    notices,
                    refusal: step.refusal,
                };
                return Ok((changed, Vec::new()));
            }
            let statements = record::compare_and_set(&record, &step.call);
            let changing = statements.len() - 1;
            let rows = self.store(statements, &record, &event).await?;
            let [.., joining, fresh] = rows.as_slice() else {
                return Err(Problem::unavailable());
            };
            let fresh = Record::first(keys, fresh)?.ok_or_else(no_call)?;
            if rows.get(changing).is_some_and(|rows| rows.changes == 1) {
                let joining = if fresh.call.state.is_final() {
                    Record::read(keys, joining)?
                } else {
                    Vec::new()
                };
                let changed = Changed {
                    record: fresh,
                    notices: step.notices,
                    refusal: step.refusal,
                };
                return Ok((changed, joining));
            }
            record = fresh;
        }
        Err(Problem::unavailable())
    }

    /// Stores a change, with the lease of whoever made it, and reads the calls that belong to it, and itself, afterwards.
    async fn store(&self, mut statements: Vec<Statement>, record: &Record, event: &Event) -> PortResult<Vec<Rows>> {
        if let Some(actor) = event.actor() {
            statements.push(presence::extend(record.organisation, actor, record.visitor, self.now()));
        }
        let joins = matches!(event, Event::Join { .. });
        let select = if joins {
            record::select_with_offer
        } else {
            record::select
        };
        statements.extend([
            record::select_joining(record.organisation, record.id),
            select(record.organisation, record.id),
        ]);
        self.platform.database().batch(statements).await
    }

    /// Answers a call: by one round trip in the ordinary case, otherwise as [`App::act`] does.
    pub(crate) async fn answer(
        &self,
        count: &Count,
        expert: &Expert,
        call: Uuid,
        payload: &str,
    ) -> Result<CallView, Problem> {
        let organisation = expert.organisation;
        let party = Party::Expert(expert.id);
        let answer = Sha256::digest(payload).to_vec();
        let mut statements = count.statements();
        statements.extend([
            DataKeys::select(organisation),
            record::answer_at_once((organisation, call), expert.id, &answer, self.now(), count),
            record::select(organisation, call),
            people::select_active_expert(organisation, expert.id),
        ]);
        let rows = count.judge(self.platform.database().batch(statements).await?)?;
        let [keys, answered, rows, active @ ..] = rows.as_slice() else {
            return Err(Problem::unavailable());
        };
        require_active(active)?;
        let found = self.found(organisation, party, keys, rows)?;
        if answered.changes == 1 {
            let record = found.record;
            self.tell(&record, &record.call.notices(), Some(payload)).await?;
            return Ok(CallView::new(&record, party));
        }
        let event = Event::Answer {
            expert: expert.id,
            answer,
        };
        self.act(found, party, event, Some(payload)).await
    }

    /// Applies an event of a participant, tells everyone, and refuses what the state does not allow. `payload` goes to
    /// the visitor with the answer.
    pub(crate) async fn act(
        &self,
        found: Found,
        party: Party,
        event: Event,
        payload: Option<&str>,
    ) -> Result<CallView, Problem> {
        let Changed {
            record,
            notices,
            refusal,
        } = self.change(&found.keys, found.record, event).await?;
        let told = self.tell(&record, &notices, payload).await;
        if let Some(refusal) = refusal {
            return Err(with_call(refused(refusal), &record, party));
        }
        // The visitor, too, learns anything else by renewing presence; the answer's payload is nowhere but here, so its
        // sender must send it again.
        if payload.is_some() {
            told?;
        }
        Ok(CallView::new(&record, party))
    }

    /// Moves a call on if time has done something to it.
    pub(crate) async fn settle(&self, keys: &DataKeys, record: Record) -> Result<Record, Problem> {
        let Changed { record, notices, .. } = self.change(keys, record, Event::Time).await?;
        let _ = self.tell(&record, &notices, None).await;
        Ok(record)
    }

    /// Puts the notices into all mailboxes at once. The error returned is the visitor's: what an expert has missed the
    /// next renewal of presence tells.
    pub(crate) async fn tell(&self, record: &Record, notices: &[Notice], payload: Option<&str>) -> PortResult<()> {
        let now = self.now();
        let told = join_all(notices.iter().map(|notice| {
            let rings = notice.kind == Kind::Ringing;
            let body = Body {
                call: CallView::new(record, notice.to),
                payload: payload.filter(|_| rings || notice.kind == Kind::Answered),
                ice_servers: rings.then(|| ice_servers(&self.config.relay, record.id, now).0),
            };
            let mailbox = mailbox_of(record, notice.to);
            async move {
                self.post(&mailbox, (envelope_type(notice.kind), ""), record.id, body)
                    .await
            }
        }))
        .await;
        let to_visitor = notices.iter().zip(told).find(|(notice, _)| notice.to == Party::Visitor);
        to_visitor.map_or(Ok(()), |(_, told)| told)
    }
}

/// The mailbox of one side of a call.
pub(crate) fn mailbox_of(record: &Record, party: Party) -> MailboxName {
    match party {
        Party::Visitor => MailboxName::new(record.organisation, Role::Visitor, record.visitor),
        Party::Expert(expert) => MailboxName::new(record.organisation, Role::Expert, expert),
    }
}

/// Also for calls of others: whoever has no part in a call does not learn that there is one.
pub(crate) fn no_call() -> Problem {
    Problem::new(
        Slug::NotFound,
        "There is no such call for you. Read the calls anew by renewing your presence.",
    )
}

/// Refuses an expert a call that rings still, that another one has answered, or that is over.
pub(crate) fn require_answered_by(record: &Record, expert: Uuid) -> Result<(), Problem> {
    let refusal = match record.call.state {
        State::Answered if record.call.expert == Some(expert) => return Ok(()),
        State::Answered => Refusal::AlreadyAnswered,
        State::Ringing => Refusal::NotAnswered,
        _ => Refusal::Over,
    };
    Err(with_call(refused(refusal), record, Party::Expert(expert)))
}

/// The problem that a refusal is.
pub(crate) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotRung => no_call(),
        Refusal::Over => Problem::new(Slug::CallOver, "The call has ended. `call` says how."),
        Refusal::AlreadyAnswered => Problem::new(
            Slug::AlreadyAnswered,
            "Somebody else, or another desk of yours, was first. `call` says who.",
        ),
        Refusal::NotAnswered => Problem::new(
            Slug::NotAnswered,
            "Nobody has answered the call yet. Wait for the answer.",
        ),
    }
}
