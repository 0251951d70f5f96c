//! The same forwarder with the calls of shared ports: one socket receives for all relayed ports, one raw socket sends for
//! all of them. What it reaches is what the relay could reach with shared ports if it did nothing else.
//!
//! All flows have one relayed port here, and are told apart by their peers' addresses, so that no port need be steered:
//! over the loopback interface that would be the sender's work.

use std::io::{IoSlice, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

use super::{BUFFER, LISTENER, LONGEST, Plan, SLOTS, TURNS, flow_of, head, index, nth};
use crate::Result;
use crate::calls::{Inbox, Message, Outbox, open, receive_original_destinations};

/// Of IPv4 and of UDP.
const HEADERS: usize = 20 + 8;
/// The protocol's number, and the hops that others have.
const UDP: u8 = 17;
const HOPS: u8 = 64;

/// Forwards until it is killed. Says its relayed ports on standard output first.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    let listener = open(plan.listen, Some(BUFFER))?;
    let relayed = open(SocketAddrV4::new(*plan.listen.ip(), 0), Some(BUFFER))?;
    receive_original_destinations(&relayed)?;
    let raw = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::RAW,
        SocketFlags::NONBLOCK | SocketFlags::CLOEXEC,
        Some(ipproto::RAW),
    )?;
    sockopt::set_socket_send_buffer_size(&raw, BUFFER.try_into()?)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (socket, data) in [(&listener, LISTENER), (&relayed, 0)] {
        epoll::add(&epoll, socket, epoll::EventData::new_u64(data), epoll::EventFlags::IN)?;
    }
    let port = relayed.local_addr()?.port();
    for _ in 0..plan.flows {
        print!("{port} ");
    }
    println!();
    std::io::stdout().flush()?;

    let mut forwarder = Forwarder {
        plan,
        port,
        inbox: Inbox::new(SLOTS, LONGEST),
        outbox: Outbox::new(SLOTS),
        listener,
        relayed,
        raw,
    };
    let mut events = Vec::with_capacity(2);
    loop {
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events.drain(..) {
            if event.data.u64() == LISTENER {
                forwarder.up();
            } else {
                forwarder.down();
            }
        }
    }
}

struct Forwarder<'p> {
    plan: &'p Plan,
    /// The relayed port.
    port: u16,
    listener: UdpSocket,
    relayed: UdpSocket,
    raw: OwnedFd,
    inbox: Inbox,
    outbox: Outbox,
}

impl Forwarder<'_> {
    /// From the clients to the peers, all at once.
    fn up(&mut self) {
        for _ in 0..TURNS {
            let received = self.inbox.receive(&self.listener, 0);
            let mut datagrams: Vec<([u8; HEADERS], &[u8], Ipv4Addr)> = Vec::with_capacity(received);
            for slot in 0..received {
                let flow = flow_of(&self.inbox, slot, self.plan.clients, self.plan.flows);
                let datagram = self.inbox.bytes(slot).split_first_chunk();
                let (Some(flow), Some(([0x40..=0x4F, _, high, low], data))) = (flow, datagram) else {
                    continue;
                };
                if let Some(data) = data.get(..usize::from(u16::from_be_bytes([*high, *low]))) {
                    let peer = nth(*self.plan.peers.ip(), index(flow));
                    let from = SocketAddrV4::new(*self.plan.listen.ip(), self.port);
                    let to = SocketAddrV4::new(peer, self.plan.peers.port());
                    datagrams.push((headers(from, to, data), data, peer));
                }
            }
            let parts: Vec<IoSlice<'_>> = (datagrams.iter())
                .flat_map(|(headers, data, _)| [IoSlice::new(headers), IoSlice::new(data)])
                .collect();
            let messages: Vec<Message> = (datagrams.iter().enumerate())
                .map(|(at, (.., peer))| message(at, SocketAddrV4::new(*peer, 0)))
                .collect();
            let _ = self.outbox.send(&self.raw, &parts, &messages);
            self.inbox.clear(0..received);
            if received < self.inbox.slots() {
                break;
            }
        }
    }

    /// From the peers to the clients, all at once.
    fn down(&mut self) {
        for _ in 0..TURNS {
            let received = self.inbox.receive(&self.relayed, 0);
            let mut datagrams: Vec<([u8; 4], &[u8], SocketAddrV4)> = Vec::with_capacity(received);
            for slot in 0..received {
                if let Some(flow) = flow_of(&self.inbox, slot, self.plan.peers, self.plan.flows) {
                    let data = self.inbox.bytes(slot);
                    let client = nth(*self.plan.clients.ip(), index(flow));
                    let to = SocketAddrV4::new(client, self.plan.clients.port());
                    datagrams.push((head(flow, data.len()), data, to));
                }
            }
            let parts: Vec<IoSlice<'_>> = (datagrams.iter())
                .flat_map(|(head, data, _)| [IoSlice::new(head), IoSlice::new(data)])
                .collect();
            let messages: Vec<Message> = (datagrams.iter().enumerate())
                .map(|(at, (.., to))| message(at, *to))
                .collect();
            let _ = self.outbox.send(&self.listener, &parts, &messages);
            self.inbox.clear(0..received);
            if received < self.inbox.slots() {
                break;
            }
        }
    }
}

/// A message of the two parts that are the next.
fn message(at: usize, to: SocketAddrV4) -> Message {
    Message {
        parts: 2 * at..2 * at + 2,
        to,
        from: None,
        segment: None,
    }
}

/// The headers of a datagram (RFC 791, 768); the kernel fills in the checksum of the first.
fn headers(from: SocketAddrV4, to: SocketAddrV4, data: &[u8]) -> [u8; HEADERS] {
    let mut headers = [0; HEADERS];
    let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let length = short(8 + data.len());
    headers[0] = 0x45;
    headers[2..4].copy_from_slice(&short(HEADERS + data.len()));
    headers[8..10].copy_from_slice(&[HOPS, UDP]);
    headers[12..16].copy_from_slice(&from.ip().octets());
    headers[16..20].copy_from_slice(&to.ip().octets());
    headers[20..22].copy_from_slice(&from.port().to_be_bytes());
    headers[22..24].copy_from_slice(&to.port().to_be_bytes());
    headers[24..26].copy_from_slice(&length);
    // With the pseudo-header, which has protocol and length once more.
    let mut total = sum(&headers[12..]) + sum(data) + sum(&[0, UDP]) + sum(&length);
    while total > 0xFFFF {
        total = (total & 0xFFFF) + (total >> 16);
    }
    let checksum = match u16::try_from(total).map_or(0, |total| !total) {
        // Zero would say that there is none.
        0 => u16::MAX,
        checksum => checksum,
    };
    headers[26..28].copy_from_slice(&checksum.to_ne_bytes());
    headers
}

/// The sum of the Internet checksum (RFC 1071) in this machine's byte order, which only swaps the bytes of the result.
fn sum(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    let blocks = blocks.iter().chain([&last]);
    blocks.map(|block| u64::from(u32::from_ne_bytes(*block))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_data_sum_up_to_all_ones() {
        for data in [&b""[..], b"odd", b"even", &[0xFF; 1200]] {
            let (from, to) = ("127.0.0.1:21000".parse().unwrap(), "127.0.0.2:9".parse().unwrap());
            let headers = headers(from, to, data);
            assert_eq!(
                u16::from_be_bytes([headers[2], headers[3]]) as usize,
                HEADERS + data.len()
            );
            let mut total = sum(&headers[12..]) + sum(data) + sum(&[0, UDP]) + sum(&headers[24..26]);
            while total > 0xFFFF {
                total = (total & 0xFFFF) + (total >> 16);
            }
            assert_eq!(total, 0xFFFF);
        }
    }
}
