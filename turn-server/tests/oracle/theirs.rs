//! The server of `turn-server-proto`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use turn_server_proto::api::{Transmit, TurnServerApi as _, TurnServerPollRet};
use turn_server_proto::server::TurnServer;
use turn_server_proto::types::stun::TransportType;
use turn_server_proto::types::transmit::TransmitBuild;
use turn_server_proto::types::{AddressFamily, Instant};

use crate::{Given, LISTENER, Outcome, REALM, Relay, USERS, client_address};

pub(crate) struct Theirs {
    server: TurnServer,
    listener: SocketAddr,
    now: Instant,
    next_port: u16,
    relayed: HashMap<(usize, bool), SocketAddr>,
}

impl Theirs {
    pub(crate) fn new() -> Self {
        let listener = LISTENER.parse().unwrap();
        let mut server = TurnServer::new(TransportType::Udp, listener, REALM.to_owned());
        for (name, password) in USERS {
            server.add_user(name.to_owned(), password.to_owned());
        }
        server.set_nonce_expiry_duration(Duration::from_hours(1));
        Self {
            server,
            listener,
            now: Instant::from_nanos(1_000_000_000),
            next_port: 40_000,
            relayed: HashMap::new(),
        }
    }

    fn clients(address: SocketAddr) -> usize {
        (0..crate::CLIENTS)
            .find(|client| client_address(*client) == address)
            .unwrap()
    }

    /// Opens the sockets it wants, until it wants nothing.
    fn settle(&mut self) {
        while let TurnServerPollRet::AllocateSocket { .. } | TurnServerPollRet::SocketClose { .. } = self.turn() {}
    }

    fn turn(&mut self) -> TurnServerPollRet {
        let wanted = self.server.poll(self.now);
        if let TurnServerPollRet::AllocateSocket {
            transport,
            listen_addr,
            client_addr,
            allocation_transport,
            family,
        } = wanted
        {
            let v4 = family == AddressFamily::IPV4;
            let ip = if v4 { "192.0.2.10" } else { "2001:db8::10" }.parse().unwrap();
            self.next_port += 2;
            let address = SocketAddr::new(ip, self.next_port);
            self.relayed.insert((Self::clients(client_addr), v4), address);
            self.server.allocated_socket(
                transport,
                listen_addr,
                client_addr,
                allocation_transport,
                family,
                Ok(address),
                self.now,
            );
        }
        wanted
    }
}

impl Relay for Theirs {
    fn datagram(&mut self, client: usize, datagram: &[u8]) -> Given {
        let transmit = Transmit::new(datagram, TransportType::Udp, client_address(client), self.listener);
        let sent = self.server.recv(transmit, self.now).map(TransmitBuild::build);
        let sent = sent.or_else(|| {
            self.settle();
            self.server.poll_transmit(self.now)
        });
        match sent {
            None => Given::Nothing,
            Some(sent) if sent.to == client_address(client) => Given::Answer(sent.data),
            Some(sent) => Given::ToPeer(sent.to),
        }
    }

    fn peer_datagram(&mut self, client: usize, peer: SocketAddr) -> Outcome {
        let Some(relayed) = self.relayed.get(&(client, peer.is_ipv4())) else {
            return Outcome::Nothing;
        };
        let transmit = Transmit::new(b"data", TransportType::Udp, peer, *relayed);
        match self.server.recv(transmit, self.now).map(TransmitBuild::build) {
            None => Outcome::Nothing,
            Some(sent) if sent.data[0] & 0xC0 == 0x40 => {
                Outcome::ToClient(Some(u16::from_be_bytes([sent.data[0], sent.data[1]])))
            }
            Some(_) => Outcome::ToClient(None),
        }
    }

    fn sleep(&mut self, duration: Duration) {
        self.now = self.now.checked_add(duration).unwrap();
        self.settle();
    }
}
