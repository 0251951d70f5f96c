//! Which address a request comes from, also where proxies stand in between.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The client's address as the platform knows it. The adapter puts it into the request's extensions; clients without
/// one are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAddress(pub String);

/// The operator's own proxies, whose `X-Forwarded-For` is believed. Anybody can send that header, so nobody else's is.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Addresses and networks, separated by commas; nothing when one of them is neither.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let address = || {
                part.parse::<IpAddr>()
                    .map(|address| IpNet::from(address.to_canonical()))
            };
            part.parse::<IpNet>().or_else(|_| address()).ok()
        };
        parts.map(network).collect::<Option<_>>().map(Self)
    }

    /// Where a request comes from that `peer` handed over. Each proxy writes at the end of `X-Forwarded-For` whom it got
    /// the request from: so the last address there that is not a proxy's is the client's, and what stands before it may
    /// be anybody's invention.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let forwarded = headers.get_all("x-forwarded-for");
        let mut earlier: Vec<_> = forwarded
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .collect();
        let mut client = peer.to_canonical();
        while self.0.iter().any(|network| network.contains(&client)) {
            match earlier.pop().and_then(parse_address) {
                Some(address) => client = address,
                None => break,
            }
        }
        ClientAddress(client.to_string())
    }
}

/// An address, with or without a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who the client is, by the headers that have arrived from a peer.
    fn client(trusted: &str, peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", http::HeaderValue::from_static(value));
        }
        let proxies = TrustedProxies::parse(trusted).unwrap();
        proxies.client(peer.parse().unwrap(), &headers).0
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        assert_eq!(client("", "192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(client("127.0.0.1", "192.0.2.7", &["198.51.100.1"]), "192.0.2.7");
        assert_eq!(client("", "127.0.0.1", &["198.51.100.1"]), "127.0.0.1");
    }

    #[test]
    fn what_a_trusted_proxy_added_is_believed_and_nothing_before_it() {
        for forwarded in [
            &["192.0.2.7"][..],
            &["198.51.100.1, 192.0.2.7"],
            &["127.0.0.1,192.0.2.7"],
            &["10.0.0.1", "192.0.2.7"],
            &["10.0.0.1, nonsense, 192.0.2.7:4711"],
        ] {
            assert_eq!(client("127.0.0.1, 10.0.0.0/8", "127.0.0.1", forwarded), "192.0.2.7");
        }
        let chain = &["192.0.2.7, 10.1.2.3"];
        assert_eq!(client("127.0.0.1,10.0.0.0/8", "127.0.0.1", chain), "192.0.2.7");
        assert_eq!(client("127.0.0.1", "127.0.0.1", chain), "10.1.2.3");
    }

    #[test]
    fn a_proxy_that_says_nothing_useful_is_the_client_itself() {
        for forwarded in [&[][..], &[""], &["unknown"], &["192.0.2.7, unknown"]] {
            assert_eq!(client("::1", "::1", forwarded), "::1");
        }
    }

    #[test]
    fn addresses_of_both_families_are_compared_as_what_they_are() {
        assert_eq!(
            client("127.0.0.1", "::ffff:127.0.0.1", &["::ffff:192.0.2.7"]),
            "192.0.2.7"
        );
        assert_eq!(client("fd00::/8", "fd00::1", &["[2001:db8::7]:443"]), "2001:db8::7");
    }

    #[test]
    fn what_is_neither_address_nor_network_is_refused() {
        for value in ["proxy.example", "10.0.0.0/33", "10.0.0.1, x"] {
            assert!(TrustedProxies::parse(value).is_none(), "{value}");
        }
    }
}
