//! The TURN client of the `rtc` crates (`rtc-turn`), over UDP and TCP.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use rtc::turn::client::{Client, ClientConfig, Event};

use crate::clients::{PATIENCE, Wire, peer};
use crate::process::Relay;

/// A client, and what it speaks through.
struct Side {
    client: Client,
    wire: Wire,
    server: SocketAddr,
    /// What has come of a stream and is no whole message yet.
    rest: Vec<u8>,
}

impl Side {
    fn new(relay: &Relay, wire: Wire) -> Self {
        let server = SocketAddr::from((relay.address, 3478));
        let config = ClientConfig {
            turn_serv_addr: server.to_string(),
            local_addr: wire.local(),
            // It has no sockets, and leaves streams to whoever has.
            transport_protocol: TransportProtocol::UDP,
            username: "user1".to_owned(),
            password: "test".to_owned(),
            ..ClientConfig::default()
        };
        let client = Client::new(config, rtc::crypto::default_provider().unwrap()).unwrap();
        Self {
            client,
            wire,
            server,
            rest: Vec::new(),
        }
    }

    /// Goes on until something has come of it.
    fn drive<T>(&mut self, mut until: impl FnMut(Event) -> Option<T>) -> T {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            self.client.handle_timeout(Instant::now()).unwrap();
            self.write();
            for message in self.read() {
                let message = TaggedBytesMut {
                    now: Instant::now(),
                    transport: TransportContext {
                        local_addr: self.wire.local(),
                        peer_addr: self.server,
                        ecn: None,
                        transport_protocol: TransportProtocol::UDP,
                    },
                    message: BytesMut::from(&message[..]),
                };
                self.client.handle_read(message).unwrap();
            }
            while let Some(event) = self.client.poll_event() {
                if let Some(done) = until(event) {
                    return done;
                }
            }
        }
        panic!("nothing has come of it");
    }

    fn write(&mut self) {
        while let Some(message) = self.client.poll_write() {
            self.wire.send(&message.message);
        }
    }

    /// The messages that have come.
    fn read(&mut self) -> Vec<Vec<u8>> {
        let Some(bytes) = self.wire.receive() else {
            return Vec::new();
        };
        if !self.wire.is_stream() {
            return vec![bytes];
        }
        self.rest.extend(bytes);
        let mut messages = Vec::new();
        while let Some([kind, _, high, low]) = self.rest.first_chunk() {
            let head = if *kind < 4 { 20 } else { 4 };
            let length = head + usize::from(u16::from_be_bytes([*high, *low]));
            // Padded on a stream (RFC 8656 section 12.5).
            let padded = length.next_multiple_of(4);
            if self.rest.len() < padded {
                break;
            }
            let mut message: Vec<u8> = self.rest.drain(..padded).collect();
            message.truncate(length);
            messages.push(message);
        }
        messages
    }
}

/// Allocates, sends by indications and through a channel, and ends the allocation.
fn exercise(relay: &Relay, wire: Wire) {
    let peer = peer(relay);
    let mut side = Side::new(relay, wire);
    side.client.allocate(Instant::now()).unwrap();
    let relayed = side.drive(|event| match event {
        Event::AllocateResponse(_, relayed) => Some(relayed),
        event => panic!("{event:?}"),
    });
    assert_eq!(relayed.ip(), relay.address);
    let mut allocation = side.client.relay(relayed).unwrap();
    allocation.create_permission(Instant::now(), peer).unwrap();
    side.drive(|event| match event {
        Event::CreatePermissionResponse(_, who) => (who == peer).then_some(()),
        event => panic!("{event:?}"),
    });
    // With the first that it sends it asks for a channel too, which it uses once it has it.
    let (mut indications, mut by_channel) = (0, 0);
    let since = Instant::now();
    for length in [1, 3, 4, 500, 1200].into_iter().cycle() {
        if by_channel > 10 {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "there is no channel");
        let data = vec![7; length];
        let mut allocation = side.client.relay(relayed).unwrap();
        allocation.send_to(Instant::now(), &data, peer).unwrap();
        let (channel, from, back) = side.drive(|event| match event {
            Event::DataIndicationOrChannelData(channel, from, back) => Some((channel, from, back)),
            event => panic!("{event:?}"),
        });
        assert_eq!((from, &back[..]), (peer, &data[..]));
        if channel.is_some() {
            by_channel += 1;
        } else {
            indications += 1;
        }
    }
    // The answer to what was sent before the channel was there may have come through it.
    assert!(indications <= 5, "{indications}");
    side.client.relay(relayed).unwrap().close(Instant::now()).unwrap();
    side.write();
}

#[test]
fn rtc_turn_is_served_over_udp() {
    let relay = Relay::start("");
    exercise(&relay, Wire::udp(&relay));
}

#[test]
fn rtc_turn_is_served_over_tcp() {
    let relay = Relay::start("");
    exercise(&relay, Wire::tcp(&relay));
}
