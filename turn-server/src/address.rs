//! The addresses a relay deals with, each of its own type so that one cannot be taken for another.

use std::net::{IpAddr, SocketAddr};

/// Where a client sends from, as the server sees it (its server-reflexive address).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ClientAddress(pub SocketAddr);

/// Where a peer is, in canonical form: an IPv4-mapped IPv6 address is held as the IPv4 address it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PeerAddress(SocketAddr);

impl PeerAddress {
    /// Takes an address as it came in an attribute or from the kernel.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// The address a datagram is sent to.
    #[must_use]
    pub fn socket(self) -> SocketAddr {
        self.0
    }

    /// What a permission is for: the address without the port (RFC 8656 section 9).
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0.ip()
    }

    /// Which of an allocation's relayed addresses reaches it.
    #[must_use]
    pub fn family(self) -> Family {
        Family::of(self.ip())
    }
}

/// A relayed transport address as peers see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RelayAddress(pub SocketAddr);

/// A port of the relay's range.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RelayPort(pub u16);

/// The address families of RFC 8656 section 18.5.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    /// 0x01
    V4,
    /// 0x02
    V6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }

    /// The number that stands for it in attributes.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V4 => 1,
            Self::V6 => 2,
        }
    }
}

/// How a client's messages reach the server, and the replies the client.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Via {
    /// Datagrams through the listener of this index.
    Datagram(u16),
    /// The byte stream (TCP, TLS) of this number, which no other has as long as it is open.
    Session(u32),
    /// Datagrams through DTLS, by the DTLS listener of this index.
    Association(u16),
}

impl Via {
    /// Whether it is a byte stream.
    #[must_use]
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Session(_))
    }
}

/// The 5-tuple that names an allocation (RFC 8656 section 3): protocol and server address are in [`Via`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FiveTuple {
    /// How.
    pub via: Via,
    /// From where.
    pub client: ClientAddress,
}
