//! Clients over TCP and TLS: cuts the stream into messages.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use slab::Slab;

use super::core::{Answer, Core};
use super::data_connection::{DataConnection, Round};
use super::greeting::{Front, Greeted};
use super::peers::PeerConnection;
use super::pipe::Pipe;
use super::sockets::{Sockets, Token};
use crate::address::{ClientAddress, FiveTuple, Via};
use crate::clock::Now;
use crate::framing::{Frame, frame};
use crate::ledger::{network, prefix, release};
use crate::memory;
use crate::server::Server;

/// The longest message before there is an allocation: no request needs more.
const LONGEST_REQUEST: usize = 2048;
/// What may wait to be written, in bytes; data beyond is lost, as it would be over UDP.
const BACKLOG: usize = 256 << 10;
/// What the kernel tells of a stream.
const READABLE: epoll::EventFlags = epoll::EventFlags::IN.union(epoll::EventFlags::RDHUP);

/// What a stream or DTLS association may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamLimits {
    /// How long one may stay without an allocation, in seconds.
    pub idle: u32,
    /// How long a message may take to come in whole, in seconds.
    pub partial: u32,
    /// How many a worker takes.
    pub per_worker: u32,
    /// How many a worker takes from one address (IPv6: one /64).
    pub per_address: u32,
    /// How many a worker takes from one network (IPv4: /24, IPv6: /48).
    pub per_network: u32,
    /// How many DTLS handshakes a worker goes through at once.
    pub handshakes: u32,
    /// How many of them with one address (IPv6: one /64).
    pub handshakes_per_address: u32,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            idle: 30,
            partial: 10,
            per_worker: 16_384,
            per_address: 256,
            per_network: 1024,
            handshakes: 1024,
            handshakes_per_address: 128,
        }
    }
}

struct Stream {
    pipe: Pipe,
    from: FiveTuple,
    since: Instant,
    /// Since when a part of a message waits for its rest.
    half_since: Option<Instant>,
    input: Vec<u8>,
    /// Whether the kernel is to tell when more can be written.
    waits: bool,
    /// The peer that everything goes to and comes from, once it is bound to one.
    bound: Option<Box<DataConnection>>,
}

/// The streams of a worker.
pub struct Streams {
    epoll: Rc<OwnedFd>,
    open: Slab<Stream>,
    by_address: HashMap<IpAddr, u32>,
    by_network: HashMap<IpAddr, u32>,
    limits: StreamLimits,
    front: Front,
}

impl Streams {
    /// None yet.
    #[must_use]
    pub(super) fn new(epoll: Rc<OwnedFd>, limits: StreamLimits, front: Front) -> Self {
        Self {
            epoll,
            open: Slab::new(),
            by_address: HashMap::new(),
            by_network: HashMap::new(),
            limits,
            front,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes limits and a certificate that count from now on.
    pub(super) fn set_limits(&mut self, limits: StreamLimits, front: Front) {
        (self.limits, self.front) = (limits, front);
    }

    /// Takes the connections that wait. Fails where there are no more descriptors.
    pub fn accept(&mut self, now: Now, listener: &TcpListener, secure: bool) -> io::Result<()> {
        // A few at a time; the kernel tells again.
        for _ in 0..64 {
            let (socket, address) = match listener.accept() {
                Ok(accepted) => accepted,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(()),
                    // Gone again before it was taken.
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => continue,
                    _ => return Err(error),
                },
            };
            if !self.has_room(address.ip()) {
                continue;
            }
            let _ = socket.set_nodelay(true);
            if socket.set_nonblocking(true).is_err() {
                continue;
            }
            let entry = self.open.vacant_entry();
            let Ok(key) = u32::try_from(entry.key()) else {
                continue;
            };
            if epoll::add(&*self.epoll, &socket, Token::Stream(key).into(), READABLE).is_ok() {
                let via = Via::Session(key);
                entry.insert(Stream {
                    // A handshake is not to take longer than a message.
                    half_since: secure.then_some(now.at),
                    pipe: Pipe::new(socket, secure),
                    from: FiveTuple {
                        via,
                        client: ClientAddress(address),
                    },
                    since: now.at,
                    input: Vec::new(),
                    waits: false,
                    bound: None,
                });
                *self.by_address.entry(prefix(address.ip())).or_default() += 1;
                *self.by_network.entry(network(address.ip())).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Whether one more may come from an address.
    fn has_room(&self, client: IpAddr) -> bool {
        let held = |counts: &HashMap<_, u32>, key| counts.get(&key).copied().unwrap_or_default();
        self.open.len() < self.limits.per_worker as usize
            && held(&self.by_address, prefix(client)) < self.limits.per_address
            && held(&self.by_network, network(client)) < self.limits.per_network
            && memory::is_left(0)
    }

    /// Reads from and writes to a stream.
    pub(super) fn ready(&mut self, now: Now, key: u32, events: epoll::EventFlags, core: &mut Core) {
        let Some(stream) = self.open.get_mut(key as usize) else {
            return;
        };
        // Whatever it was that became ready: both are quick to try.
        let broken = stream.bound.is_some() && events.contains(epoll::EventFlags::ERR);
        let open =
            !broken && stream.greet(now, &self.epoll, key, &self.front) && stream.go_on(now, &self.epoll, key, core);
        if !open {
            self.close(key as usize, &mut core.server);
        }
    }

    /// Sends a message: its header and the data behind it. Lost where the client does not read.
    pub fn send(&mut self, key: u32, header: &[u8], data: &[u8], server: &mut Server<Sockets>) {
        let Some(stream) = self.open.get_mut(key as usize) else {
            return;
        };
        if stream.pipe.backlog() > BACKLOG {
            return;
        }
        if stream.pipe.send(header, data).is_err() || stream.flush(&self.epoll, key).is_err() {
            self.close(key as usize, server);
        }
    }

    /// Closes the streams that hold a place without using it.
    pub(super) fn sweep(&mut self, now: Now, core: &mut Core) {
        let over = |since, seconds: u32| now.at.saturating_duration_since(since) > Duration::from_secs(seconds.into());
        let (idle, partial) = (self.limits.idle, self.limits.partial);
        let epoll = &self.epoll;
        let mut useless = |key: usize, stream: &mut Stream| {
            if let Some(bound) = &mut stream.bound {
                let key = u32::try_from(key).unwrap_or(u32::MAX);
                return bound.is_over(now.at) || bound.resume() && !stream.pump(now, epoll, key, core);
            }
            let idle = over(stream.since, idle) && !core.server.knows(now, &stream.from);
            idle || stream.half_since.is_some_and(|since| over(since, partial))
        };
        let useless: Vec<_> = self
            .open
            .iter_mut()
            .filter_map(|(key, stream)| useless(key, stream).then_some(key))
            .collect();
        for key in useless {
            self.close(key, &mut core.server);
        }
    }

    fn close(&mut self, key: usize, server: &mut Server<Sockets>) {
        if let Some(stream) = self.open.try_remove(key) {
            let client = stream.from.client.0.ip();
            release(&mut self.by_address, &prefix(client));
            release(&mut self.by_network, &network(client));
            server.disconnected(&stream.from);
        }
    }
}

impl Stream {
    /// Moves bytes between client and peer. Whether the stream goes on.
    fn pump(&mut self, now: Now, epoll: &OwnedFd, key: u32, core: &mut Core) -> bool {
        let (quota, milliseconds) = core.server.quota(now);
        let mut round = Round {
            now: now.at,
            milliseconds,
            quota,
            to_peers: &mut core.to_peers,
            to_clients: &mut core.to_clients,
        };
        let Some(bound) = &mut self.bound else {
            return false;
        };
        bound.pump(epoll, key, &mut self.pipe, &mut round).unwrap_or(false)
    }

    /// From now on everything goes to and comes from a peer, beginning with what has come already.
    fn bind(&mut self, now: Now, epoll: &OwnedFd, key: u32, peer: PeerConnection) -> io::Result<()> {
        let mut interest = READABLE;
        interest.set(epoll::EventFlags::OUT, self.waits);
        let begun = std::mem::take(&mut self.input);
        self.bound = Some(Box::new(DataConnection::new(
            epoll, key, peer, begun, interest, now.at,
        )?));
        self.half_since = None;
        Ok(())
    }

    /// Finds out what a client over TLS wants, where that is not known yet. Whether the stream goes on.
    fn greet(&mut self, now: Now, epoll: &OwnedFd, key: u32, front: &Front) -> bool {
        if !self.pipe.is_greeting() {
            return true;
        }
        match self.pipe.greet(front) {
            Ok(Some(Greeted::Later)) => true,
            Ok(Some(Greeted::Relay(tls))) => {
                let agreed = self.pipe.secure(tls).is_ok();
                // Also an alert, before the stream is given up.
                self.flush(epoll, key).is_ok() && agreed
            }
            Ok(Some(Greeted::PassOn(share, raw))) => {
                let Ok((socket, begun)) = share.connect(&self.pipe.socket) else {
                    return false;
                };
                self.input = [begun, raw].concat();
                self.bind(now, epoll, key, PeerConnection { socket, link: None })
                    .is_ok()
            }
            Ok(Some(Greeted::Refused(alert))) => {
                self.pipe.farewell(&alert);
                false
            }
            Ok(None) | Err(_) => false,
        }
    }

    /// Moves bytes, or reads messages.
    fn go_on(&mut self, now: Now, epoll: &OwnedFd, key: u32, core: &mut Core) -> bool {
        if self.pipe.is_greeting() {
            true
        } else if self.bound.is_some() {
            self.pump(now, epoll, key, core)
        } else {
            self.read(now, epoll, key, core)
        }
    }

    /// Reads, and does what came. Whether the stream goes on.
    fn read(&mut self, now: Now, epoll: &OwnedFd, key: u32, core: &mut Core) -> bool {
        let Ok(mut open) = self.pipe.read(&mut self.input) else {
            return false;
        };
        let mut done = 0;
        loop {
            let rest = &self.input[done..];
            match frame(rest) {
                Frame::Incomplete(needed) => {
                    let longest = if core.server.knows(now, &self.from) {
                        usize::MAX
                    } else {
                        LONGEST_REQUEST
                    };
                    open &= needed <= longest;
                    break;
                }
                Frame::Broken => {
                    open = false;
                    break;
                }
                Frame::Message(total) => {
                    let answer = core.message(now, self.from, &rest[..total]);
                    done += total;
                    if let Some(Answer { reply, bound }) = answer {
                        // A client that asks and does not read gets no more.
                        open &= self.pipe.backlog() <= BACKLOG && self.pipe.send(&reply, &[]).is_ok();
                        if let Some(peer) = bound {
                            self.input.drain(..done);
                            return open
                                && self.bind(now, epoll, key, peer).is_ok()
                                && self.pump(now, epoll, key, core);
                        }
                    }
                }
                Frame::ChannelData { number, data, total } => {
                    core.channel_data(now, self.from, number, &rest[data]);
                    done += total;
                }
            }
        }
        self.input.drain(..done);
        if self.input.is_empty() && !self.pipe.is_handshaking() {
            self.half_since = None;
            // A stream that is quiet holds no buffer.
            self.input = Vec::new();
        } else {
            // Progress counts from anew only when a whole message came.
            let since = if done > 0 { None } else { self.half_since };
            self.half_since = since.or(Some(now.at));
        }
        open && self.flush(epoll, key).is_ok()
    }

    /// Writes what can be written, and asks to be told when the rest can.
    fn flush(&mut self, epoll: &OwnedFd, key: u32) -> io::Result<()> {
        let waits = !self.pipe.flush()?;
        if waits != self.waits {
            let flags = if waits {
                READABLE | epoll::EventFlags::OUT
            } else {
                READABLE
            };
            epoll::modify(epoll, &self.pipe.socket, Token::Stream(key).into(), flags)?;
            self.waits = waits;
        }
        Ok(())
    }
}
