//! A worker: one thread with its own listeners, its own server and all that belongs to its allocations.
//!
//! The kernel spreads clients over the workers' listeners (`SO_REUSEPORT`) by their 5-tuple, so that a client stays
//! with its worker. A worker waits, receives from whatever is ready, and sends what comes of it.

mod associations;
mod core;
mod data_connection;
pub mod greeting;
mod peers;
mod pipe;
mod relay_socket;
mod shared;
pub mod sockets;
pub mod streams;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsFd as _, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{Timespec, epoll};

use crate::acme::challenges::Challenges;
use crate::address::{ClientAddress, Family, FiveTuple, PeerAddress, Via};
use crate::clock::Now;
use crate::config::{Listen, Transport};
use crate::connection::ConnectionId;
use crate::datapath::Batch;
use crate::datapath::errors::{IcmpError, next_error};
use crate::datapath::raw::LONGEST_RAW;
use crate::framing::channel_datagram;
use crate::metrics::{Board, Snapshot, Traffic};
use crate::orders::{Orders, Phase, Settings};
use crate::quota::Ledger;
use crate::server::Server;
use crate::server::connections::Connected;
use crate::server::relaying::{LONGEST_HEADER, ToClient, write_channel_header, write_indication_header};
use crate::table::AllocationKey;
use crate::tls::Secured;
use associations::Associations;
use core::Core;
use greeting::Front;
use relay_socket::RelaySocket;
use shared::SharedSockets;
use sockets::{RelaySettings, Sockets, Token};
use streams::Streams;

/// Datagrams, or runs of them, received with one call.
const SLOTS: usize = 64;
/// How often what has run out is looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Receives from one socket before the others have their turn.
const TURNS: usize = 4;

/// The listening sockets of one worker.
pub struct Listeners {
    udp: Vec<UdpSocket>,
    dtls: Vec<UdpSocket>,
    /// With whether it is for TLS.
    tcp: Vec<(TcpListener, bool)>,
}

impl Listeners {
    /// Opens one of each for so many workers. First alone: two relays that are started at the same address by mistake
    /// would share its clients.
    pub fn open_all(listen: &[Listen], workers: usize) -> Result<Vec<Self>, OpenError> {
        for one in listen {
            sockets::probe(*one).map_err(|error| OpenError { listen: *one, error })?;
        }
        (0..workers).map(|_| Self::open(listen)).collect()
    }

    fn open(listen: &[Listen]) -> Result<Self, OpenError> {
        let mut listeners = Self {
            udp: Vec::new(),
            dtls: Vec::new(),
            tcp: Vec::new(),
        };
        for one in listen {
            let failed = |error| OpenError { listen: *one, error };
            match one.transport {
                Transport::Udp => listeners.udp.push(sockets::listen_udp(one.address).map_err(failed)?),
                Transport::Dtls => listeners.dtls.push(sockets::listen_udp(one.address).map_err(failed)?),
                Transport::Tcp | Transport::Tls => {
                    let listener = sockets::listen_tcp(one.address).map_err(failed)?;
                    listeners.tcp.push((listener, one.transport == Transport::Tls));
                }
            }
        }
        Ok(listeners)
    }
}

/// A listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {error}")]
pub struct OpenError {
    listen: Listen,
    error: io::Error,
}

/// What the workers share.
#[derive(Clone)]
pub struct Shared {
    /// What they are told.
    pub orders: Arc<Orders>,
    /// What is counted against quotas.
    pub ledger: Arc<Ledger>,
    /// What they tell.
    pub board: Arc<Board>,
    /// What an ACME authority is to be shown.
    pub challenges: Arc<Challenges>,
}

/// What a worker is made of.
pub struct Worker {
    epoll: Rc<OwnedFd>,
    udp: Vec<UdpSocket>,
    dtls: Vec<Rc<UdpSocket>>,
    tcp: Vec<(TcpListener, bool)>,
    /// Whether all listeners of streams are listened to.
    accepting: bool,
    challenges: Arc<Challenges>,
    tls: Option<Secured>,
    streams: Streams,
    associations: Associations,
    core: Core,
    upward: Batch,
    downward: Batch,
    /// Which listener the queue of `downward` goes out through.
    queued_for: usize,
    next_transaction: u128,
    number: usize,
    ledger: Arc<Ledger>,
    orders: Arc<Orders>,
    seen: u64,
    board: Arc<Board>,
}

impl Worker {
    /// Gets a worker ready on the thread that will run it.
    pub fn new(number: usize, listeners: Listeners, relay: RelaySettings, shared: Shared) -> io::Result<Self> {
        let Shared {
            orders,
            ledger,
            board,
            challenges,
        } = shared;
        let Settings {
            rules,
            streams,
            tls,
            share,
        } = orders.settings();
        let front = Front {
            tls: tls.as_ref().map(|secured| Arc::clone(&secured.tls)),
            challenges: Arc::clone(&challenges),
            share,
        };
        let epoll = Rc::new(epoll::create(epoll::CreateFlags::CLOEXEC)?);
        let readable = epoll::EventFlags::IN;
        if let Some(wake) = orders.wake_of(number) {
            epoll::add(&*epoll, wake, Token::Wake.into(), readable)?;
        }
        for (index, socket) in (0u32..).zip(&listeners.udp) {
            epoll::add(&*epoll, socket, Token::Datagrams(index).into(), readable)?;
        }
        for (index, socket) in (0u32..).zip(&listeners.dtls) {
            epoll::add(&*epoll, socket, Token::Associations(index).into(), readable)?;
        }
        for (index, (socket, _)) in (0u32..).zip(&listeners.tcp) {
            epoll::add(&*epoll, socket, Token::Accept(index).into(), readable)?;
        }
        let mut seed = [0; 16];
        getrandom::fill(&mut seed)?;
        let mut cookie_key = [0; 32];
        getrandom::fill(&mut cookie_key)?;
        let now = Now::read();
        Ok(Self {
            streams: Streams::new(Rc::clone(&epoll), streams, front),
            associations: Associations::new(now, cookie_key, streams),
            core: Core {
                server: Server::new(now, rules, Arc::clone(&ledger)),
                sockets: Sockets::new(Rc::clone(&epoll), relay, number)?,
                to_peers: Traffic::default(),
                to_clients: Traffic::default(),
            },
            upward: Batch::new(SLOTS),
            downward: Batch::new(SLOTS),
            queued_for: 0,
            next_transaction: u128::from_ne_bytes(seed),
            epoll,
            udp: listeners.udp,
            dtls: listeners.dtls.into_iter().map(Rc::new).collect(),
            tcp: listeners.tcp,
            accepting: true,
            challenges,
            tls,
            number,
            ledger,
            orders,
            seen: 0,
            board,
        })
    }

    /// Works until told to stop.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(256);
        let mut now = Now::read();
        let mut housekeeping = now.at;
        loop {
            self.wait(&mut events, housekeeping.saturating_duration_since(now.at))?;
            now = Now::read();
            for event in events.drain(..) {
                match Token::from(event.data) {
                    Token::Wake => {
                        self.obey();
                        housekeeping = now.at;
                    }
                    Token::Datagrams(listener) => self.datagrams(now, listener as usize),
                    Token::Associations(listener) => self.secured_datagrams(now, listener as usize),
                    Token::Accept(listener) => {
                        let (socket, secure) = &self.tcp[listener as usize];
                        if self.streams.accept(now, socket, *secure).is_err() {
                            // Out of descriptors. The kernel would go on telling; look again in a second.
                            let _ = epoll::modify(&*self.epoll, socket, event.data, epoll::EventFlags::empty());
                            self.accepting = false;
                        }
                    }
                    Token::Stream(key) | Token::Peer(key) => {
                        self.streams.ready(now, key, event.flags, &mut self.core);
                    }
                    Token::Attempt(id) => self.attempted(now, id),
                    Token::Incoming(key, family) => self.incoming(now, key, family),
                    Token::Relay(key, family) => {
                        if { event.flags }.contains(epoll::EventFlags::ERR) {
                            self.peer_errors(now, key, family);
                        }
                        self.peer_datagrams(now, key, family);
                    }
                    Token::Shared(family) => self.shared_datagrams(now, family),
                    Token::Errors(family) => self.shared_errors(now, family),
                }
            }
            self.flush_downward();
            if now.at >= housekeeping {
                housekeeping = now.at + HOUSEKEEPING;
                self.core.server.expire(now);
                self.core.sockets.expire_reservations(now.at);
                self.streams.sweep(now, &mut self.core);
                self.core.sockets.exchange().expire(now.at);
                for id in self.core.sockets.attempts.overdue(now.at) {
                    self.attempted(now, id);
                }
                self.associations.turn(now, &mut self.core);
                self.accept_again();
                self.post();
                match self.orders.phase() {
                    // All workers at once: with a listener less, the kernel would spread the clients anew.
                    Phase::Draining if self.ledger.total() == 0 => return Ok(()),
                    Phase::Running | Phase::Draining => {}
                    Phase::Stopped => return Ok(()),
                }
            }
        }
    }

    /// Does what the main thread says.
    fn obey(&mut self) {
        if let Some(wake) = self.orders.wake_of(self.number) {
            let _ = rustix::io::read(wake, &mut [0; 8]);
        }
        if let Some(settings) = self.orders.news(&mut self.seen) {
            self.core.server.set_rules(settings.rules);
            let front = Front {
                tls: settings.tls.as_ref().map(|secured| Arc::clone(&secured.tls)),
                challenges: Arc::clone(&self.challenges),
                share: settings.share,
            };
            self.streams.set_limits(settings.streams, front);
            self.associations.set_limits(settings.streams);
            self.tls = settings.tls;
        }
        if self.orders.phase() > Phase::Running {
            self.core.server.drain();
        }
    }

    /// Listens again where it was out of descriptors.
    fn accept_again(&mut self) {
        if !self.accepting {
            self.accepting = true;
            for (index, (socket, _)) in (0u32..).zip(&self.tcp) {
                let _ = epoll::modify(&*self.epoll, socket, Token::Accept(index).into(), epoll::EventFlags::IN);
            }
        }
    }

    /// Tells what was done so far.
    fn post(&self) {
        let snapshot = Snapshot {
            counters: self.core.server.counters,
            to_peers: self.core.to_peers,
            to_clients: self.core.to_clients,
            dropped: self.upward.dropped + self.downward.dropped,
            allocations: self.core.server.allocations() as u64,
            streams: self.streams.len() as u64,
            associations: self.associations.len() as u64,
            certificate_ends: self.tls.as_ref().map_or(0, |secured| secured.ends),
        };
        self.board.post(self.number, snapshot);
    }

    fn wait(&self, events: &mut Vec<epoll::Event>, longest: Duration) -> io::Result<()> {
        // Rounded up to a millisecond, so that a wheel about to turn is not polled in a circle.
        let timeout = Timespec::try_from(longest + Duration::from_millis(1)).ok();
        match epoll::wait(&*self.epoll, rustix::buffer::spare_capacity(events), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Receives from clients: ChannelData goes on to peers in runs to the same allocation, the rest to the server.
    fn datagrams(&mut self, now: Now, listener: usize) {
        #[expect(clippy::cast_possible_truncation, reason = "there are not that many listeners")]
        let via = Via::Datagram(listener as u16);
        for _ in 0..TURNS {
            let Ok(received) = self.upward.receive(self.udp[listener].as_fd()) else {
                break;
            };
            let full = received.len() == SLOTS;
            // The client before, who often sends several datagrams, and the socket that the queue is for.
            let mut last: Option<(SocketAddr, AllocationKey)> = None;
            let mut queued_for = None;
            for slot in received {
                let Some(source) = self.upward.source(slot) else {
                    continue;
                };
                let from = FiveTuple {
                    via,
                    client: ClientAddress(source),
                };
                let alone = self.upward.datagrams(slot).nth(1).is_none();
                for range in self.upward.datagrams(slot) {
                    let datagram = self.upward.bytes(slot, range.clone());
                    let Some((number, data)) = channel_datagram(datagram) else {
                        // A message may end the allocation that the queue is for.
                        flush_to_peers(&mut self.upward, &self.core, queued_for.take());
                        last = None;
                        self.message(now, from, listener, slot, range);
                        continue;
                    };
                    let known = last.filter(|(address, _)| *address == source).map(|(_, key)| key);
                    let Some(key) = known.or_else(|| self.core.server.find(&from)) else {
                        continue;
                    };
                    last = Some((source, key));
                    let Some((socket, peer)) = self.core.server.channel_data(now, key, number, data.len()) else {
                        continue;
                    };
                    // Runs are better off with a socket that the kernel takes them apart at.
                    let shared = socket.shared_port().filter(|_| alone && data.len() <= LONGEST_RAW);
                    let target = match shared {
                        Some(_) => Target::Shared(peer.family()),
                        None => Target::Own(key, peer.family()),
                    };
                    if queued_for != Some(target) || !self.upward.has_room() {
                        flush_to_peers(&mut self.upward, &self.core, queued_for);
                        queued_for = Some(target);
                    }
                    self.core.to_peers.count(data.len());
                    let data = range.start + data.start..range.start + data.end;
                    let raw = self.core.sockets.shared(peer.family()).map(SharedSockets::raw);
                    if let (Some(port), Some(raw)) = (shared, raw) {
                        let mut room = [0; LONGEST_HEADER];
                        let bytes = self.upward.bytes(slot, data.clone());
                        let header = raw.header(port, peer.socket(), bytes, false, &mut room);
                        self.upward.queue_raw(slot, header, data, peer.socket());
                    } else {
                        self.upward.queue(slot, b"", data, false, peer.socket());
                    }
                }
            }
            flush_to_peers(&mut self.upward, &self.core, queued_for);
            self.upward.clear();
            if !full {
                break;
            }
        }
    }

    /// Receives from clients through DTLS.
    fn secured_datagrams(&mut self, now: Now, listener: usize) {
        let socket = &self.dtls[listener];
        #[expect(clippy::cast_possible_truncation, reason = "there are not that many listeners")]
        let via = Via::Association(listener as u16);
        for _ in 0..TURNS {
            let Ok(received) = self.upward.receive(socket.as_fd()) else {
                break;
            };
            let full = received.len() == SLOTS;
            for slot in received {
                let Some(source) = self.upward.source(slot) else {
                    continue;
                };
                let from = FiveTuple {
                    via,
                    client: ClientAddress(source),
                };
                for range in self.upward.datagrams(slot) {
                    let datagram = self.upward.bytes(slot, range);
                    // Before there is a certificate they are lost.
                    if let Some(tls) = &self.tls {
                        self.associations
                            .datagram(now, from, datagram, &tls.dtls, socket, &mut self.core);
                    }
                }
            }
            self.upward.clear();
            if !full {
                break;
            }
        }
    }

    /// Gives the server a message, and does what it says.
    fn message(&mut self, now: Now, from: FiveTuple, listener: usize, slot: usize, range: Range<usize>) {
        let message = self.upward.bytes(slot, range);
        if let Some(answer) = self.core.message(now, from, message) {
            // Lost where the kernel does not take it: the client asks again.
            let _ = self.udp[listener].send_to(&answer.reply, from.client.0);
        }
    }

    /// Receives from the peers of an allocation, and queues it for its client.
    fn peer_datagrams(&mut self, now: Now, key: AllocationKey, family: Family) {
        if self.downward.free() == 0 {
            self.flush_downward();
        }
        // Ended by an earlier event of this round.
        let Some(socket) = self.core.server.socket(key, family).and_then(RelaySocket::udp) else {
            return;
        };
        let Ok(received) = self.downward.receive(socket) else {
            return;
        };
        for slot in received {
            self.deliver(now, key, slot);
        }
    }

    /// Receives from the peers of all allocations that share a socket.
    fn shared_datagrams(&mut self, now: Now, family: Family) {
        for _ in 0..TURNS {
            if self.downward.free() < SLOTS / 2 {
                self.flush_downward();
            }
            let room = self.downward.free();
            let Some(shared) = self.core.sockets.shared(family) else {
                return;
            };
            let Ok(received) = self.downward.receive(shared.receiving().as_fd()) else {
                return;
            };
            let full = received.len() == room;
            for slot in received {
                let port = self.downward.destination_port(slot);
                let shared = self.core.sockets.shared(family);
                if let (Some(port), Some(shared)) = (port, shared)
                    && let Some(key) = shared.key(port)
                {
                    self.deliver(now, key, slot);
                }
            }
            if !full {
                return;
            }
        }
    }

    /// Queues what a slot holds, from a peer of an allocation, for its client.
    fn deliver(&mut self, now: Now, key: AllocationKey, slot: usize) {
        let Some(peer) = self.downward.source(slot).map(PeerAddress::new) else {
            return;
        };
        let (length, datagrams) = (self.downward.length(slot), self.downward.datagrams(slot).count());
        let Some((to, form)) = self.core.server.from_peer(now, key, peer, length, datagrams) else {
            return;
        };
        for data in self.downward.datagrams(slot) {
            let Ok(length) = u16::try_from(data.len()) else {
                continue;
            };
            self.core.to_clients.count(data.len());
            let mut room = [0; LONGEST_HEADER];
            let header = match form {
                ToClient::Channel(number) => write_channel_header(number, length, &mut room),
                ToClient::Indication => {
                    self.next_transaction = self.next_transaction.wrapping_add(1);
                    write_indication_header(peer, length, self.next_transaction.into(), &mut room)
                }
            };
            match to.via {
                Via::Datagram(listener) => {
                    let listener = usize::from(listener);
                    if self.queued_for != listener || !self.downward.has_room() {
                        flush_to_clients(&mut self.downward, &self.udp, self.queued_for);
                        self.queued_for = listener;
                    }
                    let padded = form == ToClient::Indication;
                    self.downward.queue(slot, header, data, padded, to.client.0);
                }
                Via::Session(stream) => {
                    let data = self.downward.bytes(slot, data);
                    self.streams.send(stream, header, data, &mut self.core.server);
                }
                Via::Association(_) => {
                    let data = self.downward.bytes(slot, data);
                    self.associations.send(&to, header, data, form == ToClient::Indication);
                }
            }
        }
    }

    /// Tells the client what came back for its data.
    fn peer_errors(&mut self, now: Now, key: AllocationKey, family: Family) {
        // A few at a time; the kernel tells again.
        for _ in 0..16 {
            let socket = self.core.server.socket(key, family).and_then(RelaySocket::udp);
            let Some(Ok(error)) = socket.map(next_error) else {
                return;
            };
            if let Some(error) = error {
                self.tell_of(now, key, &error);
            }
        }
    }

    /// The same for all allocations that share a socket.
    fn shared_errors(&mut self, now: Now, family: Family) {
        for _ in 0..16 {
            let Some(shared) = self.core.sockets.shared(family) else {
                return;
            };
            let Ok(error) = shared.icmp().next() else {
                return;
            };
            // Every worker hears of all.
            if let Some((port, error)) = error
                && let Some(key) = shared.key(port)
            {
                self.tell_of(now, key, &error);
            }
        }
    }

    fn tell_of(&mut self, now: Now, key: AllocationKey, error: &IcmpError) {
        if let Some((to, indication)) = self.core.server.peer_error(now, key, error) {
            self.tell(&to, &indication);
        }
    }

    /// A connection to a peer was made, or could not be.
    fn attempted(&mut self, now: Now, id: ConnectionId) {
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
    fn incoming(&mut self, now: Now, key: AllocationKey, family: Family) {
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

    /// Sends a client a message of the control plane's.
    fn tell(&mut self, to: &FiveTuple, message: &[u8]) {
        match to.via {
            Via::Datagram(listener) => {
                if let Some(socket) = self.udp.get(usize::from(listener)) {
                    let _ = socket.send_to(message, to.client.0);
                }
            }
            Via::Session(stream) => self.streams.send(stream, message, &[], &mut self.core.server),
            Via::Association(_) => self.associations.send(to, message, &[], false),
        }
    }

    fn flush_downward(&mut self) {
        flush_to_clients(&mut self.downward, &self.udp, self.queued_for);
        self.downward.clear();
    }
}

/// What a queue to peers goes out through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The socket that all allocations of the worker share.
    Shared(Family),
    /// An allocation's own.
    Own(AllocationKey, Family),
}

fn flush_to_peers(batch: &mut Batch, core: &Core, target: Option<Target>) {
    let socket = target.and_then(|target| match target {
        Target::Shared(family) => core.sockets.shared(family).map(|shared| shared.raw().as_fd()),
        Target::Own(key, family) => core.server.socket(key, family).and_then(RelaySocket::udp),
    });
    if let Some(socket) = socket {
        batch.flush(socket);
    }
}

fn flush_to_clients(batch: &mut Batch, udp: &[UdpSocket], listener: usize) {
    if batch.is_queued()
        && let Some(socket) = udp.get(listener)
    {
        batch.flush(socket.as_fd());
    }
}
