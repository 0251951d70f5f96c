//! What coturn was attacked with, as far as the control plane is concerned: its advisories and the attack scripts in its
//! repository, made anew as cases. `docs/relay.md` lists them with those that need a running relay.

use super::*;

fn with_both_families(bench: &mut Bench) -> Client {
    let mut client = Client::new(bench, "203.0.113.1:5000");
    let additional = RawAttribute::new(turn::AdditionalAddressFamily::TYPE, &[2, 0, 0, 0]);
    client.request(bench, method::ALLOCATE, &[udp(), additional]).ok();
    client
}

/// CVE-2020-26262 (`0.0.0.0`, `::`, `::1`), CVE-2026-27624 and its successor (IPv4-mapped), and the encodings and internal
/// networks that were refused in June 2026.
#[test]
fn no_way_to_write_an_inner_address_passes() {
    let mut bench = Bench::new();
    let mut client = with_both_families(&mut bench);
    for peer in [
        "0.0.0.0:80",
        "0.1.2.3:80",
        "[::]:80",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "[::ffff:0.0.0.0]:80",
        "[::ffff:169.254.169.254]:80",
        "[::ffff:10.0.0.1]:80",
        "[::127.0.0.1]:80",
        "[::ffff:0:127.0.0.1]:80",
        "[2002:7f00:1::]:80",
        "[2002:a00:1::1]:80",
        "[64:ff9b::127.0.0.1]:80",
        "[64:ff9b::a9fe:a9fe]:80",
        "[64:ff9b:1::10.0.0.1]:80",
        "[2001:0:7f00:1::]:80",
        "169.254.169.254:80",
        "[fe80::1]:80",
        "[fd00:ec2::254]:80",
        "[fec0::1]:80",
        "[ff02::1]:80",
        "255.255.255.255:80",
    ] {
        assert_eq!(client.permit(&mut bench, &[peer]).error(), Some(403), "{peer}");
        assert_eq!(client.bind(&mut bench, 0x4000, peer).error(), Some(403), "{peer}");
        // Nor beside a peer that may be reached: all or none.
        assert_eq!(client.permit(&mut bench, &[PEER, peer]).error(), Some(403), "{peer}");
        assert_eq!(client.send(&mut bench, peer, b"data"), None, "{peer}");
    }
    assert_eq!(client.send(&mut bench, PEER, b"data"), None);
}

/// July 2026: what follows MESSAGE-INTEGRITY is not covered by it, and was acted on.
#[test]
fn what_follows_the_integrity_changes_nothing() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    for integrity in [Integrity::Sha1, Integrity::Sha256] {
        client.integrity = integrity;
        let trailing = |request: &mut Vec<u8>, attribute: &[u8]| {
            request.extend_from_slice(attribute);
            let length = u16::try_from(request.len() - 20).unwrap().to_be_bytes();
            request[2..4].copy_from_slice(&length);
        };
        client.allocate(&mut bench).ok();
        // LIFETIME 0 behind a Refresh would end the allocation.
        let mut request = client.build(method::REFRESH, bench.transaction(), &[lifetime(1200)]);
        trailing(&mut request, &[0x00, 0x0D, 0, 4, 0, 0, 0, 0]);
        if let Some(answer) = bench.raw(client.from, &request) {
            assert_eq!(Answer(answer).lifetime(), 1200);
        }
        assert_eq!(bench.server.allocations(), 1);
        client.refresh(&mut bench, 0).ok();
        // LIFETIME behind an Allocate would make it last.
        let mut request = client.build(method::ALLOCATE, bench.transaction(), &[udp()]);
        trailing(&mut request, &[0x00, 0x0D, 0, 4, 0, 0, 0x0E, 0x10]);
        if let Some(answer) = bench.raw(client.from, &request) {
            assert_eq!(Answer(answer).lifetime(), 600);
        }
        if bench.server.allocations() > 0 {
            client.refresh(&mut bench, 0).ok();
        }
    }
}

/// July 2026: an even port without a reservation took its neighbour out of the pool for ever. Also the loop of
/// `allocation_flood.sh`: allocating and ending leaves nothing behind.
#[test]
fn allocating_and_ending_for_ever_uses_nothing_up() {
    let ports = Ports::new(&[Family::V4, Family::V6], 50_000..50_004);
    let mut bench = Bench::with(Quota::default(), ports);
    let wishes = [
        vec![],
        vec![RawAttribute::new(turn::EvenPort::TYPE, &[0])],
        vec![RawAttribute::new(turn::AdditionalAddressFamily::TYPE, &[2, 0, 0, 0])],
        vec![RawAttribute::new(turn::RequestedAddressFamily::TYPE, &[2, 0, 0, 0])],
    ];
    for round in 0..400 {
        let mut client = Client::new(&bench, &format!("203.0.113.1:{}", 5000 + round));
        let mut attributes = vec![udp()];
        attributes.extend_from_slice(&wishes[round % 4]);
        client.request(&mut bench, method::ALLOCATE, &attributes).ok();
        client.bind(&mut bench, 0x4000, PEER);
        match round % 3 {
            0 => drop(client.refresh(&mut bench, 0)),
            1 => bench.server.disconnected(&client.from),
            _ => bench.sleep(601),
        }
        assert_eq!(bench.ports.free.borrow().len(), 8);
    }
    assert_eq!((bench.server.allocations(), bench.server.ledger.total()), (0, 0));
}

/// CVE-2020-4067: the padding of attributes showed what was in the buffer before.
#[test]
fn padding_is_zero() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    // An error with a reason phrase of 23 bytes, and one with a realm and a nonce of odd lengths.
    let refused = client.request(&mut bench, method::ALLOCATE, &[]);
    let kind = MessageType::from_class_method(MessageClass::Request, method::ALLOCATE);
    let request = Message::builder(kind, 1.into(), MessageWriteVec::new()).finish();
    let challenge = Answer(bench.raw(client.from, &request).unwrap());
    let made = client.allocate(&mut bench);
    let mut padded = 0;
    for answer in [refused, challenge, made] {
        let mut at = 20;
        while at < answer.0.len() {
            let end = at + 4 + usize::from(u16::from_be_bytes([answer.0[at + 2], answer.0[at + 3]]));
            let next = end.next_multiple_of(4);
            padded += next - end;
            assert!(answer.0[end..next].iter().all(|byte| *byte == 0), "{:?}", answer.0);
            at = next;
        }
    }
    assert!(padded > 0, "there was padding to look at");
}

/// CVE-2026-40613: attributes at odd places were read as if they were aligned. Here the same message is read at every
/// place in memory, with attributes of every length before the others.
#[test]
fn where_a_message_lies_in_memory_does_not_matter() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    for length in 0..8 {
        let odd = RawAttribute::new(AttributeType::new(0x8099), &[7; 8][..length]).into_owned();
        let request = client.build(method::REFRESH, bench.transaction(), &[odd, lifetime(900)]);
        for offset in 0..8 {
            let mut memory = vec![0; offset];
            memory.extend_from_slice(&request);
            let answer = Answer(bench.raw(client.from, &memory[offset..]).unwrap());
            assert_eq!(answer.ok().lifetime(), 900);
        }
    }
}

/// CVE-2026-43994 and April 2026: an OAuth token overran a buffer. There is no OAuth here: its attribute is unknown.
#[test]
fn an_oauth_token_is_an_unknown_attribute() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let mut token = vec![0xFF; 1000];
    token[..2].copy_from_slice(&[0xFF, 0xFF]);
    let token = RawAttribute::new(AttributeType::new(0x001B), &token);
    assert_eq!(
        client.request(&mut bench, method::ALLOCATE, &[udp(), token]).error(),
        Some(420)
    );
    assert_eq!(bench.server.allocations(), 0);
}

/// June 2026: a user name was taken as a format, and in SQL (CVE-2018-4056). Here it is only compared.
#[test]
fn a_user_name_is_only_compared() {
    let mut bench = Bench::new();
    for (port, user) in (5000..).zip(["%s%n%x", "a' OR '1'='1", "a\0b", "../../etc/passwd", "\u{202e}name\r\n"]) {
        let mut client = Client::new(&bench, &format!("203.0.113.1:{port}"));
        client.username = format!("{}:{user}", bench.now.unix + 3600);
        assert_eq!(client.allocate(&mut bench).error(), Some(401));
        client.password = visavis_turn_credential::password(SECRET, &client.username);
        client.allocate(&mut bench).ok();
    }
}

/// April and June 2026: a length that does not fit 16 bits when 20 is added.
#[test]
fn a_length_beyond_the_message_is_dropped() {
    let mut bench = Bench::new();
    let client = Client::new(&bench, "203.0.113.1:5000");
    for length in [0xFFFC_u16, 0xFFEC, 0xFFF0, 4, 0x7FFC] {
        let mut request = vec![0x00, 0x03];
        request.extend_from_slice(&length.to_be_bytes());
        request.extend_from_slice(&[0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(bench.raw(client.from, &request), None);
        // And an attribute longer than the message that it is in.
        let mut request = vec![0x00, 0x03, 0, 8, 0x21, 0x12, 0xA4, 0x42];
        request.extend_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x00, 0x06]);
        request.extend_from_slice(&length.to_be_bytes());
        request.extend_from_slice(&[0; 4]);
        let answer = bench.raw(client.from, &request);
        assert!(answer.is_none_or(|answer| Answer(answer).error().is_some()));
    }
    assert_eq!(bench.server.allocations(), 0);
}

/// `stateless_nonce_forged_mi.py`: a forged integrity attribute with any nonce, ours or not, brings nothing but an error.
#[test]
fn a_forged_integrity_is_refused_whatever_the_nonce() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    client.refresh(&mut bench, 0).ok();
    for nonce in [
        client.nonce.clone(),
        "deadbeefdeadbeefdeadbeef".to_owned(),
        String::new(),
    ] {
        let mut forger = Client::new(&bench, "203.0.113.1:5000");
        forger.nonce = nonce;
        for method in [
            method::ALLOCATE,
            method::REFRESH,
            method::CREATE_PERMISSION,
            method::CHANNEL_BIND,
        ] {
            let mut request = forger.build(method, bench.transaction(), &[udp()]);
            let end = request.len();
            request[end - 20..].fill(0);
            assert_eq!(Answer(bench.raw(forger.from, &request).unwrap()).error(), Some(401));
        }
    }
    assert_eq!(bench.server.allocations(), 0);
}

/// `mobility_quota_flood.py` and `mobility_resume_flood.py`: a disconnected client's allocation went on without counting.
/// Here it ends with its stream, and a ticket is asked for in vain.
#[test]
fn disconnecting_does_not_leave_allocations_beyond_the_quota() {
    let quota = Quota {
        per_user: 1,
        ..Quota::default()
    };
    let mut bench = Bench::with(quota, Ports::new(&[Family::V4], 50_000..50_010));
    let ticket = AttributeType::new(0x8030);
    for stream in 0..50 {
        let mut client = Client::new(&bench, "203.0.113.1:5000");
        client.from.via = Via::Session(stream);
        let mobility = RawAttribute::new(ticket, &[]);
        let answer = client.request(&mut bench, method::ALLOCATE, &[udp(), mobility]);
        assert!(answer.ok().message().raw_attribute(ticket).is_none());
        let mut other = Client::new(&bench, "203.0.113.1:6000");
        assert_eq!(other.allocate(&mut bench).error(), Some(486));
        bench.server.disconnected(&client.from);
        assert_eq!(bench.ports.free.borrow().len(), 10);
    }
}
