//! One receiving and one sending socket for all relayed ports of a worker, where the system lets us: the kernel steers
//! each port to its worker, datagrams of all allocations come with one call and leave with one.

use std::cell::{Cell, OnceCell};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;

use super::sockets::{bind, listen_udp};
use crate::address::{Family, PeerAddress};
use crate::datapath::raw::{IcmpSocket, LONGEST_RAW, RawSocket};
use crate::datapath::steer::Steering;
use crate::datapath::{receive_destinations, set_dont_fragment};
use crate::table::AllocationKey;

/// The sending buffer, in bytes; the kernel gives what it allows.
const SEND_BUFFER: usize = 4 << 20;
/// No allocation.
const NOBODY: u32 = u32::MAX;

/// A worker's sockets for the relayed ports of one family.
pub(super) struct SharedSockets {
    steering: Arc<Steering>,
    worker: usize,
    receiving: UdpSocket,
    raw: Rc<RawSocket>,
    icmp: IcmpSocket,
    /// The allocation of each port of this worker.
    keys: Rc<[Cell<u32>]>,
}

impl SharedSockets {
    /// Opens them, and has the worker's ports steered to them.
    pub(super) fn new(steering: Arc<Steering>, worker: usize) -> io::Result<Self> {
        let address = steering.address();
        // Bound to a port of its own, out of the range, that nobody is told of.
        let receiving = listen_udp(SocketAddr::new(address, 0))?;
        receive_destinations(receiving.as_fd(), address.is_ipv6());
        steering.join(worker, receiving.as_fd())?;
        Ok(Self {
            raw: Rc::new(RawSocket::new(address, SEND_BUFFER)?),
            icmp: IcmpSocket::new(address)?,
            keys: vec![Cell::new(NOBODY); steering.ports()].into(),
            steering,
            worker,
            receiving,
        })
    }

    /// Of its address.
    pub(super) fn family(&self) -> Family {
        Family::of(self.steering.address())
    }

    /// Where the peers' datagrams arrive.
    pub(super) fn receiving(&self) -> &UdpSocket {
        &self.receiving
    }

    /// Where ICMP errors arrive.
    pub(super) fn icmp(&self) -> &IcmpSocket {
        &self.icmp
    }

    /// What everything is sent through that one datagram is enough for.
    pub(super) fn raw(&self) -> &RawSocket {
        &self.raw
    }

    /// The allocation that a port belongs to.
    pub(super) fn key(&self, port: u16) -> Option<AllocationKey> {
        let place = port.checked_sub(self.steering.first())?;
        let key = self.keys.get(usize::from(place))?.get();
        (key != NOBODY).then_some(AllocationKey(key))
    }

    /// Has a claimed port steered here, for an allocation.
    pub(super) fn take(&self, claim: Claim, key: AllocationKey) -> SharedPort {
        if let Some(cell) = self.cell(claim.port) {
            cell.set(key.0);
        }
        self.steering.give(claim.port, self.worker);
        SharedPort {
            raw: Rc::clone(&self.raw),
            keys: Rc::clone(&self.keys),
            udp: OnceCell::new(),
            claim,
        }
    }

    fn cell(&self, port: u16) -> Option<&Cell<u32>> {
        self.keys.get(usize::from(port.checked_sub(self.steering.first())?))
    }
}

/// A port that nobody else gets until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    steering: Arc<Steering>,
    port: u16,
}

impl Claim {
    /// Claims a port, if it is free.
    pub(super) fn new(steering: &Arc<Steering>, port: u16) -> Option<Self> {
        steering.claim(port).then(|| Self {
            steering: Arc::clone(steering),
            port,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.steering.release(self.port);
    }
}

/// A relayed port that shares its worker's sockets.
#[derive(Debug)]
pub struct SharedPort {
    raw: Rc<RawSocket>,
    keys: Rc<[Cell<u32>]>,
    /// A socket of its own, for what only one can do: runs that the kernel takes apart, and what must be fragmented.
    udp: OnceCell<Option<UdpSocket>>,
    claim: Claim,
}

impl SharedPort {
    /// The port.
    pub fn port(&self) -> u16 {
        self.claim.port
    }

    /// A socket of its own; made when it is needed for the first time. It receives nothing: the port is steered.
    pub fn udp(&self) -> Option<BorrowedFd<'_>> {
        let open = || {
            let address = SocketAddr::new(self.claim.steering.address(), self.claim.port);
            let socket = bind(address).ok().flatten()?;
            set_dont_fragment(socket.as_fd(), false);
            Some(socket)
        };
        self.udp.get_or_init(open).as_ref().map(|socket| socket.as_fd())
    }

    /// Sends one datagram through the shared socket; whether it is short enough for that.
    pub fn send(&self, data: &[u8], peer: PeerAddress, dont_fragment: bool) -> bool {
        let short = data.len() <= LONGEST_RAW;
        if short {
            self.raw.send(self.claim.port, peer.socket(), data, dont_fragment);
        }
        short
    }
}

impl Drop for SharedPort {
    fn drop(&mut self) {
        let place = self.claim.port.checked_sub(self.claim.steering.first());
        if let Some(cell) = place.and_then(|place| self.keys.get(usize::from(place))) {
            cell.set(NOBODY);
        }
    }
}
