//! The published test vectors of RFC 5769, and of RFC 8489 appendix B.1 as corrected by erratum 6268.

use stun_types::attribute::{AttributeStaticType as _, Userhash, XorMappedAddress};
use stun_types::message::{Message, MessageWrite as _, MessageWriteVec};

use super::*;

const REQUEST: &[&str] = &[
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008",
    "932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004",
    "e57a3bcf",
];
const IPV4_RESPONSE: &[&str] = &[
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a64300080014",
    "2b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96",
];
const IPV6_RESPONSE: &[&str] = &[
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179",
    "bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c",
];
const LONG_TERM_REQUEST: &[&str] = &[
    "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b900000015001c662f2f34",
    "39396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f72670000080014f67024656dd64a3e",
    "02b8e0712e85c9a28ca89666",
];
const SHA256_REQUEST: &[&str] = &[
    "000100902112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41",
    "407f1704001500296f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c39465354767936347341000000",
    "0014000b6578616d706c652e6f726700001d000400020000001c0020b5c7bf005b6c52a21c51c5e892f81924136296cb927c4314",
    "9309278cc6518e65",
];

const SHORT_TERM_PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";
const USERNAME: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
/// "The<U+00AD>M<U+00AA>tr<U+2168>", prepared.
const PASSWORD: &str = "TheMatrIX";

fn bytes(hex: &[&str]) -> Vec<u8> {
    let hex = hex.concat();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn short_term_messages_verify_with_their_fingerprints() {
    for vector in [REQUEST, IPV4_RESPONSE, IPV6_RESPONSE] {
        let bytes = bytes(vector);
        // Reading checks the fingerprint.
        let message = Message::from_bytes(&bytes).unwrap();
        assert!(verify(&message, &Key::raw(SHORT_TERM_PASSWORD)));
        assert!(!verify(&message, &Key::raw(b"VOkJxbRl1RmTxUk/WvJxBu")));
    }
}

#[test]
fn the_mapped_addresses_are_read() {
    for (vector, address) in [
        (IPV4_RESPONSE, "192.0.2.1:32853"),
        (IPV6_RESPONSE, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
    ] {
        let bytes = bytes(vector);
        let message = Message::from_bytes(&bytes).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap();
        assert_eq!(mapped.addr(message.transaction_id()), address.parse().unwrap());
    }
}

#[test]
fn the_long_term_requests_verify_under_md5_and_sha256() {
    for (vector, algorithm, integrity) in [
        (LONG_TERM_REQUEST, PasswordAlgorithm::Md5, Integrity::Sha1),
        (SHA256_REQUEST, PasswordAlgorithm::Sha256, Integrity::Sha256),
    ] {
        let bytes = bytes(vector);
        let message = Message::from_bytes(&bytes).unwrap();
        assert_eq!(attribute_of(&message), Some(integrity));
        assert!(verify(
            &message,
            &Key::derive(algorithm, USERNAME, "example.org", PASSWORD)
        ));
        assert!(!verify(
            &message,
            &Key::derive(algorithm, USERNAME, "example.org", "TheMatrix")
        ));
    }
}

#[test]
fn the_user_hash_is_that_of_the_name() {
    let bytes = bytes(SHA256_REQUEST);
    let message = Message::from_bytes(&bytes).unwrap();
    let hash = message.attribute::<Userhash>().unwrap();
    assert_eq!(*hash.hash(), Userhash::compute(USERNAME, "example.org"));
    assert!(message.has_attribute(Userhash::TYPE));
}

#[test]
fn signing_gives_the_vectors_again() {
    for (vector, algorithm, integrity) in [
        (LONG_TERM_REQUEST, PasswordAlgorithm::Md5, Integrity::Sha1),
        (SHA256_REQUEST, PasswordAlgorithm::Sha256, Integrity::Sha256),
    ] {
        let bytes = bytes(vector);
        let message = Message::from_bytes(&bytes).unwrap();
        let key = Key::derive(algorithm, USERNAME, "example.org", PASSWORD);
        let mut again = Message::builder(message.get_type(), message.transaction_id(), MessageWriteVec::new());
        for (_, raw) in message.iter_attributes() {
            if raw.header.get_type() != MessageIntegrity::TYPE && raw.header.get_type() != MessageIntegritySha256::TYPE
            {
                again.push_attribute_unchecked(&raw);
            }
        }
        sign(&mut again, &key, integrity);
        assert_eq!(again.finish(), bytes);
    }
}
