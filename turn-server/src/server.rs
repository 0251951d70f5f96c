//! The control plane: takes a message and says what is to be sent.
//!
//! It owns the allocations of one worker. Handlers follow the steps of RFC 8489 and RFC 8656, each in its module:
//! [`allocate`], [`refresh`], [`permissions`], [`relaying`], [`connections`]. Sockets are opened through [`Relays`]; everything else that
//! is to happen is in the returned [`Output`].

pub mod allocate;
pub mod connections;
pub mod permissions;
pub mod refresh;
pub mod relaying;
mod reply;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::attribute::{Attribute as _, AttributeStaticType, AttributeType, XorMappedAddress};
use stun_types::message::{BINDING, Message, MessageClass, MessageWrite, MessageWriteVec};
use turn_types::attribute as turn;
use turn_types::message as method;

use crate::address::{Family, FiveTuple, PeerAddress};
use crate::allocation::Relay;
use crate::authentication::{Authenticator, Identity};
use crate::clock::Now;
use crate::connection::ConnectionId;
use crate::ledger::Ledger;
use crate::peer_policy::PeerPolicy;
use crate::quota::Quota;
use crate::rate::SourceLimiter;
use crate::table::{AllocationKey, Table};
use reply::Failure;

/// Which port a relayed address is to have (RFC 8656 section 7.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortWish {
    /// Any.
    Any,
    /// An even one.
    Even,
    /// An even one, and the next is kept for a later request.
    EvenAndReserveNext,
}

/// A relayed address that was opened.
pub struct Opened<S> {
    /// The address and its socket.
    pub relay: Relay<S>,
    /// Names the reserved next port.
    pub token: Option<u64>,
}

/// Why no relayed address can be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// The relay has no address of this family: 440.
    NoSuchFamily,
    /// No port or descriptor is left, or the reservation is gone: 508.
    OutOfPorts,
}

/// What the control plane asks of the machine.
pub trait Relays {
    /// Sends and receives for a relayed address, or listens there; closes when dropped.
    type Socket;
    /// A connection with a peer; closes when dropped.
    type Connection;

    /// Opens a relayed address for the allocation that will be under `key`.
    fn open(&mut self, key: AllocationKey, family: Family, wish: PortWish) -> Result<Opened<Self::Socket>, OpenError>;

    /// Hands over the port that was reserved under a token.
    fn redeem(&mut self, now: Instant, key: AllocationKey, token: u64) -> Result<Relay<Self::Socket>, OpenError>;

    /// Opens a relayed address for TCP.
    fn listen(&mut self, key: AllocationKey, family: Family) -> Result<Relay<Self::Socket>, OpenError>;

    /// Begins to connect to a peer from a relayed address. [`Server::connected`] is to be told what became of it.
    fn connect(
        &mut self,
        now: Instant,
        key: AllocationKey,
        from: &Self::Socket,
        id: ConnectionId,
        peer: PeerAddress,
    ) -> std::io::Result<()>;

    /// Hands over a connection that waits for its client.
    fn claim(&mut self, now: Instant, id: ConnectionId, username: &str) -> Result<Self::Connection, ClaimError>;
}

/// Why a connection cannot be bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimError {
    /// There is none that waits under this number: 400.
    Unknown,
    /// Another user's: 441.
    AnothersUser,
}

/// What the operator decides.
pub struct Rules {
    /// Who may use the relay.
    pub authenticator: Authenticator,
    /// Whom it may reach.
    pub peers: PeerPolicy,
    /// Whether peers may be reached over TCP as well.
    pub tcp: bool,
    /// How much.
    pub quota: Quota,
    /// The longest lifetime of an allocation.
    pub longest_lifetime: Duration,
    /// Where clients are sent when this relay drains; one of each family at most.
    pub alternates: Vec<SocketAddr>,
    /// The last number that a channel may have.
    pub last_channel: u16,
}

/// What is to happen after a message.
#[derive(Debug)]
pub enum Output<'s, 'm, S, C> {
    /// Nothing: it is not for us, or not worth an answer.
    Nothing,
    /// This goes back to the client.
    Reply(Vec<u8>),
    /// This goes to a peer.
    ToPeer {
        /// From this relayed address.
        socket: &'s S,
        /// To here.
        peer: PeerAddress,
        /// A part of the message, or all of it but its header.
        data: &'m [u8],
        /// With the IPv4 "don't fragment" bit.
        dont_fragment: bool,
    },
    /// The client's stream is bound to a peer's: after the reply, everything goes on as it comes.
    Bound {
        /// This goes back to the client first.
        reply: Vec<u8>,
        /// The peer's.
        connection: C,
    },
}

/// What became of a request.
enum Done<C> {
    /// Answered.
    Success(MessageWriteVec),
    /// Answered, and the stream is bound.
    Bound(MessageWriteVec, C),
    /// To be answered later.
    Later,
}

/// What a message was about, for those who count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Allocations made.
    pub allocations: u64,
    /// Requests that were answered by success.
    pub succeeded: u64,
    /// Requests that were answered by an error.
    pub failed: u64,
    /// Requests without or with wrong credentials.
    pub unauthenticated: u64,
    /// Peers that the policy refused.
    pub forbidden: u64,
    /// Answers that were not given because a network asks too much.
    pub limited: u64,
    /// Data that was dropped because an allocation relays too much.
    pub over_quota: u64,
    /// Messages that were no STUN, or broken.
    pub malformed: u64,
}

/// The control plane of one worker.
pub struct Server<R: Relays> {
    rules: Arc<Rules>,
    ledger: Arc<Ledger>,
    table: Table<R::Socket>,
    limiter: SourceLimiter,
    draining: bool,
    /// What happened so far.
    pub counters: Counters,
}

/// A request on its way through its handler.
struct Request<'a, 'm> {
    now: Now,
    from: FiveTuple,
    message: &'a Message<'m>,
    identity: &'a Identity,
}

impl<R: Relays> Server<R> {
    /// A server without allocations.
    #[must_use]
    pub fn new(now: Now, rules: Arc<Rules>, ledger: Arc<Ledger>) -> Self {
        Self {
            rules,
            ledger,
            table: Table::new(now.at),
            limiter: SourceLimiter::new(now.at),
            draining: false,
            counters: Counters::default(),
        }
    }

    /// Takes rules that count from now on. What was granted stays, but for peers that are now forbidden.
    pub fn set_rules(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
        for allocation in self.table.allocations_mut() {
            allocation.revoke(&self.rules.peers);
        }
    }

    /// Makes no more allocations.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// What may be relayed, and the time as it is reckoned for that.
    #[must_use]
    pub fn quota(&self, now: Now) -> (Quota, u32) {
        (self.rules.quota, self.ledger.milliseconds(now.at))
    }

    /// How many allocations there are.
    #[must_use]
    pub fn allocations(&self) -> usize {
        self.table.len()
    }

    /// Takes one STUN message, complete and without anything after it. (ChannelData: [`Server::channel_data`].)
    pub fn message<'m>(
        &mut self,
        now: Now,
        from: FiveTuple,
        bytes: &'m [u8],
        relays: &mut R,
    ) -> Output<'_, 'm, R::Socket, R::Connection> {
        // RFC 8489 section 6.3: the two zero bits, the cookie, a sensible length and attributes, or silence.
        let Some(message) = parse(bytes) else {
            self.counters.malformed += 1;
            return Output::Nothing;
        };
        match (message.class(), message.method()) {
            (MessageClass::Request, BINDING) if self.may_answer(now, from) => Output::Reply(binding(from, &message)),
            (MessageClass::Request, BINDING) => Output::Nothing,
            (MessageClass::Request, _) => self.request(now, from, &message, relays),
            (MessageClass::Indication, method::SEND) => self.send_indication(now, from, &message, bytes),
            // Other indications (Binding keeps NATs open) want nothing; responses answer nothing we asked.
            _ => Output::Nothing,
        }
    }

    /// Section 6.3.1 for what needs credentials: authentication, unknown attributes, the method's own steps.
    fn request<'s, 'm>(
        &'s mut self,
        now: Now,
        from: FiveTuple,
        message: &Message<'_>,
        relays: &mut R,
    ) -> Output<'s, 'm, R::Socket, R::Connection> {
        let rules = Arc::clone(&self.rules);
        let identity = match rules.authenticator.authenticate(now, from.client, message) {
            Ok(identity) => identity,
            Err(refusal) => {
                self.counters.unauthenticated += 1;
                if !self.may_answer(now, from) {
                    return Output::Nothing;
                }
                let reply = reply::refuse(refusal, &rules.authenticator, now, from.client, message);
                return Output::Reply(reply);
            }
        };
        let request = Request {
            now,
            from,
            message,
            identity: &identity,
        };
        let answered = match reply::unknown_attributes(message) {
            unknown if !unknown.is_empty() => Err(Failure::unknown(unknown)),
            _ => match message.method() {
                method::ALLOCATE => self.allocate(&rules, &request, relays).map(Done::Success),
                method::REFRESH => self.refresh(&rules, &request).map(Done::Success),
                method::CREATE_PERMISSION => self.create_permission(&rules, &request).map(Done::Success),
                method::CHANNEL_BIND => self.channel_bind(&rules, &request).map(Done::Success),
                method::CONNECT => self.connect(&rules, &request, relays),
                method::CONNECTION_BIND => self.connection_bind(&request, relays),
                _ => Err(Failure::BAD_REQUEST),
            },
        };
        match answered {
            Ok(Done::Success(success)) => {
                self.counters.succeeded += 1;
                Output::Reply(reply::finish(success, Some(&identity), message))
            }
            Ok(Done::Bound(success, connection)) => {
                self.counters.succeeded += 1;
                let reply = reply::finish(success, Some(&identity), message);
                Output::Bound { reply, connection }
            }
            Ok(Done::Later) => Output::Nothing,
            Err(failure) => {
                self.counters.failed += 1;
                Output::Reply(reply::finish(failure.write(message), Some(&identity), message))
            }
        }
    }

    /// Whether a client that has shown no credentials gets an answer. (Also one to the beginning of a handshake.)
    pub fn may_answer(&mut self, now: Now, from: FiveTuple) -> bool {
        let allowed = self
            .limiter
            .allow(now.at, from.client.0.ip(), self.rules.quota.unauthenticated());
        if !allowed {
            self.counters.limited += 1;
        }
        allowed
    }

    /// The client's allocation, if it has not run out and is used with the user name that made it (RFC 8656 section 5:
    /// 437 and 441).
    fn own(&self, request: &Request<'_, '_>) -> Result<AllocationKey, Failure> {
        let key = self.live(request.now, &request.from).ok_or(Failure::MISMATCH)?;
        let same = self
            .table
            .get(key)
            .is_some_and(|allocation| *allocation.username == *request.identity.username);
        if same { Ok(key) } else { Err(Failure::WRONG_CREDENTIALS) }
    }

    fn live(&self, now: Now, from: &FiveTuple) -> Option<AllocationKey> {
        let key = self.table.find(from)?;
        self.table
            .get(key)
            .filter(|allocation| allocation.until > now.at)
            .map(|_| key)
    }

    /// Ends what has run out; to be called about once a second.
    pub fn expire(&mut self, now: Now) -> usize {
        self.ledger.sweep(now.at);
        self.table.expire(now.at)
    }

    /// The client's stream or association is gone, and with it the allocation (RFC 8656 section 3.1).
    pub fn disconnected(&mut self, from: &FiveTuple) {
        if let Some(key) = self.table.find(from) {
            self.table.remove(key);
        }
    }

    /// Whether the client holds an allocation: without one, a stream gets little time.
    #[must_use]
    pub fn knows(&self, now: Now, from: &FiveTuple) -> bool {
        self.live(now, from).is_some()
    }
}

/// A STUN message that fills the bytes exactly.
fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    if length % 4 != 0 || bytes.len() != length + 20 {
        return None;
    }
    Message::from_bytes(bytes).ok()
}

/// RFC 8489 section 6.3.1 for Binding, which needs no credentials: the reflexive address, or 420.
fn binding(from: FiveTuple, message: &Message<'_>) -> Vec<u8> {
    let unknown = reply::unknown_attributes(message);
    if !unknown.is_empty() {
        return reply::finish(Failure::unknown(unknown).write(message), None, message);
    }
    let mut success = reply::success(message);
    success.push_attribute_unchecked(&XorMappedAddress::new(from.client.0, message.transaction_id()));
    reply::finish(success, None, message)
}

/// The peers that a request names, in canonical form; 400 when one cannot be read.
fn peers(message: &Message<'_>) -> Result<Vec<PeerAddress>, Failure> {
    message
        .iter_attributes()
        .filter(|(_, raw)| raw.get_type() == turn::XorPeerAddress::TYPE)
        .map(|(_, raw)| peer_address(&raw, message))
        .collect()
}

fn peer_address(raw: &stun_types::attribute::RawAttribute<'_>, message: &Message<'_>) -> Result<PeerAddress, Failure> {
    use stun_types::attribute::AttributeFromRaw as _;
    let attribute = turn::XorPeerAddress::from_raw_ref(raw).map_err(|_| Failure::BAD_REQUEST)?;
    let address: SocketAddr = attribute.addr(message.transaction_id());
    Ok(PeerAddress::new(address))
}

/// The one byte of an address family attribute: `None` where the attribute is missing.
fn family(message: &Message<'_>, kind: AttributeType) -> Result<Option<Family>, Failure> {
    let Some(raw) = message.raw_attribute(kind) else {
        return Ok(None);
    };
    match raw.value[..] {
        [1, ..] if raw.value.len() == 4 => Ok(Some(Family::V4)),
        [2, ..] if raw.value.len() == 4 => Ok(Some(Family::V6)),
        [_, _, _, _] => Err(Failure::FAMILY_NOT_SUPPORTED),
        _ => Err(Failure::BAD_REQUEST),
    }
}
