//! The listening sockets of each worker.

use std::io;
use std::net::{TcpListener, UdpSocket};

use super::sockets;
use crate::config::{Listen, Transport};

/// The listening sockets of one worker.
pub struct Listeners {
    pub(super) udp: Vec<UdpSocket>,
    pub(super) dtls: Vec<UdpSocket>,
    /// With whether it is for TLS.
    pub(super) tcp: Vec<(TcpListener, bool)>,
}

impl Listeners {
    /// Opens one of each for so many workers. First alone: two relays that are started at the same address by mistake
    /// would share its clients.
    pub fn open_all(listen: &[Listen], workers: usize) -> Result<Vec<Self>, OpenError> {
        for one in listen {
            sockets::probe(*one).map_err(|error| OpenError { listen: *one, error })?;
        }
        (0..workers).map(|_| Self::open(listen)).collect()
    }

    fn open(listen: &[Listen]) -> Result<Self, OpenError> {
        let mut listeners = Self {
            udp: Vec::new(),
            dtls: Vec::new(),
            tcp: Vec::new(),
        };
        for one in listen {
            let failed = |error| OpenError { listen: *one, error };
            match one.transport {
                Transport::Udp => listeners.udp.push(sockets::listen_udp(one.address).map_err(failed)?),
                Transport::Dtls => listeners.dtls.push(sockets::listen_udp(one.address).map_err(failed)?),
                Transport::Tcp | Transport::Tls => {
                    let listener = sockets::listen_tcp(one.address).map_err(failed)?;
                    listeners.tcp.push((listener, one.transport == Transport::Tls));
                }
            }
        }
        Ok(listeners)
    }
}

/// A listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {error}")]
pub struct OpenError {
    listen: Listen,
    error: io::Error,
}
