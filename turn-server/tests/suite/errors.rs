//! What peers and routers answer to relayed data by ICMP, and the bit that forbids routers to cut it.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use stun_types::attribute::{AttributeStaticType as _, AttributeWrite as _, RawAttribute};
use stun_types::message::{MessageClass, MessageType};
use turn_types::attribute as turn;
use turn_types::message as method;

use crate::client::{Answer, Client};
use crate::process::Relay;

/// How long what a test waits for may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tries it with a socket for each port, and with shared ones where that is possible.
fn on_both_paths(attempt: impl Fn(&Relay)) {
    attempt(&Relay::start(""));
    // Ports of its own: those of others at `::1` would be steered too.
    let relay = Relay::start("relay.path = \"shared\"\nrelay.ports = \"30000-31999\"");
    if relay.steers() {
        attempt(&relay);
    } else {
        eprintln!("NOT RUN: shared ports need CAP_NET_ADMIN, CAP_BPF and CAP_NET_RAW");
    }
}

/// An indication to a peer of a client, with DATA as its last attribute.
fn send(client: &Client, peer: SocketAddr, dont_fragment: bool, data: &[u8]) {
    use stun_types::message::{Message, MessageWrite as _, MessageWriteVec};
    let kind = MessageType::from_class_method(MessageClass::Indication, method::SEND);
    let mut message = Message::builder(kind, 7.into(), MessageWriteVec::new());
    message.push_attribute_unchecked(&turn::XorPeerAddress::new(peer, 7.into()));
    if dont_fragment {
        message.push_attribute_unchecked(&RawAttribute::new(turn::DontFragment::TYPE, &[]));
    }
    message.push_attribute_unchecked(&RawAttribute::new(turn::Data::TYPE, data));
    client.socket.send(&message.finish()).unwrap();
}

/// A client with a permission for all peers.
fn client(relay: &Relay) -> Client {
    let mut client = Client::new(relay);
    assert_eq!(client.allocate().error(), None);
    let peer = turn::XorPeerAddress::new((relay.peers, 0).into(), 0.into());
    let answer = client.request(method::CREATE_PERMISSION, &[peer.to_raw().into_owned()]);
    assert_eq!(answer.error(), None);
    client
}

#[test]
fn a_peer_that_is_not_there_is_told_of_by_icmp() {
    on_both_paths(|relay| {
        let mut client = client(relay);
        // A port that nobody listens at.
        let gone = UdpSocket::bind((relay.peers, 0)).unwrap().local_addr().unwrap();
        let told = |client: &Client| {
            let mut room = [0; 2048];
            let length = client.socket.recv(&mut room).ok()?;
            let answer = Answer(room[..length].to_vec());
            let message = answer.message();
            assert_eq!(
                message.get_type(),
                MessageType::from_class_method(MessageClass::Indication, method::DATA)
            );
            let icmp = message.attribute::<turn::Icmp>().unwrap();
            let peer = message.attribute::<turn::XorPeerAddress>().unwrap();
            Some((
                (icmp.icmp_type(), icmp.code(), icmp.data()),
                peer.addr(message.transaction_id()),
            ))
        };
        // Kernels send only so many ICMP errors in a while.
        let insist = |client: &Client, attempt: &dyn Fn(&Client)| {
            let begin = Instant::now();
            loop {
                attempt(client);
                if let Some(told) = told(client) {
                    return told;
                }
                assert!(begin.elapsed() < PATIENCE, "nothing is told");
            }
        };
        // Port unreachable.
        let expected = ((3, 3, 0), gone);
        assert_eq!(
            insist(&client, &|client| send(client, gone, false, b"anybody?")),
            expected
        );
        while told(&client).is_some() {}
        assert_eq!(client.bind(0x4000, gone).error(), None);
        let channel_data = |client: &Client| {
            client.socket.send(&[0x40, 0, 0, 4, 1, 2, 3, 4]).unwrap();
        };
        assert_eq!(insist(&client, &channel_data), expected);
    });
}

/// All UDP datagrams that come to an address, with their IP headers.
fn tap(address: Ipv4Addr) -> Option<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP)).ok()?;
    socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    Some(socket)
}

#[test]
fn routers_may_not_cut_what_the_client_forbids_and_may_cut_the_rest() {
    on_both_paths(|relay| {
        let Some(mut tap) = tap(relay.peers) else {
            eprintln!("NOT RUN: seeing headers needs CAP_NET_RAW");
            return;
        };
        let client = client(relay);
        let peer = UdpSocket::bind((relay.peers, 0)).unwrap().local_addr().unwrap();
        for dont_fragment in [false, true, false] {
            let mark = format!("forbidden: {dont_fragment}");
            send(&client, peer, dont_fragment, mark.as_bytes());
            let mut packet = [0; 2048];
            loop {
                let length = tap.read(&mut packet).unwrap();
                // (Answers to the client come to this address too.)
                if packet[28..length] == *mark.as_bytes() {
                    break;
                }
            }
            assert_eq!(packet[6] & 0x40 != 0, dont_fragment);
        }
    });
}
