//! A stream that is bound to another: bytes go from one to the other and back as they are. So are data connections with
//! a peer (RFC 6062 section 5.4), and connections that are passed on to a web server.
//!
//! Each direction holds a bounded number of bytes; the sender waits in its own kernel for the receiver to read.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, EventFlags};

use super::peers::PeerConnection;
use super::pipe::Pipe;
use super::sockets::Token;
use crate::connection::READ;
use crate::metrics::Traffic;
use crate::quota::Quota;

/// What may wait in one direction before no more is read, in bytes.
const ENOUGH: usize = 64 << 10;

/// How long nothing may pass before a connection that was passed on is closed.
const QUIET: Duration = Duration::from_mins(10);

/// The peer's side of a data connection.
pub(super) struct DataConnection {
    peer: PeerConnection,
    to_peer: Vec<u8>,
    /// How much of `to_peer` is written.
    written: usize,
    at_client: Side,
    at_peer: Side,
    /// The allocation has relayed as much as it may in this second.
    paused: bool,
    /// When something passed.
    moved: Instant,
}

/// One side of it.
struct Side {
    /// It sends no more.
    ended: bool,
    /// It was told that the other side sends no more.
    told: bool,
    /// What the kernel tells of it.
    interest: Option<EventFlags>,
}

impl Side {
    fn new(interest: EventFlags) -> Self {
        Self {
            ended: false,
            told: false,
            interest: Some(interest),
        }
    }
}

/// What a round may spend, and where it is counted.
pub(super) struct Round<'r> {
    pub(super) now: Instant,
    pub(super) milliseconds: u32,
    pub(super) quota: Quota,
    pub(super) to_peers: &'r mut Traffic,
    pub(super) to_clients: &'r mut Traffic,
}

impl DataConnection {
    /// Begins, with what the client has sent already. `interest` is what the kernel tells of the client's side.
    pub(super) fn new(
        epoll: &OwnedFd,
        key: u32,
        peer: PeerConnection,
        begun: Vec<u8>,
        interest: EventFlags,
        now: Instant,
    ) -> io::Result<Self> {
        epoll::add(epoll, &peer.socket, Token::Peer(key).into(), EventFlags::IN)?;
        Ok(Self {
            peer,
            to_peer: begun,
            written: 0,
            at_client: Side::new(interest),
            at_peer: Side::new(EventFlags::IN),
            paused: false,
            moved: now,
        })
    }

    /// Whether the allocation has ended, the peer is forbidden now, or nothing has passed for long.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let quiet = || now.saturating_duration_since(self.moved) > QUIET;
        self.peer.is_over() || self.peer.link.is_none() && quiet()
    }

    /// A new second.
    pub(super) fn resume(&mut self) -> bool {
        std::mem::take(&mut self.paused)
    }

    /// Reads and writes what there is, once in each direction. Whether the connection goes on.
    pub(super) fn pump(
        &mut self,
        epoll: &OwnedFd,
        key: u32,
        client: &mut Pipe,
        round: &mut Round<'_>,
    ) -> io::Result<bool> {
        if self.is_over(round.now) {
            return Ok(false);
        }
        self.up(client, round)?;
        self.down(client, round)?;
        if self.at_client.told && self.at_peer.told {
            return Ok(false);
        }
        self.listen(epoll, key, client)?;
        Ok(true)
    }

    /// From the client to the peer.
    fn up(&mut self, client: &mut Pipe, round: &mut Round<'_>) -> io::Result<()> {
        if !self.at_client.ended && self.waiting() < ENOUGH {
            let before = self.to_peer.len();
            let to_peer = &mut self.to_peer;
            let mut open = true;
            let read = spend(&self.peer, round, || {
                open = client.read(to_peer)?;
                Ok(to_peer.len() - before)
            });
            match read.transpose()? {
                Some(count) if count > 0 => {
                    self.moved = round.now;
                    if self.peer.link.is_some() {
                        round.to_peers.count(count);
                    }
                }
                Some(_) => {}
                None => self.paused = true,
            }
            self.at_client.ended = !open;
        }
        while self.waiting() > 0 {
            match self.peer.socket.write(&self.to_peer[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if self.waiting() == 0 {
            // A connection that is quiet holds no buffer.
            (self.to_peer, self.written) = (Vec::new(), 0);
            if self.at_client.ended && !self.at_peer.told {
                self.peer.socket.shutdown(Shutdown::Write)?;
                self.at_peer.told = true;
            }
        } else if self.written >= ENOUGH {
            self.to_peer.drain(..std::mem::take(&mut self.written));
        }
        Ok(())
    }

    /// From the peer to the client.
    fn down(&mut self, client: &mut Pipe, round: &mut Round<'_>) -> io::Result<()> {
        if !self.at_peer.ended && client.backlog() < ENOUGH {
            let mut buffer = [0; READ];
            let mut socket = &self.peer.socket;
            match spend(&self.peer, round, || socket.read(&mut buffer)) {
                None => self.paused = true,
                Some(Ok(0)) => self.at_peer.ended = true,
                Some(Ok(count)) => {
                    self.moved = round.now;
                    if self.peer.link.is_some() {
                        round.to_clients.count(count);
                    }
                    client.send_bytes(&buffer[..count])?;
                }
                Some(Err(error)) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Some(Err(error)) => return Err(error),
            }
        }
        if client.flush()? && self.at_peer.ended && !self.at_client.told && client.end()? {
            self.at_client.told = true;
        }
        Ok(())
    }

    /// Tells the kernel what is waited for: nothing that could not be taken.
    fn listen(&mut self, epoll: &OwnedFd, key: u32, client: &Pipe) -> io::Result<()> {
        let flags = |read: bool, write: bool| {
            let mut flags = EventFlags::empty();
            flags.set(EventFlags::IN, read && !self.paused);
            flags.set(EventFlags::OUT, write);
            flags
        };
        let from_client = flags(!self.at_client.ended && self.waiting() < ENOUGH, client.backlog() > 0);
        let from_peer = flags(!self.at_peer.ended && client.backlog() < ENOUGH, self.waiting() > 0);
        // The kernel tells of an end in both directions whether asked or not, for as long as it listens at all.
        let client_over = self.at_client.ended && self.at_client.told;
        let peer_over = self.at_peer.ended && self.at_peer.told;
        arm(
            epoll,
            &client.socket,
            Token::Stream(key),
            from_client,
            client_over,
            &mut self.at_client.interest,
        )?;
        arm(
            epoll,
            &self.peer.socket,
            Token::Peer(key),
            from_peer,
            peer_over,
            &mut self.at_peer.interest,
        )
    }

    /// What waits to be written to the peer, in bytes.
    fn waiting(&self) -> usize {
        self.to_peer.len() - self.written
    }
}

/// Reads, as far as the allocation may relay it now.
fn spend(
    peer: &PeerConnection,
    round: &Round<'_>,
    read: impl FnOnce() -> io::Result<usize>,
) -> Option<io::Result<usize>> {
    match &peer.link {
        Some(link) => link.spend(round.milliseconds, &round.quota, read),
        None => Some(read()),
    }
}

fn arm(
    epoll: &OwnedFd,
    socket: &TcpStream,
    token: Token,
    wanted: EventFlags,
    over: bool,
    interest: &mut Option<EventFlags>,
) -> io::Result<()> {
    let wanted = (!over).then_some(wanted);
    if *interest != wanted {
        match wanted {
            Some(flags) => epoll::modify(epoll, socket, token.into(), flags)?,
            None => epoll::delete(epoll, socket)?,
        }
        *interest = wanted;
    }
    Ok(())
}
