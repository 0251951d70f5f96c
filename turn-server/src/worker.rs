//! A worker: one thread with its own listeners, its own server and all that belongs to its allocations.
//!
//! The kernel spreads clients over the workers' listeners (`SO_REUSEPORT`) by their 5-tuple, so that a client stays
//! with its worker. A worker waits, receives from whatever is ready, and sends what comes of it.

mod associations;
mod core;
mod data_connection;
mod from_clients;
pub mod greeting;
pub mod listeners;
mod peers;
mod pipe;
mod relay_socket;
mod shared;
pub mod sockets;
pub mod streams;
mod to_clients;

use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{Timespec, epoll};

use crate::acme::challenges::Challenges;
use crate::clock::Now;
use crate::datapath::Batch;
use crate::ledger::Ledger;
use crate::metrics::{Board, Snapshot, Traffic};
use crate::orders::{Orders, Phase, Settings};
use crate::server::Server;
use crate::tls::Secured;
use associations::Associations;
use core::Core;
use greeting::Front;
use listeners::Listeners;
use sockets::{RelaySettings, Sockets, Token};
use streams::Streams;

/// Datagrams, or runs of them, received with one call.
const SLOTS: usize = 64;
/// How often what has run out is looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Receives from one socket before the others have their turn.
const TURNS: usize = 4;

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
}
