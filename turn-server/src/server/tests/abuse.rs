//! What others' relays were abused by.

use super::*;

#[test]
fn nothing_is_kept_before_authentication() {
    let quota = Quota {
        unauthenticated_per_second: 0,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4, Family::V6], 50_000..50_100));
    for port in 1..2000 {
        let mut client = Client::new(&bench, &format!("203.0.113.1:{port}"));
        client.password.push('x');
        assert_eq!(client.allocate(&mut bench).error(), Some(401));
    }
    assert_eq!(bench.server.allocations(), 0);
    assert_eq!(bench.server.ledger.total(), 0);
    assert_eq!(bench.ports.free.borrow().len(), 200);
}

#[test]
fn little_is_amplified_before_authentication() {
    let mut bench = Bench::new();
    let client = Client::new(&bench, "203.0.113.1:5000");
    // The shortest question there is: a header. With 28 bytes of IPv4 and UDP headers on both.
    let kind = MessageType::from_class_method(MessageClass::Request, method::ALLOCATE);
    let request = Message::builder(kind, 1.into(), MessageWriteVec::new()).finish();
    let reply = bench.raw(client.from, &request).unwrap();
    assert!(reply.len() + 28 <= 3 * (request.len() + 28), "{}", reply.len());
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    let request = Message::builder(kind, 1.into(), MessageWriteVec::new()).finish();
    let reply = bench.raw(client.from, &request).unwrap();
    assert!(reply.len() <= request.len() + 12, "{}", reply.len());
}

#[test]
fn a_nonce_is_of_no_use_from_elsewhere() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    let thief = FiveTuple {
        via: Via::Datagram(0),
        client: ClientAddress("203.0.113.1:5001".parse().unwrap()),
    };
    let request = client.build(method::ALLOCATE, bench.transaction(), &[udp()]);
    assert_eq!(Answer(bench.raw(thief, &request).unwrap()).error(), Some(438));
}

#[test]
fn inner_addresses_are_refused_on_permission_channel_and_send() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let additional = RawAttribute::new(turn::AdditionalAddressFamily::TYPE, &[2, 0, 0, 0]);
    client.request(&mut bench, method::ALLOCATE, &[udp(), additional]).ok();
    for peer in [
        "127.0.0.1:80",
        "169.254.169.254:80",
        "10.0.0.1:22",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "[::7f00:1]:80",
        "[64:ff9b::a9fe:a9fe]:80",
        "[2002:7f00:1::]:80",
    ] {
        assert_eq!(client.permit(&mut bench, &[peer]).error(), Some(403), "{peer}");
        assert_eq!(client.bind(&mut bench, 0x4000, peer).error(), Some(403), "{peer}");
        assert_eq!(client.send(&mut bench, peer, b"data"), None, "{peer}");
    }
}

#[test]
fn the_servers_own_services_are_out_of_reach_but_its_relayed_ports_are_not() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    client.permit(&mut bench, &["192.0.2.10:50001"]).ok();
    assert!(client.send(&mut bench, "192.0.2.10:50001", b"data").is_some());
    assert_eq!(client.send(&mut bench, "192.0.2.10:3478", b"data"), None);
    assert_eq!(client.bind(&mut bench, 0x4000, "192.0.2.10:3478").error(), Some(403));
}

#[test]
fn permissions_and_channels_are_bounded() {
    let quota = Quota {
        permissions: 3,
        channels: 2,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_100));
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    client.permit(&mut bench, &["8.8.8.1:1", "8.8.8.1:2", "8.8.8.2:1"]).ok();
    assert_eq!(
        client.permit(&mut bench, &["8.8.8.3:1", "8.8.8.4:1"]).error(),
        Some(508)
    );
    client.permit(&mut bench, &["8.8.8.3:1"]).ok();
    client.bind(&mut bench, 0x4000, "8.8.8.1:1").ok();
    client.bind(&mut bench, 0x4001, "8.8.8.1:2").ok();
    assert_eq!(client.bind(&mut bench, 0x4002, "8.8.8.2:1").error(), Some(508));
    assert_eq!(client.bind(&mut bench, 0x4002, "8.8.8.4:1").error(), Some(508));
    client.permit(&mut bench, &["8.8.8.1:1"]).ok();
    bench.sleep(301);
    client.permit(&mut bench, &["8.8.8.4:1", "8.8.8.5:1", "8.8.8.6:1"]).ok();
}

#[test]
fn attributes_behind_the_integrity_do_not_count() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    // Someone on the way adds a peer to a permission that they cannot sign.
    let mut request = client.build(method::CREATE_PERMISSION, bench.transaction(), &[]);
    request.extend_from_slice(&[
        0x00,
        0x12,
        0,
        8,
        0,
        1,
        0x21,
        0x12,
        8 ^ 0x21,
        8 ^ 0x12,
        8 ^ 0xA4,
        8 ^ 0x42,
    ]);
    let length = u16::try_from(request.len() - 20).unwrap().to_be_bytes();
    request[2..4].copy_from_slice(&length);
    let answer = bench.raw(client.from, &request).map(|reply| Answer(reply).error());
    assert_eq!(answer, Some(Some(400)));
    assert_eq!(client.send(&mut bench, PEER, b"data"), None);
}

#[test]
fn a_stream_that_ends_takes_its_allocation_with_it() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.from.via = Via::Session(4);
    client.allocate(&mut bench).ok();
    bench.server.disconnected(&client.from);
    assert_eq!(bench.server.allocations(), 0);
    assert_eq!(bench.server.ledger.total(), 0);
    assert_eq!(bench.ports.free.borrow().len(), 200);
}

#[test]
fn who_is_not_authenticated_gets_few_answers_and_who_is_all() {
    let quota = Quota {
        unauthenticated_per_second: 10,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_100));
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    let question = |method, bench: &mut Bench, from| {
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        let request = Message::builder(kind, bench.transaction(), MessageWriteVec::new()).finish();
        bench.raw(from, &request).is_some()
    };
    let neighbour = FiveTuple {
        via: Via::Datagram(0),
        client: ClientAddress("203.0.113.77:9".parse().unwrap()),
    };
    let answers = (0..200)
        .filter(|at| {
            question(
                if at % 2 == 0 { BINDING } else { method::ALLOCATE },
                &mut bench,
                neighbour,
            )
        })
        .count();
    assert_eq!(answers, 49);
    assert_eq!(bench.server.counters.limited, 151);
    for _ in 0..100 {
        client.permit(&mut bench, &[PEER]).ok();
    }
    let elsewhere = FiveTuple {
        client: ClientAddress("203.0.112.1:9".parse().unwrap()),
        ..neighbour
    };
    assert!(question(BINDING, &mut bench, elsewhere));
    bench.sleep(1);
    assert_eq!(
        (0..200).filter(|_| question(BINDING, &mut bench, neighbour)).count(),
        10
    );
}

#[test]
fn an_allocation_relays_no_more_than_its_quota() {
    let quota = Quota {
        bytes_per_second: 100_000,
        packets_per_second: 100,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_100));
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    client.bind(&mut bench, 0x4000, PEER).ok();
    let (key, peer) = (client.key_in(&bench), PeerAddress::new(PEER.parse().unwrap()));
    let passed = |bench: &mut Bench, length: usize| {
        (0..300)
            .filter(|at| match at % 3 {
                0 => bench.server.channel_data(bench.now, key, 0x4000, length).is_some(),
                1 => bench.server.from_peer(bench.now, key, peer, length, 1).is_some(),
                _ => client.send(bench, PEER, &vec![0; length]).is_some(),
            })
            .count()
    };
    assert_eq!(passed(&mut bench, 100), 100);
    bench.sleep(2);
    assert_eq!(passed(&mut bench, 10_000), 10);
    assert!(bench.server.counters.over_quota > 400);
}
