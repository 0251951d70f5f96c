//! The control plane without sockets: a client that speaks the standard, and a machine that grants ports.

mod abuse;
mod allocating;
mod authenticating;
mod connecting;
mod coturn;
mod random;
mod relaying;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

use stun_types::attribute::{ErrorCode, Nonce, PasswordAlgorithms, RawAttribute, Realm, Username};
use stun_types::message::{MessageType, MessageWriteVec, Method, TransactionId};
use zeroize::Zeroizing;

use super::*;
use crate::address::{ClientAddress, RelayAddress, RelayPort, Via};
use crate::allocation::ChannelNumber;
use crate::integrity::{self, Integrity, Key, PasswordAlgorithm};

const SECRET: &str = "a secret that is long enough to be one";
const REALM: &str = "example.org";
const PEER: &str = "8.8.8.8:40000";

/// A machine with relayed ports.
struct Ports {
    free: Rc<RefCell<BTreeSet<(Family, u16)>>>,
    reserved: HashMap<u64, FakeSocket>,
    next_token: u64,
    /// Connections that are being made.
    attempts: Vec<(AllocationKey, ConnectionId)>,
    /// Those that wait for a client of this name.
    waiting: HashMap<ConnectionId, Box<str>>,
}

#[derive(Debug)]
struct FakeSocket {
    family: Family,
    port: u16,
    free: Rc<RefCell<BTreeSet<(Family, u16)>>>,
}

impl Drop for FakeSocket {
    fn drop(&mut self) {
        self.free.borrow_mut().insert((self.family, self.port));
    }
}

impl PartialOrd for Family {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Family {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number().cmp(&other.number())
    }
}

impl Ports {
    fn new(families: &[Family], ports: std::ops::Range<u16>) -> Self {
        let free = families
            .iter()
            .flat_map(|family| ports.clone().map(|port| (*family, port)))
            .collect();
        Self {
            free: Rc::new(RefCell::new(free)),
            reserved: HashMap::new(),
            next_token: 7,
            attempts: Vec::new(),
            waiting: HashMap::new(),
        }
    }

    fn take(&self, family: Family, port: u16) -> FakeSocket {
        assert!(self.free.borrow_mut().remove(&(family, port)), "a port is given once");
        FakeSocket {
            family,
            port,
            free: Rc::clone(&self.free),
        }
    }

    fn relay(socket: FakeSocket) -> Relay<FakeSocket> {
        let ip: IpAddr = match socket.family {
            Family::V4 => "192.0.2.10".parse().unwrap(),
            Family::V6 => "2001:db8::10".parse().unwrap(),
        };
        Relay {
            address: RelayAddress(SocketAddr::new(ip, socket.port)),
            socket,
        }
    }
}

impl Relays for Ports {
    type Socket = FakeSocket;
    type Connection = ConnectionId;

    fn open(&mut self, _: AllocationKey, family: Family, wish: PortWish) -> Result<Opened<FakeSocket>, OpenError> {
        let free = self.free.borrow().clone();
        let mut of_family = free
            .iter()
            .filter(|(of, _)| *of == family)
            .map(|(_, port)| *port)
            .peekable();
        of_family.peek().ok_or(OpenError::OutOfPorts)?;
        let found = of_family.find(|port| match wish {
            PortWish::Any => true,
            PortWish::Even => port % 2 == 0,
            PortWish::EvenAndReserveNext => port % 2 == 0 && free.contains(&(family, port + 1)),
        });
        let port = found.ok_or(OpenError::OutOfPorts)?;
        let relay = Self::relay(self.take(family, port));
        let token = (wish == PortWish::EvenAndReserveNext).then(|| {
            self.next_token += 1;
            self.reserved.insert(self.next_token, self.take(family, port + 1));
            self.next_token
        });
        Ok(Opened { relay, token })
    }

    fn redeem(&mut self, _: Instant, _: AllocationKey, token: u64) -> Result<Relay<FakeSocket>, OpenError> {
        self.reserved
            .remove(&token)
            .map(Self::relay)
            .ok_or(OpenError::OutOfPorts)
    }

    fn listen(&mut self, key: AllocationKey, family: Family) -> Result<Relay<FakeSocket>, OpenError> {
        self.open(key, family, PortWish::Any).map(|opened| opened.relay)
    }

    fn connect(
        &mut self,
        _: Instant,
        key: AllocationKey,
        _: &FakeSocket,
        id: ConnectionId,
        _: PeerAddress,
    ) -> std::io::Result<()> {
        self.attempts.push((key, id));
        Ok(())
    }

    fn claim(&mut self, _: Instant, id: ConnectionId, username: &str) -> Result<ConnectionId, ClaimError> {
        let owner = self.waiting.get(&id).ok_or(ClaimError::Unknown)?;
        if **owner == *username {
            Ok(id)
        } else {
            Err(ClaimError::AnothersUser)
        }
    }
}

/// A server, its ports and the time.
struct Bench {
    server: Server<Ports>,
    ports: Ports,
    now: Now,
    next_transaction: u128,
}

impl Bench {
    fn new() -> Self {
        Self::with(Quota::default(), Ports::new(&[Family::V4, Family::V6], 50_000..50_100))
    }

    fn with(quota: Quota, ports: Ports) -> Self {
        let now = Now {
            at: Instant::now(),
            unix: 1_800_000_000,
        };
        Self {
            server: Server::new(now, Arc::new(Self::rules(quota, &[])), Arc::default()),
            ports,
            now,
            next_transaction: 0,
        }
    }

    fn rules(quota: Quota, deny: &[&str]) -> Rules {
        let users = HashMap::from([("fixed".to_owned(), Zeroizing::new("password".to_owned()))]);
        let secrets = vec![
            Zeroizing::new("another secret, just as long as it".to_owned()),
            Zeroizing::new(SECRET.to_owned()),
        ];
        Rules {
            authenticator: Authenticator::new(REALM.to_owned(), secrets, users, [3; 32]),
            peers: PeerPolicy::new(
                vec![],
                deny.iter().map(|range| range.parse().unwrap()).collect(),
                vec!["192.0.2.10".parse().unwrap()],
                vec![],
                (RelayPort(50_000), RelayPort(50_099)),
            ),
            tcp: true,
            quota,
            longest_lifetime: Duration::from_hours(1),
            alternates: vec!["192.0.2.20:3478".parse().unwrap()],
            last_channel: ChannelNumber::LAST,
        }
    }

    fn sleep(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.server.expire(self.now);
    }

    /// Sends bytes; the answer, if there is one.
    fn raw(&mut self, from: FiveTuple, bytes: &[u8]) -> Option<Vec<u8>> {
        match self.server.message(self.now, from, bytes, &mut self.ports) {
            Output::Reply(reply) | Output::Bound { reply, .. } => Some(reply),
            Output::Nothing | Output::ToPeer { .. } => None,
        }
    }

    fn transaction(&mut self) -> TransactionId {
        self.next_transaction += 1;
        self.next_transaction.into()
    }
}

/// A client with its credentials.
struct Client {
    from: FiveTuple,
    username: String,
    password: String,
    algorithm: PasswordAlgorithm,
    integrity: Integrity,
    /// Whether it says which password algorithm it chose.
    negotiates: bool,
    nonce: String,
}

impl Client {
    fn new(bench: &Bench, address: &str) -> Self {
        let from = FiveTuple {
            via: Via::Datagram(0),
            client: ClientAddress(address.parse().unwrap()),
        };
        let credential = visavis_turn_credential::mint(SECRET, "a call", bench.now.unix + 3600);
        Self {
            from,
            username: credential.username,
            password: credential.password,
            algorithm: PasswordAlgorithm::Md5,
            integrity: Integrity::Sha1,
            negotiates: false,
            nonce: String::new(),
        }
    }

    fn key(&self) -> Key {
        Key::derive(self.algorithm, &self.username, REALM, &self.password)
    }

    fn build(&self, method: Method, transaction: TransactionId, attributes: &[RawAttribute<'_>]) -> Vec<u8> {
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
        for attribute in attributes {
            message.push_attribute_unchecked(attribute);
        }
        message.push_attribute_unchecked(&RawAttribute::new(Username::TYPE, self.username.as_bytes()));
        message.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, REALM.as_bytes()));
        message.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, self.nonce.as_bytes()));
        if self.negotiates {
            let number = if self.algorithm == PasswordAlgorithm::Md5 { 1 } else { 2 };
            message.push_attribute_unchecked(&RawAttribute::new(PasswordAlgorithms::TYPE, &[0, 2, 0, 0, 0, 1, 0, 0]));
            let kind = stun_types::attribute::PasswordAlgorithm::TYPE;
            message.push_attribute_unchecked(&RawAttribute::new(kind, &[0, number, 0, 0]));
        }
        integrity::sign(&mut message, &self.key(), self.integrity);
        message.finish()
    }

    /// Sends a request, learning the nonce on the way; the answer is checked for its integrity.
    fn request(&mut self, bench: &mut Bench, method: Method, attributes: &[RawAttribute<'_>]) -> Answer {
        for _ in 0..2 {
            let transaction = bench.transaction();
            let request = self.build(method, transaction, attributes);
            let answer = Answer(bench.raw(self.from, &request).expect("a request is answered"));
            let message = answer.message();
            assert_eq!(message.transaction_id(), transaction);
            match answer.error() {
                Some(401 | 438) if message.raw_attribute(Nonce::TYPE).is_some() => {
                    let nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
                    if self.nonce == nonce {
                        return answer;
                    }
                    self.nonce = nonce;
                }
                _ => {
                    assert_eq!(integrity::attribute_of(&message), Some(self.integrity));
                    assert!(integrity::verify(&message, &self.key()), "the answer is signed");
                    return answer;
                }
            }
        }
        Answer(
            bench
                .raw(
                    self.from,
                    &self.build(method, bench.next_transaction.into(), attributes),
                )
                .unwrap(),
        )
    }

    fn allocate(&mut self, bench: &mut Bench) -> Answer {
        self.request(bench, method::ALLOCATE, &[udp()])
    }

    fn permit(&mut self, bench: &mut Bench, peers: &[&str]) -> Answer {
        let transaction: TransactionId = (bench.next_transaction + 1).into();
        // The transaction is part of XOR-PEER-ADDRESS only for IPv6; those tests know their nonce already.
        let attributes: Vec<_> = peers.iter().map(|peer| xor_peer(peer, transaction)).collect();
        self.request(bench, method::CREATE_PERMISSION, &attributes)
    }

    fn bind(&mut self, bench: &mut Bench, number: u16, peer: &str) -> Answer {
        let transaction: TransactionId = (bench.next_transaction + 1).into();
        let [high, low] = number.to_be_bytes();
        let number = RawAttribute::new(turn::ChannelNumber::TYPE, &[high, low, 0, 0]).into_owned();
        self.request(bench, method::CHANNEL_BIND, &[number, xor_peer(peer, transaction)])
    }

    fn refresh(&mut self, bench: &mut Bench, seconds: u32) -> Answer {
        self.request(bench, method::REFRESH, &[lifetime(seconds)])
    }

    /// What a Send indication brings the peer.
    fn send(&self, bench: &mut Bench, peer: &str, data: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        let transaction = bench.transaction();
        let kind = MessageType::from_class_method(MessageClass::Indication, method::SEND);
        let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
        message.push_attribute_unchecked(&xor_peer(peer, transaction));
        message.push_attribute_unchecked(&RawAttribute::new(turn::Data::TYPE, data));
        let bytes = message.finish();
        match bench.server.message(bench.now, self.from, &bytes, &mut bench.ports) {
            Output::ToPeer { peer, data, .. } => Some((peer.socket(), data.to_vec())),
            Output::Nothing => None,
            Output::Reply(_) | Output::Bound { .. } => panic!("an indication is not answered"),
        }
    }

    fn key_in(&self, bench: &Bench) -> AllocationKey {
        bench.server.find(&self.from).unwrap()
    }
}

struct Answer(Vec<u8>);

impl Answer {
    fn message(&self) -> Message<'_> {
        Message::from_bytes(&self.0).unwrap()
    }

    fn error(&self) -> Option<u16> {
        self.message().attribute::<ErrorCode>().ok().map(|error| error.code())
    }

    fn ok(&self) -> &Self {
        assert_eq!(self.error(), None);
        assert!(self.message().has_class(MessageClass::Success));
        self
    }

    fn relayed(&self) -> Vec<SocketAddr> {
        let message = self.message();
        let attributes = message
            .iter_attributes()
            .filter(|(_, raw)| raw.get_type() == turn::XorRelayedAddress::TYPE);
        attributes
            .map(|(_, raw)| {
                turn::XorRelayedAddress::try_from(&raw)
                    .unwrap()
                    .addr(message.transaction_id())
            })
            .collect()
    }

    fn lifetime(&self) -> u32 {
        self.message().attribute::<turn::Lifetime>().unwrap().seconds()
    }
}

fn udp() -> RawAttribute<'static> {
    RawAttribute::new(turn::RequestedTransport::TYPE, &[17, 0, 0, 0])
}

fn lifetime(seconds: u32) -> RawAttribute<'static> {
    RawAttribute::new(turn::Lifetime::TYPE, &seconds.to_be_bytes()).into_owned()
}

fn xor_peer(peer: &str, transaction: TransactionId) -> RawAttribute<'static> {
    use stun_types::attribute::AttributeWrite as _;
    turn::XorPeerAddress::new(peer.parse().unwrap(), transaction)
        .to_raw()
        .into_owned()
}
