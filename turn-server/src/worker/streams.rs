//! Clients over TCP: cuts the stream into messages, and keeps what cannot be written yet.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use slab::Slab;

use super::sockets::{Sockets, Token};
use crate::address::{ClientAddress, FiveTuple, Via};
use crate::clock::Now;
use crate::framing::{Frame, frame};
use crate::quota::{prefix, release};
use crate::server::{Output, Server};

/// The longest message before there is an allocation: no request needs more.
const LONGEST_REQUEST: usize = 2048;
/// What may wait to be written, in bytes; data beyond is lost, as it would be over UDP.
const BACKLOG: usize = 256 << 10;
/// What is read at once, in bytes.
const READ: usize = 16 << 10;

/// What a stream may take.
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
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            idle: 30,
            partial: 10,
            per_worker: 16_384,
            per_address: 1024,
        }
    }
}

struct Stream {
    socket: TcpStream,
    from: FiveTuple,
    since: Instant,
    /// Since when a part of a message waits for its rest.
    half_since: Option<Instant>,
    input: Vec<u8>,
    output: Vec<u8>,
    /// How much of `output` is written.
    written: usize,
}

/// The streams of a worker.
pub struct Streams {
    epoll: Rc<OwnedFd>,
    open: Slab<Stream>,
    by_address: HashMap<IpAddr, u32>,
    limits: StreamLimits,
}

impl Streams {
    /// None yet.
    #[must_use]
    pub fn new(epoll: Rc<OwnedFd>, limits: StreamLimits) -> Self {
        Self {
            epoll,
            open: Slab::new(),
            by_address: HashMap::new(),
            limits,
        }
    }

    /// Takes the connections that wait.
    pub fn accept(&mut self, now: Now, listener: &TcpListener) {
        // A few at a time; the kernel tells again.
        for _ in 0..64 {
            let Ok((socket, address)) = listener.accept() else {
                return;
            };
            let held = self.by_address.get(&prefix(address.ip())).copied().unwrap_or_default();
            if self.open.len() >= self.limits.per_worker as usize || held >= self.limits.per_address {
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
            let flags = epoll::EventFlags::IN | epoll::EventFlags::RDHUP;
            if epoll::add(&*self.epoll, &socket, Token::Stream(key).into(), flags).is_ok() {
                entry.insert(Stream {
                    socket,
                    from: FiveTuple {
                        via: Via::Session(key),
                        client: ClientAddress(address),
                    },
                    since: now.at,
                    half_since: None,
                    input: Vec::new(),
                    output: Vec::new(),
                    written: 0,
                });
                self.by_address.insert(prefix(address.ip()), held + 1);
            }
        }
    }

    /// Reads from and writes to a stream.
    pub fn ready(
        &mut self,
        now: Now,
        key: u32,
        flags: epoll::EventFlags,
        server: &mut Server<Sockets>,
        sockets: &mut Sockets,
    ) {
        let Some(stream) = self.open.get_mut(key as usize) else {
            return;
        };
        let mut open = true;
        if flags.contains(epoll::EventFlags::OUT) {
            open = stream.write_backlog(&self.epoll, key).is_ok();
        }
        if open
            && flags.intersects(
                epoll::EventFlags::IN | epoll::EventFlags::RDHUP | epoll::EventFlags::HUP | epoll::EventFlags::ERR,
            )
        {
            open = stream.read(now, &self.epoll, key, server, sockets);
        }
        if !open {
            self.close(key as usize, server);
        }
    }

    /// Sends a message made of parts, padded to a multiple of four (RFC 8656 section 12.5).
    pub fn send(&mut self, key: u32, parts: &[&[u8]], server: &mut Server<Sockets>) {
        let Some(stream) = self.open.get_mut(key as usize) else {
            return;
        };
        if stream.output.len() - stream.written > BACKLOG {
            return;
        }
        if stream.send(parts, &self.epoll, key).is_err() {
            self.close(key as usize, server);
        }
    }

    /// Closes the streams that hold a place without using it.
    pub fn sweep(&mut self, now: Now, server: &mut Server<Sockets>) {
        let over = |since, seconds: u32| now.at.saturating_duration_since(since) > Duration::from_secs(seconds.into());
        let (idle, partial) = (self.limits.idle, self.limits.partial);
        let useless = |stream: &Stream| {
            let idle = over(stream.since, idle) && !server.knows(now, &stream.from);
            idle || stream.half_since.is_some_and(|since| over(since, partial))
        };
        let useless: Vec<_> = self
            .open
            .iter()
            .filter(|(_, stream)| useless(stream))
            .map(|(key, _)| key)
            .collect();
        for key in useless {
            self.close(key, server);
        }
    }

    fn close(&mut self, key: usize, server: &mut Server<Sockets>) {
        if let Some(stream) = self.open.try_remove(key) {
            release(&mut self.by_address, &prefix(stream.from.client.0.ip()));
            server.disconnected(&stream.from);
        }
    }
}

impl Stream {
    /// Whether the stream goes on.
    fn read(
        &mut self,
        now: Now,
        epoll: &OwnedFd,
        key: u32,
        server: &mut Server<Sockets>,
        sockets: &mut Sockets,
    ) -> bool {
        let mut buffer = [0; READ];
        let count = match self.socket.read(&mut buffer) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(error) => return matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        };
        self.input.extend_from_slice(&buffer[..count]);
        let mut done = 0;
        let open = loop {
            let rest = &self.input[done..];
            match frame(rest) {
                Frame::Incomplete(needed) => {
                    let longest = if server.knows(now, &self.from) {
                        usize::MAX
                    } else {
                        LONGEST_REQUEST
                    };
                    break needed <= longest;
                }
                Frame::Broken => break false,
                Frame::Message(total) => {
                    let mut reply = None;
                    match server.message(now, self.from, &rest[..total], sockets) {
                        Output::Nothing => {}
                        Output::Reply(bytes) => reply = Some(bytes),
                        Output::ToPeer {
                            socket,
                            peer,
                            data,
                            dont_fragment,
                        } => socket.send(data, peer, dont_fragment),
                    }
                    done += total;
                    if let Some(reply) = reply
                        && self.send(&[&reply], epoll, key).is_err()
                    {
                        break false;
                    }
                }
                Frame::ChannelData { number, data, total } => {
                    let allocation = server.find(&self.from);
                    if let Some((socket, peer)) =
                        allocation.and_then(|key| server.channel_data(now, key, number, data.len()))
                    {
                        socket.send(&rest[data], peer, false);
                    }
                    done += total;
                }
            }
        };
        self.input.drain(..done);
        if self.input.is_empty() {
            self.half_since = None;
            // A stream that is quiet holds no buffer.
            self.input = Vec::new();
        } else {
            // Progress counts from anew only when a whole message came.
            let since = if done > 0 { None } else { self.half_since };
            self.half_since = since.or(Some(now.at));
        }
        open
    }

    fn send(&mut self, parts: &[&[u8]], epoll: &OwnedFd, key: u32) -> io::Result<()> {
        let waiting = !self.output.is_empty();
        let before = self.output.len();
        for part in parts {
            self.output.extend_from_slice(part);
        }
        let padded = (self.output.len() - before).next_multiple_of(4);
        self.output.resize(before + padded, 0);
        if waiting {
            Ok(())
        } else {
            self.write_backlog(epoll, key)
        }
    }

    /// Writes what can be written, and asks to be told when the rest can.
    fn write_backlog(&mut self, epoll: &OwnedFd, key: u32) -> io::Result<()> {
        let before = self.written;
        while self.written < self.output.len() {
            match self.socket.write(&self.output[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let readable = epoll::EventFlags::IN | epoll::EventFlags::RDHUP;
        if self.written == self.output.len() {
            self.output = Vec::new();
            self.written = 0;
            if before > 0 {
                epoll::modify(epoll, &self.socket, Token::Stream(key).into(), readable)?;
            }
        } else {
            epoll::modify(
                epoll,
                &self.socket,
                Token::Stream(key).into(),
                readable | epoll::EventFlags::OUT,
            )?;
        }
        Ok(())
    }
}
