//! TCP with peers (RFC 6062): connects to them, and keeps connections until their client binds them.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::event::epoll;
use socket2::{Domain, Protocol, Socket, Type};

use super::Worker;
use super::relay_socket::RelaySocket;
use super::sockets::Token;
use crate::address::{Family, PeerAddress};
use crate::clock::Now;
use crate::connection::{ConnectionId, Link, PATIENCE};
use crate::server::connections::Connected;
use crate::server::{ClaimError, OpenError};
use crate::table::AllocationKey;

/// How many connections the kernel keeps for an allocation before they are taken.
const BACKLOG: i32 = 16;

/// A connection with a peer, or with the web server that a port is shared with.
pub struct PeerConnection {
    /// Its socket.
    pub(super) socket: TcpStream,
    /// Ties it to its allocation; a web server has none.
    pub(super) link: Option<Arc<Link>>,
}

impl PeerConnection {
    /// Whether the allocation has ended, or the peer is forbidden now.
    pub(super) fn is_over(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.is_over())
    }
}

/// The connections that wait for their clients; shared by the workers, since a client may bind at another one than it
/// has its allocation with. Their data waits in the kernel.
#[derive(Clone, Default)]
pub(super) struct Exchange(Arc<Mutex<HashMap<ConnectionId, Waiting>>>);

struct Waiting {
    connection: PeerConnection,
    username: Box<str>,
    until: Instant,
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a connection for its client.
    pub(super) fn put(&self, now: Instant, socket: TcpStream, connected: &Connected) {
        let waiting = Waiting {
            connection: PeerConnection {
                socket,
                link: Some(Arc::clone(&connected.link)),
            },
            username: connected.username.clone(),
            until: now + PATIENCE,
        };
        self.lock().insert(connected.id, waiting);
    }

    /// Hands it over.
    pub(super) fn claim(&self, now: Instant, id: ConnectionId, username: &str) -> Result<PeerConnection, ClaimError> {
        let mut waiting = self.lock();
        let found = waiting.get(&id).ok_or(ClaimError::Unknown)?;
        if found.until <= now || found.connection.is_over() {
            return Err(ClaimError::Unknown);
        }
        if *found.username != *username {
            return Err(ClaimError::AnothersUser);
        }
        let found = waiting.remove(&id).ok_or(ClaimError::Unknown)?;
        Ok(found.connection)
    }

    /// Closes those that nobody came for, and those whose allocation has ended.
    pub(super) fn expire(&self, now: Instant) {
        // Another worker is at it otherwise.
        if let Ok(mut waiting) = self.0.try_lock() {
            waiting.retain(|_, waiting| waiting.until > now && !waiting.connection.is_over());
        }
    }
}

struct Attempt {
    socket: TcpStream,
    key: AllocationKey,
    until: Instant,
}

/// The connections to peers that a worker is making.
pub(super) struct Attempts {
    epoll: Rc<OwnedFd>,
    open: HashMap<ConnectionId, Attempt>,
}

impl Attempts {
    pub(super) fn new(epoll: Rc<OwnedFd>) -> Self {
        Self {
            epoll,
            open: HashMap::new(),
        }
    }

    /// Begins to connect from a relayed address.
    pub(super) fn begin(
        &mut self,
        now: Instant,
        key: AllocationKey,
        from: SocketAddr,
        id: ConnectionId,
        peer: PeerAddress,
    ) -> std::io::Result<()> {
        let socket = new(from)?;
        // The listener has the address as well, and so have connections to other peers; see `listen`.
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.bind(&from.into())?;
        match socket.connect(&peer.socket().into()) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
            _ => {}
        }
        let socket = TcpStream::from(socket);
        let _ = socket.set_nodelay(true);
        epoll::add(&*self.epoll, &socket, Token::Attempt(id).into(), epoll::EventFlags::OUT)?;
        let until = now + PATIENCE;
        self.open.insert(id, Attempt { socket, key, until });
        Ok(())
    }

    /// What became of one: its allocation, and the connection where it succeeded.
    pub(super) fn finish(&mut self, id: ConnectionId) -> Option<(AllocationKey, Option<TcpStream>)> {
        let attempt = self.open.remove(&id)?;
        let _ = epoll::delete(&*self.epoll, &attempt.socket);
        let connected = matches!(attempt.socket.take_error(), Ok(None)) && attempt.socket.peer_addr().is_ok();
        Some((attempt.key, connected.then_some(attempt.socket)))
    }

    /// Those that have taken too long.
    pub(super) fn overdue(&self, now: Instant) -> Vec<ConnectionId> {
        let overdue = self.open.iter().filter(|(_, attempt)| attempt.until <= now);
        overdue.map(|(id, _)| *id).collect()
    }
}

/// Listens at a relayed address, or says that the port is taken. It is bound alone at first, so that no other
/// allocation gets it; only then may the allocation's own connections to peers be from there too.
pub(super) fn listen(address: SocketAddr) -> Result<Option<TcpListener>, OpenError> {
    let socket = new(address).map_err(|_| OpenError::OutOfPorts)?;
    if socket.bind(&address.into()).is_err() {
        return Ok(None);
    }
    let listens = socket.set_reuse_port(true).and_then(|()| socket.listen(BACKLOG));
    Ok(listens.is_ok().then(|| socket.into()))
}

fn new(address: SocketAddr) -> std::io::Result<Socket> {
    Socket::new(
        Domain::for_address(address),
        Type::STREAM.nonblocking(),
        Some(Protocol::TCP),
    )
}

impl Worker {
    /// A connection to a peer was made, or could not be.
    pub(super) fn attempted(&mut self, now: Now, id: ConnectionId) {
        let Some((key, socket)) = self.core.sockets.attempts.finish(id) else {
            return;
        };
        match (self.core.server.connected(key, id, socket.is_some()), socket) {
            (Some(Ok(connected)), Some(socket)) => self.connected(now, socket, &connected),
            (Some(Err((to, refusal))), _) => self.tell(&to, &refusal),
            _ => {}
        }
    }

    /// Peers connect to an allocation.
    pub(super) fn incoming(&mut self, now: Now, key: AllocationKey, family: Family) {
        while let Some(RelaySocket::Listener(listener)) = self.core.server.socket(key, family)
            && let Ok((socket, peer)) = listener.accept()
        {
            let ready = socket.set_nonblocking(true).and_then(|()| socket.set_nodelay(true));
            if ready.is_ok()
                && let Some(connected) = self.core.server.incoming(now, key, PeerAddress::new(peer))
            {
                self.connected(now, socket, &connected);
            }
        }
    }

    /// A peer's connection waits for its client, which is told.
    fn connected(&mut self, now: Now, socket: TcpStream, connected: &Connected) {
        self.core.sockets.exchange().put(now.at, socket, connected);
        self.tell(&connected.to, &connected.message);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::address::{ClientAddress, FiveTuple, Via};
    use crate::connection::Connections;
    use crate::ledger::Ledger;
    use crate::quota::Quota;

    fn waiting(exchange: &Exchange, now: Instant, connections: &mut Connections) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connected = Connected {
            id: ConnectionId(7),
            link: connections.add(PeerAddress::new(listener.local_addr().unwrap())),
            username: "user".into(),
            to: FiveTuple {
                via: Via::Session(0),
                client: ClientAddress(listener.local_addr().unwrap()),
            },
            message: Vec::new(),
        };
        exchange.put(
            now,
            TcpStream::connect(listener.local_addr().unwrap()).unwrap(),
            &connected,
        );
    }

    #[test]
    fn a_connection_waits_half_a_minute_for_its_user() {
        let ledger: Arc<Ledger> = Arc::default();
        let lease = ledger
            .take(&Quota::default(), "user", "192.0.2.1".parse().unwrap())
            .unwrap();
        let mut connections = Connections::new(lease.meter());
        let exchange = Exchange::default();
        let now = Instant::now();
        let later = now + PATIENCE;
        let id = ConnectionId(7);
        waiting(&exchange, now, &mut connections);
        assert_eq!(
            exchange.claim(now, ConnectionId(8), "user").err(),
            Some(ClaimError::Unknown)
        );
        assert_eq!(exchange.claim(now, id, "other").err(), Some(ClaimError::AnothersUser));
        assert_eq!(exchange.claim(later, id, "user").err(), Some(ClaimError::Unknown));
        exchange.expire(later.checked_sub(Duration::from_secs(1)).unwrap());
        assert!(exchange.claim(now, id, "user").is_ok());
        assert_eq!(exchange.claim(now, id, "user").err(), Some(ClaimError::Unknown), "once");
        // One that nobody came for is closed, and one whose allocation has ended.
        waiting(&exchange, now, &mut connections);
        assert_eq!(connections.count(), 1);
        exchange.expire(later);
        assert_eq!(connections.count(), 0);
        waiting(&exchange, now, &mut connections);
        drop(connections);
        assert_eq!(exchange.claim(now, id, "user").err(), Some(ClaimError::Unknown));
        exchange.expire(now);
        assert!(exchange.lock().is_empty());
    }
}
