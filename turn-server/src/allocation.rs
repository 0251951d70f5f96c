//! An allocation, and the permissions and channels it owns (RFC 8656 sections 3.2, 9 and 12).

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use stun_types::message::TransactionId;

use crate::address::{Family, FiveTuple, PeerAddress, RelayAddress};
use crate::connection::Connections;
use crate::ledger::Lease;
use crate::peer_policy::PeerPolicy;
use crate::quota::Quota;
use crate::rate::Bucket;

/// How long a permission lasts (RFC 8656 section 9).
pub const PERMISSION_LIFETIME: Duration = Duration::from_mins(5);
/// How long a channel lasts (section 12).
pub const CHANNEL_LIFETIME: Duration = Duration::from_mins(10);

/// A channel number: 0x4000 to 0x4FFF (section 12), for clients of RFC 5766 to 0x7FFF.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The first number.
    pub const FIRST: u16 = 0x4000;
    /// The last number.
    pub const LAST: u16 = 0x4FFF;
    /// The last number by the older standard, RFC 5766.
    pub const LAST_BEFORE: u16 = 0x7FFF;

    /// The number, if it is one for channels.
    #[must_use]
    pub fn new(number: u16, last: u16) -> Option<Self> {
        (Self::FIRST..=last).contains(&number).then_some(Self(number))
    }

    /// As it is on the wire.
    #[must_use]
    pub fn value(self) -> u16 {
        self.0
    }
}

/// One relayed transport address and the socket behind it.
#[derive(Debug)]
pub struct Relay<S> {
    /// What peers see.
    pub address: RelayAddress,
    /// Closed when dropped.
    pub socket: S,
}

struct Permission {
    ip: IpAddr,
    until: Instant,
}

struct Channel {
    number: ChannelNumber,
    peer: PeerAddress,
    until: Instant,
}

/// What a client holds on the relay.
pub struct Allocation<S> {
    /// Whose it is.
    pub five_tuple: FiveTuple,
    /// The user name that made it; no other may use it.
    pub username: Box<str>,
    /// The request that made it: its repetition gets the same answer.
    pub transaction: TransactionId,
    /// When it ends.
    pub until: Instant,
    /// Names the port that was reserved with it.
    pub token: Option<u64>,
    /// The family that was wished for too and could not be had, with the error's code.
    pub missing: Option<(Family, u16)>,
    /// Of an allocation for TCP; one for UDP has none.
    pub connections: Option<Box<Connections>>,
    relays: [Option<Relay<S>>; 2],
    permissions: Vec<Permission>,
    channels: Vec<Channel>,
    bytes: Bucket,
    packets: Bucket,
    /// Given back when the allocation is dropped.
    pub lease: Lease,
}

/// Why a permission or channel cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The number is bound to another peer, or the peer to another number.
    Conflict,
    /// The allocation holds as many as it may.
    Full,
}

impl<S> Allocation<S> {
    /// A new allocation without permissions.
    #[must_use]
    pub fn new(
        five_tuple: FiveTuple,
        username: Box<str>,
        transaction: TransactionId,
        until: Instant,
        lease: Lease,
    ) -> Self {
        Self {
            five_tuple,
            username,
            transaction,
            until,
            token: None,
            missing: None,
            connections: None,
            relays: [None, None],
            permissions: Vec::new(),
            channels: Vec::new(),
            bytes: Bucket::default(),
            packets: Bucket::default(),
            lease,
        }
    }

    /// Its relayed address of a family.
    #[must_use]
    pub fn relay(&self, family: Family) -> Option<&Relay<S>> {
        self.relays[index(family)].as_ref()
    }

    /// All its relayed addresses, IPv4 first.
    pub fn relays(&self) -> impl Iterator<Item = &Relay<S>> {
        self.relays.iter().flatten()
    }

    /// Gives it a relayed address.
    pub fn add_relay(&mut self, relay: Relay<S>) {
        let family = Family::of(relay.address.0.ip());
        self.relays[index(family)] = Some(relay);
    }

    /// Takes the relayed address of a family away, and what needs it. Whether one is left.
    pub fn drop_relay(&mut self, family: Family) -> bool {
        self.relays[index(family)] = None;
        self.permissions
            .retain(|permission| Family::of(permission.ip) != family);
        self.channels.retain(|channel| channel.peer.family() != family);
        self.relays.iter().any(Option::is_some)
    }

    /// Makes or renews a permission for each address, or changes nothing where they would be too many.
    pub fn permit(&mut self, now: Instant, peers: &[PeerAddress], quota: &Quota) -> Result<(), Refused> {
        self.permissions.retain(|permission| permission.until > now);
        let mut named: Vec<IpAddr> = peers.iter().map(|peer| peer.ip()).collect();
        named.sort_unstable();
        named.dedup();
        let mut new = named.clone();
        new.retain(|ip| self.permissions.iter().all(|permission| permission.ip != *ip));
        let full = self.permissions.len() + new.len() > usize::from(quota.permissions);
        if full || !self.lease.reach(now, &named, quota) {
            return Err(Refused::Full);
        }
        let until = now + PERMISSION_LIFETIME;
        for permission in &mut self.permissions {
            if named.contains(&permission.ip) {
                permission.until = until;
            }
        }
        self.permissions
            .extend(new.into_iter().map(|ip| Permission { ip, until }));
        Ok(())
    }

    /// Binds a channel, or renews it, and its permission.
    pub fn bind(
        &mut self,
        now: Instant,
        number: ChannelNumber,
        peer: PeerAddress,
        quota: &Quota,
    ) -> Result<(), Refused> {
        self.channels.retain(|channel| channel.until > now);
        let bound = self
            .channels
            .iter()
            .position(|channel| channel.number == number || channel.peer == peer);
        if let Some(at) = bound {
            let channel = &self.channels[at];
            if channel.number != number || channel.peer != peer {
                return Err(Refused::Conflict);
            }
        } else if self.channels.len() >= usize::from(quota.channels) {
            return Err(Refused::Full);
        }
        self.permit(now, &[peer], quota)?;
        let until = now + CHANNEL_LIFETIME;
        match bound {
            Some(at) => self.channels[at].until = until,
            None => self.channels.push(Channel { number, peer, until }),
        }
        Ok(())
    }

    /// Whether data may pass to and from an address.
    #[must_use]
    pub fn permits(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions
            .iter()
            .any(|permission| permission.ip == ip && permission.until > now)
    }

    /// The peer of a channel.
    #[must_use]
    pub fn peer_of(&self, now: Instant, number: u16) -> Option<PeerAddress> {
        self.channels
            .iter()
            .find(|channel| channel.number.0 == number && channel.until > now)
            .map(|channel| channel.peer)
    }

    /// The channel of a peer.
    #[must_use]
    pub fn channel_of(&self, now: Instant, peer: PeerAddress) -> Option<ChannelNumber> {
        self.channels
            .iter()
            .find(|channel| channel.peer == peer && channel.until > now)
            .map(|channel| channel.number)
    }

    /// Takes permissions, channels and connections back whose peers may not be reached any more.
    pub fn revoke(&mut self, policy: &PeerPolicy) {
        let may = |ip| policy.check_ip(PeerAddress::new(SocketAddr::new(ip, 0))).is_ok();
        self.permissions.retain(|permission| may(permission.ip));
        self.channels.retain(|channel| policy.check(channel.peer).is_ok());
        if let Some(connections) = &mut self.connections {
            connections.revoke(policy);
        }
    }

    /// Whether so many bytes may be relayed now; then they count. `milliseconds` as
    /// [`crate::ledger::Ledger::milliseconds`] tells.
    pub fn spend(&mut self, milliseconds: u32, bytes: usize, datagrams: usize, quota: &Quota) -> bool {
        let [bytes, datagrams] = [bytes, datagrams].map(|amount| u32::try_from(amount).unwrap_or(u32::MAX));
        self.packets.take(milliseconds, datagrams, quota.packets())
            && self.bytes.take(milliseconds, bytes, quota.bytes())
            && self.lease.spend(milliseconds, bytes, datagrams, quota)
    }

    /// How long it still lasts.
    #[must_use]
    pub fn remaining(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }
}

fn index(family: Family) -> usize {
    match family {
        Family::V4 => 0,
        Family::V6 => 1,
    }
}
