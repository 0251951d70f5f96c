//! Random sequences of requests and data against this relay and against `turn-server-proto`, which somebody else wrote:
//! both do the same, but for the differences that [`explain`] knows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod oracle {
    pub(crate) mod ours;
    pub(crate) mod theirs;
}

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use oracle::ours::Ours;
use oracle::theirs::Theirs;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stun_types::attribute::{
    Attribute as _, AttributeStaticType as _, AttributeType, AttributeWrite as _, ErrorCode, Nonce, RawAttribute,
    Realm, Username,
};
use stun_types::message::{Message, MessageClass, MessageType, MessageWrite as _, MessageWriteVec, Method};
use turn_types::attribute as turn;
use turn_types::message as method;
use visavis_turn::integrity::{Integrity, Key, PasswordAlgorithm, sign};

pub(crate) const REALM: &str = "example.org";
pub(crate) const USERS: [(&str, &str); 2] = [("first", "password"), ("second", "another password")];
pub(crate) const LISTENER: &str = "192.0.2.10:3478";

/// Where a client sends from.
pub(crate) fn client_address(client: usize) -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 1], 5000 + u16::try_from(client).unwrap()))
}

/// What came of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// A success response: with this lifetime, and relayed addresses of these families.
    Success(Option<u32>, Vec<u8>),
    /// An error response.
    Error(u16),
    /// Data for this peer.
    ToPeer(SocketAddr),
    /// Data for the client, through this channel or as an indication.
    ToClient(Option<u16>),
    /// Nothing.
    Nothing,
}

/// A server under test.
pub(crate) trait Relay {
    /// Gives it a datagram of a client's; the answer, or the data for a peer.
    fn datagram(&mut self, client: usize, datagram: &[u8]) -> Given;
    /// Gives it a datagram of a peer's, to the client's relayed address of the same family.
    fn peer_datagram(&mut self, client: usize, peer: SocketAddr) -> Outcome;
    fn sleep(&mut self, duration: Duration);
}

/// What a server made of a datagram.
pub(crate) enum Given {
    Answer(Vec<u8>),
    ToPeer(SocketAddr),
    Nothing,
}

#[derive(Clone, Debug)]
struct Request {
    method: Method,
    client: usize,
    user: usize,
    attributes: Vec<Attribute>,
    again: bool,
}

#[derive(Clone, Debug)]
enum Attribute {
    Peer(u8),
    Value(u16, Vec<u8>),
}

#[derive(Clone, Debug)]
enum Step {
    Request(Request),
    Send(usize, u8),
    ChannelData(usize, u16),
    FromPeer(usize, u8),
    Sleep(u64),
}

const CLIENTS: usize = 3;

fn peer(number: u8) -> SocketAddr {
    let port = 1000 + u16::from(number % 2);
    match number / 2 {
        address @ 0..2 => SocketAddr::from(([8, 8, 8, address], port)),
        address => SocketAddr::from(([0x2606, 0, 0, 0, 0, 0, 0, address.into()], port)),
    }
}

fn value(kind: AttributeType, value: impl Into<Vec<u8>>) -> Attribute {
    Attribute::Value(kind.value(), value.into())
}

fn request(method: Method, attributes: BoxedStrategy<Vec<Attribute>>) -> BoxedStrategy<Step> {
    let user = prop_oneof![9 => Just(None), 1 => Just(Some(1))];
    (0..CLIENTS, user, attributes, prop::bool::weighted(0.1))
        .prop_map(move |(client, user, attributes, again)| {
            let user = user.unwrap_or(0);
            Step::Request(Request {
                method,
                client,
                user,
                attributes,
                again,
            })
        })
        .boxed()
}

fn lifetime() -> BoxedStrategy<Attribute> {
    let seconds = prop_oneof![Just(0u32), Just(60), Just(700), Just(1800), Just(100_000)];
    let well_formed = seconds.prop_map(|seconds| value(turn::Lifetime::TYPE, seconds.to_be_bytes()));
    prop_oneof![9 => well_formed, 1 => Just(value(turn::Lifetime::TYPE, [1, 2]))].boxed()
}

fn family(kind: AttributeType) -> BoxedStrategy<Attribute> {
    let numbers = prop_oneof![4 => Just(1u8), 4 => Just(2), 1 => Just(3)];
    numbers.prop_map(move |number| value(kind, [number, 0, 0, 0])).boxed()
}

/// One that must be understood and is not, and one that need not be.
fn unknown() -> BoxedStrategy<Attribute> {
    prop_oneof![
        Just(Attribute::Value(0x7F01, vec![1])),
        Just(Attribute::Value(0xFF01, vec![1]))
    ]
    .boxed()
}

fn some(attributes: Vec<(f64, BoxedStrategy<Attribute>)>) -> BoxedStrategy<Vec<Attribute>> {
    let each: Vec<_> = attributes
        .into_iter()
        .map(|(chance, attribute)| prop::option::weighted(chance, attribute))
        .collect();
    each.prop_map(|attributes| attributes.into_iter().flatten().collect())
        .boxed()
}

fn step() -> BoxedStrategy<Step> {
    let transport = prop_oneof![20 => Just(17u8), 1 => Just(99)];
    let transport = transport.prop_map(|number| value(turn::RequestedTransport::TYPE, [number, 0, 0, 0]));
    let even = prop_oneof![Just(0u8), Just(0x80)].prop_map(|flags| value(turn::EvenPort::TYPE, [flags]));
    let allocate = some(vec![
        (0.97, transport.boxed()),
        (0.2, lifetime()),
        (0.2, family(turn::RequestedAddressFamily::TYPE)),
        (0.3, family(turn::AdditionalAddressFamily::TYPE)),
        (0.1, even.boxed()),
        (0.05, Just(value(turn::ReservationToken::TYPE, [9; 8])).boxed()),
        (0.1, Just(value(turn::DontFragment::TYPE, [])).boxed()),
        (0.05, unknown()),
    ]);
    let refresh = some(vec![
        (0.8, lifetime()),
        (0.3, family(turn::RequestedAddressFamily::TYPE)),
        (0.05, unknown()),
    ]);
    let peers = (0u8..8).prop_map(Attribute::Peer).boxed();
    let permit = some(vec![
        (0.95, peers.clone()),
        (0.3, peers.clone()),
        (0.05, unknown()),
        (0.05, lifetime()),
    ]);
    let numbers = prop_oneof![
        Just(0x3FFFu16),
        Just(0x4000),
        Just(0x4001),
        Just(0x4002),
        Just(0x7FFF),
        Just(0x8000)
    ];
    let number = numbers.prop_map(|number| {
        let [high, low] = number.to_be_bytes();
        value(turn::ChannelNumber::TYPE, [high, low, 0, 0])
    });
    let bind = some(vec![
        (0.97, number.boxed()),
        (0.97, peers.clone()),
        (0.03, peers),
        (0.05, unknown()),
    ]);
    prop_oneof![
        4 => request(method::ALLOCATE, allocate),
        2 => request(method::REFRESH, refresh),
        3 => request(method::CREATE_PERMISSION, permit),
        4 => request(method::CHANNEL_BIND, bind),
        3 => (0..CLIENTS, 0u8..8).prop_map(|(client, peer)| Step::Send(client, peer)),
        3 => (0..CLIENTS, 0x4000u16..0x4003).prop_map(|(client, number)| Step::ChannelData(client, number)),
        3 => (0..CLIENTS, 0u8..8).prop_map(|(client, peer)| Step::FromPeer(client, peer)),
        2 => prop_oneof![1u64..100, 100u64..700].prop_map(Step::Sleep),
    ]
    .boxed()
}

/// One server, and what its clients know of it.
struct Side<R> {
    relay: R,
    nonces: [String; CLIENTS],
}

impl<R: Relay> Side<R> {
    fn new(relay: R) -> Self {
        Self {
            relay,
            nonces: Default::default(),
        }
    }

    fn request(&mut self, request: &Request, transaction: u128) -> Outcome {
        let (username, password) = USERS[request.user];
        for _ in 0..3 {
            let kind = MessageType::from_class_method(MessageClass::Request, request.method);
            let mut message = Message::builder(kind, transaction.into(), MessageWriteVec::new());
            for attribute in &request.attributes {
                message.push_attribute_unchecked(&attribute.raw(transaction));
            }
            {
                let nonce = &self.nonces[request.client];
                message.push_attribute_unchecked(&RawAttribute::new(Username::TYPE, username.as_bytes()));
                message.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, REALM.as_bytes()));
                // One that cannot be: an empty one would be malformed.
                let nonce = if nonce.is_empty() { "none yet" } else { nonce };
                message.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, nonce.as_bytes()));
                let key = Key::derive(PasswordAlgorithm::Md5, username, REALM, password);
                sign(&mut message, &key, Integrity::Sha1);
            }
            let Given::Answer(answer) = self.relay.datagram(request.client, &message.finish()) else {
                return Outcome::Nothing;
            };
            let answer = Message::from_bytes(&answer).unwrap();
            let error = answer.attribute::<ErrorCode>().ok().map(|error| error.code());
            let nonce = answer.attribute::<Nonce>().ok().map(|nonce| nonce.nonce().to_owned());
            match (error, nonce) {
                (Some(401 | 438), Some(nonce)) => self.nonces[request.client] = nonce,
                (Some(code), _) => return Outcome::Error(code),
                (None, _) => {
                    let lifetime = answer.attribute::<turn::Lifetime>().ok();
                    let relayed = answer
                        .iter_attributes()
                        .filter(|(_, raw)| raw.get_type() == turn::XorRelayedAddress::TYPE);
                    let mut families: Vec<_> = relayed.map(|(_, raw)| raw.value[1]).collect();
                    families.sort_unstable();
                    return Outcome::Success(lifetime.map(|lifetime| lifetime.seconds()), families);
                }
            }
        }
        panic!("no nonce is good enough");
    }

    fn step(&mut self, step: &Step, transaction: u128) -> Outcome {
        match step {
            Step::Request(request) => self.request(request, transaction),
            Step::Send(client, number) => {
                let kind = MessageType::from_class_method(MessageClass::Indication, method::SEND);
                let mut message = Message::builder(kind, transaction.into(), MessageWriteVec::new());
                message.push_attribute_unchecked(&Attribute::Peer(*number).raw(transaction));
                message.push_attribute_unchecked(&RawAttribute::new(turn::Data::TYPE, b"data"));
                self.data(*client, &message.finish())
            }
            Step::ChannelData(client, number) => {
                let [high, low] = number.to_be_bytes();
                self.data(*client, &[high, low, 0, 4, 1, 2, 3, 4])
            }
            Step::FromPeer(client, number) => self.relay.peer_datagram(*client, peer(*number)),
            Step::Sleep(seconds) => {
                self.relay.sleep(Duration::from_secs(*seconds));
                Outcome::Nothing
            }
        }
    }

    fn data(&mut self, client: usize, datagram: &[u8]) -> Outcome {
        match self.relay.datagram(client, datagram) {
            Given::ToPeer(peer) => Outcome::ToPeer(peer),
            Given::Nothing => Outcome::Nothing,
            Given::Answer(_) => panic!("data is not answered"),
        }
    }
}

impl Attribute {
    fn raw(&self, transaction: u128) -> RawAttribute<'static> {
        match self {
            Self::Peer(number) => turn::XorPeerAddress::new(peer(*number), transaction.into())
                .to_raw()
                .into_owned(),
            Self::Value(kind, value) => RawAttribute::new(AttributeType::new(*kind), value).into_owned(),
        }
    }
}

impl Request {
    fn has(&self, kind: AttributeType) -> Option<&[u8]> {
        self.attributes.iter().find_map(|attribute| match attribute {
            Attribute::Value(of, value) if *of == kind.value() => Some(&value[..]),
            _ => None,
        })
    }

    fn peers(&self) -> usize {
        self.attributes
            .iter()
            .filter(|attribute| matches!(attribute, Attribute::Peer(_)))
            .count()
    }
}

/// Why the two differ, where it is known. In each the standard is on our side, or says nothing.
fn explain(step: &Step, ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    use Outcome::{Error, Success};
    let Step::Request(request) = step else {
        return None;
    };
    let has = |kind| request.has(kind).is_some();
    let family = |kind| request.has(kind).map(|value| value[0]);
    let unknown_family = [turn::RequestedAddressFamily::TYPE, turn::AdditionalAddressFamily::TYPE]
        .into_iter()
        .any(|kind| family(kind) == Some(3));
    let malformed_lifetime = request.has(turn::Lifetime::TYPE).is_some_and(|value| value.len() != 4);
    Some(match (request.method, ours, theirs) {
        (_, Error(420), Error(_)) => "unknown attributes are told first (RFC 8489 section 6.3.1)",
        (method::ALLOCATE, Error(437), Error(441)) => {
            "a 5-tuple in use is 437, whoever asks (RFC 8656 section 7.2, step 2; section 5: 441 is for other requests)"
        }
        (method::ALLOCATE, Success(..), Error(437)) if request.again => {
            "a request sent again gets its answer again (RFC 8656 section 7.2, step 2)"
        }
        (method::ALLOCATE, Error(508), Success(..)) if has(turn::ReservationToken::TYPE) => {
            "a token that reserves nothing is 508 (RFC 8656 section 7.2, step 5); theirs does not look at it"
        }
        (method::ALLOCATE, Success(..), Error(400))
            if has(turn::EvenPort::TYPE) && has(turn::AdditionalAddressFamily::TYPE) =>
        {
            "both families go with an even port, not with a reservation (RFC 8656 section 7.2, step 8)"
        }
        (method::ALLOCATE, Error(440), Error(400)) if unknown_family => {
            "a family that there is not is 440 (RFC 8656 section 7.2, step 9)"
        }
        (method::ALLOCATE, Error(442), Error(400)) => "the transport is looked at before the families",
        (method::REFRESH, Error(443), Success(..)) if unknown_family => {
            "a family that the allocation has not is 443 (RFC 8656 section 8.2); theirs ignores one that does not exist"
        }
        (method::ALLOCATE | method::REFRESH, Error(400), Success(..)) if malformed_lifetime => {
            "a LIFETIME of another length than four bytes is malformed; theirs ignores it"
        }
        (method::CREATE_PERMISSION, _, Error(420)) if has(turn::Lifetime::TYPE) => {
            "an attribute that is known but means nothing here is ignored; to theirs it is unknown"
        }
        (method::CHANNEL_BIND, Error(400), Error(443)) => "what is malformed is 400 before its family is looked at",
        (method::CHANNEL_BIND, Error(400), Success(..)) if request.peers() > 1 => {
            "a channel has one peer; theirs takes the last of two"
        }
        (method::CHANNEL_BIND, Error(400), Success(..)) => {
            "a number that is bound to another peer is 400 (RFC 8656 section 12.2); theirs binds it twice"
        }
        _ => return None,
    })
}

/// How many reasons [`explain`] has, and the one below.
const REASONS: usize = 14;

#[test]
fn both_do_the_same() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let sequences = prop::collection::vec(step(), 1..80);
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut alike: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..3000 {
        let steps = sequences.new_tree(&mut runner).unwrap().current();
        let (mut ours, mut theirs) = (Side::new(Ours::new()), Side::new(Theirs::new()));
        let mut transaction = 1;
        for step in &steps {
            let again = matches!(step, Step::Request(request) if request.again);
            transaction += u128::from(!again);
            let (our, their) = (ours.step(step, transaction), theirs.step(step, transaction));
            let refused = matches!((&our, &their), (Outcome::Error(_), Outcome::Error(_)));
            if our == their {
                *alike.entry(kind(step, &our)).or_default() += 1;
            } else {
                let why = explain(step, &our, &their);
                *seen
                    .entry(why.unwrap_or_else(|| panic!("{step:?}: {our:?}, theirs {their:?}")))
                    .or_default() += 1;
            }
            // Where one did what the other refused, they are in different states from here on.
            if our != their && !refused {
                break;
            }
            if let Step::Request(request) = step
                && request.method == method::CREATE_PERMISSION
                && refused
                && request.peers() > 1
            {
                let why =
                    "permissions are made for all peers or for none (RFC 8656 section 10.2); theirs keeps the first";
                *seen.entry(why).or_default() += 1;
                break;
            }
            for side in [&mut ours.relay as &mut dyn Relay, &mut theirs.relay] {
                side.sleep(Duration::from_millis(1));
            }
        }
    }
    // A reason that is not met any more is to go, and what is compared is to be something.
    assert_eq!(seen.len(), REASONS, "{seen:#?}");
    for met in [
        "Request Success",
        "Request 400",
        "Request 420",
        "Request 437",
        "Request 441",
        "Request 442",
        "Request 443",
        "Send ToPeer",
        "Send Nothing",
        "ChannelData ToPeer",
        "ChannelData Nothing",
        "FromPeer channel",
        "FromPeer indication",
        "FromPeer Nothing",
    ] {
        assert!(alike.get(met).is_some_and(|times| *times > 20), "{met}: {alike:#?}");
    }
}

fn kind(step: &Step, outcome: &Outcome) -> String {
    let step = match step {
        Step::Request(_) => "Request",
        Step::Send(..) => "Send",
        Step::ChannelData(..) => "ChannelData",
        Step::FromPeer(..) => "FromPeer",
        Step::Sleep(_) => "Sleep",
    };
    let outcome = match outcome {
        Outcome::Success(..) => "Success".to_owned(),
        Outcome::Error(code) => code.to_string(),
        Outcome::ToPeer(_) => "ToPeer".to_owned(),
        Outcome::ToClient(Some(_)) => "channel".to_owned(),
        Outcome::ToClient(None) => "indication".to_owned(),
        Outcome::Nothing => "Nothing".to_owned(),
    };
    format!("{step} {outcome}")
}
