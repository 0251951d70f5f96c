//! Permissions, channels and data, RFC 8656 sections 9 to 12.

use stun_types::message::MessageHeader;

use super::super::relaying::{LONGEST_HEADER, ToClient, write_channel_header, write_indication_header};
use super::*;
use crate::datapath::errors::IcmpError;

fn from_peer(bench: &mut Bench, client: &Client, peer: &str) -> Option<ToClient> {
    let key = bench.server.find(&client.from)?;
    let (to, form) = bench
        .server
        .from_peer(bench.now, key, PeerAddress::new(peer.parse().unwrap()), 1, 1)?;
    assert_eq!(to, client.from);
    Some(form)
}

#[test]
fn data_passes_both_ways_with_a_permission_for_the_address_and_not_without() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    assert_eq!(client.send(&mut bench, PEER, b"data"), None);
    assert_eq!(from_peer(&mut bench, &client, PEER), None);
    client.permit(&mut bench, &[PEER]).ok();
    // Another port of the same address has the same permission.
    for peer in [PEER, "8.8.8.8:1"] {
        assert_eq!(
            client.send(&mut bench, peer, b"data"),
            Some((peer.parse().unwrap(), b"data".to_vec()))
        );
        assert_eq!(from_peer(&mut bench, &client, peer), Some(ToClient::Indication));
    }
    assert_eq!(client.send(&mut bench, "8.8.4.4:1", b"data"), None);
    assert_eq!(from_peer(&mut bench, &client, "8.8.4.4:1"), None);
    assert_eq!(
        client.send(&mut bench, PEER, b""),
        Some((PEER.parse().unwrap(), vec![]))
    );
}

#[test]
fn a_permission_lasts_five_minutes_and_a_channel_ten() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    client.bind(&mut bench, 0x4001, PEER).ok();
    let key = client.key_in(&bench);
    assert_eq!(
        from_peer(&mut bench, &client, PEER),
        Some(ToClient::Channel(ChannelNumber::new(0x4001, 0x4FFF).unwrap()))
    );
    assert!(bench.server.channel_data(bench.now, key, 0x4001, 1).is_some());
    bench.sleep(299);
    client.refresh(&mut bench, 3600).ok();
    assert!(bench.server.channel_data(bench.now, key, 0x4001, 1).is_some());
    bench.sleep(2);
    // The channel is still bound, but its permission has lapsed.
    assert!(bench.server.channel_data(bench.now, key, 0x4001, 1).is_none());
    assert_eq!(from_peer(&mut bench, &client, PEER), None);
    client.permit(&mut bench, &[PEER]).ok();
    assert!(bench.server.channel_data(bench.now, key, 0x4001, 1).is_some());
    bench.sleep(298);
    client.permit(&mut bench, &[PEER]).ok();
    bench.sleep(2);
    assert!(bench.server.channel_data(bench.now, key, 0x4001, 1).is_none());
    assert_eq!(from_peer(&mut bench, &client, PEER), Some(ToClient::Indication));
}

#[test]
fn a_channel_has_one_peer_and_a_peer_one_channel() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    assert_eq!(client.bind(&mut bench, 0x4000, PEER).error(), Some(437));
    client.allocate(&mut bench).ok();
    client.bind(&mut bench, 0x4000, PEER).ok();
    client.bind(&mut bench, 0x4000, PEER).ok();
    assert_eq!(client.bind(&mut bench, 0x4000, "8.8.8.8:1").error(), Some(400));
    assert_eq!(client.bind(&mut bench, 0x4001, PEER).error(), Some(400));
    client.bind(&mut bench, 0x4FFF, "8.8.8.8:1").ok();
    for number in [0, 0x3FFF, 0x5000, 0x7FFF, 0xFFFF] {
        assert_eq!(
            client.bind(&mut bench, number, "8.8.4.4:1").error(),
            Some(400),
            "{number:#x}"
        );
    }
}

#[test]
fn all_the_peers_of_a_request_or_none() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    assert_eq!(client.permit(&mut bench, &[]).error(), Some(400));
    assert_eq!(
        client.permit(&mut bench, &[PEER, "[2606:4700::1111]:1"]).error(),
        Some(443)
    );
    assert_eq!(client.permit(&mut bench, &[PEER, "10.0.0.1:1"]).error(), Some(403));
    assert_eq!(client.send(&mut bench, PEER, b"data"), None);
    assert_eq!(
        client.bind(&mut bench, 0x4000, "[2606:4700::1111]:1").error(),
        Some(443)
    );
}

#[test]
fn an_allocation_of_both_families_reaches_peers_of_both() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let additional = RawAttribute::new(turn::AdditionalAddressFamily::TYPE, &[2, 0, 0, 0]);
    client.request(&mut bench, method::ALLOCATE, &[udp(), additional]).ok();
    client.permit(&mut bench, &[PEER, "[2606:4700::1111]:1"]).ok();
    assert!(client.send(&mut bench, PEER, b"data").is_some());
    assert!(client.send(&mut bench, "[2606:4700::1111]:1", b"data").is_some());
}

#[test]
fn a_header_before_the_data_makes_a_message_that_others_can_read() {
    let transaction: TransactionId = 0x0123_4567_89AB_CDEF_0011_2233.into();
    for peer in ["192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"] {
        let peer = PeerAddress::new(peer.parse().unwrap());
        for data in [&b""[..], b"a", b"four", b"five5"] {
            let mut room = [0; LONGEST_HEADER];
            let length = u16::try_from(data.len()).unwrap();
            let mut bytes = [write_indication_header(peer, length, transaction, &mut room), data].concat();
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            let message = parse(&bytes).expect("well formed");
            assert!(message.has_class(MessageClass::Indication) && message.has_method(method::DATA));
            assert_eq!(message.transaction_id(), transaction);
            assert_eq!(
                message.attribute::<turn::XorPeerAddress>().unwrap().addr(transaction),
                peer.socket()
            );
            assert_eq!(message.attribute::<turn::Data<'_>>().unwrap().data(), data);
        }
    }
    let number = ChannelNumber::new(0x4ABC, 0x4FFF).unwrap();
    let mut room = [0; LONGEST_HEADER];
    assert_eq!(write_channel_header(number, 0x0102, &mut room), [0x4A, 0xBC, 1, 2]);
    assert_eq!(MessageHeader::LENGTH, 20);
}

#[test]
fn an_icmp_error_is_told_where_there_is_a_permission() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let additional = RawAttribute::new(turn::AdditionalAddressFamily::TYPE, &[2, 0, 0, 0]);
    client.request(&mut bench, method::ALLOCATE, &[udp(), additional]).ok();
    client.permit(&mut bench, &[PEER, "[2606:4700::1111]:1"]).ok();
    let key = client.key_in(&bench);
    let told = |peer: &str, kind, code| {
        let error = IcmpError {
            destination: peer.parse().unwrap(),
            kind,
            code,
            mtu: 1280,
        };
        let (to, bytes) = bench.server.peer_error(bench.now, key, &error)?;
        assert_eq!(to, client.from);
        let message = parse(&bytes).expect("well formed");
        let address = message
            .attribute::<turn::XorPeerAddress>()
            .unwrap()
            .addr(message.transaction_id());
        assert_eq!(address, error.destination);
        let icmp = message.attribute::<turn::Icmp>().unwrap();
        Some((icmp.icmp_type(), icmp.code(), icmp.data()))
    };
    assert_eq!(told(PEER, 3, 3), Some((3, 3, 0)));
    assert_eq!(told(PEER, 3, 4), Some((3, 4, 1280)));
    assert_eq!(told(PEER, 11, 0), Some((11, 0, 0)));
    assert_eq!(told(PEER, 5, 0), None);
    assert_eq!(told("8.8.4.4:1", 3, 3), None);
    assert_eq!(told("[2606:4700::1111]:1", 2, 0), Some((2, 0, 1280)));
    assert_eq!(told("[2606:4700::1111]:1", 4, 0), None);
}
