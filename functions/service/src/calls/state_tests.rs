//! Any interleaving of what visitor, experts and time do to a call ends in one state that everyone is told.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

fn expert(number: u8) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

fn answer(number: u8) -> Event {
    Event::Answer {
        expert: expert(number),
        answer: vec![number],
    }
}

fn decline(number: u8) -> Event {
    Event::Decline { expert: expert(number) }
}

fn hang_up(by: Party) -> Event {
    Event::HangUp { by }
}

/// A call that begins to ring for these experts, each with the end of the lease.
fn begin(experts: &[(Uuid, i64)]) -> Call {
    let ring = |&(expert, present_until)| Ring {
        expert,
        declined: false,
        present_until,
    };
    Call {
        state: State::Ringing,
        version: 1,
        rings_until: 45_000,
        visitor_until: LEASE,
        parent_over: false,
        rings: experts.iter().map(ring).collect(),
        expert: None,
        answer: None,
        answered_at: None,
        ended_at: None,
        because: None,
    }
}

/// A call that rings for experts 1 and 2 for 45 seconds from 0, with fresh leases.
fn ringing() -> Call {
    begin(&[(expert(1), LEASE), (expert(2), LEASE)])
}

fn to(party: Party, kind: Kind) -> Notice {
    Notice { to: party, kind }
}

#[test]
fn first_answer_wins_and_all_are_told() {
    let first = ringing().step(answer(1), 10);
    assert_eq!(
        (first.call.state, first.call.version, first.call.expert),
        (State::Answered, 2, Some(expert(1)))
    );
    assert_eq!(
        first.notices,
        [
            to(Party::Visitor, Kind::Answered),
            to(Party::Expert(expert(1)), Kind::Taken),
            to(Party::Expert(expert(2)), Kind::Taken)
        ]
    );
    let second = first.call.step(answer(2), 10);
    assert_eq!(second.refusal, Some(Refusal::AlreadyAnswered));
    assert_eq!((second.call.version, second.notices), (2, vec![]));
}

#[test]
fn repeated_answer_is_answered_as_before_but_a_second_desk_is_told() {
    let call = ringing().step(answer(1), 10).call;
    let repeated = call.step(answer(1), 20);
    assert_eq!((repeated.refusal, repeated.call.version), (None, 2));
    let second_desk = call.step(
        Event::Answer {
            expert: expert(1),
            answer: vec![99],
        },
        20,
    );
    assert_eq!(second_desk.refusal, Some(Refusal::AlreadyAnswered));
}

#[test]
fn last_decline_ends_it() {
    let one = ringing().step(decline(1), 10);
    assert_eq!((one.call.state, one.notices.len()), (State::Ringing, 0));
    let both = one.call.step(decline(2), 20);
    assert_eq!(both.call.state, State::Declined);
    assert_eq!(both.notices, [to(Party::Visitor, Kind::Declined)]);
    assert_eq!(both.call.step(decline(2), 30).refusal, None);
    assert_eq!(both.call.step(answer(2), 30).refusal, Some(Refusal::Over));
}

#[test]
fn time_ends_it_before_a_late_answer() {
    let call = ringing();
    let mut present = call.clone();
    present.visitor_until = 60_000;
    let step = present.step(answer(1), 45_000);
    assert_eq!((step.call.state, step.refusal), (State::Missed, Some(Refusal::Over)));
    // The visitor's lease runs out at 20 seconds.
    let step = call.step(answer(1), 20_000);
    assert_eq!(
        (step.call.state, step.call.because),
        (State::Cancelled, Some(Because::VisitorGone))
    );
}

#[test]
fn never_rings_into_the_void() {
    let mut call = ringing();
    call.visitor_until = 40_000;
    assert_eq!(call.step(Event::Time, 19_999).call.state, State::Ringing);
    assert_eq!(call.step(Event::Time, 20_000).call.state, State::Missed);
    call.rings[0].present_until = 40_000;
    assert_eq!(call.step(Event::Time, 20_000).call.state, State::Ringing);
}

#[test]
fn expert_who_acts_is_there() {
    let mut call = ringing();
    call.visitor_until = 40_000;
    let step = call.step(answer(1), 30_000);
    assert_eq!((step.call.state, step.refusal), (State::Answered, None));
    assert_eq!(step.call.step(Event::Time, 30_001).call.state, State::Answered);
}

#[test]
fn ends_when_a_side_is_gone() {
    let call = ringing().step(answer(1), 10).call;
    let mut expert_gone = call.clone();
    expert_gone.visitor_until = 60_000;
    let step = expert_gone.step(Event::Time, 30_000);
    assert_eq!(
        (step.call.state, step.call.because),
        (State::Ended, Some(Because::ExpertGone))
    );
    assert_eq!(
        step.notices,
        [
            to(Party::Visitor, Kind::Ended),
            to(Party::Expert(expert(1)), Kind::Ended)
        ]
    );
    let step = call.step(Event::Time, 20_000);
    assert_eq!(step.call.because, Some(Because::VisitorGone));
}

#[test]
fn visitor_cancels_or_hangs_up_whatever_the_instant() {
    let cancelled = ringing().step(hang_up(Party::Visitor), 10);
    assert_eq!(cancelled.call.state, State::Cancelled);
    assert_eq!(cancelled.call.step(hang_up(Party::Visitor), 20).refusal, None);
    assert_eq!(cancelled.call.step(answer(1), 20).refusal, Some(Refusal::Over));
    let ended = ringing().step(answer(1), 10).call.step(hang_up(Party::Visitor), 10);
    assert_eq!(
        (ended.call.state, ended.call.because),
        (State::Ended, Some(Because::HungUp))
    );
    assert_eq!(ended.call.step(hang_up(Party::Expert(expert(1))), 20).refusal, None);
}

#[test]
fn experts_hang_up_only_what_they_answered() {
    let call = ringing();
    assert_eq!(
        call.step(hang_up(Party::Expert(expert(1))), 10).refusal,
        Some(Refusal::NotAnswered)
    );
    let call = call.step(answer(1), 10).call;
    assert_eq!(
        call.step(hang_up(Party::Expert(expert(2))), 20).refusal,
        Some(Refusal::AlreadyAnswered)
    );
}

#[test]
fn strangers_change_nothing() {
    let call = ringing();
    for event in [answer(9), decline(9), hang_up(Party::Expert(expert(9)))] {
        let step = call.step(event, 10);
        assert_eq!((step.refusal, step.call), (Some(Refusal::NotRung), call.clone()));
    }
}

/// What the clients, the clock and the network do, in any order.
#[derive(Debug, Clone)]
enum Act {
    /// A request reads the facts; what it makes of them is stored later, or never.
    Begin(Event),
    /// One of the requests under way, by its index, tries to store.
    Store(prop::sample::Index),
    /// The client gives up and repeats a request that was made before.
    Repeat(prop::sample::Index),
    Renew(Party),
    Leave(Party),
    Wait(i64),
}

fn any_party() -> impl Strategy<Value = Party> {
    prop_oneof![
        Just(Party::Visitor),
        (1_u8..=4).prop_map(|number| Party::Expert(expert(number)))
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::Time),
        1 => (1_u8..=4).prop_map(|number| Event::Join { expert: expert(number) }),
        // The same expert at one of two desks.
        3 => (1_u8..=4, 0_u8..2).prop_map(|(number, desk)| Event::Answer { expert: expert(number), answer: vec![number, desk] }),
        3 => (1_u8..=4).prop_map(decline),
        2 => any_party().prop_map(hang_up),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => any_event().prop_map(Act::Begin),
        6 => any::<prop::sample::Index>().prop_map(Act::Store),
        2 => any::<prop::sample::Index>().prop_map(Act::Repeat),
        3 => any_party().prop_map(Act::Renew),
        1 => any_party().prop_map(Act::Leave),
        2 => (0_i64..12_000).prop_map(Act::Wait),
    ]
}

/// A database with one call, the leases beside it, and everyone's mailbox.
struct World {
    now: i64,
    stored: Call,
    leases: HashMap<Party, i64>,
    told: HashMap<Party, Vec<Kind>>,
    accepted: Vec<Event>,
    final_state: Option<Call>,
}

impl World {
    fn new() -> Self {
        let experts = [(expert(1), LEASE), (expert(2), LEASE), (expert(3), LEASE)];
        let stored = begin(&experts);
        let notices = stored.notices();
        let leases = experts
            .iter()
            .map(|&(expert, until)| (Party::Expert(expert), until))
            .chain([(Party::Visitor, LEASE)])
            .collect();
        let mut world = Self {
            now: 0,
            stored,
            leases,
            told: HashMap::new(),
            accepted: Vec::new(),
            final_state: None,
        };
        world.tell(notices);
        world
    }

    /// The facts as a request reads them: the stored call with the leases of that moment.
    fn facts(&self) -> Call {
        let mut call = self.stored.clone();
        let lease = |party| self.leases.get(&party).copied().unwrap_or(0);
        call.visitor_until = lease(Party::Visitor);
        for ring in &mut call.rings {
            ring.present_until = lease(Party::Expert(ring.expert));
        }
        call
    }

    /// Compare-and-set; whoever loses reads anew and tries again.
    fn store(&mut self, mut facts: Call, event: &Event) {
        loop {
            let step = facts.step(event.clone(), self.now);
            if step.call.version != facts.version {
                if facts.version != self.stored.version {
                    facts = self.facts();
                    continue;
                }
                assert!(self.final_state.is_none(), "a final call changed");
                assert_eq!(step.call.version, self.stored.version + 1);
                self.stored = step.call;
                if self.stored.state.is_final() {
                    self.final_state = Some(self.stored.clone());
                }
                self.tell(step.notices);
            }
            if step.refusal.is_none() {
                self.accepted.push(event.clone());
                if let Some(actor) = event.actor() {
                    let lease = self.leases.entry(actor).or_insert(0);
                    *lease = (*lease).max(self.now + LEASE);
                }
            }
            return;
        }
    }

    fn tell(&mut self, notices: Vec<Notice>) {
        for Notice { to, kind } in notices {
            self.told.entry(to).or_default().push(kind);
        }
    }

    fn heard(&self, party: Party) -> &[Kind] {
        self.told.get(&party).map_or(&[], Vec::as_slice)
    }
}

#[test]
fn what_belongs_to_a_call_ends_with_it() {
    let over = |call: &Call| Call {
        parent_over: true,
        ..call.clone()
    };
    let (ringing, answered) = (ringing(), ringing().step(answer(1), 0).call);
    for (call, state, because) in [
        (&ringing, State::Cancelled, None),
        (&answered, State::Ended, Some(Because::HungUp)),
    ] {
        let step = over(call).step(Event::Time, 0);
        assert_eq!((step.call.state, step.call.because), (state, because));
        assert!(step.call.version > call.version);
        // Who waits to be let in is told as well as who talks.
        let told = step.notices.iter().filter(|notice| notice.to == Party::Visitor);
        let kind = if state == State::Cancelled {
            Kind::Cancelled
        } else {
            Kind::Ended
        };
        assert_eq!(told.map(|notice| notice.kind).collect::<Vec<_>>(), [kind]);
        assert!(step.notices.contains(&to(Party::Expert(expert(1)), kind)));
        assert_eq!(over(call).due_at(), Some(0));
        // Nobody who acts is sooner.
        let late = over(call).step(hang_up(Party::Visitor), 0);
        assert_eq!(late.call.state, state);
        assert_eq!(over(&step.call).step(Event::Time, 1).call, over(&step.call));
    }
    let step = over(&ringing).step(answer(1), 0);
    assert_eq!((step.call.state, step.refusal), (State::Cancelled, Some(Refusal::Over)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_ends_in_one_state_that_everyone_is_told(acts in prop::collection::vec(any_act(), 0..60)) {
        let mut world = World::new();
        let mut under_way: Vec<(Call, Event)> = Vec::new();
        let mut made: Vec<Event> = Vec::new();
        for act in acts {
            match act {
                Act::Begin(event) => {
                    made.push(event.clone());
                    under_way.push((world.facts(), event));
                }
                Act::Repeat(index) if !made.is_empty() => {
                    let event = made[index.index(made.len())].clone();
                    under_way.push((world.facts(), event));
                }
                Act::Store(index) if !under_way.is_empty() => {
                    let (facts, event) = under_way.remove(index.index(under_way.len()));
                    world.store(facts, &event);
                }
                Act::Renew(party) => {
                    world.leases.insert(party, world.now + LEASE);
                }
                Act::Leave(party) => {
                    world.leases.entry(party).and_modify(|until| *until = (*until).min(world.now + 8_000));
                }
                Act::Wait(time) => world.now += time,
                Act::Repeat(_) | Act::Store(_) => {}
            }
        }
        for (facts, event) in under_way {
            world.store(facts, &event);
        }
        // Everyone leaves; what is due happens at the latest now.
        world.now += 700_000;
        world.store(world.facts(), &Event::Time);

        let call = &world.stored;
        prop_assert!(call.state.is_final());
        prop_assert_eq!(call.ended_at.is_some(), true);
        prop_assert_eq!(call.state == State::Ended, call.expert.is_some());
        prop_assert_eq!(call.state == State::Ended, call.answered_at.is_some());

        // The visitor hears of the answer when there was one, then once of the end, unless the visitor made it.
        let visitor = world.heard(Party::Visitor);
        match call.state {
            State::Ended => prop_assert_eq!(visitor, [Kind::Answered, Kind::Ended]),
            State::Missed => prop_assert_eq!(visitor, [Kind::Missed]),
            State::Declined => prop_assert_eq!(visitor, [Kind::Declined]),
            State::Cancelled => prop_assert_eq!(visitor, []),
            State::Ringing | State::Answered => unreachable!(),
        }
        // Each expert hears of the ring once, then once of its end, unless this expert declined.
        for ring in &call.rings {
            let heard = world.heard(Party::Expert(ring.expert));
            let ending: &[Kind] = match call.state {
                State::Ended if call.expert == Some(ring.expert) => &[Kind::Taken, Kind::Ended],
                _ if ring.declined => &[],
                State::Ended => &[Kind::Taken],
                State::Missed => &[Kind::Missed],
                State::Declined => &[Kind::Declined],
                State::Cancelled => &[Kind::Cancelled],
                State::Ringing | State::Answered => unreachable!(),
            };
            prop_assert_eq!(heard.first(), Some(&Kind::Ringing));
            prop_assert_eq!(&heard[1..], ending);
        }
        // Nobody else hears anything.
        let told: HashSet<_> = world.told.keys().copied().collect();
        prop_assert!(told.iter().all(|party| call.has(*party)));

        // What was accepted is in the result: compare-and-set loses nothing.
        for event in &world.accepted {
            match event {
                Event::Answer { expert, answer } => {
                    prop_assert_eq!(call.expert, Some(*expert));
                    prop_assert_eq!(call.answer.as_ref(), Some(answer));
                }
                Event::Decline { expert } => {
                    prop_assert!(call.rings.iter().any(|ring| ring.expert == *expert && ring.declined));
                }
                Event::Join { expert } => prop_assert!(call.has(Party::Expert(*expert))),
                Event::HangUp { by: Party::Visitor } => {
                    prop_assert!(matches!(call.state, State::Cancelled | State::Ended));
                }
                Event::HangUp { by: Party::Expert(expert) } => {
                    prop_assert_eq!((call.state, call.expert), (State::Ended, Some(*expert)));
                }
                Event::Time => {}
            }
        }
    }

    #[test]
    fn time_changes_a_call_when_it_is_due_and_not_before(acts in prop::collection::vec((any_event(), 0_i64..15_000), 0..20)) {
        let mut call = ringing();
        let mut now = 0;
        for (event, wait) in acts {
            now += wait;
            call = call.step(event, now).call;
        }
        match call.due_at() {
            Some(due) => {
                prop_assert!(due > now);
                prop_assert_eq!(&call.step(Event::Time, due - 1).call, &call);
                prop_assert!(call.step(Event::Time, due).call.state.is_final());
            }
            None => prop_assert!(call.state.is_final()),
        }
    }

    #[test]
    fn a_refused_event_changes_nothing_but_time(acts in prop::collection::vec((any_event(), 0_i64..15_000), 0..20), last in any_event()) {
        let mut call = ringing();
        let mut now = 0;
        for (event, wait) in acts {
            now += wait;
            call = call.step(event, now).call;
        }
        let step = call.step(last, now);
        if step.refusal.is_some() {
            let time = call.step(Event::Time, now);
            prop_assert_eq!((step.call.state, step.call.expert), (time.call.state, time.call.expert));
            prop_assert_eq!(step.call.version, time.call.version);
        }
    }
}
