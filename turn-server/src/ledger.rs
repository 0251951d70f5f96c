//! Who holds and relays how much, against the bounds of [`Quota`].
//!
//! The [`Ledger`] is the one thing the workers share: a user's clients may be served by different workers. Its counters
//! are touched when an allocation begins and when it ends. Data is counted against a user and a network by
//! [`Lease::spend`], which draws a little in advance, so that the shared figures are touched once for many datagrams.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::allocation::PERMISSION_LIFETIME;
use crate::quota::{Quota, bytes, packets};
use crate::rate::{SharedBucket, milliseconds};

/// How long a user or network is remembered after its last allocation: or a new one would begin with a fresh quota.
const REMEMBERED: Duration = PERMISSION_LIFETIME;
/// What a lease draws at once from what its user and network may relay, in bytes.
const BYTES_AHEAD: u32 = 16 << 10;
/// The same, in datagrams.
const PACKETS_AHEAD: u32 = 16;

/// What one user, or one network, relays and reaches, over all workers.
#[derive(Default)]
struct Account {
    bytes: SharedBucket,
    packets: SharedBucket,
    /// The peers of a user, each with the end of its latest permission.
    peers: Mutex<HashMap<IpAddr, Instant>>,
}

/// Who holds how many allocations, and since how many sweeps none.
#[derive(Default)]
struct Holder {
    held: u32,
    idle: u32,
    account: Arc<Account>,
}

#[derive(Default)]
struct Counters {
    users: HashMap<Arc<str>, Holder>,
    addresses: HashMap<IpAddr, u32>,
    networks: HashMap<IpAddr, Holder>,
    total: u32,
}

/// The counters, shared by the workers.
pub struct Ledger {
    counters: Mutex<Counters>,
    /// What rates are reckoned from.
    start: Instant,
    swept: Mutex<Instant>,
}

impl Default for Ledger {
    fn default() -> Self {
        let start = Instant::now();
        Self {
            counters: Mutex::default(),
            start,
            swept: Mutex::new(start),
        }
    }
}

/// One allocation's place in the counters, given back when dropped.
pub struct Lease {
    ledger: Arc<Ledger>,
    user: Arc<str>,
    address: IpAddr,
    meter: Meter,
}

/// Counts data against a user and a network.
pub struct Meter {
    of_user: Arc<Account>,
    of_network: Arc<Account>,
    bytes_ahead: u32,
    packets_ahead: u32,
}

/// A bound is reached: 486 (Allocation Quota Reached).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhausted;

impl Ledger {
    /// Counts one more allocation, unless a bound is reached.
    pub fn take(self: &Arc<Self>, quota: &Quota, user: &str, client: IpAddr) -> Result<Lease, Exhausted> {
        let (address, network) = (prefix(client), network(client));
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let held = |holder: Option<&Holder>| holder.map_or(0, |holder| holder.held);
        if counters.total >= quota.total
            || held(counters.users.get(user)) >= quota.per_user
            || counters.addresses.get(&address).copied().unwrap_or(0) >= quota.per_address
            || held(counters.networks.get(&network)) >= quota.per_network
        {
            return Err(Exhausted);
        }
        let user = match counters.users.get_key_value(user) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(user),
        };
        let one_more = |holder: &mut Holder| {
            holder.held += 1;
            holder.idle = 0;
            Arc::clone(&holder.account)
        };
        let of_user = one_more(counters.users.entry(Arc::clone(&user)).or_default());
        let of_network = one_more(counters.networks.entry(network).or_default());
        *counters.addresses.entry(address).or_default() += 1;
        counters.total += 1;
        Ok(Lease {
            ledger: Arc::clone(self),
            user,
            address: client,
            meter: Meter::new(of_user, of_network),
        })
    }

    /// How many allocations there are.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// Milliseconds as the buckets of all workers count them.
    #[must_use]
    pub fn milliseconds(&self, now: Instant) -> u32 {
        milliseconds(self.start, now)
    }

    /// Forgets users and networks that have long held nothing; to be called now and then, by any worker.
    pub fn sweep(&self, now: Instant) {
        const PERIOD: Duration = Duration::from_mins(1);
        let Ok(mut swept) = self.swept.try_lock() else {
            return;
        };
        if now.saturating_duration_since(*swept) < PERIOD {
            return;
        }
        *swept = now;
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = |holder: &mut Holder| {
            holder.idle = if holder.held == 0 { holder.idle + 1 } else { 0 };
            u64::from(holder.idle) <= REMEMBERED.as_secs() / PERIOD.as_secs()
        };
        counters.users.retain(|_, holder| keep(holder));
        counters.networks.retain(|_, holder| keep(holder));
    }
}

impl Lease {
    /// Whose allocation it is, as quotas count it.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whether the user may reach these peers too; then they count until their permissions end.
    #[must_use]
    pub fn reach(&self, now: Instant, peers: &[IpAddr], quota: &Quota) -> bool {
        let mut known = self.meter.of_user.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.iter().any(|peer| !known.contains_key(peer)) {
            known.retain(|_, until| *until > now);
            let more = peers.iter().filter(|peer| !known.contains_key(peer)).count();
            if known.len() + more > quota.user_peers as usize {
                return false;
            }
        }
        let until = now + PERMISSION_LIFETIME;
        known.extend(peers.iter().map(|peer| (*peer, until)));
        true
    }

    /// As [`Meter::spend`].
    pub fn spend(&mut self, milliseconds: u32, length: u32, datagrams: u32, quota: &Quota) -> bool {
        self.meter.spend(milliseconds, length, datagrams, quota)
    }

    /// Another meter for the same user and network.
    #[must_use]
    pub fn meter(&self) -> Meter {
        Meter::new(Arc::clone(&self.meter.of_user), Arc::clone(&self.meter.of_network))
    }
}

impl Meter {
    fn new(of_user: Arc<Account>, of_network: Arc<Account>) -> Self {
        Self {
            of_user,
            of_network,
            bytes_ahead: 0,
            packets_ahead: 0,
        }
    }

    /// Whether the user and the network may relay so much now; then it counts. `milliseconds` as
    /// [`Ledger::milliseconds`] tells.
    pub fn spend(&mut self, milliseconds: u32, length: u32, datagrams: u32, quota: &Quota) -> bool {
        if self.packets_ahead < datagrams {
            let rate = packets(quota.user_packets_per_second);
            let drawn = draw(PACKETS_AHEAD, datagrams - self.packets_ahead, |amount| {
                self.of_user.packets.take(milliseconds, amount, rate)
            });
            let Some(drawn) = drawn else { return false };
            self.packets_ahead += drawn;
        }
        if self.bytes_ahead < length {
            let rates = [quota.user_bytes_per_second, quota.network_bytes_per_second].map(bytes);
            let drawn = draw(BYTES_AHEAD, length - self.bytes_ahead, |amount| {
                self.of_user.bytes.take(milliseconds, amount, rates[0])
                    && self.of_network.bytes.take(milliseconds, amount, rates[1])
            });
            let Some(drawn) = drawn else { return false };
            self.bytes_ahead += drawn;
        }
        self.packets_ahead -= datagrams;
        self.bytes_ahead -= length;
        true
    }

    /// Takes back what was spent and not needed.
    pub fn give_back(&mut self, length: u32) {
        self.bytes_ahead = self.bytes_ahead.saturating_add(length);
    }
}

/// Draws what is needed, and where it can be had more, in advance.
fn draw(ahead: u32, needed: u32, take: impl Fn(u32) -> bool) -> Option<u32> {
    [ahead.max(needed), needed].into_iter().find(|amount| take(*amount))
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut counters = self.ledger.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = &mut *counters;
        counters.total = counters.total.saturating_sub(1);
        release(&mut counters.addresses, &prefix(self.address));
        let user = counters.users.get_mut(&self.user);
        let network = counters.networks.get_mut(&network(self.address));
        for holder in user.into_iter().chain(network) {
            holder.held = holder.held.saturating_sub(1);
        }
    }
}

/// Counts one less, and forgets who holds none.
pub(crate) fn release<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// What counts as one address: an IPv6 client has a whole /64 to itself.
#[must_use]
pub fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What counts as one network, as its smallest address: an IPv4 /24, an IPv6 /48.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & !0xFF).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 80 << 80).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn each_bound_holds_and_is_given_back() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            per_user: 2,
            per_address: 3,
            total: 4,
            ..Quota::default()
        };
        let first = ledger.take(&quota, "a", address(1)).unwrap();
        let _second = ledger.take(&quota, "a", address(1)).unwrap();
        assert_eq!(ledger.take(&quota, "a", address(2)).err(), Some(Exhausted));
        let _third = ledger.take(&quota, "b", address(1)).unwrap();
        assert_eq!(ledger.take(&quota, "c", address(1)).err(), Some(Exhausted));
        let _fourth = ledger.take(&quota, "c", address(2)).unwrap();
        assert_eq!(ledger.take(&quota, "d", address(3)).err(), Some(Exhausted));
        drop(first);
        assert!(ledger.take(&quota, "a", address(2)).is_ok());
        assert_eq!(ledger.total(), 3);
    }

    #[test]
    fn an_ipv6_client_counts_by_its_64_bit_prefix() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            per_address: 1,
            ..Quota::default()
        };
        let _lease = ledger.take(&quota, "a", "2001:db8::1".parse().unwrap()).unwrap();
        assert!(ledger.take(&quota, "b", "2001:db8::ffff:2".parse().unwrap()).is_err());
        assert!(ledger.take(&quota, "b", "2001:db8:0:1::1".parse().unwrap()).is_ok());
    }

    #[test]
    fn a_network_is_bounded_however_many_addresses_it_has() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            per_network: 2,
            ..Quota::default()
        };
        let take = |user: &str, client: &str| ledger.take(&quota, user, client.parse().unwrap());
        let _leases = [
            take("a", "192.0.2.1").unwrap(),
            take("b", "192.0.2.2").unwrap(),
            take("c", "2001:db8::1").unwrap(),
            take("d", "2001:db8:0:1::1").unwrap(),
        ];
        assert!(take("e", "192.0.2.3").is_err() && take("e", "::ffff:192.0.2.3").is_err());
        assert!(take("e", "2001:db8:0:ffff::1").is_err());
        assert!(take("e", "192.0.3.1").is_ok() && take("e", "2001:db8:1::1").is_ok());
    }

    #[test]
    fn a_user_relays_no_more_over_many_allocations_than_its_rate() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            user_bytes_per_second: 100_000,
            user_packets_per_second: 500,
            ..Quota::default()
        };
        let take = |user: &str| ledger.take(&quota, user, address(1)).unwrap();
        let mut leases: Vec<_> = (0..10).map(|_| take("a")).collect();
        let mut passed = |length: u32, at: u32| {
            let turns = (0..1000).flat_map(|_| 0..10);
            turns.filter(|of| leases[*of].spend(at, length, 1, &quota)).count()
        };
        // What is drawn ahead at the end and not used is at most a grain each.
        let small = passed(10, 0);
        assert!((500 - 10 * PACKETS_AHEAD as usize..=500).contains(&small), "{small}");
        // Ten seconds later a second's worth is there, of bytes as of datagrams, beside what was drawn ahead.
        let large = passed(1000, 10_000);
        assert!(
            (100..=100 + 10 * BYTES_AHEAD as usize / 1000).contains(&large),
            "{large}"
        );
        assert!(take("b").spend(10_000, 1000, 1, &quota));
        drop(leases);
        // A new allocation does not bring a new quota.
        let mut again = take("a");
        assert!((0..1000).filter(|_| again.spend(10_000, 1000, 1, &quota)).count() < 2);
    }

    #[test]
    fn a_network_relays_no_more_over_many_users_than_its_rate() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            network_bytes_per_second: 100_000,
            ..Quota::default()
        };
        let mut leases: Vec<_> = (0..10u8)
            .map(|of| ledger.take(&quota, &of.to_string(), address(of)).unwrap())
            .collect();
        let turns = (0..100).flat_map(|_| 0..10);
        let passed = turns.filter(|of| leases[*of].spend(0, 1000, 1, &quota)).count();
        assert!((80..=100).contains(&passed), "{passed}");
    }

    #[test]
    fn a_user_reaches_so_many_peers_within_five_minutes_whatever_it_ends_meanwhile() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            user_peers: 2,
            ..Quota::default()
        };
        let now = Instant::now();
        let lease = ledger.take(&quota, "a", address(1)).unwrap();
        assert!(lease.reach(now, &[address(7), address(8)], &quota));
        assert!(!lease.reach(now, &[address(9)], &quota));
        drop(lease);
        ledger.sweep(now + Duration::from_secs(61));
        let lease = ledger.take(&quota, "a", address(1)).unwrap();
        assert!(!lease.reach(now, &[address(9)], &quota));
        assert!(lease.reach(now + Duration::from_secs(200), &[address(8)], &quota));
        let later = now + Duration::from_secs(301);
        assert!(!lease.reach(later, &[address(9), address(10)], &quota));
        assert!(lease.reach(later, &[address(9)], &quota));
    }

    #[test]
    fn who_holds_nothing_is_forgotten_in_the_end() {
        let ledger = Arc::new(Ledger::default());
        let _held = ledger.take(&Quota::default(), "a", address(1)).unwrap();
        drop(
            ledger
                .take(&Quota::default(), "b", IpAddr::from([198, 51, 100, 1]))
                .unwrap(),
        );
        let known = || {
            let counters = ledger.counters.lock().unwrap();
            (counters.users.len(), counters.networks.len(), counters.addresses.len())
        };
        assert_eq!(known(), (2, 2, 1));
        for minute in 1..10 {
            ledger.sweep(ledger.start + Duration::from_mins(minute));
        }
        assert_eq!(known(), (1, 1, 1));
    }
}
