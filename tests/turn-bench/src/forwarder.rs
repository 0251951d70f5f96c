//! The measure of all: a forwarder that knows its clients and peers beforehand and speaks no protocol. It takes the four
//! bytes before ChannelData away and puts them on, with one socket for each relayed port and the system calls that are
//! best for that.

mod shared;

use std::io::{IoSlice, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::ops::Range;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;

use crate::Result;
use crate::calls::{Inbox, Message, Outbox, open, receive_runs};

/// Datagrams, or runs of them, received with one call.
const SLOTS: usize = 64;
/// Receives from the listener before the others have their turn.
const TURNS: usize = 4;
/// The length of a slot for a datagram, and for a run. No powers of two, or all slots would share the same few lines of the
/// processor's cache.
const LONGEST: usize = 2048 + 64;
const LONGEST_RUN: usize = 65_536 + 64;
/// The buffers of its sockets, in bytes.
const BUFFER: i32 = 4 << 20;
/// Of the segments of one message the kernel takes 64, and 65,535 bytes with headers.
const MOST_SEGMENTS: usize = 48;
const MOST_BYTES: usize = 64_000;
/// How events name the listener.
const LISTENER: u64 = u64::MAX;

/// What it is told.
pub(crate) struct Plan {
    /// Where clients send to, and where its relayed ports are.
    pub(crate) listen: SocketAddrV4,
    /// The first client; each other one has the next address.
    pub(crate) clients: SocketAddrV4,
    /// The peer of the first client; each other one's has the next address.
    pub(crate) peers: SocketAddrV4,
    /// How many.
    pub(crate) flows: u32,
    /// Receives and sends runs.
    pub(crate) runs: bool,
    /// Has one socket to receive and one to send for all relayed ports.
    pub(crate) shared: bool,
}

/// The address that is so many after another.
pub(crate) fn nth(first: Ipv4Addr, at: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(first).wrapping_add(at))
}

/// Forwards until it is killed. Says its relayed ports on standard output first.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    if plan.shared {
        return shared::run(plan);
    }
    let listener = open(plan.listen, Some(BUFFER))?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(
        &epoll,
        &listener,
        epoll::EventData::new_u64(LISTENER),
        epoll::EventFlags::IN,
    )?;
    let mut relayed = Vec::new();
    for flow in 0..plan.flows {
        let buffer = (plan.flows <= 64).then_some(BUFFER);
        let socket = open(SocketAddrV4::new(*plan.listen.ip(), 0), buffer)?;
        epoll::add(
            &epoll,
            &socket,
            epoll::EventData::new_u64(flow.into()),
            epoll::EventFlags::IN,
        )?;
        relayed.push(socket);
    }
    if plan.runs {
        for socket in relayed.iter().chain([&listener]) {
            receive_runs(socket)?;
        }
    }
    for socket in &relayed {
        print!("{} ", socket.local_addr()?.port());
    }
    println!();
    std::io::stdout().flush()?;

    let mut forwarder = Forwarder {
        plan,
        inbox: Inbox::new(SLOTS, if plan.runs { LONGEST_RUN } else { LONGEST }),
        outbox: Outbox::new(SLOTS),
        listener,
        relayed,
        waiting: Vec::with_capacity(SLOTS),
    };
    let mut events = Vec::with_capacity(256);
    loop {
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events.drain(..) {
            match event.data.u64() {
                LISTENER => {
                    forwarder.deliver();
                    forwarder.up();
                }
                flow => forwarder.down(usize::try_from(flow)?),
            }
        }
        forwarder.deliver();
    }
}

struct Forwarder<'p> {
    plan: &'p Plan,
    listener: UdpSocket,
    relayed: Vec<UdpSocket>,
    inbox: Inbox,
    outbox: Outbox,
    /// What the first slots hold, each of a flow, waits to go to the clients.
    waiting: Vec<usize>,
}

impl Forwarder<'_> {
    /// From the clients to the peers, through the socket of each flow.
    fn up(&mut self) {
        for _ in 0..TURNS {
            let received = self.inbox.receive(&self.listener, 0);
            let mut parts: Vec<IoSlice<'_>> = Vec::with_capacity(received);
            let mut messages = Vec::with_capacity(received);
            let mut last = None;
            for slot in 0..received {
                let Some(flow) = flow_of(&self.inbox, slot, self.plan.clients, self.plan.flows) else {
                    continue;
                };
                if last.is_some_and(|last| last != flow) {
                    flush(
                        &mut self.outbox,
                        last.map(|last: usize| &self.relayed[last]),
                        &mut parts,
                        &mut messages,
                    );
                }
                last = Some(flow);
                let first = parts.len();
                for datagram in self.inbox.bytes(slot).chunks(self.inbox.segment(slot)) {
                    let Some(([0x40..=0x4F, _, high, low], data)) = datagram.split_first_chunk() else {
                        continue;
                    };
                    if let Some(data) = data.get(..usize::from(u16::from_be_bytes([*high, *low]))) {
                        parts.push(IoSlice::new(data));
                    }
                }
                let to = SocketAddrV4::new(nth(*self.plan.peers.ip(), index(flow)), self.plan.peers.port());
                append(&mut messages, &parts, first, 1, to, self.plan.runs);
            }
            flush(
                &mut self.outbox,
                last.map(|last| &self.relayed[last]),
                &mut parts,
                &mut messages,
            );
            drop(parts);
            self.inbox.clear(0..received);
            if received < self.inbox.slots() {
                break;
            }
        }
    }

    /// From the peer of a flow into the slots that are left.
    fn down(&mut self, flow: usize) {
        if self.waiting.len() == self.inbox.slots() {
            self.deliver();
        }
        let received = self.inbox.receive(&self.relayed[flow], self.waiting.len());
        self.waiting.extend(std::iter::repeat_n(flow, received));
    }

    /// To the clients, all at once through the listener.
    fn deliver(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let heads: Vec<[u8; 4]> = (self.waiting.iter().enumerate())
            .map(|(slot, flow)| head(*flow, self.inbox.segment(slot)))
            .collect();
        let mut parts: Vec<IoSlice<'_>> = Vec::with_capacity(2 * heads.len());
        let mut messages = Vec::with_capacity(heads.len());
        for ((slot, flow), head) in self.waiting.iter().enumerate().zip(&heads) {
            let first = parts.len();
            let segment = self.inbox.segment(slot);
            for datagram in self.inbox.bytes(slot).chunks(segment) {
                // (The load's datagrams are all of one length.)
                if datagram.len() == segment {
                    parts.extend([IoSlice::new(head), IoSlice::new(datagram)]);
                }
            }
            let to = SocketAddrV4::new(nth(*self.plan.clients.ip(), index(*flow)), self.plan.clients.port());
            append(&mut messages, &parts, first, 2, to, self.plan.runs);
        }
        flush(&mut self.outbox, Some(&self.listener), &mut parts, &mut messages);
        self.inbox.clear(0..self.waiting.len());
        self.waiting.clear();
    }
}

/// The flow that a slot's datagram is of, by where it comes from.
fn flow_of(inbox: &Inbox, slot: usize, first: SocketAddrV4, flows: u32) -> Option<usize> {
    let flow = u32::from(*inbox.source(slot).ip()).checked_sub(u32::from(*first.ip()))?;
    (flow < flows).then_some(flow as usize)
}

/// The number and length before ChannelData.
fn head(flow: usize, length: usize) -> [u8; 4] {
    let [first, second] = crate::load::channel(flow).to_be_bytes();
    let [third, fourth] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    [first, second, third, fourth]
}

fn index(flow: usize) -> u32 {
    u32::try_from(flow).unwrap_or(u32::MAX)
}

/// Makes a message of the parts from `first` on, so many to a datagram, or goes on with the run before it.
fn append(messages: &mut Vec<Message>, parts: &[IoSlice<'_>], first: usize, each: usize, to: SocketAddrV4, runs: bool) {
    if parts.len() == first {
        return;
    }
    let length = |from: usize| parts[from..from + each].iter().map(|part| part.len()).sum::<usize>();
    let segment = length(first);
    let whole = |range: &Range<usize>| range.len() == each || length(range.end - each) == segment;
    let runs_of = |parts: usize| runs.then(|| u16::try_from(parts).ok()).flatten();
    if runs
        && let Some(last) = messages.last_mut()
        && last.to == to
        && length(last.parts.start) == segment
        && whole(&last.parts)
        && (parts.len() - last.parts.start) / each <= MOST_SEGMENTS
        && (parts.len() - last.parts.start) / each * segment <= MOST_BYTES
    {
        last.parts.end = parts.len();
        last.segment = runs_of(segment);
        return;
    }
    messages.push(Message {
        parts: first..parts.len(),
        to,
        from: None,
        segment: if parts.len() - first > each {
            runs_of(segment)
        } else {
            None
        },
    });
}

fn flush(outbox: &mut Outbox, socket: Option<&UdpSocket>, parts: &mut Vec<IoSlice<'_>>, messages: &mut Vec<Message>) {
    if let Some(socket) = socket {
        // What the kernel does not take is lost, as datagrams are.
        let _ = outbox.send(socket, parts, messages);
    }
    parts.clear();
    messages.clear();
}
