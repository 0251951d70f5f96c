//! How much each user, each client address, each network and all together may hold and relay; counted in [`crate::ledger`].

use crate::rate::Rate;

/// The bounds. A rate of 0 is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Allocations of one user.
    pub per_user: u32,
    /// Allocations of one client address (IPv6: of one /64).
    pub per_address: u32,
    /// Allocations of one network (IPv4: /24, IPv6: /48).
    pub per_network: u32,
    /// Allocations in all.
    pub total: u32,
    /// Permissions of one allocation: the number of distinct peer addresses.
    pub permissions: u16,
    /// Channels of one allocation.
    pub channels: u16,
    /// Peer connections of one allocation for TCP.
    pub connections: u16,
    /// Distinct peer addresses of one user within five minutes.
    pub user_peers: u32,
    /// Bytes of data for each second and allocation, both ways together.
    pub bytes_per_second: u32,
    /// Datagrams for each second and allocation, both ways together.
    pub packets_per_second: u32,
    /// Bytes of data for each second and user.
    pub user_bytes_per_second: u32,
    /// Datagrams for each second and user.
    pub user_packets_per_second: u32,
    /// Bytes of data for each second and network.
    pub network_bytes_per_second: u32,
    /// Answers for each second and network to those who are not authenticated.
    pub unauthenticated_per_second: u32,
}

/// For a user that is a call of up to four, each pair connected, each browser with three ways to the relay over both
/// families: 72 allocations, 12 flows of 2.5 Mbit/s which may be relayed at both ends, and one of them restarting.
impl Default for Quota {
    fn default() -> Self {
        Self {
            per_user: 96,
            per_address: 256,
            per_network: 1024,
            total: 16_000,
            permissions: 64,
            channels: 64,
            connections: 64,
            user_peers: 64,
            bytes_per_second: 2_500_000,
            packets_per_second: 5_000,
            user_bytes_per_second: 8_000_000,
            user_packets_per_second: 12_000,
            network_bytes_per_second: 64_000_000,
            unauthenticated_per_second: 200,
        }
    }
}

impl Quota {
    /// How many bytes an allocation may relay: a second's worth at once.
    #[must_use]
    pub fn bytes(&self) -> Rate {
        bytes(self.bytes_per_second)
    }

    /// How many datagrams an allocation may relay: a second's worth at once.
    #[must_use]
    pub fn packets(&self) -> Rate {
        packets(self.packets_per_second)
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

    /// Whether data need not be counted.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        let rates = [
            self.bytes_per_second,
            self.packets_per_second,
            self.user_bytes_per_second,
            self.user_packets_per_second,
            self.network_bytes_per_second,
        ];
        rates == [0; 5]
    }
}

/// A second's worth at once, and always the longest run of datagrams that comes in one piece.
pub(crate) fn bytes(per_second: u32) -> Rate {
    Rate {
        per_second,
        burst: per_second.max(65_536),
    }
}

/// A second's worth at once.
pub(crate) fn packets(per_second: u32) -> Rate {
    Rate {
        per_second,
        burst: per_second,
    }
}
