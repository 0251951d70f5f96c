//! Allocations for TCP and their connections (RFC 6062).

use super::*;
use crate::server::connections::Connected;

fn tcp() -> RawAttribute<'static> {
    RawAttribute::new(turn::RequestedTransport::TYPE, &[6, 0, 0, 0])
}

/// A client on a stream of its own.
fn on_stream(bench: &Bench, number: u32) -> Client {
    let mut client = Client::new(bench, &format!("198.51.100.1:{}", 5000 + number));
    client.from.via = Via::Session(number);
    client
}

fn with_allocation(bench: &mut Bench) -> Client {
    let mut client = on_stream(bench, 1);
    client.request(bench, method::ALLOCATE, &[tcp()]).ok();
    client
}

/// Sends a Connect request, which is not answered at once; whom it is to be connected for.
fn connect(client: &Client, bench: &mut Bench, peer: &str) -> Result<(AllocationKey, ConnectionId), Answer> {
    let transaction = bench.transaction();
    let request = client.build(method::CONNECT, transaction, &[xor_peer(peer, transaction)]);
    match bench.raw(client.from, &request) {
        Some(answer) => Err(Answer(answer)),
        None => Ok(bench.ports.attempts.pop().expect("it is being connected")),
    }
}

fn refused(client: &Client, bench: &mut Bench, peer: &str) -> Option<u16> {
    connect(client, bench, peer).err().and_then(|answer| answer.error())
}

fn connected(bench: &mut Bench, (key, id): (AllocationKey, ConnectionId)) -> Connected {
    bench.server.connected(key, id, true).unwrap().ok().unwrap()
}

/// Sends a ConnectionBind request.
fn bind(client: &mut Client, bench: &mut Bench, id: ConnectionId) -> Answer {
    let id = RawAttribute::new(turn::ConnectionId::TYPE, &id.0.to_be_bytes()).into_owned();
    client.request(bench, method::CONNECTION_BIND, &[id])
}

#[test]
fn only_streams_have_them_and_without_what_only_udp_has() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "198.51.100.1:5000");
    assert_eq!(
        client.request(&mut bench, method::ALLOCATE, &[tcp()]).error(),
        Some(400)
    );
    let mut client = on_stream(&bench, 1);
    for (kind, value) in [
        (turn::DontFragment::TYPE, &[][..]),
        (turn::EvenPort::TYPE, &[0]),
        (turn::ReservationToken::TYPE, &[0; 8]),
        (turn::AdditionalAddressFamily::TYPE, &[2, 0, 0, 0]),
    ] {
        let other = RawAttribute::new(kind, value);
        let answer = client.request(&mut bench, method::ALLOCATE, &[tcp(), other]);
        assert_eq!(answer.error(), Some(400), "{kind}");
    }
    let six = RawAttribute::new(turn::RequestedAddressFamily::TYPE, &[2, 0, 0, 0]);
    let answer = client.request(&mut bench, method::ALLOCATE, &[tcp(), six]);
    assert!(answer.ok().relayed()[0].is_ipv6());
}

#[test]
fn only_where_the_operator_says_so() {
    let mut bench = Bench::new();
    let mut rules = Bench::rules(Quota::default(), &[]);
    rules.tcp = false;
    bench.server.set_rules(Arc::new(rules));
    let mut client = on_stream(&bench, 1);
    assert_eq!(
        client.request(&mut bench, method::ALLOCATE, &[tcp()]).error(),
        Some(442)
    );
}

#[test]
fn a_reload_cuts_connections_with_peers_that_are_now_forbidden() {
    let mut bench = Bench::new();
    let client = with_allocation(&mut bench);
    let links = [PEER, "9.9.9.9:1"].map(|peer| {
        let attempt = connect(&client, &mut bench, peer).ok().unwrap();
        connected(&mut bench, attempt).link
    });
    let pending = connect(&client, &mut bench, "8.8.8.8:1").ok().unwrap();
    let rules = Bench::rules(Quota::default(), &["8.8.8.0/24"]);
    bench.server.set_rules(Arc::new(rules));
    assert!(links[0].is_over());
    assert!(!links[1].is_over());
    assert!(bench.server.connected(pending.0, pending.1, true).unwrap().is_err());
}

#[test]
fn no_datagrams_go_through_them() {
    let mut bench = Bench::new();
    let mut client = with_allocation(&mut bench);
    client.permit(&mut bench, &[PEER]).ok();
    assert!(client.send(&mut bench, PEER, b"data").is_none());
    assert_eq!(client.bind(&mut bench, 0x4000, PEER).error(), Some(400));
}

#[test]
fn connect_is_answered_when_the_peer_has_answered() {
    let mut bench = Bench::new();
    let client = with_allocation(&mut bench);
    let attempt = connect(&client, &mut bench, PEER).ok().unwrap();
    let connected = connected(&mut bench, attempt);
    assert_eq!(connected.to, client.from);
    let answer = Answer(connected.message.clone());
    let message = answer.ok().message();
    assert_eq!(message.transaction_id(), bench.next_transaction.into());
    assert!(integrity::verify(&message, &client.key()), "the answer is signed");
    assert_eq!(message.attribute::<turn::ConnectionId>().unwrap().id(), connected.id.0);
}

#[test]
fn connect_is_447_when_the_peer_cannot_be_reached_and_may_be_tried_again() {
    let mut bench = Bench::new();
    let client = with_allocation(&mut bench);
    let (key, id) = connect(&client, &mut bench, PEER).ok().unwrap();
    let (to, refusal) = bench.server.connected(key, id, false).unwrap().err().unwrap();
    assert_eq!((to, Answer(refusal).error()), (client.from, Some(447)));
    assert!(bench.server.connected(key, id, true).is_none(), "told once");
    assert!(connect(&client, &mut bench, PEER).is_ok());
}

#[test]
fn one_connection_with_a_peer_at_a_time() {
    let mut bench = Bench::new();
    let client = with_allocation(&mut bench);
    let attempt = connect(&client, &mut bench, PEER).ok().unwrap();
    assert_eq!(refused(&client, &mut bench, PEER), Some(446), "being made");
    let connected = connected(&mut bench, attempt);
    assert_eq!(refused(&client, &mut bench, PEER), Some(446), "made");
    assert!(
        connect(&client, &mut bench, "8.8.8.8:40001").is_ok(),
        "another port is another peer"
    );
    drop(connected.link);
    assert!(connect(&client, &mut bench, PEER).is_ok(), "closed");
}

#[test]
fn what_cannot_be_is_refused() {
    let mut bench = Bench::new();
    let stranger = on_stream(&bench, 2);
    let mut udp_client = on_stream(&bench, 3);
    udp_client.allocate(&mut bench).ok();
    let mut client = with_allocation(&mut bench);
    let stranger = Client {
        nonce: {
            let mut stranger = stranger;
            bind(&mut stranger, &mut bench, ConnectionId(1));
            stranger.nonce
        },
        ..on_stream(&bench, 2)
    };
    assert_eq!(refused(&stranger, &mut bench, PEER), Some(437), "without an allocation");
    assert_eq!(refused(&udp_client, &mut bench, PEER), Some(437), "with one for UDP");
    for peer in [
        "127.0.0.1:80",
        "169.254.169.254:80",
        "[::ffff:10.0.0.1]:80",
        "192.0.2.10:22",
        "8.8.8.8:0",
    ] {
        assert_eq!(refused(&client, &mut bench, peer), Some(403), "{peer}");
    }
    assert_eq!(refused(&client, &mut bench, "[2606:4700::1111]:443"), Some(443));
    assert_eq!(client.request(&mut bench, method::CONNECT, &[]).error(), Some(400));
}

#[test]
fn an_allocation_has_so_many_connections() {
    let quota = Quota {
        connections: 2,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_010));
    let mut client = with_allocation(&mut bench);
    client.permit(&mut bench, &[PEER]).ok();
    let held = connect(&client, &mut bench, "8.8.8.8:1").ok().unwrap();
    let key = client.key_in(&bench);
    let peer = PeerAddress::new(PEER.parse().unwrap());
    let second = bench.server.incoming(bench.now, key, peer).unwrap();
    assert_eq!(refused(&client, &mut bench, "8.8.8.8:3"), Some(508));
    let third = PeerAddress::new("8.8.8.8:3".parse().unwrap());
    assert!(bench.server.incoming(bench.now, key, third).is_none());
    drop(second);
    assert!(bench.server.incoming(bench.now, key, third).is_some());
    assert!(bench.server.connected(held.0, held.1, true).is_some());
}

#[test]
fn peers_with_a_permission_may_connect() {
    let mut bench = Bench::new();
    let mut client = with_allocation(&mut bench);
    let key = client.key_in(&bench);
    let peer = PeerAddress::new(PEER.parse().unwrap());
    assert!(bench.server.incoming(bench.now, key, peer).is_none());
    client.permit(&mut bench, &["8.8.8.8:1"]).ok();
    let connected = bench.server.incoming(bench.now, key, peer).unwrap();
    assert_eq!(connected.to, client.from);
    let answer = Answer(connected.message.clone());
    let message = answer.message();
    assert!(message.has_method(method::CONNECTION_ATTEMPT) && message.has_class(MessageClass::Indication));
    let told = message.attribute::<turn::XorPeerAddress>().unwrap();
    assert_eq!(told.addr(message.transaction_id()), peer.socket());
    assert_eq!(message.attribute::<turn::ConnectionId>().unwrap().id(), connected.id.0);
    // Five minutes later there is none.
    bench.sleep(301);
    assert!(
        bench
            .server
            .incoming(bench.now, key, PeerAddress::new("8.8.8.8:2".parse().unwrap()))
            .is_none()
    );
}

#[test]
fn a_connection_is_bound_by_its_user_on_another_stream() {
    let mut bench = Bench::new();
    let mut client = with_allocation(&mut bench);
    let attempt = connect(&client, &mut bench, PEER).ok().unwrap();
    let connected = connected(&mut bench, attempt);
    bench.ports.waiting.insert(connected.id, connected.username);
    let mut other = on_stream(&bench, 2);
    assert_eq!(
        bind(&mut other, &mut bench, ConnectionId(connected.id.0 ^ 1)).error(),
        Some(400)
    );
    assert_eq!(
        other.request(&mut bench, method::CONNECTION_BIND, &[]).error(),
        Some(400)
    );
    assert_eq!(
        bind(&mut client, &mut bench, connected.id).error(),
        Some(400),
        "the control connection"
    );
    let mut datagrams = Client::new(&bench, "198.51.100.1:7000");
    assert_eq!(
        bind(&mut datagrams, &mut bench, connected.id).error(),
        Some(400),
        "over UDP"
    );
    let mut thief = on_stream(&bench, 3);
    let credential = visavis_turn_credential::mint(SECRET, "another call", bench.now.unix + 3600);
    (thief.username, thief.password) = (credential.username, credential.password);
    assert_eq!(
        bind(&mut thief, &mut bench, connected.id).error(),
        Some(441),
        "another user"
    );
    bind(&mut other, &mut bench, connected.id).ok();
}

#[test]
fn connections_are_over_with_their_allocation() {
    let mut bench = Bench::new();
    let mut client = with_allocation(&mut bench);
    let attempt = connect(&client, &mut bench, PEER).ok().unwrap();
    let made = connected(&mut bench, attempt);
    let waits = connect(&client, &mut bench, "8.8.8.8:1").ok().unwrap();
    assert!(!made.link.is_over());
    client.refresh(&mut bench, 0).ok();
    assert!(made.link.is_over());
    assert!(bench.server.connected(waits.0, waits.1, true).is_none());
}

#[test]
fn what_connections_relay_counts_against_the_quotas_together() {
    let quota = Quota {
        bytes_per_second: 65_536,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_010));
    let client = with_allocation(&mut bench);
    let links = ["8.8.8.8:1", "8.8.8.8:2"].map(|peer| {
        let attempt = connect(&client, &mut bench, peer).ok().unwrap();
        connected(&mut bench, attempt).link
    });
    let read = |link: &crate::connection::Link, milliseconds, count| {
        link.spend(milliseconds, &quota, || Ok::<_, ()>(count)).is_some()
    };
    // What was not there to be read is given back.
    for _ in 0..100 {
        assert!(read(&links[0], 0, 0));
    }
    for link in [0, 1, 0, 1] {
        assert!(read(&links[link], 0, 16 << 10));
    }
    assert!(!read(&links[0], 0, 1) && !read(&links[1], 0, 1));
    assert!(read(&links[1], 500, 16 << 10));
}
