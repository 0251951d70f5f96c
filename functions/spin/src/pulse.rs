//! When the listeners of an instance look whether something has come for them.
//!
//! Nothing wakes a component from outside, so its listeners look. One look at the database answers for all of an
//! instance's listeners at once: it finds which mailboxes have changed since the last look. And it is taken the more
//! seldom the longer nothing has come: often while a call is being set up, a few times a second when all is quiet.
//!
//! A state machine without input and output. Times are of a clock that only goes forward.

use std::{collections::BTreeMap, time::Duration};

/// The shortest time between two looks, while something is going on.
const SHORTEST: Duration = Duration::from_millis(20);

/// The longest, and so the longest that a delivery waits.
const LONGEST: Duration = Duration::from_millis(250);

/// A look comes after this part of the time that nothing has come.
const PART: u32 = 20;

/// Whoever looked the last time looks again, and the others wake so much later: when it has been found out.
const HEAD_START: Duration = Duration::from_millis(10);

/// Nobody waits longer than this for the listener who looks: what it is sent may not flow, and then it stands still.
const GIVEN_UP: Duration = Duration::from_secs(1);

/// Who listens in this instance, and what the last look has found.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    listeners: BTreeMap<u64, Listener>,
    next_key: u64,
    /// The last change that was seen; nothing is known before the first look.
    head: Option<i64>,
    /// Who looked the last time, and when.
    looked: (u64, Duration),
    /// Who is looking, and since when.
    looking: Option<(u64, Duration)>,
}

#[derive(Debug)]
struct Listener {
    mailbox: String,
    /// Something may have come that the listener has not read.
    is_behind: bool,
    /// When something came the last time.
    heard_at: Duration,
}

/// What a listener has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Read its mailbox.
    Read,
    /// Look which mailboxes have changed after this one, the last known change, for all listeners of the instance; or,
    /// where nothing is known, how far the changes have come.
    Look(Option<i64>),
    /// Wait so long.
    Wait(Duration),
}

impl Pulse {
    /// A new listener, by whose key it is known from now on.
    pub(crate) fn enter(&mut self, mailbox: &str, now: Duration) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        let listener = Listener {
            mailbox: mailbox.to_owned(),
            is_behind: true,
            heard_at: now,
        };
        self.listeners.insert(key, listener);
        key
    }

    /// A listener has gone.
    pub(crate) fn leave(&mut self, key: u64) {
        self.listeners.remove(&key);
        self.look_ends(key);
        if self.listeners.is_empty() {
            // Nobody looks any more: the next one begins anew instead of catching up.
            self.head = None;
        }
    }

    /// What a listener has to do now. Whoever is told to look says what it found: [`found`](Self::found).
    pub(crate) fn next(&mut self, key: u64, now: Duration) -> Step {
        let Some(listener) = self.listeners.get_mut(&key) else {
            return Step::Wait(LONGEST);
        };
        if self.head.is_some() && listener.is_behind {
            // Before the mailbox is read: what comes meanwhile is read once more, never not at all.
            listener.is_behind = false;
            return Step::Read;
        }
        if self.looking.is_some_and(|(_, since)| now < since + GIVEN_UP) {
            return Step::Wait(SHORTEST);
        }
        let interval = (now.saturating_sub(listener.heard_at) / PART).clamp(SHORTEST, LONGEST);
        let (looker, looked_at) = self.looked;
        let due = looked_at + interval + if looker == key { Duration::ZERO } else { HEAD_START };
        if self.head.is_some() && now < due {
            return Step::Wait(due.saturating_sub(now));
        }
        self.looking = Some((key, now));
        Step::Look(self.head)
    }

    /// A listener's look has found that these mailboxes have changed; `head` is the last change there is.
    pub(crate) fn found(&mut self, key: u64, changed: &[String], head: i64, now: Duration) {
        self.look_ends(key);
        self.looked = (key, now);
        // A look that stood still for a while knows less than the later ones.
        self.head = self.head.max(Some(head));
        for listener in self.listeners.values_mut() {
            listener.is_behind |= changed.contains(&listener.mailbox);
        }
    }

    /// A listener has read its mailbox, and found something: more may follow soon, and with `more` it is there already.
    pub(crate) fn heard(&mut self, key: u64, more: bool, now: Duration) {
        if let Some(listener) = self.listeners.get_mut(&key) {
            listener.heard_at = now;
            listener.is_behind |= more;
        }
    }

    fn look_ends(&mut self, key: u64) {
        self.looking = self.looking.filter(|(looking, _)| *looking != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Looks for a listener that is told to, without finding anything.
    fn look(pulse: &mut Pulse, key: u64, now: Duration) {
        let Step::Look(head) = pulse.next(key, now) else {
            panic!("not told to look at {now:?}");
        };
        pulse.found(key, &[], head.unwrap_or(7), now);
    }

    /// A listener that has read what there was.
    fn up_to_date(pulse: &mut Pulse, mailbox: &str) -> u64 {
        let key = pulse.enter(mailbox, at(0));
        if pulse.head.is_none() {
            look(pulse, key, at(0));
        }
        assert_eq!(pulse.next(key, at(0)), Step::Read);
        key
    }

    /// At which times a lone listener looks.
    fn looks(until: Duration) -> Vec<Duration> {
        let mut pulse = Pulse::default();
        let key = up_to_date(&mut pulse, "a");
        let mut now = at(0);
        let mut looks = Vec::new();
        while now < until {
            match pulse.next(key, now) {
                Step::Wait(pause) => now += pause,
                Step::Look(_) => {
                    looks.push(now);
                    pulse.found(key, &[], 7, now);
                }
                Step::Read => panic!("there is nothing to read"),
            }
        }
        looks
    }

    #[test]
    fn a_listener_learns_how_far_changes_have_come_and_then_reads() {
        let mut pulse = Pulse::default();
        let key = pulse.enter("a", at(0));
        assert_eq!(pulse.next(key, at(0)), Step::Look(None));
        pulse.found(key, &[], 7, at(1));
        assert_eq!(pulse.next(key, at(1)), Step::Read);
        assert_eq!(pulse.next(key, at(1)), Step::Wait(SHORTEST));
        assert_eq!(pulse.next(key, at(21)), Step::Look(Some(7)));
    }

    #[test]
    fn who_hears_nothing_looks_less_often() {
        let looks = looks(at(20_000));
        let gaps: Vec<_> = looks.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        assert!(gaps.is_sorted(), "{gaps:?}");
        assert_eq!(gaps.first(), Some(&SHORTEST));
        assert_eq!(gaps.last(), Some(&LONGEST));
        // Of the first half second 20 or so, of the last second four.
        assert!((15..=30).contains(&looks.iter().filter(|look| **look < at(500)).count()));
        assert!((3..=5).contains(&looks.iter().filter(|look| **look >= at(19_000)).count()));
    }

    #[test]
    fn who_hears_something_looks_often_again() {
        let mut pulse = Pulse::default();
        let key = up_to_date(&mut pulse, "a");
        look(&mut pulse, key, at(60_000));
        assert_eq!(pulse.next(key, at(60_000)), Step::Wait(LONGEST));
        pulse.heard(key, false, at(60_000));
        assert_eq!(pulse.next(key, at(60_000)), Step::Wait(SHORTEST));
    }

    #[test]
    fn one_look_answers_for_all() {
        let mut pulse = Pulse::default();
        let keys: Vec<_> = ["a", "b", "b", "c"].map(|name| up_to_date(&mut pulse, name)).into();
        assert_eq!(pulse.next(keys[0], at(60_000)), Step::Look(Some(7)));
        for key in &keys[1..] {
            assert_eq!(pulse.next(*key, at(60_000)), Step::Wait(SHORTEST));
        }
        pulse.found(keys[0], &["b".into(), "x".into()], 9, at(60_001));
        let steps = keys.iter().map(|key| pulse.next(*key, at(60_001)));
        assert_eq!(
            steps.collect::<Vec<_>>(),
            [
                Step::Wait(LONGEST),
                Step::Read,
                Step::Read,
                Step::Wait(LONGEST + HEAD_START)
            ]
        );
        // The same one looks again, unless it has gone.
        assert_eq!(pulse.next(keys[0], at(60_251)), Step::Look(Some(9)));
        pulse.found(keys[0], &[], 9, at(60_252));
        assert_eq!(pulse.next(keys[3], at(60_261)), Step::Wait(at(251)));
        pulse.leave(keys[0]);
        assert_eq!(pulse.next(keys[3], at(60_512)), Step::Look(Some(9)));
    }

    #[test]
    fn what_comes_while_a_mailbox_is_read_is_read_again() {
        let mut pulse = Pulse::default();
        let (one, other) = (up_to_date(&mut pulse, "a"), up_to_date(&mut pulse, "b"));
        assert_eq!(pulse.next(one, at(20)), Step::Look(Some(7)));
        pulse.found(one, &["a".into()], 8, at(20));
        assert_eq!(pulse.next(one, at(20)), Step::Read);
        assert_eq!(pulse.next(other, at(50)), Step::Look(Some(8)));
        pulse.found(other, &["a".into()], 9, at(50));
        pulse.heard(one, false, at(51));
        assert_eq!(pulse.next(one, at(51)), Step::Read);
    }

    #[test]
    fn more_is_read_at_once() {
        let mut pulse = Pulse::default();
        let key = up_to_date(&mut pulse, "a");
        pulse.heard(key, true, at(1));
        assert_eq!(pulse.next(key, at(1)), Step::Read);
    }

    #[test]
    fn a_look_that_ends_in_the_middle_holds_nobody_up() {
        let mut pulse = Pulse::default();
        let (one, other) = (up_to_date(&mut pulse, "a"), up_to_date(&mut pulse, "b"));
        assert_eq!(pulse.next(one, at(20)), Step::Look(Some(7)));
        pulse.leave(one);
        assert_eq!(pulse.next(other, at(30)), Step::Look(Some(7)));
    }

    #[test]
    fn a_look_that_stands_still_holds_nobody_up_for_long_and_turns_nothing_back() {
        let mut pulse = Pulse::default();
        let (one, other) = (up_to_date(&mut pulse, "a"), up_to_date(&mut pulse, "b"));
        assert_eq!(pulse.next(one, at(20)), Step::Look(Some(7)));
        assert_eq!(pulse.next(other, at(1019)), Step::Wait(SHORTEST));
        assert_eq!(pulse.next(other, at(1020)), Step::Look(Some(7)));
        pulse.found(other, &["b".into()], 9, at(1021));
        pulse.found(one, &[], 8, at(5000));
        assert_eq!(pulse.next(other, at(5000)), Step::Read);
        assert_eq!(pulse.next(other, at(6000)), Step::Look(Some(9)));
    }

    #[test]
    fn who_comes_when_all_have_gone_does_not_catch_up() {
        let mut pulse = Pulse::default();
        let key = up_to_date(&mut pulse, "a");
        pulse.leave(key);
        let key = pulse.enter("b", at(90_000));
        assert_eq!(pulse.next(key, at(90_000)), Step::Look(None));
    }
}
