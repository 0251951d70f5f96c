//! Clients over DTLS: their sessions, from the proof of their address to the end.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};
use std::rc::Rc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use openssl::ssl::SslContext;
use slab::Slab;

use super::core::Core;
use super::streams::StreamLimits;
use crate::address::FiveTuple;
use crate::clock::Now;
use crate::dtls::cookie::Cookies;
use crate::dtls::hello::{ClientHello, client_hello, hello_verify_request};
use crate::dtls::session::{Closed, LONGEST, Session};
use crate::framing::channel_datagram;
use crate::ledger::{network, prefix, release};
use crate::memory;
use crate::wheel::Wheel;

/// How often a handshake looks whether it is to send again.
const RETRANSMISSION: Duration = Duration::from_secs(1);

struct Association {
    session: Session,
    from: FiveTuple,
    /// The handshake it came from.
    random: [u8; 32],
    since: Instant,
    /// Tells it from earlier ones at the same place.
    serial: u64,
    /// Counts as half open.
    half_open: bool,
}

/// The associations of a worker.
pub(super) struct Associations {
    open: Slab<Association>,
    by_client: HashMap<FiveTuple, usize, RandomState>,
    by_address: HashMap<IpAddr, u32>,
    by_network: HashMap<IpAddr, u32>,
    half_open: u32,
    half_open_by_address: HashMap<IpAddr, u32>,
    wheel: Wheel<(usize, u64)>,
    serial: u64,
    cookies: Cookies,
    limits: StreamLimits,
    room: Box<[u8; LONGEST]>,
    outgoing: Vec<u8>,
}

impl Associations {
    /// None yet. The key is for cookies.
    #[must_use]
    pub(super) fn new(now: Now, key: [u8; 32], limits: StreamLimits) -> Self {
        Self {
            open: Slab::new(),
            by_client: HashMap::default(),
            by_address: HashMap::new(),
            by_network: HashMap::new(),
            half_open: 0,
            half_open_by_address: HashMap::new(),
            wheel: Wheel::new(now.at),
            serial: 0,
            cookies: Cookies::new(key),
            limits,
            room: Box::new([0; LONGEST]),
            outgoing: Vec::new(),
        }
    }

    /// How many there are.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes limits that count from now on.
    pub(super) fn set_limits(&mut self, limits: StreamLimits) {
        self.limits = limits;
    }

    /// Takes a datagram.
    pub(super) fn datagram(
        &mut self,
        now: Now,
        from: FiveTuple,
        datagram: &[u8],
        context: &SslContext,
        socket: &Rc<UdpSocket>,
        core: &mut Core,
    ) {
        let known = self.by_client.get(&from).copied();
        let key = match (client_hello(datagram), known) {
            (None, Some(key)) => key,
            // Of a session that is over, or none of ours.
            (None, None) => return,
            (Some(hello), _) => {
                let client = from.client;
                if !self.cookies.check(hello.cookie, client, hello.random, now.unix) {
                    if core.server.may_answer(now, from) {
                        let cookie = self.cookies.issue(client, hello.random, now.unix);
                        let _ = socket.send_to(&hello_verify_request(&cookie), client.0);
                    }
                    return;
                }
                match known {
                    // It was sent twice.
                    Some(key) if self.open[key].random == *hello.random => key,
                    // The client begins anew, and has shown that it is there: the old session is over (RFC 6347
                    // section 4.2.8).
                    other => {
                        if let Some(key) = other {
                            self.close(key, core);
                        }
                        let Some(key) = self.begin(now, from, &hello, context, socket) else {
                            return;
                        };
                        key
                    }
                }
            }
        };
        self.open[key].session.put(datagram);
        self.advance(now, key, core);
    }

    /// Makes room for a client that has proven its address, if there is any.
    fn begin(
        &mut self,
        now: Now,
        from: FiveTuple,
        hello: &ClientHello<'_>,
        context: &SslContext,
        socket: &Rc<UdpSocket>,
    ) -> Option<usize> {
        let address = prefix(from.client.0.ip());
        let network = network(from.client.0.ip());
        let held = self.by_address.get(&address).copied().unwrap_or_default();
        let held_by_network = self.by_network.get(&network).copied().unwrap_or_default();
        let half_open = self.half_open_by_address.get(&address).copied().unwrap_or_default();
        if self.open.len() >= self.limits.per_worker as usize
            || held >= self.limits.per_address
            || held_by_network >= self.limits.per_network
            || self.half_open >= self.limits.handshakes
            || half_open >= self.limits.handshakes_per_address
            || !memory::is_left(0)
        {
            return None;
        }
        let session = Session::new(context, Rc::clone(socket), from.client.0, hello.sequence).ok()?;
        self.by_address.insert(address, held + 1);
        self.by_network.insert(network, held_by_network + 1);
        self.half_open_by_address.insert(address, half_open + 1);
        self.half_open += 1;
        self.serial += 1;
        let key = self.open.insert(Association {
            session,
            from,
            random: *hello.random,
            since: now.at,
            serial: self.serial,
            half_open: true,
        });
        self.by_client.insert(from, key);
        self.wheel.put(now.at + RETRANSMISSION, (key, self.serial));
        Some(key)
    }

    /// Goes on with what came, or with what was not answered in time.
    fn advance(&mut self, now: Now, key: usize, core: &mut Core) {
        let association = &mut self.open[key];
        let from = association.from;
        let outcome = loop {
            let message = match association.session.next(&mut self.room) {
                Ok(Some(length)) => &self.room[..length],
                Ok(None) => break Ok(()),
                Err(Closed) => break Err(Closed),
            };
            if let Some((number, data)) = channel_datagram(message) {
                core.channel_data(now, from, number, &message[data]);
            } else if let Some(answer) = core.message(now, from, message) {
                association.session.send(&answer.reply);
            }
        };
        if association.half_open && association.session.is_established() {
            association.half_open = false;
            self.half_open -= 1;
            release(&mut self.half_open_by_address, &prefix(from.client.0.ip()));
        }
        if outcome == Err(Closed) {
            self.close(key, core);
        }
    }

    /// Sends a message to a client: its header, and the data behind it, with zeros up to a multiple of four where
    /// `padded`.
    pub(super) fn send(&mut self, to: &FiveTuple, header: &[u8], data: &[u8], padded: bool) {
        let Some(key) = self.by_client.get(to) else {
            return;
        };
        self.outgoing.clear();
        self.outgoing.extend_from_slice(header);
        self.outgoing.extend_from_slice(data);
        if padded {
            self.outgoing.resize(self.outgoing.len().next_multiple_of(4), 0);
        }
        self.open[*key].session.send(&self.outgoing);
    }

    /// Sends again what was not answered, and closes the associations that hold a place without using it.
    pub(super) fn turn(&mut self, now: Now, core: &mut Core) {
        let mut due = Vec::new();
        self.wheel.take_due(now.at, &mut due);
        for (key, serial) in due {
            let Some(association) = self.open.get(key).filter(|association| association.serial == serial) else {
                continue;
            };
            let [idle, partial] =
                [self.limits.idle, self.limits.partial].map(|seconds| Duration::from_secs(seconds.into()));
            let age = now.at.saturating_duration_since(association.since);
            let again = if association.half_open {
                (age < partial).then_some(now.at + RETRANSMISSION)
            } else if core.server.knows(now, &association.from) {
                Some(now.at + idle)
            } else {
                // Not before its time; an allocation that has just ended gives it no more.
                (age < idle).then_some(association.since + idle)
            };
            match again {
                Some(at) => {
                    self.wheel.put(at, (key, serial));
                    if association.half_open {
                        self.advance(now, key, core);
                    }
                }
                None => self.close(key, core),
            }
        }
    }

    fn close(&mut self, key: usize, core: &mut Core) {
        let Some(association) = self.open.try_remove(key) else {
            return;
        };
        self.by_client.remove(&association.from);
        let address = prefix(association.from.client.0.ip());
        release(&mut self.by_address, &address);
        release(&mut self.by_network, &network(association.from.client.0.ip()));
        if association.half_open {
            self.half_open -= 1;
            release(&mut self.half_open_by_address, &address);
        }
        core.server.disconnected(&association.from);
        association.session.close();
    }
}
