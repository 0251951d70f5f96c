//! This relay's control plane.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use visavis_turn::address::{ClientAddress, Family, FiveTuple, PeerAddress, RelayAddress, RelayPort, Via};
use visavis_turn::allocation::{ChannelNumber, Relay as Relayed};
use visavis_turn::authentication::Authenticator;
use visavis_turn::clock::Now;
use visavis_turn::connection::ConnectionId;
use visavis_turn::framing::channel_datagram;
use visavis_turn::peer_policy::PeerPolicy;
use visavis_turn::quota::Quota;
use visavis_turn::server::relaying::ToClient;
use visavis_turn::server::{ClaimError, OpenError, Opened, Output, PortWish, Relays, Rules, Server};
use visavis_turn::table::AllocationKey;
use zeroize::Zeroizing;

use crate::{Given, Outcome, REALM, Relay, USERS, client_address};

/// A machine that never runs out of ports.
struct Ports(u16);

impl Relays for Ports {
    type Socket = ();
    type Connection = ();

    fn open(&mut self, _: AllocationKey, family: Family, wish: PortWish) -> Result<Opened<()>, OpenError> {
        let ip: IpAddr = match family {
            Family::V4 => "192.0.2.10".parse().unwrap(),
            Family::V6 => "2001:db8::10".parse().unwrap(),
        };
        self.0 += 2;
        Ok(Opened {
            relay: Relayed {
                address: RelayAddress(SocketAddr::new(ip, self.0)),
                socket: (),
            },
            token: (wish == PortWish::EvenAndReserveNext).then_some(1),
        })
    }

    fn redeem(&mut self, _: Instant, _: AllocationKey, _: u64) -> Result<Relayed<()>, OpenError> {
        Err(OpenError::OutOfPorts)
    }

    fn listen(&mut self, _: AllocationKey, _: Family) -> Result<Relayed<()>, OpenError> {
        Err(OpenError::OutOfPorts)
    }

    fn connect(
        &mut self,
        _: Instant,
        _: AllocationKey,
        (): &(),
        _: ConnectionId,
        _: PeerAddress,
    ) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn claim(&mut self, _: Instant, _: ConnectionId, _: &str) -> Result<(), ClaimError> {
        Err(ClaimError::Unknown)
    }
}

pub(crate) struct Ours {
    server: Server<Ports>,
    ports: Ports,
    now: Now,
}

impl Ours {
    pub(crate) fn new() -> Self {
        let now = Now::read();
        let users = USERS.map(|(name, password)| (name.to_owned(), Zeroizing::new(password.to_owned())));
        let range = (RelayPort(1024), RelayPort(65535));
        let rules = Rules {
            authenticator: Authenticator::new(REALM.to_owned(), vec![], HashMap::from(users), [7; 32]),
            peers: PeerPolicy::new(vec![], vec![], vec![], vec![], range),
            // The other server has none.
            tcp: false,
            quota: Quota {
                bytes_per_second: 0,
                packets_per_second: 0,
                user_bytes_per_second: 0,
                user_packets_per_second: 0,
                network_bytes_per_second: 0,
                unauthenticated_per_second: 0,
                ..Quota::default()
            },
            longest_lifetime: Duration::from_hours(1),
            alternates: vec![],
            last_channel: ChannelNumber::LAST_BEFORE,
        };
        Self {
            server: Server::new(now, Arc::new(rules), Arc::default()),
            ports: Ports(40_000),
            now,
        }
    }
}

fn five_tuple(client: usize) -> FiveTuple {
    FiveTuple {
        via: Via::Datagram(0),
        client: ClientAddress(client_address(client)),
    }
}

impl Relay for Ours {
    fn datagram(&mut self, client: usize, datagram: &[u8]) -> Given {
        let from = five_tuple(client);
        if let Some((number, data)) = channel_datagram(datagram) {
            let sent = self
                .server
                .find(&from)
                .and_then(|key| self.server.channel_data(self.now, key, number, data.len()));
            return sent.map_or(Given::Nothing, |((), peer)| Given::ToPeer(peer.socket()));
        }
        match self.server.message(self.now, from, datagram, &mut self.ports) {
            Output::Reply(answer) | Output::Bound { reply: answer, .. } => Given::Answer(answer),
            Output::ToPeer { peer, .. } => Given::ToPeer(peer.socket()),
            Output::Nothing => Given::Nothing,
        }
    }

    fn peer_datagram(&mut self, client: usize, peer: SocketAddr) -> Outcome {
        let peer = PeerAddress::new(peer);
        let Some(key) = self.server.find(&five_tuple(client)) else {
            return Outcome::Nothing;
        };
        if self.server.socket(key, peer.family()).is_none() {
            return Outcome::Nothing;
        }
        match self.server.from_peer(self.now, key, peer, 4, 1) {
            None => Outcome::Nothing,
            Some((_, ToClient::Indication)) => Outcome::ToClient(None),
            Some((_, ToClient::Channel(number))) => Outcome::ToClient(Some(number.value())),
        }
    }

    fn sleep(&mut self, duration: Duration) {
        self.now.at += duration;
        self.now.unix += duration.as_secs();
        self.server.expire(self.now);
    }
}
