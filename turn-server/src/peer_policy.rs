//! Which peers may be reached through the relay.
//!
//! A relay inside a network is a door into it, so everything that is not the public Internet is refused unless the
//! operator allows it. An address that carries another one inside (IPv4-mapped, IPv4-compatible, 6to4, Teredo, NAT64)
//! is judged by both: translating gateways have let others' deny lists be walked past.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::address::{PeerAddress, RelayPort};

/// Refused by default: RFC 6890 and its registries, and what no peer has business with.
const FORBIDDEN: &[&str] = &[
    "0.0.0.0/8",       // this network
    "10.0.0.0/8",      // private
    "100.64.0.0/10",   // carrier-grade NAT, and some clouds' metadata
    "127.0.0.0/8",     // loopback
    "169.254.0.0/16",  // link-local, and the clouds' metadata
    "172.16.0.0/12",   // private
    "192.0.0.0/24",    // protocol assignments
    "192.0.2.0/24",    // documentation
    "192.88.99.0/24",  // 6to4 relays
    "192.168.0.0/16",  // private
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", // documentation
    "203.0.113.0/24",  // documentation
    "224.0.0.0/4",     // multicast
    "240.0.0.0/4",     // reserved, and broadcast
    "::/8",            // unspecified, loopback, IPv4-compatible, IPv4-translated (RFC 2765)
    "64:ff9b::/96",    // NAT64
    "64:ff9b:1::/48",  // NAT64, local use
    "100::/64",        // discard
    "2001::/23",       // protocol assignments, Teredo among them
    "2001:db8::/32",   // documentation
    "2002::/16",       // 6to4
    "3fff::/20",       // documentation
    "5f00::/16",       // segment routing
    "fc00::/7",        // unique local, and some clouds' metadata
    "fe80::/10",       // link-local
    "fec0::/10",       // site-local
    "ff00::/8",        // multicast
];

/// The operator's rules over the default ones.
#[derive(Clone, Debug)]
pub struct PeerPolicy {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
    forbidden: Vec<IpNet>,
    relays: Vec<IpAddr>,
    listeners: Vec<IpAddr>,
    relay_ports: (RelayPort, RelayPort),
}

/// Why a peer is refused: answered by 403, or the data is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forbidden;

impl PeerPolicy {
    /// The default rules, with the operator's lists. A denied range wins over an allowed one, an allowed one over the
    /// default. Of the server's own addresses, unless they are allowed, only the relays' can be reached, and only at
    /// relayed ports.
    #[must_use]
    pub fn new(
        allow: Vec<IpNet>,
        deny: Vec<IpNet>,
        relays: Vec<IpAddr>,
        listeners: Vec<IpAddr>,
        relay_ports: (RelayPort, RelayPort),
    ) -> Self {
        let forbidden = FORBIDDEN.iter().filter_map(|range| range.parse().ok()).collect();
        Self {
            allow,
            deny,
            forbidden,
            relays,
            listeners,
            relay_ports,
        }
    }

    /// Whether a permission may be made for this address; its port is not asked yet.
    pub fn check_ip(&self, peer: PeerAddress) -> Result<(), Forbidden> {
        let outer = peer.ip();
        let inner = embedded(outer).into_iter().flatten().map(IpAddr::V4);
        std::iter::once(outer)
            .chain(inner)
            .try_for_each(|ip| self.check_one(ip))
    }

    /// Whether data may go to this address and port.
    pub fn check(&self, peer: PeerAddress) -> Result<(), Forbidden> {
        self.check_ip(peer)?;
        let port = RelayPort(peer.socket().port());
        let relayed = (self.relay_ports.0..=self.relay_ports.1).contains(&port);
        let own = self.relays.contains(&peer.ip()) && !contains(&self.allow, peer.ip());
        if port.0 == 0 || (own && !relayed) {
            Err(Forbidden)
        } else {
            Ok(())
        }
    }

    fn check_one(&self, ip: IpAddr) -> Result<(), Forbidden> {
        let allowed = if contains(&self.deny, ip) {
            false
        } else if contains(&self.allow, ip) || self.relays.contains(&ip) {
            true
        } else {
            !self.listeners.contains(&ip) && !contains(&self.forbidden, ip)
        };
        if allowed { Ok(()) } else { Err(Forbidden) }
    }
}

fn contains(ranges: &[IpNet], ip: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(&ip))
}

/// The IPv4 addresses that an IPv6 address stands for or leads to.
fn embedded(ip: IpAddr) -> [Option<Ipv4Addr>; 2] {
    let IpAddr::V6(v6) = ip else {
        return [None, None];
    };
    let octets = v6.octets();
    let at = |start: usize| {
        Some(Ipv4Addr::new(
            octets[start],
            octets[start + 1],
            octets[start + 2],
            octets[start + 3],
        ))
    };
    let inverted = |start: usize| at(start).map(|v4| Ipv4Addr::from_bits(!v4.to_bits()));
    match v6.segments() {
        // Teredo: the server's address and the client's, inverted (RFC 4380 section 4).
        [0x2001, 0, ..] => [at(4), inverted(12)],
        // 6to4 (RFC 3056 section 2).
        [0x2002, ..] => [at(2), None],
        // NAT64: the well-known prefix, and the local one, whose longest form has the address at the end too (RFC 6052).
        [0x64, 0xff9b, ..] => [at(12), None],
        // IPv4-compatible, IPv4-mapped and IPv4-translated (RFC 4291 section 2.5.5, RFC 2765).
        [0, 0, 0, 0, ..] if v6 != Ipv6Addr::LOCALHOST && !v6.is_unspecified() => [at(12), None],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use proptest::prelude::*;

    use super::*;

    fn policy(allow: &[&str], deny: &[&str]) -> PeerPolicy {
        let nets = |list: &[&str]| list.iter().map(|range| range.parse().unwrap()).collect();
        let address = |text: &str| vec![text.parse().unwrap()];
        PeerPolicy::new(
            nets(allow),
            nets(deny),
            address("8.8.4.4"),
            address("8.8.4.5"),
            (RelayPort(49152), RelayPort(65535)),
        )
    }

    fn check(policy: &PeerPolicy, peer: &str) -> bool {
        policy.check(PeerAddress::new(peer.parse().unwrap())).is_ok()
    }

    proptest! {
        #[test]
        fn a_range_is_exactly_what_it_says(base in any::<u128>(), length in 20u8..=128, other in any::<u128>(), near in 0u32..128) {
            // A public network, denied, and an address that differs from it in one bit or in many.
            let base = base >> 3 | 1 << 125;
            prop_assume!(embedded(IpAddr::V6(base.into())) == [None, None]);
            let denied = IpNet::new(IpAddr::V6(base.into()), length).unwrap();
            let policy = PeerPolicy::new(vec![], vec![denied], vec![], vec![], (RelayPort(1), RelayPort(2)));
            for address in [base, base ^ 1 << near, other >> 3 | 1 << 125] {
                let inside = (address ^ base).leading_zeros() >= u32::from(length);
                let refused = policy.check_ip(PeerAddress::new(SocketAddr::new(IpAddr::V6(address.into()), 1))).is_err();
                let anyway = PeerPolicy::new(vec![], vec![], vec![], vec![], (RelayPort(1), RelayPort(2)))
                    .check_ip(PeerAddress::new(SocketAddr::new(IpAddr::V6(address.into()), 1)))
                    .is_err();
                prop_assert_eq!(refused, inside || anyway);
            }
        }
    }

    #[test]
    fn the_forbidden_ranges_are_all_well_formed() {
        assert_eq!(policy(&[], &[]).forbidden.len(), FORBIDDEN.len());
    }

    #[test]
    fn the_public_internet_may_be_reached() {
        for peer in [
            "8.8.8.8:1",
            "1.1.1.1:65535",
            "[2606:4700::1111]:443",
            "[2a00:1450:4001::1]:9",
        ] {
            assert!(check(&policy(&[], &[]), peer), "{peer}");
        }
    }

    #[test]
    fn everything_else_may_not() {
        for peer in [
            "0.1.2.3:1",
            "10.0.0.1:1",
            "100.100.100.200:80",
            "127.0.0.1:1",
            "169.254.169.254:80",
            "172.31.255.255:1",
            "192.168.1.1:1",
            "192.0.0.192:80",
            "198.19.0.1:1",
            "203.0.113.9:1",
            "224.0.0.1:1",
            "239.1.1.1:1",
            "255.255.255.255:1",
            "[::]:1",
            "[::1]:1",
            "[fe80::1]:1",
            "[fd00:ec2::254]:80",
            "[ff02::1]:1",
            "[2001:db8::1]:1",
            "[fec0::1]:1",
            "8.8.8.8:0",
        ] {
            assert!(!check(&policy(&[], &[]), peer), "{peer}");
        }
    }

    #[test]
    fn no_spelling_of_a_forbidden_address_helps() {
        for peer in [
            "[::ffff:127.0.0.1]:1",
            "[::ffff:10.0.0.1]:1",
            "[::127.0.0.1]:1",
            "[::ffff:0:10.0.0.1]:1",
            "[2002:7f00:1::1]:1",
            "[2002:a9fe:a9fe::]:80",
            "[64:ff9b::127.0.0.1]:1",
            "[64:ff9b:1::10.0.0.1]:1",
            "[2001:0:7f00:1::1]:1",
            "[2001:0:808:808:0:0:80ff:fffe]:1",
        ] {
            assert!(!check(&policy(&[], &[]), peer), "{peer}");
            // Also where the operator allows the translating prefix itself.
            assert!(
                !check(&policy(&["::/8", "2002::/16", "64:ff9b::/16", "2001::/32"], &[]), peer),
                "{peer}"
            );
        }
        assert!(check(&policy(&["64:ff9b::/96"], &[]), "[64:ff9b::8.8.8.8]:1"));
        assert!(check(&policy(&[], &[]), "[::ffff:8.8.8.8]:1"));
    }

    #[test]
    fn denied_wins_over_allowed_and_allowed_over_default() {
        let policy = policy(&["10.0.0.0/8", "8.8.8.0/24"], &["10.1.0.0/16", "8.8.8.8/32"]);
        assert!(check(&policy, "10.2.0.1:1"));
        assert!(!check(&policy, "10.1.0.1:1"));
        assert!(!check(&policy, "[::ffff:10.1.0.1]:1"));
        assert!(check(&policy, "8.8.8.9:1"));
        assert!(!check(&policy, "8.8.8.8:1"));
    }

    #[test]
    fn the_servers_own_address_has_only_relayed_ports() {
        assert!(check(&policy(&[], &[]), "8.8.4.4:50000"));
        assert!(!check(&policy(&[], &[]), "8.8.4.4:3478"));
        assert!(check(&policy(&["8.8.4.4/32"], &[]), "8.8.4.4:3478"));
        // Nobody relays at another address of this machine.
        assert!(!check(&policy(&[], &[]), "8.8.4.5:50000"));
        assert!(check(&policy(&["8.8.4.5/32"], &[]), "8.8.4.5:50000"));
    }
}
