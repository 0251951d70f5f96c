//! The peer connections of a TCP allocation (RFC 6062).
//!
//! The allocation stays with the worker that made it; a connection goes to the worker that the client binds it at. What
//! both need to know of each other is in a [`Link`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use stun_types::message::TransactionId;

use crate::address::PeerAddress;
use crate::integrity::{Integrity, Key};
use crate::ledger::Meter;
use crate::peer_policy::PeerPolicy;
use crate::quota::Quota;
use crate::rate::Bucket;

/// How long connecting to a peer may take, and how long a connection waits for its client (sections 5.2 and 5.3: at
/// least 30 seconds).
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What is read of a connection at once, in bytes.
pub const READ: usize = 16 << 10;

/// Names a peer connection to the client: not to be guessed by another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConnectionId(pub u32);

/// A Connect request that waits for the peer, and how its answer is protected.
pub struct Pending {
    /// The connection to be.
    pub id: ConnectionId,
    /// To whom.
    pub peer: PeerAddress,
    /// The request.
    pub transaction: TransactionId,
    /// Signs the answer.
    pub key: Key,
    /// With this attribute.
    pub integrity: Integrity,
    /// Whether the request had a fingerprint.
    pub fingerprint: bool,
}

/// What the connections of one allocation share.
struct Life {
    over: AtomicBool,
    spent: Mutex<Spent>,
}

struct Spent {
    bytes: Bucket,
    meter: Meter,
}

/// Ties a peer connection to its allocation: it is open as long as the link is held, and over with the allocation.
pub struct Link {
    life: Arc<Life>,
    /// The peer may not be reached any more.
    cut: AtomicBool,
}

impl Link {
    /// Whether the allocation has ended, or the peer is forbidden now.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.life.over.load(Ordering::Acquire) || self.cut.load(Ordering::Acquire)
    }

    /// Reads at most [`READ`] bytes, if as much may be relayed now. `None`: later. `milliseconds` as
    /// [`crate::ledger::Ledger::milliseconds`] tells.
    pub fn spend<E>(
        &self,
        milliseconds: u32,
        quota: &Quota,
        read: impl FnOnce() -> Result<usize, E>,
    ) -> Option<Result<usize, E>> {
        #[expect(clippy::cast_possible_truncation, reason = "16 KiB")]
        const MOST: u32 = READ as u32;
        let mut spent = self.life.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if !spent.bytes.take(milliseconds, MOST, quota.bytes()) {
            return None;
        }
        let may = spent.meter.spend(milliseconds, MOST, 0, quota);
        let outcome = may.then(read);
        let read = match &outcome {
            Some(Ok(count)) => u32::try_from(*count).unwrap_or(MOST),
            _ => 0,
        };
        let rest = MOST.saturating_sub(read);
        spent.bytes.give_back(rest);
        if may {
            spent.meter.give_back(rest);
        }
        outcome
    }
}

enum State {
    Connecting(Pending),
    /// Waits for its client or is bound, as long as somebody holds it.
    Connected(Weak<Link>),
}

struct Connection {
    peer: PeerAddress,
    state: State,
}

/// All connections of an allocation.
pub struct Connections {
    life: Arc<Life>,
    list: Vec<Connection>,
}

impl Connections {
    /// None yet.
    #[must_use]
    pub fn new(meter: Meter) -> Self {
        let life = Life {
            over: AtomicBool::new(false),
            spent: Mutex::new(Spent {
                bytes: Bucket::default(),
                meter,
            }),
        };
        Self {
            life: Arc::new(life),
            list: Vec::new(),
        }
    }

    /// How many there are.
    pub fn count(&mut self) -> usize {
        self.list.retain(|connection| match &connection.state {
            State::Connecting(_) => true,
            State::Connected(link) => link.strong_count() > 0,
        });
        self.list.len()
    }

    /// Whether there is one with this peer, or one is being made.
    pub fn has(&mut self, peer: PeerAddress) -> bool {
        self.count() > 0 && self.list.iter().any(|connection| connection.peer == peer)
    }

    /// One is being made.
    pub fn begin(&mut self, pending: Pending) {
        self.list.push(Connection {
            peer: pending.peer,
            state: State::Connecting(pending),
        });
    }

    /// What is being made has come to an end.
    pub fn take_pending(&mut self, id: ConnectionId) -> Option<Pending> {
        let at = self
            .list
            .iter()
            .position(|connection| matches!(&connection.state, State::Connecting(pending) if pending.id == id))?;
        match self.list.swap_remove(at).state {
            State::Connecting(pending) => Some(pending),
            State::Connected(_) => None,
        }
    }

    /// Ends those that are open and whose peers may not be reached any more.
    pub fn revoke(&mut self, policy: &PeerPolicy) {
        for connection in &self.list {
            if let State::Connected(link) = &connection.state
                && let Some(link) = link.upgrade()
                && policy.check_ip(connection.peer).is_err()
            {
                link.cut.store(true, Ordering::Release);
            }
        }
    }

    /// There is one.
    pub fn add(&mut self, peer: PeerAddress) -> Arc<Link> {
        let link = Arc::new(Link {
            life: Arc::clone(&self.life),
            cut: AtomicBool::new(false),
        });
        self.list.push(Connection {
            peer,
            state: State::Connected(Arc::downgrade(&link)),
        });
        link
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.life.over.store(true, Ordering::Release);
    }
}
