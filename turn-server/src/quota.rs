//! How many allocations each user, each client address and all together may hold.
//!
//! The counters are the one thing the workers share: a user's clients may be served by different workers. They are
//! touched when an allocation begins and when it ends, never by data.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::rate::Rate;

/// The bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Allocations of one user.
    pub per_user: u32,
    /// Allocations of one client address (IPv6: of one /64).
    pub per_address: u32,
    /// Allocations in all.
    pub total: u32,
    /// Permissions of one allocation: the number of distinct peer addresses.
    pub permissions: u16,
    /// Channels of one allocation.
    pub channels: u16,
    /// Bytes of data for each second and allocation, both ways together; 0 is no limit.
    pub bytes_per_second: u32,
    /// Datagrams for each second and allocation, both ways together; 0 is no limit.
    pub packets_per_second: u32,
    /// Answers for each second and network (IPv4 /24, IPv6 /48) to those who are not authenticated; 0 is no limit.
    pub unauthenticated_per_second: u32,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            per_user: 32,
            per_address: 1024,
            total: 16_000,
            permissions: 64,
            channels: 64,
            bytes_per_second: 0,
            packets_per_second: 0,
            unauthenticated_per_second: 200,
        }
    }
}

impl Quota {
    /// How many bytes an allocation may relay: a second's worth at once.
    #[must_use]
    pub fn bytes(&self) -> Rate {
        Rate {
            per_second: self.bytes_per_second,
            burst: self.bytes_per_second.max(65_536),
        }
    }

    /// How many datagrams an allocation may relay: a second's worth at once.
    #[must_use]
    pub fn packets(&self) -> Rate {
        Rate {
            per_second: self.packets_per_second,
            burst: self.packets_per_second,
        }
    }

    /// How many answers a network gets unauthenticated: five seconds' worth at once, as after a failover.
    #[must_use]
    pub fn unauthenticated(&self) -> Rate {
        let per_second = self.unauthenticated_per_second;
        Rate {
            per_second,
            burst: per_second.saturating_mul(5),
        }
    }
}

#[derive(Default)]
struct Counters {
    users: HashMap<Arc<str>, u32>,
    addresses: HashMap<IpAddr, u32>,
    total: u32,
}

/// The counters, shared by the workers.
#[derive(Default)]
pub struct Ledger {
    counters: Mutex<Counters>,
}

/// One allocation's place in the counters, given back when dropped.
pub struct Lease {
    ledger: Arc<Ledger>,
    user: Arc<str>,
    address: IpAddr,
}

/// A bound is reached: 486 (Allocation Quota Reached).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhausted;

impl Ledger {
    /// Counts one more allocation, unless a bound is reached.
    pub fn take(self: &Arc<Self>, quota: &Quota, user: &str, address: IpAddr) -> Result<Lease, Exhausted> {
        let address = prefix(address);
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let held = |count: Option<&u32>| count.copied().unwrap_or(0);
        if counters.total >= quota.total
            || held(counters.users.get(user)) >= quota.per_user
            || held(counters.addresses.get(&address)) >= quota.per_address
        {
            return Err(Exhausted);
        }
        let user = match counters.users.get_key_value(user) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(user),
        };
        counters.total += 1;
        *counters.users.entry(Arc::clone(&user)).or_default() += 1;
        *counters.addresses.entry(address).or_default() += 1;
        Ok(Lease {
            ledger: Arc::clone(self),
            user,
            address,
        })
    }

    /// How many allocations there are.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}

impl Lease {
    /// Whose allocation it is, as quotas count it.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut counters = self.ledger.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = &mut *counters;
        counters.total = counters.total.saturating_sub(1);
        release(&mut counters.users, &self.user);
        release(&mut counters.addresses, &self.address);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_holds_and_is_given_back() {
        let ledger = Arc::new(Ledger::default());
        let quota = Quota {
            per_user: 2,
            per_address: 3,
            total: 4,
            ..Quota::default()
        };
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
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
}
