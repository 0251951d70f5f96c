//! What a client over TLS wants, told from its first message before anything is decided.
//!
//! Port 443 is shared by the protocol that the client names (ALPN): STUN and TURN (RFC 7443), and clients that name
//! nothing, are for the relay, a validating ACME authority is shown its challenge, and everything else is passed on to
//! the web server as it came, still encrypted.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::server::{Accepted, Acceptor};
use rustls::{ServerConfig, ServerConnection};
use serde::Deserialize;
use socket2::{Domain, Protocol, Socket, Type};

use crate::acme::challenges::{self, Challenges};
use crate::tls::PROTOCOLS;

/// The longest first message, in bytes; with post-quantum keys they have two thousand.
const LONGEST: usize = 16 << 10;

/// Where connections are passed on that are not for the relay.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The web server, which speaks TLS itself.
    pub upstream: SocketAddr,
    /// Tell it the client's address first, by the PROXY protocol, version 2.
    #[serde(default)]
    pub proxy_protocol: bool,
}

/// What clients over TLS meet.
#[derive(Clone)]
pub(super) struct Front {
    /// `None` as long as there is no certificate.
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) challenges: Arc<Challenges>,
    pub(super) share: Option<Share>,
}

/// A first message that is not complete yet.
pub(super) struct Greeting {
    acceptor: Acceptor,
    /// As it came, for whom it is passed on to.
    raw: Vec<u8>,
}

/// What became of it.
pub(super) enum Greeted {
    /// More is to come.
    Later,
    /// It is for the relay.
    Relay(Box<ServerConnection>),
    /// It is for the web server, and this has come so far.
    PassOn(Share, Vec<u8>),
    /// It is for nobody; this tells the client.
    Refused(Vec<u8>),
}

impl Greeting {
    pub(super) fn new() -> Self {
        Self {
            acceptor: Acceptor::default(),
            raw: Vec::new(),
        }
    }

    /// Takes what came.
    pub(super) fn take(&mut self, bytes: &[u8], front: &Front) -> io::Result<Greeted> {
        let mut rest = bytes;
        self.raw.try_reserve(bytes.len())?;
        self.raw.extend_from_slice(bytes);
        while !rest.is_empty() {
            if self.acceptor.read_tls(&mut rest)? == 0 {
                break;
            }
        }
        match self.acceptor.accept() {
            Ok(None) if self.raw.len() <= LONGEST => Ok(Greeted::Later),
            Ok(None) => Err(io::ErrorKind::InvalidData.into()),
            Ok(Some(accepted)) => Ok(self.decide(accepted, front)),
            Err((_, mut alert)) => {
                let mut told = Vec::new();
                alert.write_all(&mut told)?;
                Ok(Greeted::Refused(told))
            }
        }
    }

    fn decide(&mut self, accepted: Accepted, front: &Front) -> Greeted {
        let hello = accepted.client_hello();
        let offered: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
        let config = if offered == [challenges::PROTOCOL] {
            hello.server_name().and_then(|name| front.challenges.handshake(name))
        } else {
            None
        };
        let ours = offered.is_empty() || offered.iter().any(|protocol| PROTOCOLS.contains(protocol));
        if config.is_none()
            && !ours
            && let Some(share) = front.share
        {
            return Greeted::PassOn(share, std::mem::take(&mut self.raw));
        }
        let Some(config) = config.or_else(|| front.tls.clone()) else {
            return Greeted::Refused(Vec::new());
        };
        match accepted.into_connection(config) {
            Ok(connection) => Greeted::Relay(Box::new(connection)),
            Err((_, mut alert)) => {
                let mut told = Vec::new();
                // Memory takes it.
                let _ = alert.write_all(&mut told);
                Greeted::Refused(told)
            }
        }
    }
}

impl Share {
    /// Begins to connect to the web server. What it is sent before the client's bytes comes with it.
    pub(super) fn connect(&self, client: &TcpStream) -> io::Result<(TcpStream, Vec<u8>)> {
        let begun = if self.proxy_protocol {
            proxy_header(client.peer_addr()?, client.local_addr()?)
        } else {
            Vec::new()
        };
        let domain = Domain::for_address(self.upstream);
        let socket = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        match socket.connect(&self.upstream.into()) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
            _ => {}
        }
        let socket = TcpStream::from(socket);
        let _ = socket.set_nodelay(true);
        Ok((socket, begun))
    }
}

/// The header of the PROXY protocol, version 2 (section 2.2 of its specification).
fn proxy_header(source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    /// Version 2, a connection for somebody else.
    const PROXY: u8 = 0x21;
    let ports = [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat();
    let (family, addresses): (u8, Vec<u8>) = match (source.ip().to_canonical(), destination.ip().to_canonical()) {
        (std::net::IpAddr::V4(source), std::net::IpAddr::V4(destination)) => {
            (0x11, [source.octets(), destination.octets()].concat())
        }
        (source, destination) => {
            let octets = |ip| match ip {
                std::net::IpAddr::V4(v4) => std::net::Ipv4Addr::to_ipv6_mapped(&v4).octets(),
                std::net::IpAddr::V6(v6) => v6.octets(),
            };
            (0x21, [octets(source), octets(destination)].concat())
        }
    };
    let length = u16::try_from(addresses.len() + ports.len()).unwrap_or_default();
    [SIGNATURE, &[PROXY, family], &length.to_be_bytes(), &addresses, &ports].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_header_says_from_where_to_where() {
        let header =
            |source: &str, destination: &str| proxy_header(source.parse().unwrap(), destination.parse().unwrap());
        let four = header("192.0.2.1:258", "198.51.100.2:443");
        assert_eq!(four[..12], *b"\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A");
        assert_eq!(
            four[12..],
            [0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 2, 1, 2, 1, 187]
        );
        let six = header("[2001:db8::1]:1", "[2001:db8::2]:443");
        assert_eq!((six.len(), six[13], six[15]), (16 + 36, 0x21, 36));
        assert_eq!((six[31], six[47]), (1, 2));
    }
}
