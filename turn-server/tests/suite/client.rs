//! A client that speaks TURN over UDP and knows nothing of the server's code but the codec and the keys.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use stun_types::attribute::{AttributeStaticType as _, ErrorCode, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{Message, MessageClass, MessageType, MessageWrite as _, MessageWriteVec, Method};
use turn_types::attribute as turn;
use turn_types::message as method;
use visavis_turn::integrity::{Integrity, Key, PasswordAlgorithm, sign};

use crate::process::Relay;

/// How long an answer is waited for before the request is sent again.
const PATIENCE: Duration = Duration::from_millis(500);

/// One 5-tuple with the credentials of `user1`.
pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    pub(crate) nonce: String,
    next_transaction: u128,
}

/// What the server said.
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Client {
    pub(crate) fn new(relay: &Relay) -> Self {
        let socket = UdpSocket::bind((relay.peers, 0)).unwrap();
        socket.connect((relay.address, 3478)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            nonce: String::new(),
            next_transaction: 1,
        }
    }

    /// Sends a request until its answer comes; what else comes meanwhile is passed over.
    pub(crate) fn ask(&self, request: &[u8]) -> Answer {
        let mut buffer = [0; 2048];
        for _ in 0..20 {
            // (Where nobody listens for a moment, an error comes back.)
            let _ = self.socket.send(request);
            while let Ok(length) = self.socket.recv(&mut buffer) {
                // The transaction of a message; ChannelData has none.
                if buffer[0] < 4 && buffer[4..length.min(20)] == request[4..20] {
                    return Answer(buffer[..length].to_vec());
                }
            }
        }
        panic!("no answer");
    }

    /// Sends a request, with a fresh nonce where the server wants one.
    pub(crate) fn request(&mut self, method: Method, attributes: &[RawAttribute<'_>]) -> Answer {
        loop {
            self.next_transaction += 1;
            let answer = self.ask(&signed(method, self.next_transaction, &self.nonce, attributes));
            match (answer.error(), answer.nonce()) {
                (Some(438), Some(nonce)) if nonce != self.nonce => self.nonce = nonce,
                _ => return answer,
            }
        }
    }

    pub(crate) fn allocate(&mut self) -> Answer {
        self.request(
            method::ALLOCATE,
            &[RawAttribute::new(turn::RequestedTransport::TYPE, &[17, 0, 0, 0])],
        )
    }

    /// Asks for the allocation to go on for so many seconds; none ends it.
    pub(crate) fn refresh(&mut self, seconds: u32) -> Answer {
        self.request(
            method::REFRESH,
            &[RawAttribute::new(turn::Lifetime::TYPE, &seconds.to_be_bytes())],
        )
    }

    /// Ends the allocation.
    pub(crate) fn end(&mut self) -> Answer {
        self.refresh(0)
    }

    /// Binds a channel to an IPv4 peer.
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) -> Answer {
        use stun_types::attribute::AttributeWrite as _;
        let [high, low] = number.to_be_bytes();
        let number = RawAttribute::new(turn::ChannelNumber::TYPE, &[high, low, 0, 0]).into_owned();
        // Of an IPv4 address the transaction is no part.
        let peer = turn::XorPeerAddress::new(peer, 0.into()).to_raw().into_owned();
        self.request(method::CHANNEL_BIND, &[number, peer])
    }
}

/// A request of `user1`.
pub(crate) fn signed(method: Method, transaction: u128, nonce: &str, attributes: &[RawAttribute<'_>]) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Request, method);
    let mut message = Message::builder(kind, transaction.into(), MessageWriteVec::new());
    for attribute in attributes {
        message.push_attribute_unchecked(attribute);
    }
    message.push_attribute_unchecked(&RawAttribute::new(Username::TYPE, b"user1"));
    message.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, b"test"));
    message.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, nonce.as_bytes()));
    let key = Key::derive(PasswordAlgorithm::Md5, "user1", "test", "test");
    sign(&mut message, &key, Integrity::Sha1);
    message.finish()
}

impl Answer {
    pub(crate) fn message(&self) -> Message<'_> {
        Message::from_bytes(&self.0).unwrap()
    }

    pub(crate) fn error(&self) -> Option<u16> {
        self.message().attribute::<ErrorCode>().ok().map(|error| error.code())
    }

    pub(crate) fn nonce(&self) -> Option<String> {
        let nonce = self.message().attribute::<Nonce>().ok()?;
        Some(nonce.nonce().to_owned())
    }

    pub(crate) fn relayed(&self) -> SocketAddr {
        let message = self.message();
        let relayed = message.attribute::<turn::XorRelayedAddress>().unwrap();
        relayed.addr(message.transaction_id())
    }
}
