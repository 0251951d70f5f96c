//! The state of a call: who may change it into what, and who is told.
//!
//! No input or output: facts, an event and the time go in, the changed call and the notices come out. Whoever runs this
//! stores the result under compare-and-set on [`Call::version`] and begins anew with fresh facts when another was first.
//!
//! ```text
//!             ┌── decline (last one) ──▶ declined
//!  ringing ───┼── cancel, visitor gone ─▶ cancelled
//!             ├── time, nobody left ────▶ missed
//!             └── answer ──▶ answered ── hang up, one side gone ──▶ ended
//! ```

use uuid::Uuid;

/// How long a lease of presence lasts, in milliseconds.
pub(crate) const LEASE: i64 = 20_000;

/// Where a call stands. All but the first two are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// The visitor waits for an answer.
    Ringing,
    /// The visitor and one expert talk.
    Answered,
    /// They have talked.
    Ended,
    /// Nobody answered in time, or nobody was left who could.
    Missed,
    /// Everyone who could have answered declined.
    Declined,
    /// The visitor gave up or disappeared before anyone answered.
    Cancelled,
}

impl State {
    /// Whether nothing can change the call any more.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Ringing | Self::Answered)
    }
}

/// Why a call is over, where the state alone does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Because {
    /// One side hung up.
    HungUp,
    /// The visitor's lease ran out.
    VisitorGone,
    /// The lease of the expert who answered ran out.
    ExpertGone,
}

/// One side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// Who rang.
    Visitor,
    /// One of those it rings for.
    Expert(Uuid),
}

/// An expert for whom the call rings or rang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ring {
    /// Who.
    pub(crate) expert: Uuid,
    /// Whether this expert declined.
    pub(crate) declined: bool,
    /// When this expert's lease runs out (milliseconds); in the past when there is none.
    pub(crate) present_until: i64,
}

/// The facts about a call that decide what may happen to it. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// Where it stands.
    pub(crate) state: State,
    /// Rises by one with every change. It covers everything here but the leases and the other call.
    pub(crate) version: i64,
    /// When it will be missed.
    pub(crate) rings_until: i64,
    /// When the visitor's lease runs out; in the past when there is none.
    pub(crate) visitor_until: i64,
    /// Whether it belongs to another call that is over: it ends with that one.
    pub(crate) parent_over: bool,
    /// For whom it rings or rang.
    pub(crate) rings: Vec<Ring>,
    /// Who answered.
    pub(crate) expert: Option<Uuid>,
    /// A digest of the answer, which tells a repeated answer from another one by the same expert (a second desk).
    pub(crate) answer: Option<Vec<u8>>,
    /// When it was answered.
    pub(crate) answered_at: Option<i64>,
    /// When it became final.
    pub(crate) ended_at: Option<i64>,
    /// Why.
    pub(crate) because: Option<Because>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing but time. Every other event begins with this one.
    Time,
    /// An expert who came after the visitor began to wait.
    Join {
        /// Who.
        expert: Uuid,
    },
    /// An expert answers.
    Answer {
        /// Who.
        expert: Uuid,
        /// See [`Call::answer`].
        answer: Vec<u8>,
    },
    /// An expert does not want it.
    Decline {
        /// Who.
        expert: Uuid,
    },
    /// One side wants no more of it. A visitor who cancels in the instant of an answer hangs up.
    HangUp {
        /// Who.
        by: Party,
    },
}

impl Event {
    /// Who does it. Who acts is there, whatever the lease says.
    pub(crate) fn actor(&self) -> Option<Party> {
        match *self {
            Self::Time => None,
            Self::Join { expert } | Self::Answer { expert, .. } | Self::Decline { expert } => {
                Some(Party::Expert(expert))
            }
            Self::HangUp { by } => Some(by),
        }
    }
}

/// Why an event changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not ring for this expert.
    NotRung,
    /// It is over.
    Over,
    /// Another expert, or another desk of the same one, was first.
    AlreadyAnswered,
    /// That is possible only after the answer.
    NotAnswered,
}

/// What a participant is told: the `type` of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `call.ringing`
    Ringing,
    /// `call.answered`
    Answered,
    /// `call.taken`
    Taken,
    /// `call.declined`
    Declined,
    /// `call.cancelled`
    Cancelled,
    /// `call.missed`
    Missed,
    /// `call.ended`
    Ended,
}

/// Somebody to be told of something. Nobody is told the same thing about the same call twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Notice {
    /// Whom.
    pub(crate) to: Party,
    /// Of what.
    pub(crate) kind: Kind,
}

/// What came of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The call afterwards. It is to be stored when its version differs from before.
    pub(crate) call: Call,
    /// Who is to be told once it is stored.
    pub(crate) notices: Vec<Notice>,
    /// Why the event itself was refused. Time may have changed the call all the same.
    pub(crate) refusal: Option<Refusal>,
}

impl Call {
    /// Applies an event at `now`: first what time has done, then the event.
    pub(crate) fn step(&self, event: Event, now: i64) -> Step {
        let mut call = self.clone();
        if let Some(actor) = event.actor() {
            call.touch(actor, now);
        }
        call.settle(now);
        let refusal = call.apply(event, now).err();

        let mut notices = Vec::new();
        if call.state != self.state {
            notices = call.notices();
        } else if call.rings.len() > self.rings.len() {
            let joined = &call.rings[self.rings.len()..];
            notices.extend(joined.iter().map(|ring| Notice {
                to: Party::Expert(ring.expert),
                kind: Kind::Ringing,
            }));
        }
        let declined = |call: &Self| call.rings.iter().filter(|ring| ring.declined).count();
        if !notices.is_empty() || declined(&call) != declined(self) || call.state != self.state {
            call.version += 1;
        }
        Step { call, notices, refusal }
    }

    /// Everyone who is told that the call came into its present state. Telling them again does no harm.
    ///
    /// An expert who declined hears no more of it.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let kind = match self.state {
            State::Ringing => Kind::Ringing,
            State::Answered => Kind::Taken,
            State::Ended => Kind::Ended,
            State::Missed => Kind::Missed,
            State::Declined => Kind::Declined,
            State::Cancelled => Kind::Cancelled,
        };
        let experts = self.rings.iter().filter(|ring| match self.state {
            State::Ended => self.expert == Some(ring.expert),
            _ => !ring.declined || self.expert == Some(ring.expert),
        });
        let visitor = match self.state {
            // It was not the visitor who ended it.
            State::Cancelled if self.parent_over => Some(kind),
            State::Ringing | State::Cancelled => None,
            State::Answered => Some(Kind::Answered),
            State::Ended | State::Missed | State::Declined => Some(kind),
        };
        visitor
            .map(|kind| Notice {
                to: Party::Visitor,
                kind,
            })
            .into_iter()
            .chain(experts.map(|ring| Notice {
                to: Party::Expert(ring.expert),
                kind,
            }))
            .collect()
    }

    /// When time alone will change the call, unless a lease is renewed before; nothing when it is over. Milliseconds.
    pub(crate) fn due_at(&self) -> Option<i64> {
        let leases = |wanted: fn(&Self, &Ring) -> bool| {
            let rings = self.rings.iter().filter(move |ring| wanted(self, ring));
            rings.map(|ring| ring.present_until).max().unwrap_or(0)
        };
        match self.state {
            _ if self.parent_over && !self.state.is_final() => Some(0),
            State::Ringing => {
                let anyone = leases(|_, ring| !ring.declined);
                Some(self.visitor_until.min(self.rings_until).min(anyone))
            }
            State::Answered => {
                let expert = leases(|call, ring| call.expert == Some(ring.expert));
                Some(self.visitor_until.min(expert))
            }
            _ => None,
        }
    }

    /// Whether someone takes part, or took part.
    pub(crate) fn has(&self, party: Party) -> bool {
        match party {
            Party::Visitor => true,
            Party::Expert(expert) => self.rings.iter().any(|ring| ring.expert == expert),
        }
    }

    fn touch(&mut self, actor: Party, now: i64) {
        let lease = match actor {
            Party::Visitor => Some(&mut self.visitor_until),
            Party::Expert(expert) => self
                .rings
                .iter_mut()
                .find(|ring| ring.expert == expert)
                .map(|ring| &mut ring.present_until),
        };
        if let Some(lease) = lease {
            *lease = (*lease).max(now + LEASE);
        }
    }

    /// What time has done.
    fn settle(&mut self, now: i64) {
        match self.state {
            State::Ringing if self.parent_over => self.finish(State::Cancelled, None, now),
            State::Answered if self.parent_over => self.finish(State::Ended, Some(Because::HungUp), now),
            State::Ringing if self.visitor_until <= now => {
                self.finish(State::Cancelled, Some(Because::VisitorGone), now);
            }
            State::Ringing if self.rings_until <= now || !self.is_anyone_left(now) => {
                self.finish(State::Missed, None, now);
            }
            State::Answered if self.visitor_until <= now => self.finish(State::Ended, Some(Because::VisitorGone), now),
            State::Answered => {
                let gone = |ring: &Ring| self.expert == Some(ring.expert) && ring.present_until <= now;
                if self.rings.iter().any(gone) {
                    self.finish(State::Ended, Some(Because::ExpertGone), now);
                }
            }
            _ => {}
        }
    }

    fn apply(&mut self, event: Event, now: i64) -> Result<(), Refusal> {
        match event {
            Event::Time => Ok(()),
            Event::Join { expert } => self.join(expert, now),
            Event::Answer { expert, answer } => self.answer(expert, answer, now),
            Event::Decline { expert } => self.decline(expert, now),
            Event::HangUp { by } => self.hang_up(by, now),
        }
    }

    fn join(&mut self, expert: Uuid, now: i64) -> Result<(), Refusal> {
        match self.state {
            _ if self.has(Party::Expert(expert)) => Ok(()),
            State::Ringing => {
                self.rings.push(Ring {
                    expert,
                    declined: false,
                    present_until: now + LEASE,
                });
                Ok(())
            }
            State::Answered => Err(Refusal::AlreadyAnswered),
            _ => Err(Refusal::Over),
        }
    }

    fn answer(&mut self, expert: Uuid, answer: Vec<u8>, now: i64) -> Result<(), Refusal> {
        match self.state {
            _ if !self.has(Party::Expert(expert)) => Err(Refusal::NotRung),
            State::Ringing => {
                self.state = State::Answered;
                self.expert = Some(expert);
                self.answer = Some(answer);
                self.answered_at = Some(now);
                Ok(())
            }
            State::Answered if self.expert == Some(expert) && self.answer.as_ref() == Some(&answer) => Ok(()),
            State::Answered => Err(Refusal::AlreadyAnswered),
            _ => Err(Refusal::Over),
        }
    }

    fn decline(&mut self, expert: Uuid, now: i64) -> Result<(), Refusal> {
        let state = self.state;
        let ring = self
            .rings
            .iter_mut()
            .find(|ring| ring.expert == expert)
            .ok_or(Refusal::NotRung)?;
        match state {
            State::Answered if self.expert == Some(expert) => Err(Refusal::AlreadyAnswered),
            _ if ring.declined => Ok(()),
            State::Ringing => {
                ring.declined = true;
                if !self.is_anyone_left(now) {
                    self.finish(State::Declined, None, now);
                }
                Ok(())
            }
            State::Answered => Err(Refusal::AlreadyAnswered),
            _ => Err(Refusal::Over),
        }
    }

    fn hang_up(&mut self, by: Party, now: i64) -> Result<(), Refusal> {
        if !self.has(by) {
            return Err(Refusal::NotRung);
        }
        let talks = match by {
            Party::Visitor => true,
            Party::Expert(expert) => self.expert == Some(expert),
        };
        match (self.state, by) {
            (State::Ringing, Party::Visitor) => self.finish(State::Cancelled, None, now),
            (State::Ringing, Party::Expert(_)) => return Err(Refusal::NotAnswered),
            (State::Answered, _) if talks => self.finish(State::Ended, Some(Because::HungUp), now),
            (State::Answered, _) => return Err(Refusal::AlreadyAnswered),
            // Done already, by whomever.
            (State::Ended, _) if talks => {}
            (State::Cancelled, Party::Visitor) => {}
            _ => return Err(Refusal::Over),
        }
        Ok(())
    }

    fn is_anyone_left(&self, now: i64) -> bool {
        self.rings.iter().any(|ring| !ring.declined && ring.present_until > now)
    }

    fn finish(&mut self, state: State, because: Option<Because>, now: i64) {
        self.state = state;
        self.because = because;
        self.ended_at = Some(now);
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
