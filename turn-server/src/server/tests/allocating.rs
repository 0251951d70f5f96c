//! Allocate and Refresh, RFC 8656 sections 7.2 and 8.2.

use super::*;

fn family(kind: AttributeType, number: u8) -> RawAttribute<'static> {
    RawAttribute::new(kind, &[number, 0, 0, 0]).into_owned()
}

fn requested(number: u8) -> RawAttribute<'static> {
    family(turn::RequestedAddressFamily::TYPE, number)
}

fn additional(number: u8) -> RawAttribute<'static> {
    family(turn::AdditionalAddressFamily::TYPE, number)
}

fn even(reserve: bool) -> RawAttribute<'static> {
    RawAttribute::new(turn::EvenPort::TYPE, if reserve { &[0x80] } else { &[0] })
}

fn allocate(bench: &mut Bench, port: u16, attributes: &[RawAttribute<'_>]) -> Answer {
    Client::new(bench, &format!("203.0.113.1:{port}")).request(bench, method::ALLOCATE, attributes)
}

#[test]
fn the_answer_says_relayed_and_reflexive_address_and_lifetime() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let answer = client.allocate(&mut bench);
    assert_eq!(answer.ok().relayed(), ["192.0.2.10:50000".parse().unwrap()]);
    assert_eq!(answer.lifetime(), 600);
    let mapped = answer
        .message()
        .attribute::<XorMappedAddress>()
        .unwrap()
        .addr(answer.message().transaction_id());
    assert_eq!(mapped, client.from.client.0);
}

#[test]
fn a_retransmission_gets_the_same_answer_and_another_request_437() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    // With all that an answer may say.
    let first = client.request(&mut bench, method::ALLOCATE, &[udp(), even(true)]);
    first.ok();
    let again = client.build(method::ALLOCATE, bench.next_transaction.into(), &[udp(), even(true)]);
    assert_eq!(bench.raw(client.from, &again).unwrap(), first.0);
    assert_eq!(client.allocate(&mut bench).error(), Some(437));
    // Another user learns nothing by guessing the transaction.
    (client.username, client.password) = ("fixed".to_owned(), "password".to_owned());
    let guessed = client.build(method::ALLOCATE, first.message().transaction_id(), &[udp()]);
    assert_eq!(Answer(bench.raw(client.from, &guessed).unwrap()).error(), Some(437));
    assert_eq!(bench.server.allocations(), 1);
}

#[test]
fn lifetimes_are_at_least_ten_minutes_and_at_most_the_longest() {
    for (asked, granted) in [(1, 600), (600, 600), (1000, 1000), (3600, 3600), (u32::MAX, 3600)] {
        let mut bench = Bench::new();
        assert_eq!(
            allocate(&mut bench, 1, &[udp(), lifetime(asked)]).ok().lifetime(),
            granted
        );
    }
}

#[test]
fn what_does_not_go_together_is_400() {
    let token = RawAttribute::new(turn::ReservationToken::TYPE, &[0; 8]);
    let cases: &[&[RawAttribute<'_>]] = &[
        &[],
        &[RawAttribute::new(turn::RequestedTransport::TYPE, &[17])],
        &[udp(), token.clone(), even(false)],
        &[udp(), token.clone(), requested(1)],
        &[udp(), token.clone(), additional(2)],
        &[udp(), RawAttribute::new(turn::ReservationToken::TYPE, &[0; 4])],
        &[udp(), requested(2), additional(2)],
        &[udp(), additional(1)],
        &[udp(), additional(2), even(true)],
        &[udp(), RawAttribute::new(turn::EvenPort::TYPE, &[0, 0])],
        &[udp(), RawAttribute::new(turn::Lifetime::TYPE, &[0])],
    ];
    for attributes in cases {
        let mut bench = Bench::new();
        assert_eq!(allocate(&mut bench, 1, attributes).error(), Some(400), "{attributes:?}");
        assert_eq!(bench.server.allocations(), 0);
        assert_eq!(bench.ports.free.borrow().len(), 200, "no port is lost");
    }
}

#[test]
fn other_transports_are_442_and_other_families_440() {
    let mut bench = Bench::with(Quota::default(), Ports::new(&[Family::V4], 50_000..50_100));
    let tcp = RawAttribute::new(turn::RequestedTransport::TYPE, &[132, 0, 0, 0]);
    assert_eq!(allocate(&mut bench, 1, &[tcp]).error(), Some(442));
    assert_eq!(allocate(&mut bench, 1, &[udp(), requested(3)]).error(), Some(440));
}

#[test]
fn unknown_attributes_are_420_and_named() {
    let mut bench = Bench::new();
    let unknown = RawAttribute::new(AttributeType::new(0x7FF0), &[0; 4]);
    let answer = allocate(&mut bench, 1, &[udp(), unknown.clone(), unknown]);
    assert_eq!(answer.error(), Some(420));
    let named = answer
        .message()
        .raw_attribute(stun_types::attribute::UnknownAttributes::TYPE)
        .unwrap()
        .into_owned();
    assert_eq!(named.value[..], [0x7F, 0xF0]);
    // Those from 0x8000 on may be ignored.
    allocate(
        &mut bench,
        1,
        &[udp(), RawAttribute::new(AttributeType::new(0xFFF0), &[0; 4])],
    )
    .ok();
}

#[test]
fn families_are_given_as_asked() {
    let mut bench = Bench::new();
    assert!(allocate(&mut bench, 1, &[udp(), requested(1)]).ok().relayed()[0].is_ipv4());
    assert!(allocate(&mut bench, 2, &[udp(), requested(2)]).ok().relayed()[0].is_ipv6());
    let both = allocate(&mut bench, 3, &[udp(), additional(2)]).ok().relayed();
    assert!(both.len() == 2 && both[0].is_ipv4() && both[1].is_ipv6());
}

#[test]
fn where_only_one_family_can_be_had_the_other_is_named() {
    let mut bench = Bench::with(Quota::default(), Ports::new(&[Family::V4], 50_000..50_100));
    let answer = allocate(&mut bench, 1, &[udp(), additional(2)]);
    assert_eq!(answer.ok().relayed().len(), 1);
    let message = answer.message();
    assert_eq!(
        message.raw_attribute(turn::AddressErrorCode::TYPE).unwrap().value[..],
        [2, 0, 5, 8]
    );
}

#[test]
fn an_even_port_and_the_next() {
    let mut bench = Bench::with(Quota::default(), Ports::new(&[Family::V4], 50_001..50_006));
    assert_eq!(
        allocate(&mut bench, 1, &[udp(), even(false)]).ok().relayed()[0].port(),
        50_002
    );
    let reserving = allocate(&mut bench, 2, &[udp(), even(true)]);
    assert_eq!(reserving.ok().relayed()[0].port(), 50_004);
    let token = reserving
        .message()
        .raw_attribute(turn::ReservationToken::TYPE)
        .unwrap()
        .into_owned();
    assert_eq!(
        allocate(&mut bench, 3, &[udp(), token.clone()]).ok().relayed()[0].port(),
        50_005
    );
    // Used up, and no even port is left.
    assert_eq!(allocate(&mut bench, 4, &[udp(), token]).error(), Some(508));
    assert_eq!(allocate(&mut bench, 4, &[udp(), even(false)]).error(), Some(508));
}

#[test]
fn refresh_prolongs_shortens_and_ends() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    assert_eq!(client.refresh(&mut bench, 600).error(), Some(437));
    client.allocate(&mut bench).ok();
    bench.sleep(500);
    assert_eq!(client.refresh(&mut bench, 3000).ok().lifetime(), 3000);
    bench.sleep(2000);
    assert_eq!(client.refresh(&mut bench, 600).ok().lifetime(), 600);
    bench.sleep(599);
    assert_eq!(bench.server.allocations(), 1);
    bench.sleep(3);
    assert_eq!(bench.server.allocations(), 0);
    client.allocate(&mut bench).ok();
    assert_eq!(client.refresh(&mut bench, 0).ok().lifetime(), 0);
    assert_eq!(bench.server.allocations(), 0);
    assert_eq!(bench.ports.free.borrow().len(), 200);
}

#[test]
fn one_family_of_two_can_be_ended() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client
        .request(&mut bench, method::ALLOCATE, &[udp(), additional(2)])
        .ok();
    client
        .request(&mut bench, method::REFRESH, &[lifetime(0), requested(1)])
        .ok();
    assert_eq!(client.permit(&mut bench, &[PEER]).error(), Some(443));
    // One that is gone, and one that does not exist.
    for family in [1, 3] {
        let answer = client.request(&mut bench, method::REFRESH, &[lifetime(0), requested(family)]);
        assert_eq!(answer.error(), Some(443));
    }
    client
        .request(&mut bench, method::REFRESH, &[lifetime(0), requested(2)])
        .ok();
    assert_eq!(bench.server.allocations(), 0);
}

#[test]
fn without_a_free_port_it_is_508_and_within_no_quota_486() {
    let mut bench = Bench::with(
        Quota {
            per_user: 3,
            ..Quota::default()
        },
        Ports::new(&[Family::V4], 50_000..50_002),
    );
    allocate(&mut bench, 1, &[udp()]).ok();
    allocate(&mut bench, 2, &[udp()]).ok();
    assert_eq!(allocate(&mut bench, 3, &[udp()]).error(), Some(508));
    let mut bench = Bench::with(
        Quota {
            per_user: 2,
            ..Quota::default()
        },
        Ports::new(&[Family::V4], 50_000..50_100),
    );
    allocate(&mut bench, 1, &[udp()]).ok();
    allocate(&mut bench, 2, &[udp()]).ok();
    assert_eq!(allocate(&mut bench, 3, &[udp()]).error(), Some(486));
    bench.sleep(602);
    allocate(&mut bench, 3, &[udp()]).ok();
}

#[test]
fn while_it_drains_new_clients_are_sent_elsewhere_and_the_others_go_on() {
    let mut bench = Bench::new();
    let mut old = Client::new(&bench, "203.0.113.1:5000");
    old.allocate(&mut bench).ok();
    bench.server.drain();
    let answer = Client::new(&bench, "203.0.113.2:5000").allocate(&mut bench);
    assert_eq!(answer.error(), Some(300));
    let alternate = answer
        .message()
        .attribute::<stun_types::attribute::AlternateServer>()
        .unwrap()
        .server();
    assert_eq!(alternate, "192.0.2.20:3478".parse().unwrap());
    // There is none of this family.
    assert_eq!(
        Client::new(&bench, "[2001:db8::2]:5000").allocate(&mut bench).error(),
        Some(508)
    );
    old.refresh(&mut bench, 600).ok();
    old.permit(&mut bench, &[PEER]).ok();
}
