//! `turn-client-proto`, a client that others wrote, over UDP and TCP.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant as Clock};

use turn_client_proto::api::{Transmit, TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet};
use turn_client_proto::stun::Instant;
use turn_client_proto::tcp::TurnClientTcp;
use turn_client_proto::types::TurnCredentials;
use turn_client_proto::types::stun::TransportType;
use turn_client_proto::udp::TurnClientUdp;

use crate::process::Relay;

/// How long all that a test waits for may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What a client speaks to the relay through.
pub(crate) enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Wire {
    pub(crate) fn udp(relay: &Relay) -> Self {
        let socket = UdpSocket::bind((relay.peers, 0)).unwrap();
        socket.connect((relay.address, 3478)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self::Udp(socket)
    }

    pub(crate) fn tcp(relay: &Relay) -> Self {
        let stream = TcpStream::connect((relay.address, 3478)).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self::Tcp(stream)
    }

    pub(crate) fn local(&self) -> SocketAddr {
        match self {
            Self::Udp(socket) => socket.local_addr().unwrap(),
            Self::Tcp(stream) => stream.local_addr().unwrap(),
        }
    }

    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => drop(socket.send(bytes).unwrap()),
            Self::Tcp(stream) => stream.write_all(bytes).unwrap(),
        }
    }

    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let mut room = [0; 4096];
        let received = match self {
            Self::Udp(socket) => socket.recv(&mut room),
            Self::Tcp(stream) => stream.read(&mut room),
        };
        match received {
            Ok(0) => panic!("the relay has closed"),
            Ok(length) => Some(room[..length].to_vec()),
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Somebody on the other side, who sends everything back.
pub(crate) fn peer(relay: &Relay) -> SocketAddr {
    relay.echo();
    SocketAddr::from((relay.peers, 34_998))
}

/// Drives a client of `turn-client-proto`, whose time began at `start`, until something has come of it.
fn drive<T>(
    client: &mut impl TurnClientApi,
    wire: &mut Wire,
    start: Clock,
    mut until: impl FnMut(Happened) -> Option<T>,
) -> T {
    let since = Clock::now();
    while since.elapsed() < PATIENCE {
        let now = Instant::from_std(start);
        assert!(!matches!(client.poll(now), TurnPollRet::Closed));
        while let Some(transmit) = client.poll_transmit(now) {
            wire.send(transmit.data.as_ref());
        }
        while let Some(event) = client.poll_event() {
            if let Some(done) = until(Happened::Event(event)) {
                return done;
            }
        }
        if let Some(bytes) = wire.receive() {
            let transmit = Transmit::new(bytes, client.transport(), client.remote_addr(), client.local_addr());
            let now = Instant::from_std(start);
            if let TurnRecvRet::PeerData(data) = client.recv(transmit, now)
                && let Some(done) = until(Happened::Data(data.peer, data.data().to_vec()))
            {
                return done;
            }
            while let Some(data) = client.poll_recv(now) {
                if let Some(done) = until(Happened::Data(data.peer, data.data().to_vec())) {
                    return done;
                }
            }
        }
    }
    panic!("nothing has come of it");
}

enum Happened {
    Event(TurnEvent),
    Data(SocketAddr, Vec<u8>),
}

/// Allocates, sends through a permission and through a channel, and ends the allocation.
fn exercise(mut client: impl TurnClientApi, mut wire: Wire, peer: SocketAddr) {
    let (client, wire, start) = (&mut client, &mut wire, Clock::now());
    let relayed = drive(client, wire, start, |happened| match happened {
        Happened::Event(TurnEvent::AllocationCreated(TransportType::Udp, relayed)) => Some(relayed),
        Happened::Event(event) => panic!("{event:?}"),
        Happened::Data(..) => None,
    });
    assert!(relayed.port() >= 49152);
    let now = || Instant::from_std(start);
    client.create_permission(TransportType::Udp, peer.ip(), now()).unwrap();
    drive(client, wire, start, |happened| {
        matches!(happened, Happened::Event(TurnEvent::PermissionCreated(..))).then_some(())
    });
    for bound in [false, true] {
        if bound {
            client.bind_channel(TransportType::Udp, peer, now()).unwrap();
            drive(client, wire, start, |happened| {
                matches!(happened, Happened::Event(TurnEvent::ChannelCreated(..))).then_some(())
            });
        }
        for length in [0, 1, 3, 4, 500, 1200] {
            // This client does not pad ChannelData, as it must on a stream (RFC 8656 section 12.5).
            if bound && client.transport() == TransportType::Tcp && length % 4 != 0 {
                continue;
            }
            let data = vec![7; length];
            let sent = client.send_to(TransportType::Udp, peer, &data[..], now()).unwrap();
            wire.send(&sent.expect("it goes through the relay").build().data);
            let (from, back) = drive(client, wire, start, |happened| match happened {
                Happened::Data(from, data) => Some((from, data)),
                Happened::Event(_) => None,
            });
            assert_eq!((from, back), (peer, data));
        }
    }
    client.delete(now()).unwrap();
}

fn credentials() -> TurnConfig {
    TurnConfig::new(TurnCredentials::new("user1", "test"))
}

#[test]
fn turn_client_proto_is_served_over_udp() {
    let relay = Relay::start("");
    let wire = Wire::udp(&relay);
    let client = TurnClientUdp::allocate(wire.local(), (relay.address, 3478).into(), credentials());
    exercise(client, wire, peer(&relay));
}

#[test]
fn turn_client_proto_is_served_over_tcp() {
    let relay = Relay::start("");
    let wire = Wire::tcp(&relay);
    let client = TurnClientTcp::allocate(wire.local(), (relay.address, 3478).into(), credentials());
    exercise(client, wire, peer(&relay));
}
