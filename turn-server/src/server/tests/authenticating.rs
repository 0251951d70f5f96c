//! The long-term credential mechanism, RFC 8489 section 9.2.4.

use super::*;

fn unauthenticated(method: Method, transaction: TransactionId) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Request, method);
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    message.push_attribute_unchecked(&udp());
    message.finish()
}

#[test]
fn without_integrity_it_is_401_with_realm_nonce_and_algorithms() {
    let mut bench = Bench::new();
    let client = Client::new(&bench, "203.0.113.1:5000");
    for method in [
        method::ALLOCATE,
        method::REFRESH,
        method::CREATE_PERMISSION,
        method::CHANNEL_BIND,
    ] {
        let request = unauthenticated(method, bench.transaction());
        let answer = Answer(bench.raw(client.from, &request).unwrap());
        assert_eq!(answer.error(), Some(401));
        let message = answer.message();
        assert_eq!(message.attribute::<Realm>().unwrap().realm(), REALM);
        assert!(
            message
                .attribute::<Nonce>()
                .unwrap()
                .nonce()
                .starts_with("obMatJos2gAAA")
        );
        assert_eq!(
            message.raw_attribute(PasswordAlgorithms::TYPE).unwrap().value[..],
            [0, 2, 0, 0, 0, 1, 0, 0]
        );
        assert_eq!(integrity::attribute_of(&message), None);
    }
}

#[test]
fn both_keys_and_both_hashes_are_understood() {
    for (negotiates, algorithm, integrity) in [
        (false, PasswordAlgorithm::Md5, Integrity::Sha1),
        (false, PasswordAlgorithm::Md5, Integrity::Sha256),
        (true, PasswordAlgorithm::Md5, Integrity::Sha1),
        (true, PasswordAlgorithm::Md5, Integrity::Sha256),
        (true, PasswordAlgorithm::Sha256, Integrity::Sha256),
    ] {
        let mut bench = Bench::new();
        let mut client = Client::new(&bench, "203.0.113.1:5000");
        (client.negotiates, client.algorithm, client.integrity) = (negotiates, algorithm, integrity);
        client.allocate(&mut bench).ok();
    }
}

#[test]
fn a_password_algorithm_without_its_list_or_unlike_it_is_400() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    let algorithm = stun_types::attribute::PasswordAlgorithm::TYPE;
    let choice = RawAttribute::new(algorithm, &[0, 1, 0, 0]);
    let full = RawAttribute::new(PasswordAlgorithms::TYPE, &[0, 2, 0, 0, 0, 1, 0, 0]);
    // A middleman took the stronger one off the list.
    let cut = RawAttribute::new(PasswordAlgorithms::TYPE, &[0, 1, 0, 0]);
    let neither = RawAttribute::new(algorithm, &[0, 3, 0, 0]);
    for attributes in [
        vec![choice.clone()],
        vec![full.clone()],
        vec![cut, choice],
        vec![full, neither],
    ] {
        let request = client.build(method::REFRESH, bench.transaction(), &attributes);
        assert_eq!(Answer(bench.raw(client.from, &request).unwrap()).error(), Some(400));
    }
}

#[test]
fn missing_attributes_are_400() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    for missing in [Username::TYPE, Realm::TYPE, Nonce::TYPE] {
        let kind = MessageType::from_class_method(MessageClass::Request, method::REFRESH);
        let mut message = Message::builder(kind, bench.transaction(), MessageWriteVec::new());
        for (kind, value) in [
            (Username::TYPE, &client.username),
            (Realm::TYPE, &REALM.to_owned()),
            (Nonce::TYPE, &client.nonce),
        ] {
            if kind != missing {
                message.push_attribute_unchecked(&RawAttribute::new(kind, value.as_bytes()));
            }
        }
        integrity::sign(&mut message, &client.key(), Integrity::Sha1);
        let answer = Answer(bench.raw(client.from, &message.finish()).unwrap());
        assert_eq!(answer.error(), Some(400), "{missing}");
        // Answered without integrity: nothing is known of who asked.
        assert_eq!(integrity::attribute_of(&answer.message()), None);
    }
}

#[test]
fn wrong_unknown_and_expired_credentials_are_401() {
    let mut bench = Bench::new();
    let ended = visavis_turn_credential::mint(SECRET, "a call", bench.now.unix);
    let foreign =
        visavis_turn_credential::mint("a secret that this server does not have", "a call", bench.now.unix + 60);
    for (username, password) in [
        ("fixed".to_owned(), "Password".to_owned()),
        ("nobody".to_owned(), String::new()),
        (String::new(), String::new()),
        (ended.username, ended.password),
        (foreign.username, foreign.password),
    ] {
        let mut client = Client::new(&bench, "203.0.113.1:5000");
        (client.username, client.password) = (username, password);
        assert_eq!(client.allocate(&mut bench).error(), Some(401));
    }
    assert_eq!(bench.server.allocations(), 0);
}

#[test]
fn either_secret_and_fixed_users_are_let_in() {
    let mut bench = Bench::new();
    let other = visavis_turn_credential::mint("another secret, just as long as it", "a call", bench.now.unix + 60);
    for (port, username, password) in [
        (1, other.username, other.password),
        (2, "fixed".to_owned(), "password".to_owned()),
    ] {
        let mut client = Client::new(&bench, &format!("203.0.113.1:{port}"));
        (client.username, client.password) = (username, password);
        client.allocate(&mut bench).ok();
    }
}

#[test]
fn expiry_is_checked_again_on_refresh() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let short = visavis_turn_credential::mint(SECRET, "a call", bench.now.unix + 30);
    (client.username, client.password) = (short.username, short.password);
    client.allocate(&mut bench).ok();
    bench.sleep(31);
    assert_eq!(client.refresh(&mut bench, 600).error(), Some(401));
    bench.sleep(600);
    assert_eq!(bench.server.allocations(), 0);
}

#[test]
fn a_stale_nonce_is_438_and_a_wrong_password_with_it_401() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    let long = visavis_turn_credential::mint(SECRET, "a call", bench.now.unix + 86_400);
    (client.username, client.password) = (long.username, long.password);
    client.allocate(&mut bench).ok();
    bench.sleep(3_601);
    let request = client.build(method::REFRESH, bench.transaction(), &[]);
    let answer = Answer(bench.raw(client.from, &request).unwrap());
    assert_eq!(answer.error(), Some(438));
    assert_ne!(answer.message().attribute::<Nonce>().unwrap().nonce(), client.nonce);
    client.password.push('x');
    let request = client.build(method::REFRESH, bench.transaction(), &[]);
    assert_eq!(Answer(bench.raw(client.from, &request).unwrap()).error(), Some(401));
}

#[test]
fn a_user_hash_stands_for_a_fixed_user() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    let hash = stun_types::attribute::Userhash::compute("fixed", REALM);
    let other = FiveTuple {
        client: client.from.client,
        via: Via::Session(1),
    };
    let kind = MessageType::from_class_method(MessageClass::Request, method::ALLOCATE);
    let mut message = Message::builder(kind, bench.transaction(), MessageWriteVec::new());
    message.push_attribute_unchecked(&udp());
    message.push_attribute_unchecked(&RawAttribute::new(stun_types::attribute::Userhash::TYPE, &hash));
    message.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, REALM.as_bytes()));
    message.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, client.nonce.as_bytes()));
    let key = Key::derive(PasswordAlgorithm::Md5, "fixed", REALM, "password");
    integrity::sign(&mut message, &key, Integrity::Sha256);
    Answer(bench.raw(other, &message.finish()).unwrap()).ok();
}

#[test]
fn another_users_credentials_are_441() {
    let mut bench = Bench::new();
    let mut client = Client::new(&bench, "203.0.113.1:5000");
    client.allocate(&mut bench).ok();
    (client.username, client.password) = ("fixed".to_owned(), "password".to_owned());
    assert_eq!(client.refresh(&mut bench, 0).error(), Some(441));
    assert_eq!(client.permit(&mut bench, &[PEER]).error(), Some(441));
    assert_eq!(client.bind(&mut bench, 0x4000, PEER).error(), Some(441));
}
