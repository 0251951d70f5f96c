//! The probe: two sides, one connection, and messages that go there and back.

use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::credentials::Credentials;
use crate::side::{Happened, Side, SideError};
use crate::url::TurnUrl;
use crate::wire::{Trust, Wire};

/// How a probe is made.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many messages go there and back.
    pub messages: u32,
    /// How long lies between two.
    pub interval: Duration,
    /// How long each stage may take: the connection, and what is still on its way at the end.
    pub patience: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            messages: 50,
            interval: Duration::from_millis(20),
            patience: Duration::from_secs(10),
        }
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// From the first packet to the open data channel.
    pub set_up: Duration,
    /// The round trips of the messages that came back, sorted.
    pub round_trips: Vec<Duration>,
    /// How many were sent.
    pub sent: u32,
}

/// Why there is nothing to measure.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// One side gave up.
    #[error(transparent)]
    Side(#[from] SideError),
    /// It took too long.
    #[error("no connection within {patience:?}: {stage}")]
    Late {
        /// How long it was waited for.
        patience: Duration,
        /// What did not come to be.
        stage: &'static str,
    },
    /// Waiting itself failed.
    #[error("cannot wait: {0}")]
    Wait(io::Error),
}

/// A message: its number, padded to the size of a sound packet.
const MESSAGE: usize = 160;

/// Connects two peers through the relay and lets messages go there and back.
pub fn probe(url: &TurnUrl, credentials: &Credentials, trust: &Trust, plan: Plan) -> Result<Measured, ProbeError> {
    let begin = Instant::now();
    let server = url.resolve().map_err(SideError::Wire)?;
    let open = || {
        let wire = Wire::open(url, trust, plan.patience).map_err(SideError::Wire)?;
        Side::new(wire, server, credentials, Instant::now())
    };
    let (mut caller, mut answerer) = (open()?, open()?);
    let measured = talk(&mut caller, &mut answerer, begin, plan);
    for side in [&mut caller, &mut answerer] {
        side.close(Instant::now());
    }
    measured
}

fn talk(caller: &mut Side, answerer: &mut Side, begin: Instant, plan: Plan) -> Result<Measured, ProbeError> {
    let mut stage = "the relay gives no address";
    let mut relayed = 0;
    let mut open = [false; 2];
    let mut sent: Vec<Instant> = Vec::new();
    let mut back: Vec<Option<Duration>> = Vec::new();
    let mut set_up = None;
    let mut deadline = begin + plan.patience;
    loop {
        let now = Instant::now();
        let mut heard = [Vec::new(), Vec::new()];
        caller.advance(now, &mut heard[0])?;
        answerer.advance(now, &mut heard[1])?;
        let [at_caller, at_answerer] = heard;
        for happened in at_caller {
            match happened {
                Happened::Relayed => relayed += 1,
                Happened::Open => open[0] = true,
                Happened::Message(message) => {
                    let number = message.first_chunk().map(|number| u32::from_be_bytes(*number) as usize);
                    if let Some(number) = number
                        && let Some(slot) = back.get_mut(number)
                    {
                        slot.get_or_insert(now.duration_since(sent[number]));
                    }
                }
            }
        }
        for happened in at_answerer {
            match happened {
                Happened::Relayed => relayed += 1,
                Happened::Open => open[1] = true,
                Happened::Message(message) => answerer.send(now, &message)?,
            }
        }
        if relayed == 2 && stage.starts_with("the relay") {
            stage = "the peers do not find each other";
            introduce(caller, answerer, now)?;
            continue;
        }
        if open == [true; 2] && set_up.is_none() {
            set_up = Some(now.duration_since(begin));
        }
        let mut next = deadline;
        if let Some(set_up) = set_up {
            let count = u32::try_from(sent.len()).unwrap_or(u32::MAX);
            if count < plan.messages {
                let due = begin + set_up + plan.interval * count;
                if now >= due {
                    let mut message = [0; MESSAGE];
                    message[..4].copy_from_slice(&count.to_be_bytes());
                    sent.push(now);
                    back.push(None);
                    caller.send(now, &message)?;
                    deadline = now + plan.patience.min(Duration::from_secs(2));
                    continue;
                }
                next = due;
            }
            if (count == plan.messages && back.iter().all(Option::is_some)) || now >= deadline {
                let mut round_trips: Vec<_> = back.into_iter().flatten().collect();
                round_trips.sort_unstable();
                return Ok(Measured {
                    set_up,
                    round_trips,
                    sent: count,
                });
            }
        } else if now >= deadline {
            return Err(ProbeError::Late {
                patience: plan.patience,
                stage,
            });
        }
        for side in [&mut *caller, &mut *answerer] {
            next = side.due().map_or(next, |due| due.min(next));
        }
        wait([caller, answerer], next.saturating_duration_since(now))?;
    }
}

/// What signalling does elsewhere: offer, answer, candidates.
fn introduce(caller: &mut Side, answerer: &mut Side, now: Instant) -> Result<(), SideError> {
    let offer = caller.offer(now)?;
    let answer = answerer.answer(now, offer)?;
    caller.accept(now, answer)?;
    let (first, second) = (caller.candidate()?, answerer.candidate()?);
    if let Some((address, candidate)) = first {
        answerer.hear_of(now, address, candidate)?;
    }
    if let Some((address, candidate)) = second {
        caller.hear_of(now, address, candidate)?;
    }
    Ok(())
}

/// Waits until something comes, or so long.
fn wait(sides: [&Side; 2], longest: Duration) -> Result<(), ProbeError> {
    let mut waits = sides.map(|side| {
        let writes = if side.wire().is_blocked() {
            PollFlags::OUT
        } else {
            PollFlags::empty()
        };
        PollFd::new(side.wire(), PollFlags::IN | writes)
    });
    // A little at least: a due time that is past is looked at once more, not in a circle.
    let timeout = Timespec::try_from(longest.max(Duration::from_micros(200))).ok();
    match poll(&mut waits, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(ProbeError::Wait(error.into())),
    }
}
