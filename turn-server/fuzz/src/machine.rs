//! The control plane under any sequence of messages, with and without credentials, and of all else that happens to it.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::attribute::{AttributeStaticType as _, AttributeType, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{Message, MessageClass, MessageType, MessageWrite as _, MessageWriteVec, Method};
use turn_types::attribute as turn;
use turn_types::message as method;
use visavis_turn::address::{ClientAddress, Family, FiveTuple, PeerAddress, RelayAddress, RelayPort, Via};
use visavis_turn::allocation::{ChannelNumber, Relay};
use visavis_turn::authentication::Authenticator;
use visavis_turn::clock::Now;
use visavis_turn::connection::ConnectionId;
use visavis_turn::datapath::errors::IcmpError;
use visavis_turn::integrity::{Integrity, Key, PasswordAlgorithm, sign};
use visavis_turn::ledger::Ledger;
use visavis_turn::peer_policy::PeerPolicy;
use visavis_turn::quota::Quota;
use visavis_turn::server::{ClaimError, OpenError, Opened, Output, PortWish, Relays, Rules, Server};
use visavis_turn::table::AllocationKey;
use zeroize::Zeroizing;

const SECRET: &str = "a secret of the fuzz targets, long enough";
const REALM: &str = "example.org";
/// How many relayed ports there are.
const PORTS: usize = 6;

/// A port, which is free again when dropped.
struct Port {
    used: Rc<Cell<usize>>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.used.set(self.used.get() - 1);
    }
}

struct Machine {
    used: Rc<Cell<usize>>,
    reserved: HashMap<u64, Port>,
    next: u16,
    /// The connection that is being made.
    attempt: Option<(AllocationKey, ConnectionId)>,
    /// One that waits for its client.
    waiting: Option<ConnectionId>,
}

impl Machine {
    fn port(&self) -> Result<Port, OpenError> {
        if self.used.get() == PORTS {
            return Err(OpenError::OutOfPorts);
        }
        self.used.set(self.used.get() + 1);
        Ok(Port {
            used: Rc::clone(&self.used),
        })
    }

    fn relay(&mut self, socket: Port, family: Family) -> Relay<Port> {
        self.next = self.next.wrapping_add(1) | 0xC000;
        let ip: IpAddr = match family {
            Family::V4 => [192, 0, 2, 10].into(),
            Family::V6 => [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10].into(),
        };
        Relay {
            address: RelayAddress(SocketAddr::new(ip, self.next)),
            socket,
        }
    }
}

impl Relays for Machine {
    type Socket = Port;
    type Connection = ConnectionId;

    fn open(&mut self, _: AllocationKey, family: Family, wish: PortWish) -> Result<Opened<Port>, OpenError> {
        let socket = self.port()?;
        let token = if wish == PortWish::EvenAndReserveNext {
            let token = u64::from(self.next) % 4;
            let next = self.port()?;
            self.reserved.insert(token, next);
            Some(token)
        } else {
            None
        };
        let relay = self.relay(socket, family);
        Ok(Opened { relay, token })
    }

    fn redeem(&mut self, _: Instant, _: AllocationKey, token: u64) -> Result<Relay<Port>, OpenError> {
        let socket = self.reserved.remove(&token).ok_or(OpenError::OutOfPorts)?;
        Ok(self.relay(socket, Family::V4))
    }

    fn listen(&mut self, _: AllocationKey, family: Family) -> Result<Relay<Port>, OpenError> {
        let socket = self.port()?;
        Ok(self.relay(socket, family))
    }

    fn connect(
        &mut self,
        _: Instant,
        key: AllocationKey,
        _: &Port,
        id: ConnectionId,
        _: PeerAddress,
    ) -> std::io::Result<()> {
        self.attempt = Some((key, id));
        Ok(())
    }

    fn claim(&mut self, _: Instant, _: ConnectionId, _: &str) -> Result<ConnectionId, ClaimError> {
        // Its number is chance; whatever is asked for is it.
        self.waiting.take().ok_or(ClaimError::Unknown)
    }
}

fn policy(deny: bool) -> PeerPolicy {
    let deny = deny.then(|| "8.8.0.0/16".parse().unwrap());
    let relays = vec![[192, 0, 2, 10].into()];
    PeerPolicy::new(
        vec![],
        deny.into_iter().collect(),
        relays,
        vec![],
        (RelayPort(0xC000), RelayPort(0xFFFF)),
    )
}

fn rules(deny: bool) -> Rules {
    Rules {
        authenticator: Authenticator::new(
            REALM.to_owned(),
            vec![Zeroizing::new(SECRET.to_owned())],
            HashMap::from([("fixed".to_owned(), Zeroizing::new("password".to_owned()))]),
            [7; 32],
        ),
        peers: policy(deny),
        tcp: true,
        quota: Quota {
            connections: 2,
            per_user: 4,
            permissions: 3,
            channels: 2,
            user_peers: 4,
            ..Quota::default()
        },
        longest_lifetime: Duration::from_hours(1),
        alternates: vec!["192.0.2.20:3478".parse().unwrap()],
        last_channel: ChannelNumber::LAST,
    }
}

fn client(number: u8) -> FiveTuple {
    let via = if number & 1 == 0 {
        Via::Datagram(0)
    } else {
        Via::Session(number.into())
    };
    FiveTuple {
        via,
        client: ClientAddress(SocketAddr::from(([203, 0, 113, 1], 5000 + u16::from(number)))),
    }
}

/// Bytes, taken from the front; zeros where there are no more.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (now, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        now
    }
}

struct Bench {
    server: Server<Machine>,
    machine: Machine,
    ledger: Arc<Ledger>,
    now: Now,
    denied: bool,
    nonces: [String; 4],
    transaction: u128,
}

impl Bench {
    fn new() -> Self {
        // The same moment in every run, as far as the server can tell.
        let now = Now {
            at: Instant::now(),
            unix: 1_800_000_000,
        };
        let ledger: Arc<Ledger> = Arc::default();
        Self {
            server: Server::new(now, Arc::new(rules(false)), Arc::clone(&ledger)),
            machine: Machine {
                used: Rc::default(),
                reserved: HashMap::new(),
                next: 0xC000,
                attempt: None,
                waiting: None,
            },
            ledger,
            now,
            denied: false,
            nonces: Default::default(),
            transaction: 0,
        }
    }

    /// Gives the server a message; what it answers.
    fn give(&mut self, from: FiveTuple, bytes: &[u8]) -> Option<Vec<u8>> {
        match self.server.message(self.now, from, bytes, &mut self.machine) {
            Output::Nothing => None,
            Output::Reply(reply) | Output::Bound { reply, .. } => {
                assert!(reply.len() <= 400, "an answer is short");
                let answer = Message::from_bytes(&reply).expect("an answer can be read");
                let question = Message::from_bytes(bytes).expect("only messages are answered");
                assert_eq!(answer.transaction_id(), question.transaction_id());
                assert!(question.has_class(MessageClass::Request) && answer.is_response());
                Some(reply)
            }
            Output::ToPeer { peer, data, .. } => {
                assert!(policy(self.denied).check(peer).is_ok(), "{peer:?} is forbidden");
                assert!(data.len() <= bytes.len());
                None
            }
        }
    }

    /// A request with credentials, and attributes from the input before them.
    fn request(&mut self, number: u8, input: &mut Input<'_>) {
        const METHODS: [Method; 7] = [
            method::ALLOCATE,
            method::REFRESH,
            method::CREATE_PERMISSION,
            method::CHANNEL_BIND,
            method::CONNECT,
            method::CONNECTION_BIND,
            Method::new(0x0FF),
        ];
        let shape = input.byte();
        let method = METHODS[usize::from(shape & 7) % METHODS.len()];
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        self.transaction += 1;
        let attributes = attributes(input, self.transaction);
        for _ in 0..2 {
            let mut message = Message::builder(kind, self.transaction.into(), MessageWriteVec::new());
            for attribute in &attributes {
                message.push_attribute_unchecked(attribute);
            }
            let credential = if shape & 0x40 == 0 {
                visavis_turn_credential::mint(SECRET, "a call", self.now.unix + 600)
            } else {
                visavis_turn_credential::mint("another secret", "a call", self.now.unix + 600)
            };
            let (username, password) = if shape & 0x80 == 0 {
                (credential.username, credential.password)
            } else {
                ("fixed".to_owned(), "password".to_owned())
            };
            let nonce = self.nonces[usize::from(number)].clone();
            message.push_attribute_unchecked(&RawAttribute::new(Username::TYPE, username.as_bytes()));
            message.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, REALM.as_bytes()));
            message.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, nonce.as_bytes()));
            let key = Key::derive(PasswordAlgorithm::Md5, &username, REALM, &password);
            let integrity = if shape & 0x20 == 0 {
                Integrity::Sha1
            } else {
                Integrity::Sha256
            };
            sign(&mut message, &key, integrity);
            let answer = self.give(client(number), &message.finish());
            let fresh = answer.and_then(|answer| {
                let answer = Message::from_bytes(&answer).ok()?;
                Some(answer.attribute::<Nonce>().ok()?.nonce().to_owned())
            });
            match fresh {
                Some(fresh) if fresh != nonce => self.nonces[usize::from(number)] = fresh,
                _ => break,
            }
        }
        if let Some((key, id)) = self.machine.attempt.take() {
            let connected = self.server.connected(key, id, shape & 0x10 == 0);
            self.machine.waiting = connected.and_then(Result::ok).map(|connected| connected.id);
        }
    }

    /// What must always hold.
    fn check(&self) {
        assert_eq!(self.ledger.total() as usize, self.server.allocations());
        assert!(self.server.allocations() <= 8);
        assert!(self.machine.used.get() <= PORTS);
        assert!(self.machine.used.get() >= self.server.allocations() + self.machine.reserved.len());
    }
}

/// Attributes: a known kind or any, and a value: an address of a peer, or any bytes.
fn attributes(input: &mut Input<'_>, transaction: u128) -> Vec<RawAttribute<'static>> {
    use stun_types::attribute::AttributeWrite as _;
    const KINDS: [AttributeType; 9] = [
        turn::RequestedTransport::TYPE,
        turn::ChannelNumber::TYPE,
        turn::Lifetime::TYPE,
        turn::EvenPort::TYPE,
        turn::ReservationToken::TYPE,
        turn::RequestedAddressFamily::TYPE,
        turn::AdditionalAddressFamily::TYPE,
        turn::Data::TYPE,
        turn::ConnectionId::TYPE,
    ];
    let count = input.byte() % 5;
    let one = |_| {
        let choice = input.byte();
        match choice % 13 {
            0 => RawAttribute::new(turn::RequestedTransport::TYPE, &[17, 0, 0, 0]).into_owned(),
            1 | 2 => {
                let peer = peer(input);
                turn::XorPeerAddress::new(peer, transaction.into())
                    .to_raw()
                    .into_owned()
            }
            3 => {
                let kind = AttributeType::new(input.word());
                let length = usize::from(input.byte());
                RawAttribute::new(kind, input.bytes(length)).into_owned()
            }
            kind => {
                let length = usize::from(choice >> 4);
                RawAttribute::new(KINDS[usize::from(kind - 4)], input.bytes(length)).into_owned()
            }
        }
    };
    (0..count).map(one).collect()
}

/// A peer: often one of a few that may be reached, else any address.
fn peer(input: &mut Input<'_>) -> SocketAddr {
    let choice = input.byte();
    match choice >> 6 {
        0 => SocketAddr::from(([8, 8, 8, choice & 3], 1000)),
        1 => SocketAddr::from(([0x2606, 0, 0, 0, 0, 0, 0, u16::from(choice & 3)], 1000)),
        2 => SocketAddr::new(
            IpAddr::V4(<[u8; 4]>::default().map(|_| input.byte()).into()),
            input.word(),
        ),
        _ => SocketAddr::new(
            IpAddr::V6(<[u8; 16]>::default().map(|_| input.byte()).into()),
            input.word(),
        ),
    }
}

/// A sequence of what happens to a server.
pub fn server(input: &[u8]) {
    let mut input = Input(input);
    let mut bench = Bench::new();
    while !input.0.is_empty() {
        let step = input.byte();
        let number = step & 3;
        let from = client(number);
        match step >> 4 {
            0 => {
                let length = usize::from(input.byte());
                let bytes = input.bytes(length);
                bench.give(from, bytes);
            }
            1..=7 => bench.request(number, &mut input),
            8 | 9 => {
                bench.transaction += 1;
                let kind = MessageType::from_class_method(MessageClass::Indication, method::SEND);
                let mut message = Message::builder(kind, bench.transaction.into(), MessageWriteVec::new());
                for attribute in attributes(&mut input, bench.transaction) {
                    message.push_attribute_unchecked(&attribute);
                }
                bench.give(from, &message.finish());
            }
            10 => {
                if let Some(key) = bench.server.find(&from) {
                    let channel = 0x4000 | u16::from(input.byte());
                    let sent = bench.server.channel_data(bench.now, key, channel, 100);
                    if let Some((_, peer)) = sent {
                        assert!(policy(bench.denied).check(peer).is_ok(), "{peer:?} is forbidden");
                    }
                }
            }
            11 => {
                if let Some(key) = bench.server.find(&from) {
                    let peer = PeerAddress::new(peer(&mut input));
                    if bench.server.from_peer(bench.now, key, peer, 100, 1).is_some() {
                        assert!(policy(bench.denied).check_ip(peer).is_ok(), "{peer:?} is forbidden");
                    }
                }
            }
            12 => {
                let seconds = u64::from(input.byte()) * 8;
                bench.now = bench.now.plus(Duration::from_secs(seconds));
                bench.server.expire(bench.now);
            }
            13 => bench.server.disconnected(&from),
            14 if number == 0 => bench.server.drain(),
            14 => {
                bench.denied = !bench.denied;
                bench.server.set_rules(Arc::new(rules(bench.denied)));
            }
            _ => {
                if let Some(key) = bench.server.find(&from) {
                    let error = IcmpError {
                        destination: peer(&mut input),
                        kind: input.byte() & 3,
                        code: input.byte(),
                        mtu: input.word().into(),
                    };
                    if let Some((to, indication)) = bench.server.peer_error(bench.now, key, &error) {
                        assert_eq!(to, from);
                        Message::from_bytes(&indication).expect("an indication can be read");
                    }
                }
            }
        }
        bench.check();
    }
    bench.now = bench.now.plus(Duration::from_hours(2));
    bench.server.expire(bench.now);
    assert_eq!((bench.server.allocations(), bench.ledger.total()), (0, 0));
    assert_eq!(bench.machine.used.get(), bench.machine.reserved.len());
}

/// A message from somebody without credentials: nothing is kept of it.
pub(crate) fn stranger(bytes: &[u8]) {
    let mut bench = Bench::new();
    bench.give(client(0), bytes);
    assert_eq!((bench.server.allocations(), bench.machine.used.get()), (0, 0));
}
