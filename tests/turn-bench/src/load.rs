//! The load: packets of many clients and many peers, each side through one socket, as fast as the server takes them or at
//! a steady rate.

use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use crate::Result;
use crate::calls::{Inbox, Message, Outbox, open, receive_destinations, receive_runs};
use crate::client;
use crate::forwarder::nth;
use crate::servers::{CLIENTS, Kind, Machine, PEERS, Server};

/// The buffers of the two sockets, in bytes: nothing is to be lost here.
const BUFFER: i32 = 64 << 20;
/// Datagrams, or runs, received with one call, and calls before something is sent again.
const SLOTS: usize = 64;
const TURNS: usize = 4;
/// How long packets pass before they count.
const WARM_UP: Duration = Duration::from_millis(400);
/// When packets that did not come count as lost.
const LOST: Duration = Duration::from_secs(1);

/// Where packets go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// From clients to peers.
    Up,
    /// From peers to clients.
    Down,
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub(crate) direction: Direction,
    /// How many clients take turns, each with an allocation, a channel and a peer of its own.
    pub(crate) flows: u32,
    /// Bytes of data in a packet.
    pub(crate) length: usize,
    /// Packets of one flow in a row; more than one are handed to the kernel as a run.
    pub(crate) burst: usize,
}

/// One client, and its peer.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) client: Ipv4Addr,
    pub(crate) peer: Ipv4Addr,
    pub(crate) relayed: SocketAddrV4,
}

/// The channel of a flow: the same for several where there are many.
pub(crate) fn channel(flow: usize) -> u16 {
    0x4000 + u16::try_from(flow % 0xFFF).unwrap_or_default()
}

/// Clients and peers of one server.
pub(crate) struct Load {
    clients: UdpSocket,
    peers: UdpSocket,
    server: Server,
    flows: Vec<Flow>,
    /// When stamps are reckoned from.
    epoch: Instant,
}

/// What setting up took.
pub(crate) struct SetUp {
    /// Of the server's processor.
    pub(crate) time: Duration,
    /// The server's resident memory before and after, in bytes.
    pub(crate) resident: [u64; 2],
}

impl Load {
    /// Starts a server and sets so many flows up.
    pub(crate) fn start(machine: &mut Machine, kind: Kind, flows: u32, runs: bool) -> Result<(Self, SetUp)> {
        let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let (clients, peers) = (open(any, Some(BUFFER))?, open(any, Some(BUFFER))?);
        receive_destinations(&clients)?;
        if runs {
            receive_runs(&clients)?;
            receive_runs(&peers)?;
        }
        let [client_port, peer_port] = [clients.local_addr()?.port(), peers.local_addr()?.port()];
        let server = machine.start(kind, flows, client_port, peer_port, runs)?;
        let mut all: Vec<Flow> = (0..flows)
            .map(|at| Flow {
                client: nth(CLIENTS, at),
                peer: nth(PEERS, at),
                relayed: server.address,
            })
            .collect();
        let before = (server.processor_time()?, server.resident()?);
        if server.relayed.is_empty() {
            client::set_up(&clients, server.address, peer_port, &mut all)?;
        } else {
            for (flow, port) in all.iter_mut().zip(&server.relayed) {
                flow.relayed.set_port(*port);
            }
        }
        let set_up = SetUp {
            time: server.processor_time()?.saturating_sub(before.0),
            resident: [before.1, server.resident()?],
        };
        let load = Self {
            clients,
            peers,
            server,
            flows: all,
            epoch: Instant::now(),
        };
        Ok((load, set_up))
    }

    /// Packets that pass in a second of the server's processor time, while there are always some under way.
    pub(crate) fn throughput(&self, shape: Shape, duration: Duration) -> Result<f64> {
        let (batch, window) = if shape.burst > 1 { (64, 256) } else { (32, 64) };
        let mut sender = Sender::new(self, shape, batch);
        let mut inbox = sender.inbox();
        let begin = Instant::now();
        let mut counted: Option<(Duration, u64)> = None;
        let (mut sent, mut received, mut under_way, mut progress) = (0, 0, 0, begin);
        loop {
            let now = Instant::now();
            if counted.is_none() && now - begin > WARM_UP {
                counted = Some((self.server.processor_time()?, received));
            }
            if now - begin > WARM_UP + duration {
                break;
            }
            let room = window - under_way;
            if room >= 16 {
                let more = sender.send(room.min(batch), 0);
                (sent, under_way) = (sent + more as u64, under_way + more);
            } else if now - progress > LOST {
                under_way = 0;
            }
            let more = self.drain(&mut inbox, shape, |_| {});
            if more > 0 {
                (received, progress) = (received + more as u64, now);
                under_way = under_way.saturating_sub(more);
            }
        }
        let (before, at) = counted.unwrap_or_default();
        let time = self.server.processor_time()?.saturating_sub(before);
        // (What is still under way at the end is no more than a window.)
        let lost = sent.saturating_sub(received + window as u64);
        if lost > sent / 100 {
            println!("LOST: {lost} of {sent} packets, {shape:?}");
        }
        Ok((received - at) as f64 / time.as_secs_f64())
    }

    /// How long packets take at a steady rate: each time in nanoseconds, sorted.
    pub(crate) fn latency(&self, shape: Shape, per_second: u32, duration: Duration) -> Result<Vec<u64>> {
        let step = Duration::from_secs(1) / per_second;
        let mut sender = Sender::new(self, shape, 1);
        let mut inbox = sender.inbox();
        let begin = Instant::now();
        let mut next = begin;
        let mut times = Vec::new();
        let header = if shape.direction == Direction::Down { 4 } else { 0 };
        loop {
            let now = Instant::now();
            if now - begin > WARM_UP + duration {
                break;
            }
            if now >= next {
                // What was late stays late; after a longer pause it begins anew.
                next = if now - next > Duration::from_millis(50) {
                    now
                } else {
                    next
                } + step;
                sender.send(1, stamp(self.epoch));
            }
            self.drain(&mut inbox, shape, |packet| {
                if now - begin > WARM_UP
                    && let Some(sent) = packet.get(header..).and_then(<[u8]>::first_chunk)
                {
                    times.push(stamp(self.epoch).saturating_sub(u64::from_le_bytes(*sent)));
                }
            });
        }
        times.sort_unstable();
        if times.len() < usize::try_from(per_second)? / 2 {
            return Err(format!("only {} packets arrived", times.len()).into());
        }
        Ok(times)
    }

    /// Receives what there is on the side that packets arrive at; says how many.
    fn drain(&self, inbox: &mut Inbox, shape: Shape, mut each: impl FnMut(&[u8])) -> usize {
        let (socket, expected) = match shape.direction {
            Direction::Up => (&self.peers, shape.length),
            Direction::Down => (&self.clients, shape.length + 4),
        };
        let mut packets = 0;
        for _ in 0..TURNS {
            let received = inbox.receive(socket, 0);
            for slot in 0..received {
                // Anything else is no relayed packet.
                if inbox.segment(slot) == expected {
                    packets += inbox.datagrams(slot);
                    each(inbox.bytes(slot));
                }
            }
            inbox.clear(0..received);
            if received < SLOTS {
                break;
            }
        }
        packets
    }
}

fn stamp(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Sends packets, of each flow in its turn.
struct Sender<'l> {
    load: &'l Load,
    shape: Shape,
    outbox: Outbox,
    /// What each message of a batch holds.
    runs: Vec<Vec<u8>>,
    /// The flow that is next.
    turn: usize,
}

impl<'l> Sender<'l> {
    fn new(load: &'l Load, shape: Shape, batch: usize) -> Self {
        let messages = (batch / shape.burst).max(1);
        Self {
            load,
            shape,
            outbox: Outbox::new(messages),
            runs: vec![vec![0; shape.burst * (shape.length + 4)]; messages],
            turn: 0,
        }
    }

    fn inbox(&self) -> Inbox {
        Inbox::new(SLOTS, if self.shape.burst > 1 { 65_536 + 64 } else { 2048 + 64 })
    }

    /// Sends up to so many packets, the first eight bytes of each a stamp; says how many.
    fn send(&mut self, packets: usize, stamp: u64) -> usize {
        let Shape {
            direction,
            length,
            burst,
            ..
        } = self.shape;
        let header = if direction == Direction::Up { 4 } else { 0 };
        let unit = header + length;
        let count = (packets / burst).clamp(1, self.runs.len());
        let mut messages = Vec::with_capacity(count);
        for (at, run) in self.runs[..count].iter_mut().enumerate() {
            let flow = &self.load.flows[self.turn];
            for packet in run.chunks_exact_mut(unit).take(burst) {
                if header > 0 {
                    packet[..2].copy_from_slice(&channel(self.turn).to_be_bytes());
                    packet[2..4].copy_from_slice(&u16::try_from(length).unwrap_or_default().to_be_bytes());
                }
                packet[header..header + 8].copy_from_slice(&stamp.to_le_bytes());
            }
            let (to, from) = match direction {
                Direction::Up => (self.load.server.address, flow.client),
                Direction::Down => (flow.relayed, flow.peer),
            };
            messages.push(Message {
                parts: at..at + 1,
                to,
                from: Some(from),
                segment: (burst > 1).then_some(u16::try_from(unit).unwrap_or_default()),
            });
            self.turn = (self.turn + 1) % self.load.flows.len();
        }
        let parts: Vec<IoSlice<'_>> = self.runs[..count]
            .iter()
            .map(|run| IoSlice::new(&run[..burst * unit]))
            .collect();
        let socket = match direction {
            Direction::Up => &self.load.clients,
            Direction::Down => &self.load.peers,
        };
        self.outbox.send(socket, &parts, &messages) * burst
    }
}
