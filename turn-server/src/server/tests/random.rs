//! Random bytes and random sequences: no panic, and what must always hold holds.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Allocate(usize, Vec<(u16, Vec<u8>)>),
    Refresh(usize, u32),
    Permit(usize, u8),
    Bind(usize, u16, u8),
    Send(usize, u8),
    Sleep(u64),
    Disconnect(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let client = 0usize..4;
    let extra = prop_oneof![
        Just((turn::EvenPort::TYPE.value(), vec![0])),
        Just((turn::EvenPort::TYPE.value(), vec![0x80])),
        (0u8..4).prop_map(|family| (turn::RequestedAddressFamily::TYPE.value(), vec![family, 0, 0, 0])),
        (0u8..4).prop_map(|family| (turn::AdditionalAddressFamily::TYPE.value(), vec![family, 0, 0, 0])),
        (6u64..20).prop_map(|token| (turn::ReservationToken::TYPE.value(), token.to_be_bytes().to_vec())),
        (any::<u16>(), prop::collection::vec(any::<u8>(), 0..12)).prop_filter("no ending attribute", |(kind, _)| {
            ![0x0006, 0x0008, 0x0014, 0x0015, 0x001C, 0x8028].contains(kind)
        }),
    ];
    prop_oneof![
        3 => (client.clone(), prop::collection::vec(extra, 0..3)).prop_map(|(client, extra)| Step::Allocate(client, extra)),
        2 => (client.clone(), prop_oneof![Just(0u32), any::<u32>()]).prop_map(|(client, seconds)| Step::Refresh(client, seconds)),
        3 => (client.clone(), 0u8..6).prop_map(|(client, peer)| Step::Permit(client, peer)),
        3 => (client.clone(), 0x3FFEu16..0x4004, 0u8..6).prop_map(|(client, number, peer)| Step::Bind(client, number, peer)),
        3 => (client.clone(), 0u8..6).prop_map(|(client, peer)| Step::Send(client, peer)),
        2 => (0u64..700).prop_map(Step::Sleep),
        1 => client.prop_map(Step::Disconnect),
    ]
}

fn peer(number: u8) -> String {
    format!("8.8.8.{}:{}", number / 2, 1000 + u16::from(number))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let mut bench = Bench::new();
        let client = Client::new(&bench, "203.0.113.1:5000");
        let mut bytes = bytes;
        if header && bytes.len() >= 20 {
            // Past the first checks.
            bytes[0] &= 0x3F;
            bytes.truncate(bytes.len() / 4 * 4);
            let length = u16::try_from(bytes.len() - 20).unwrap().to_be_bytes();
            bytes[2..4].copy_from_slice(&length);
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
        }
        if let Some(reply) = bench.raw(client.from, &bytes) {
            prop_assert!(parse(&reply).is_some());
        }
        prop_assert_eq!(bench.server.allocations(), 0);
    }

    #[test]
    fn a_valid_request_with_anything_changed_is_refused_or_the_same(at in 0usize..400, value in 1u8..) {
        let mut bench = Bench::new();
        let mut client = Client::new(&bench, "203.0.113.1:5000");
        client.allocate(&mut bench).ok();
        let mut request = client.build(method::REFRESH, bench.transaction(), &[lifetime(0)]);
        let at = at % request.len();
        request[at] ^= value;
        let _ = bench.raw(client.from, &request);
        // The integrity covers every byte before it; behind it there is nothing.
        prop_assert_eq!(bench.server.allocations(), 1);
    }

    #[test]
    fn ports_permissions_and_counters_are_never_lost(steps in prop::collection::vec(step(), 1..60)) {
        let ports = Ports::new(&[Family::V4, Family::V6], 50_000..50_008);
        let quota = Quota { per_user: 3, permissions: 2, channels: 2, ..Quota::default() };
        let mut bench = Bench::with(quota, ports);
        let mut clients: Vec<_> = (1..5).map(|port| Client::new(&bench, &format!("203.0.113.1:{port}"))).collect();
        // What a permission's model says: until when each client may reach each address.
        let mut permitted: HashMap<(usize, u8), u64> = HashMap::new();
        for step in steps {
            let unix = bench.now.unix;
            match step {
                Step::Allocate(at, extra) => {
                    let mut attributes = vec![udp()];
                    attributes.extend(extra.iter().map(|(kind, value)| RawAttribute::new(AttributeType::new(*kind), value)));
                    let had = bench.server.knows(bench.now, &clients[at].from);
                    let answer = clients[at].request(&mut bench, method::ALLOCATE, &attributes);
                    prop_assert!(!(had && answer.error().is_none()));
                }
                Step::Refresh(at, seconds) => {
                    let answer = clients[at].refresh(&mut bench, seconds);
                    if answer.error().is_none() && seconds == 0 {
                        permitted.retain(|(client, _), _| *client != at);
                    }
                }
                Step::Permit(at, number) => {
                    if clients[at].permit(&mut bench, &[&peer(number)]).error().is_none() {
                        permitted.insert((at, number / 2), unix + 300);
                    }
                }
                Step::Bind(at, channel, number) => {
                    if clients[at].bind(&mut bench, channel, &peer(number)).error().is_none() {
                        permitted.insert((at, number / 2), unix + 300);
                    }
                }
                Step::Send(at, number) => {
                    let sent = clients[at].send(&mut bench, &peer(number), b"data").is_some();
                    let alive = bench.server.knows(bench.now, &clients[at].from);
                    let expected = alive && permitted.get(&(at, number / 2)).is_some_and(|until| *until > unix);
                    prop_assert_eq!(sent, expected);
                }
                Step::Sleep(seconds) => bench.sleep(seconds),
                Step::Disconnect(at) => bench.server.disconnected(&clients[at].from),
            }
            for (at, client) in clients.iter().enumerate() {
                if !bench.server.knows(bench.now, &client.from) {
                    permitted.retain(|(client, _), _| *client != at);
                }
            }
            // Each port is free, reserved or an allocation's.
            let held: usize = bench.server.table.keys().map(|key| bench.server.table.get(key).unwrap().relays().count()).sum();
            prop_assert_eq!(bench.ports.free.borrow().len() + bench.ports.reserved.len() + held, 16);
            prop_assert_eq!(bench.server.ledger.total() as usize, bench.server.allocations());
            prop_assert!(bench.server.allocations() <= 3);
        }
        bench.sleep(4000);
        prop_assert_eq!(bench.server.allocations(), 0);
    }
}
