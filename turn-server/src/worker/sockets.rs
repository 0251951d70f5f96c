//! Opens the sockets: listeners that the workers share an address by, and relayed ports.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd as _, OwnedFd};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::epoll;
use socket2::{Domain, Protocol, Socket, Type};

use super::peers::{self, Attempts, Exchange, PeerConnection};
use super::relay_socket::RelaySocket;
use super::shared::{Claim, SharedSockets};
use crate::address::{Family, PeerAddress, RelayAddress};
use crate::allocation::Relay;
use crate::config::{Listen, Ports, Transport};
use crate::connection::ConnectionId;
use crate::datapath::errors::receive_errors;
use crate::datapath::raw::{IcmpSocket, RawSocket};
use crate::datapath::steer::Steering;
use crate::datapath::{receive_runs, set_dont_fragment};
use crate::server::{ClaimError, OpenError, Opened, PortWish, Relays};
use crate::table::AllocationKey;

/// The listeners' buffers, in bytes; the kernel gives what it allows.
const LISTENER_BUFFER: usize = 4 << 20;
/// How many ports are tried before a relay counts as full.
const TRIES: u32 = 256;
/// How long a reserved port is kept (RFC 8656 section 7.2: at least 30 seconds).
const RESERVATION: Duration = Duration::from_secs(30);

/// What became ready; travels through the kernel as a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    /// The worker is to look at its flags.
    Wake,
    /// A UDP listener.
    Datagrams(u32),
    /// A TCP listener.
    Accept(u32),
    /// A stream.
    Stream(u32),
    /// A UDP listener for DTLS.
    Associations(u32),
    /// The peer's side of a stream that is bound to one.
    Peer(u32),
    /// A connection that is being made to a peer.
    Attempt(ConnectionId),
    /// An allocation's TCP listener.
    Incoming(AllocationKey, Family),
    /// An allocation's socket.
    Relay(AllocationKey, Family),
    /// The socket that all allocations of the worker share.
    Shared(Family),
    /// ICMP errors about what left through shared sockets.
    Errors(Family),
}

impl From<Token> for epoll::EventData {
    fn from(token: Token) -> Self {
        let (kind, index) = match token {
            Token::Wake => (0, 0),
            Token::Datagrams(index) => (1, index),
            Token::Accept(index) => (2, index),
            Token::Stream(index) => (3, index),
            Token::Relay(key, Family::V4) => (4, key.0),
            Token::Relay(key, Family::V6) => (5, key.0),
            Token::Associations(index) => (6, index),
            Token::Peer(index) => (7, index),
            Token::Attempt(id) => (8, id.0),
            Token::Incoming(key, Family::V4) => (9, key.0),
            Token::Incoming(key, Family::V6) => (10, key.0),
            Token::Shared(family) => (11, family.number().into()),
            Token::Errors(family) => (12, family.number().into()),
        };
        Self::new_u64(kind << 32 | u64::from(index))
    }
}

impl From<epoll::EventData> for Token {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    fn from(data: epoll::EventData) -> Self {
        let index = data.u64() as u32;
        match data.u64() >> 32 {
            1 => Self::Datagrams(index),
            2 => Self::Accept(index),
            3 => Self::Stream(index),
            4 => Self::Relay(AllocationKey(index), Family::V4),
            5 => Self::Relay(AllocationKey(index), Family::V6),
            6 => Self::Associations(index),
            7 => Self::Peer(index),
            8 => Self::Attempt(ConnectionId(index)),
            9 => Self::Incoming(AllocationKey(index), Family::V4),
            10 => Self::Incoming(AllocationKey(index), Family::V6),
            11 => Self::Shared(numbered(index)),
            12 => Self::Errors(numbered(index)),
            _ => Self::Wake,
        }
    }
}

fn numbered(number: u32) -> Family {
    if number == u32::from(Family::V4.number()) {
        Family::V4
    } else {
        Family::V6
    }
}

/// Whether an address can be had alone.
pub fn probe(listen: Listen) -> io::Result<()> {
    let socket = match listen.transport {
        Transport::Udp | Transport::Dtls => new(listen.address, Type::DGRAM, Protocol::UDP)?,
        Transport::Tcp | Transport::Tls => {
            let socket = new(listen.address, Type::STREAM, Protocol::TCP)?;
            // Connections of an earlier run may still be on their way out.
            socket.set_reuse_address(true)?;
            socket
        }
    };
    socket.bind(&listen.address.into())?;
    match listen.transport {
        Transport::Udp | Transport::Dtls => Ok(()),
        Transport::Tcp | Transport::Tls => socket.listen(1),
    }
}

/// A UDP listener that other workers listen beside.
pub fn listen_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = new(address, Type::DGRAM, Protocol::UDP)?;
    socket.set_reuse_port(true)?;
    socket.set_recv_buffer_size(LISTENER_BUFFER)?;
    socket.set_send_buffer_size(LISTENER_BUFFER)?;
    socket.bind(&address.into())?;
    receive_runs(socket.as_fd());
    Ok(socket.into())
}

/// A TCP listener that other workers listen beside.
pub fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = new(address, Type::STREAM, Protocol::TCP)?;
    socket.set_reuse_port(true)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

fn new(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind.nonblocking(), Some(protocol))?;
    if address.is_ipv6() {
        // Otherwise IPv4 clients would appear under IPv6 addresses.
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// Where relayed addresses are, and the ports that wait for their second request; shared by the workers, since that
/// request may come to another one.
#[derive(Clone)]
pub struct RelaySettings {
    addresses: Arc<[IpAddr]>,
    /// What clients are told instead of the address of the same family.
    advertised: Arc<[IpAddr]>,
    ports: Ports,
    /// The connections that wait for their clients.
    exchange: Exchange,
    reserved: Arc<Mutex<HashMap<u64, Reserved>>>,
    /// Of the addresses whose ports are shared.
    steered: Arc<[Arc<Steering>]>,
}

/// At most so many ports are reserved at once. A reservation outlives its allocation and so belongs to nobody's quota;
/// browsers make none.
const MOST_RESERVED: usize = 64;

struct Reserved {
    port: Port,
    address: SocketAddr,
    until: Instant,
}

impl RelaySettings {
    /// One address of each family at most.
    #[must_use]
    pub fn new(addresses: &[IpAddr], advertised: &[IpAddr], ports: Ports) -> Self {
        Self {
            addresses: addresses.into(),
            advertised: advertised.into(),
            ports,
            exchange: Exchange::default(),
            reserved: Arc::default(),
            steered: Arc::default(),
        }
    }

    /// Has all relayed ports share a few sockets of so many workers. Needs `CAP_NET_ADMIN`, `CAP_BPF` and `CAP_NET_RAW`.
    pub fn share(&mut self, workers: usize) -> io::Result<()> {
        let (first, last) = (self.ports.first.0, self.ports.last.0);
        let steer = |address: &IpAddr| {
            // What each worker will need: better to find out now.
            RawSocket::new(*address, 0)?;
            IcmpSocket::new(*address)?;
            Steering::attach(*address, first, last, workers).map(Arc::new)
        };
        self.steered = self.addresses.iter().map(steer).collect::<io::Result<_>>()?;
        Ok(())
    }
}

/// A port that nobody else has.
enum Port {
    Socket(UdpSocket),
    Claim(Claim),
}

/// Opens relayed ports for one worker. The kernel's own table says which are free.
pub struct Sockets {
    epoll: Rc<OwnedFd>,
    settings: RelaySettings,
    shared: Vec<SharedSockets>,
    pub(super) attempts: Attempts,
}

impl Sockets {
    /// For the worker of this number that waits on this epoll.
    pub fn new(epoll: Rc<OwnedFd>, settings: RelaySettings, worker: usize) -> io::Result<Self> {
        let mut shared = Vec::new();
        for steering in &*settings.steered {
            let family = Family::of(steering.address());
            let one = SharedSockets::new(Arc::clone(steering), worker)?;
            let readable = epoll::EventFlags::IN;
            epoll::add(&*epoll, one.receiving(), Token::Shared(family).into(), readable)?;
            epoll::add(&*epoll, one.icmp(), Token::Errors(family).into(), readable)?;
            shared.push(one);
        }
        Ok(Self {
            attempts: Attempts::new(Rc::clone(&epoll)),
            epoll,
            settings,
            shared,
        })
    }

    /// The sockets that the allocations of this worker share.
    pub(super) fn shared(&self, family: Family) -> Option<&SharedSockets> {
        self.shared.iter().find(|shared| shared.family() == family)
    }

    fn reserved(&self) -> MutexGuard<'_, HashMap<u64, Reserved>> {
        self.settings.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where connections wait for their clients.
    pub(super) fn exchange(&self) -> &Exchange {
        &self.settings.exchange
    }

    /// Lets go of the reserved ports that nobody asked for.
    pub fn expire_reservations(&self, now: Instant) {
        // Another worker is at it otherwise.
        if let Ok(mut reserved) = self.settings.reserved.try_lock() {
            reserved.retain(|_, reserved| reserved.until > now);
        }
    }

    /// The relay's address of a family.
    fn address(&self, family: Family) -> Result<IpAddr, OpenError> {
        let mut addresses = self.settings.addresses.iter();
        let found = addresses.find(|ip| Family::of(**ip) == family);
        found.copied().ok_or(OpenError::NoSuchFamily)
    }

    fn watch(&self, port: Port, address: SocketAddr, key: AllocationKey) -> Result<Relay<RelaySocket>, OpenError> {
        let family = Family::of(address.ip());
        let socket = match port {
            Port::Claim(claim) => {
                let shared = self.shared(family).ok_or(OpenError::NoSuchFamily)?;
                RelaySocket::Shared(shared.take(claim, key))
            }
            Port::Socket(socket) => {
                receive_runs(socket.as_fd());
                set_dont_fragment(socket.as_fd(), false);
                receive_errors(socket.as_fd(), address.is_ipv6());
                let token = Token::Relay(key, family);
                epoll::add(&*self.epoll, &socket, token.into(), epoll::EventFlags::IN)
                    .map_err(|_| OpenError::OutOfPorts)?;
                RelaySocket::Own(socket)
            }
        };
        Ok(Relay {
            address: self.advertised(address),
            socket,
        })
    }

    /// Takes a port, or says that it is taken.
    fn take(&self, address: SocketAddr) -> Result<Option<Port>, OpenError> {
        let steered = &self.settings.steered;
        match steered.iter().find(|steering| steering.address() == address.ip()) {
            Some(steering) => Ok(Claim::new(steering, address.port()).map(Port::Claim)),
            None => Ok(bind(address)?.map(Port::Socket)),
        }
    }

    /// What is told of a bound address.
    fn advertised(&self, bound: SocketAddr) -> RelayAddress {
        let mut advertised = self.settings.advertised.iter();
        let ip = advertised
            .find(|ip| ip.is_ipv4() == bound.is_ipv4())
            .copied()
            .unwrap_or(bound.ip());
        RelayAddress(SocketAddr::new(ip, bound.port()))
    }

    /// A free port at random: a peer must not be able to guess the next one (RFC 8656 section 7.2, RFC 6056).
    fn find(&self, ip: IpAddr, wish: PortWish) -> Result<(Port, SocketAddr, Option<u64>), OpenError> {
        let (first, last) = (
            u32::from(self.settings.ports.first.0),
            u32::from(self.settings.ports.last.0),
        );
        // In steps of two where the port is to be even.
        let (first, step) = if wish == PortWish::Any {
            (first, 1)
        } else {
            (first.next_multiple_of(2), 2)
        };
        let count = if first > last { 0 } else { (last - first) / step + 1 };
        let start = random()? % u64::from(count.max(1));
        if wish == PortWish::EvenAndReserveNext && self.reserved().len() >= MOST_RESERVED {
            return Err(OpenError::OutOfPorts);
        }
        for attempt in 0..count.min(TRIES) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "start is less than count, and a port is 16 bits"
            )]
            let port = (first + (start as u32 + attempt) % count * step) as u16;
            let address = SocketAddr::new(ip, port);
            let Some(held) = self.take(address)? else {
                continue;
            };
            if wish != PortWish::EvenAndReserveNext {
                return Ok((held, address, None));
            }
            let next = SocketAddr::new(ip, port + 1);
            if u32::from(port) < last
                && let Some(reserved) = self.take(next)?
            {
                let token = random()?;
                let until = Instant::now() + RESERVATION;
                self.reserved().insert(
                    token,
                    Reserved {
                        port: reserved,
                        address: next,
                        until,
                    },
                );
                return Ok((held, address, Some(token)));
            }
        }
        Err(OpenError::OutOfPorts)
    }
}

impl Relays for Sockets {
    type Socket = RelaySocket;
    type Connection = PeerConnection;

    fn open(&mut self, key: AllocationKey, family: Family, wish: PortWish) -> Result<Opened<RelaySocket>, OpenError> {
        let ip = self.address(family)?;
        let (port, address, token) = self.find(ip, wish)?;
        Ok(Opened {
            relay: self.watch(port, address, key)?,
            token,
        })
    }

    fn redeem(&mut self, now: Instant, key: AllocationKey, token: u64) -> Result<Relay<RelaySocket>, OpenError> {
        let reserved = self.reserved().remove(&token);
        let reserved = reserved
            .filter(|reserved| reserved.until > now)
            .ok_or(OpenError::OutOfPorts)?;
        self.watch(reserved.port, reserved.address, key)
    }

    fn listen(&mut self, key: AllocationKey, family: Family) -> Result<Relay<RelaySocket>, OpenError> {
        let ip = self.address(family)?;
        let (first, last) = (self.settings.ports.first.0, self.settings.ports.last.0);
        let count = u64::from(last - first) + 1;
        let start = random()? % count;
        for attempt in 0..count.min(TRIES.into()) {
            let offset = u16::try_from((start + attempt) % count).unwrap_or_default();
            let address = SocketAddr::new(ip, first + offset);
            let Some(listener) = peers::listen(address)? else {
                continue;
            };
            // Once for each connection: one that cannot be taken for want of a descriptor waits for the next.
            let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&*self.epoll, &listener, Token::Incoming(key, family).into(), flags)
                .map_err(|_| OpenError::OutOfPorts)?;
            return Ok(Relay {
                address: self.advertised(address),
                socket: RelaySocket::Listener(listener),
            });
        }
        Err(OpenError::OutOfPorts)
    }

    fn connect(
        &mut self,
        now: Instant,
        key: AllocationKey,
        from: &RelaySocket,
        id: ConnectionId,
        peer: PeerAddress,
    ) -> io::Result<()> {
        match from {
            RelaySocket::Listener(listener) => self.attempts.begin(now, key, listener.local_addr()?, id, peer),
            RelaySocket::Own(_) | RelaySocket::Shared(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn claim(&mut self, now: Instant, id: ConnectionId, username: &str) -> Result<PeerConnection, ClaimError> {
        self.settings.exchange.claim(now, id, username)
    }
}

/// Binds, or says that the port is taken.
pub(super) fn bind(address: SocketAddr) -> Result<Option<UdpSocket>, OpenError> {
    let socket = new(address, Type::DGRAM, Protocol::UDP).map_err(|_| OpenError::OutOfPorts)?;
    Ok(socket.bind(&address.into()).is_ok().then(|| socket.into()))
}

fn random() -> Result<u64, OpenError> {
    getrandom::u64().map_err(|_| OpenError::OutOfPorts)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::address::RelayPort;

    #[test]
    fn each_port_is_given_once_and_then_there_are_none() {
        let ip = IpAddr::V4(Ipv4Addr::new(127, 90, 12, 8));
        let ports = Ports {
            first: RelayPort(20_001),
            last: RelayPort(20_004),
        };
        let epoll = Rc::new(epoll::create(epoll::CreateFlags::CLOEXEC).unwrap());
        let mut sockets = Sockets::new(epoll, RelaySettings::new(&[ip], &[], ports), 0).unwrap();
        let mut open = |wish| {
            sockets
                .open(AllocationKey(0), Family::V4, wish)
                .map(|opened| opened.relay)
        };
        let held: Vec<_> = (0..4).map(|_| open(PortWish::Any).unwrap()).collect();
        for wish in [PortWish::Any, PortWish::Even, PortWish::EvenAndReserveNext] {
            assert_eq!(open(wish).err(), Some(OpenError::OutOfPorts));
        }
        drop(held);
        assert!(open(PortWish::Any).is_ok());
    }

    #[test]
    fn reservations_whose_allocations_are_gone_cannot_take_all_ports() {
        let ip = IpAddr::V4(Ipv4Addr::new(127, 90, 12, 7));
        let ports = Ports {
            first: RelayPort(20_000),
            last: RelayPort(30_000),
        };
        let epoll = Rc::new(epoll::create(epoll::CreateFlags::CLOEXEC).unwrap());
        let sockets = Sockets::new(epoll, RelaySettings::new(&[ip], &[], ports), 0).unwrap();
        for _ in 0..MOST_RESERVED {
            // The even port is let go of at once.
            assert!(sockets.find(ip, PortWish::EvenAndReserveNext).unwrap().2.is_some());
        }
        assert!(matches!(
            sockets.find(ip, PortWish::EvenAndReserveNext),
            Err(OpenError::OutOfPorts)
        ));
        assert!(sockets.find(ip, PortWish::Any).is_ok());
        sockets.expire_reservations(Instant::now() + RESERVATION);
        assert!(sockets.find(ip, PortWish::EvenAndReserveNext).is_ok());
    }
}
