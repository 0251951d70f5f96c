//! Datagrams from clients: ChannelData goes on to peers as it is, the rest is for the server.

use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::AsFd as _;

use super::core::Core;
use super::relay_socket::RelaySocket;
use super::shared::SharedSockets;
use super::{SLOTS, TURNS, Worker};
use crate::address::{ClientAddress, Family, FiveTuple, Via};
use crate::clock::Now;
use crate::datapath::Batch;
use crate::datapath::raw::LONGEST_RAW;
use crate::framing::channel_datagram;
use crate::server::relaying::LONGEST_HEADER;
use crate::table::AllocationKey;

impl Worker {
    /// Receives from clients: ChannelData goes on to peers in runs to the same allocation, the rest to the server.
    pub(super) fn datagrams(&mut self, now: Now, listener: usize) {
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
    pub(super) fn secured_datagrams(&mut self, now: Now, listener: usize) {
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
