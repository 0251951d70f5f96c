//! What clients are sent: datagrams of their peers, errors that came back, and messages of the server's.

use std::net::UdpSocket;
use std::os::fd::AsFd as _;

use super::relay_socket::RelaySocket;
use super::{SLOTS, TURNS, Worker};
use crate::address::{Family, FiveTuple, PeerAddress, Via};
use crate::clock::Now;
use crate::datapath::Batch;
use crate::datapath::errors::{IcmpError, next_error};
use crate::server::relaying::{LONGEST_HEADER, ToClient, write_channel_header, write_indication_header};
use crate::table::AllocationKey;

impl Worker {
    /// Receives from the peers of an allocation, and queues it for its client.
    pub(super) fn peer_datagrams(&mut self, now: Now, key: AllocationKey, family: Family) {
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
    pub(super) fn shared_datagrams(&mut self, now: Now, family: Family) {
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
    pub(super) fn peer_errors(&mut self, now: Now, key: AllocationKey, family: Family) {
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
    pub(super) fn shared_errors(&mut self, now: Now, family: Family) {
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

    /// Sends a client a message of the control plane's.
    pub(super) fn tell(&mut self, to: &FiveTuple, message: &[u8]) {
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

    pub(super) fn flush_downward(&mut self) {
        flush_to_clients(&mut self.downward, &self.udp, self.queued_for);
        self.downward.clear();
    }
}

fn flush_to_clients(batch: &mut Batch, udp: &[UdpSocket], listener: usize) {
    if batch.is_queued()
        && let Some(socket) = udp.get(listener)
    {
        batch.flush(socket.as_fd());
    }
}
