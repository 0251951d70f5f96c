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

#[test]
fn a_reload_cuts_what_the_new_policy_forbids_and_nothing_else() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    for (number, peer) in [(0x4000, PEER), (0x4001, "9.9.9.9:40000")] {
        client.bind(&mut bench, number, peer).ok();
    }
    client.permit(&mut bench, &["8.8.4.4:1"]).ok();
    let rules = Bench::rules(Quota::default(), &["8.8.0.0/16"]);
    bench.server.set_rules(Arc::new(rules));
    let key = client.key_in(&bench);
    let from = |bench: &mut Bench, peer: &str| {
        let peer = PeerAddress::new(peer.parse().unwrap());
        bench.server.from_peer(bench.now, key, peer, 1, 1).is_some()
    };
    assert!(bench.server.channel_data(bench.now, key, 0x4000, 1).is_none());
    for peer in [PEER, "8.8.4.4:1"] {
        assert!(!from(&mut bench, peer), "{peer}");
        assert_eq!(client.send(&mut bench, peer, b"data"), None);
    }
    assert!(bench.server.channel_data(bench.now, key, 0x4001, 1).is_some());
    assert!(from(&mut bench, "9.9.9.9:40000"));
}

/// Three ways to the relay over two families, for each of three connections of four people, each in a network of
/// their own; and one of them once more, for an ICE restart.
#[test]
fn a_mesh_call_of_four_fits_the_default_quotas_and_little_more_does() {
    let ports = Ports::new(&[Family::V4, Family::V6], 50_000..50_200);
    let mut bench = Bench::with(Quota::default(), ports);
    let mut clients = Vec::new();
    let mut client = |bench: &mut Bench, person: usize, number: usize| {
        let port = 1000 + number;
        let address = match number % 2 {
            0 => format!("203.0.{person}.1:{port}"),
            _ => format!("[2001:db8:{person}::1]:{port}"),
        };
        let mut client = Client::new(bench, &address);
        let answer = client.allocate(bench).error();
        clients.push((client, person));
        answer
    };
    for person in 0..4 {
        for number in 0..18 {
            assert_eq!(client(&mut bench, person, number), None);
        }
    }
    for number in 18..36 {
        assert_eq!(client(&mut bench, 0, number), None);
    }
    for number in 36..42 {
        assert_eq!(client(&mut bench, 0, number), None);
    }
    assert_eq!(client(&mut bench, 0, 42), Some(486));
    clients.truncate(72);
    // Everybody may try ten addresses of each of the others.
    for (client, person) in &mut clients {
        let others = (0..4).filter(|other| other != person);
        let peers: Vec<_> = others
            .flat_map(|other| (0..10).map(move |at| format!("9.9.{other}.{at}:1")))
            .collect();
        client
            .permit(&mut bench, &peers.iter().map(String::as_str).collect::<Vec<_>>())
            .ok();
    }
    // A second of the call: to each of three others 2.5 Mbit/s of video and 50 packets of sound, and the same back,
    // through the relay at both ends.
    for tick in 0..10 {
        for (client, person) in &clients {
            let key = client.key_in(&bench);
            if client.from.client.0.port() != 1000 {
                continue;
            }
            let peer = PeerAddress::new(format!("9.9.{}.0:1", (person + 1) % 4).parse().unwrap());
            for _ in 0..3 * 2 * 28 {
                assert!(
                    bench.server.from_peer(bench.now, key, peer, 1100, 1).is_some(),
                    "{tick}"
                );
            }
            for _ in 0..3 * 2 * 5 {
                assert!(bench.server.from_peer(bench.now, key, peer, 160, 1).is_some(), "{tick}");
            }
        }
        bench.now = bench.now.plus(Duration::from_millis(100));
    }
}

#[test]
fn a_network_with_many_users_is_bounded() {
    let quota = Quota {
        per_network: 8,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_100));
    let mut errors = Vec::new();
    for last in 1..=10 {
        let mut client = Client::new(&bench, &format!("203.0.113.{last}:5000"));
        client.username = format!("{}:call {last}", bench.now.unix + 3600);
        client.password = visavis_turn_credential::password(SECRET, &client.username);
        errors.push(client.allocate(&mut bench).error());
    }
    assert_eq!(errors[..8], [None; 8]);
    assert_eq!(errors[8..], [Some(486); 2]);
}

#[test]
fn many_allocations_do_not_relay_more_than_their_users_quota() {
    let quota = Quota {
        user_bytes_per_second: 200_000,
        user_packets_per_second: 400,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_100));
    let clients: Vec<_> = (0..20)
        .map(|port| {
            let mut client = Client::new(&bench, &format!("203.0.113.1:{}", 5000 + port));
            client.allocate(&mut bench).ok();
            client.bind(&mut bench, 0x4000, PEER).ok();
            client
        })
        .collect();
    let keys: Vec<_> = clients.iter().map(|client| client.key_in(&bench)).collect();
    let passed = |bench: &mut Bench, length| {
        let turns = (0..100).flat_map(|_| &keys);
        turns
            .filter(|key| bench.server.channel_data(bench.now, **key, 0x4000, length).is_some())
            .count()
    };
    let small = passed(&mut bench, 1);
    assert!((1..=400).contains(&small), "{small}");
    bench.sleep(3);
    let large = passed(&mut bench, 1000);
    // What was drawn ahead is passed beside the second's worth.
    assert!(large <= 200 + 20 * 16, "{large}");
}

#[test]
fn many_allocations_do_not_reach_more_peers_than_their_users_quota() {
    let mut bench = Bench::with(Quota::default(), Ports::new(&[Family::V4], 50_000..50_100));
    let mut reached = 0;
    for number in 0u8..20 {
        let mut client = Client::new(&bench, &format!("203.0.113.1:{}", 5000 + u16::from(number)));
        client.allocate(&mut bench).ok();
        for last in 0..20 {
            let answer = client.permit(&mut bench, &[&format!("9.9.{number}.{last}:1")]);
            match answer.error() {
                None => reached += 1,
                error => assert_eq!(error, Some(508)),
            }
        }
        // Ending the allocation does not make the others forgotten.
        client.refresh(&mut bench, 0).ok();
        bench.sleep(2);
    }
    assert_eq!(reached, Quota::default().user_peers);
}

#[test]
fn errors_without_credentials_never_say_more_than_needed() {
    // No reason phrase, no SOFTWARE: both only make the answer longer.
    let mut bench = Bench::new();
    let client = Client::new(&bench, "203.0.113.1:5000");
    let kind = MessageType::from_class_method(MessageClass::Request, method::ALLOCATE);
    let request = Message::builder(kind, 1.into(), MessageWriteVec::new()).finish();
    let answer = Answer(bench.raw(client.from, &request).unwrap());
    let message = answer.message();
    assert_eq!(message.attribute::<ErrorCode>().unwrap().reason(), "");
    assert!(message.raw_attribute(stun_types::attribute::Software::TYPE).is_none());
}
