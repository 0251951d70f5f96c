//! What is fuzzed, as functions that take any bytes and panic where what must hold does not: [`message`], [`frames`] and
//! [`server`]. The relay's tests run them over the corpus too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a finding is a panic"
)]

mod machine;

use stun_types::attribute::{
    AlternateServer, Attribute as _, AttributeStaticType as _, ErrorCode, Nonce, RawAttribute, Realm,
    UnknownAttributes, Username, XorMappedAddress,
};
use stun_types::message::{Message, MessageHeader};
use turn_types::attribute as turn;
use visavis_turn::dtls::hello::client_hello;
use visavis_turn::framing::{Frame, channel_datagram, frame};

pub use machine::server;

/// One datagram from anybody: the codec, as the server and its clients use it, and the readers before it.
pub fn message(datagram: &[u8]) {
    if let Some((_, data)) = channel_datagram(datagram) {
        assert!(data.end <= datagram.len());
    }
    if let Some(hello) = client_hello(datagram) {
        assert!(hello.cookie.len() < datagram.len());
    }
    machine::stranger(datagram);
    let Ok(message) = Message::from_bytes(datagram) else {
        return;
    };
    let mut end = MessageHeader::LENGTH;
    for (offset, raw) in message.iter_attributes() {
        assert!(offset >= end);
        end = offset + 4 + raw.value.len();
        assert!(end <= datagram.len());
        typed(&raw, &message);
    }
}

/// Reads an attribute as what it says it is.
fn typed(raw: &RawAttribute<'_>, message: &Message<'_>) {
    let transaction = message.transaction_id();
    match raw.get_type() {
        Username::TYPE => drop(Username::try_from(raw)),
        Realm::TYPE => drop(Realm::try_from(raw)),
        Nonce::TYPE => drop(Nonce::try_from(raw)),
        ErrorCode::TYPE => drop(ErrorCode::try_from(raw).map(|error| assert!((300..700).contains(&error.code())))),
        UnknownAttributes::TYPE => drop(UnknownAttributes::try_from(raw)),
        AlternateServer::TYPE => drop(AlternateServer::try_from(raw)),
        XorMappedAddress::TYPE => drop(XorMappedAddress::try_from(raw).map(|mapped| mapped.addr(transaction))),
        turn::XorPeerAddress::TYPE => drop(turn::XorPeerAddress::try_from(raw).map(|peer| peer.addr(transaction))),
        turn::XorRelayedAddress::TYPE => drop(turn::XorRelayedAddress::try_from(raw)),
        turn::Lifetime::TYPE => drop(turn::Lifetime::try_from(raw)),
        turn::Data::TYPE => drop(turn::Data::try_from(raw.clone())),
        turn::Icmp::TYPE => drop(turn::Icmp::try_from(raw)),
        _ => {}
    }
}

/// A stream, cut into pieces as the first bytes say: it is read the same however it comes.
pub fn frames(input: &[u8]) {
    let Some((cuts, stream)) = input.split_at_checked(4) else {
        return;
    };
    let mut whole = Vec::new();
    let mut rest = stream;
    let ended = loop {
        match taken(rest) {
            Ok(Some(total)) => {
                whole.push(&rest[..total]);
                rest = &rest[total..];
            }
            Ok(None) => break false,
            Err(()) => break true,
        }
    };
    let mut buffer = Vec::new();
    let mut read = Vec::new();
    let mut rest = stream;
    let mut broken = false;
    let mut cuts = cuts.iter().map(|cut| usize::from(*cut) + 1).cycle();
    while !rest.is_empty() && !broken {
        let (now, later) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        loop {
            match taken(&buffer) {
                Ok(Some(total)) => read.push(buffer.drain(..total).collect::<Vec<_>>()),
                Ok(None) => break,
                Err(()) => {
                    broken = true;
                    break;
                }
            }
        }
    }
    assert_eq!(read, whole);
    assert_eq!(broken, ended);
}

/// How many bytes the first frame takes, if it is whole; an error where the stream cannot be read on.
fn taken(buffer: &[u8]) -> Result<Option<usize>, ()> {
    match frame(buffer) {
        Frame::Incomplete(needed) => {
            assert!(needed > buffer.len());
            Ok(None)
        }
        Frame::Message(total) => {
            assert!(total >= MessageHeader::LENGTH && total <= buffer.len());
            Ok(Some(total))
        }
        Frame::ChannelData { data, total, .. } => {
            assert!(data.start == 4 && data.end <= total && total - data.end < 4 && total <= buffer.len());
            Ok(Some(total))
        }
        Frame::Broken => Err(()),
    }
}
