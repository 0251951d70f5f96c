//! What an allocation sends through: a socket of its own, or a port that shares its worker's sockets.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::net::{SendFlags, sendto};

use super::shared::SharedPort;
use crate::address::PeerAddress;
use crate::datapath::set_dont_fragment;

/// The socket of a relayed address.
#[derive(Debug)]
pub enum RelaySocket {
    /// Needs no privilege.
    Own(UdpSocket),
    /// Costs no descriptor and fewer system calls.
    Shared(SharedPort),
    /// Of an allocation for TCP (RFC 6062).
    Listener(TcpListener),
}

impl RelaySocket {
    /// Sends one datagram; lost where the kernel does not take it.
    pub fn send(&self, data: &[u8], peer: PeerAddress, dont_fragment: bool) {
        if let Self::Shared(port) = self
            && port.send(data, peer, dont_fragment)
        {
            return;
        }
        let Some(socket) = self.udp() else {
            return;
        };
        // The option is the socket's, not the datagram's.
        if dont_fragment {
            set_dont_fragment(socket, true);
        }
        let send = || sendto(socket, data, SendFlags::NOSIGNAL, &peer.socket());
        // The first may only report an error that came back for an earlier one.
        let _ = send().or_else(|_| send());
        if dont_fragment {
            set_dont_fragment(socket, false);
        }
    }

    /// A UDP socket that is bound to the relayed address.
    pub fn udp(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Own(socket) => Some(socket.as_fd()),
            Self::Shared(port) => port.udp(),
            Self::Listener(_) => None,
        }
    }

    /// Where this is a port that shares its worker's sockets: which.
    pub fn shared_port(&self) -> Option<u16> {
        match self {
            Self::Own(_) | Self::Listener(_) => None,
            Self::Shared(port) => Some(port.port()),
        }
    }
}
