//! TURN addresses: `turn:host:port?transport=udp`, `turns:host` (RFC 7065).

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

/// How the relay is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// `turn:…?transport=udp`, and without a transport.
    Udp,
    /// `turn:…?transport=tcp`
    Tcp,
    /// `turns:…?transport=tcp`, and without a transport.
    Tls,
    /// `turns:…?transport=udp`
    Dtls,
}

/// A TURN address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TurnUrl {
    /// As it was written.
    pub text: String,
    /// How.
    pub transport: Transport,
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// The port; unless said 3478, with TLS and DTLS 5349.
    pub port: u16,
}

/// Not a TURN address that can be tried.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0}: give turn:host[:port] or turns:host[:port], each with or without ?transport=udp or ?transport=tcp, IPv6 in brackets"
)]
pub struct UrlError(String);

impl FromStr for TurnUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let read = || {
            let (scheme, rest) = text.split_once(':')?;
            let (authority, query) = rest
                .split_once('?')
                .map_or((rest, None), |(rest, query)| (rest, Some(query)));
            let transport = match (scheme, query) {
                ("turn", None | Some("transport=udp")) => Transport::Udp,
                ("turn", Some("transport=tcp")) => Transport::Tcp,
                ("turns", None | Some("transport=tcp")) => Transport::Tls,
                ("turns", Some("transport=udp")) => Transport::Dtls,
                _ => return None,
            };
            let (host, port) = match authority.strip_prefix('[') {
                Some(bracketed) => {
                    let (host, rest) = bracketed.split_once(']')?;
                    host.parse::<std::net::Ipv6Addr>().ok()?;
                    (host, rest.strip_prefix(':').or((!rest.is_empty()).then_some("")))
                }
                None => authority
                    .split_once(':')
                    .map_or((authority, None), |(host, port)| (host, Some(port))),
            };
            let usual = if scheme == "turns" { 5349 } else { 3478 };
            let port = port.map_or(Some(usual), |port| port.parse().ok().filter(|port| *port > 0))?;
            (!host.is_empty() && !host.contains(['/', '@', '[', ']'])).then(|| Self {
                text: text.to_owned(),
                transport,
                host: host.to_owned(),
                port,
            })
        };
        read().ok_or_else(|| UrlError(text.to_owned()))
    }
}

impl fmt::Display for TurnUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl TurnUrl {
    /// Where the host is. Fails where its name is not known.
    pub fn resolve(&self) -> std::io::Result<SocketAddr> {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, self.port));
        }
        let mut addresses = (self.host.as_str(), self.port).to_socket_addrs()?;
        addresses
            .next()
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(Transport, String, u16)> {
        let url: TurnUrl = text.parse().ok()?;
        Some((url.transport, url.host, url.port))
    }

    #[test]
    fn each_form_is_read() {
        let name = |transport, port| Some((transport, "turn.example.org".to_owned(), port));
        assert_eq!(parts("turn:turn.example.org"), name(Transport::Udp, 3478));
        assert_eq!(
            parts("turn:turn.example.org:80?transport=udp"),
            name(Transport::Udp, 80)
        );
        assert_eq!(parts("turn:turn.example.org?transport=tcp"), name(Transport::Tcp, 3478));
        assert_eq!(parts("turns:turn.example.org"), name(Transport::Tls, 5349));
        assert_eq!(
            parts("turns:turn.example.org:443?transport=tcp"),
            name(Transport::Tls, 443)
        );
        assert_eq!(
            parts("turns:turn.example.org?transport=udp"),
            name(Transport::Dtls, 5349)
        );
        assert_eq!(
            parts("turn:[2001:db8::1]:9"),
            Some((Transport::Udp, "2001:db8::1".to_owned(), 9))
        );
        assert_eq!(parts("turns:[::1]"), Some((Transport::Tls, "::1".to_owned(), 5349)));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "turn:",
            "stun:turn.example.org",
            "turn.example.org",
            "turn:a:0",
            "turn:a:port",
            "turn:a?transport=sctp",
            "turns:a?transport=sctp",
            "turn:user@a",
            "turn:[a]",
            "turn:[::1]x",
            "turn://a",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
