//! The clients' side of TURN, for many flows at once over one socket: an allocation, a permission and a channel each.

use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use stun_types::attribute::{AttributeStaticType as _, ErrorCode, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, LongTermCredentials, Message, MessageClass, MessageType,
    MessageWrite as _, MessageWriteExt as _, MessageWriteVec, Method, TransactionId,
};
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION};

use crate::Result;
use crate::calls::{self, Inbox, Outbox};
use crate::load::{Flow, channel};

/// The one user, with a password that both servers know.
pub(crate) const USER: &str = "user1";
pub(crate) const PASSWORD: &str = "test";
pub(crate) const REALM: &str = "bench";

/// Requests under way at once.
const WINDOW: usize = 64;
/// When a request is sent again.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often.
const TRIES: u32 = 60;

/// A request that every server answers.
pub(crate) fn binding() -> Vec<u8> {
    Message::builder_request(BINDING, MessageWriteVec::new()).finish()
}

/// How far a flow is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Allocate,
    Permit,
    Bind,
    Done,
}

struct Progress {
    step: Step,
    nonce: Option<String>,
    transaction: TransactionId,
    sent: Option<Instant>,
    tries: u32,
}

/// Makes the allocation of each flow, with a permission and a channel for its peer, and notes the relayed address.
pub(crate) fn set_up(clients: &UdpSocket, server: SocketAddrV4, peer_port: u16, flows: &mut [Flow]) -> Result<()> {
    let credentials = LongTermCredentials::new(USER.to_owned(), PASSWORD.to_owned());
    let key = credentials.to_key(REALM.to_owned()).make_key(IntegrityAlgorithm::Sha1);
    let mut progress: Vec<Progress> = flows.iter().map(|_| Progress::new()).collect();
    let first = u32::from(flows.first().map_or(Ipv4Addr::UNSPECIFIED, |flow| flow.client));
    let (mut inbox, mut outbox) = (Inbox::new(WINDOW, 2048), Outbox::new(1));
    let mut active: Vec<usize> = Vec::new();
    let mut begun = 0;
    while begun < flows.len() || !active.is_empty() {
        while active.len() < WINDOW && begun < flows.len() {
            active.push(begun);
            begun += 1;
        }
        for at in &active {
            let flow = &progress[*at];
            if flow.sent.is_none_or(|sent| sent.elapsed() > PATIENCE) {
                if flow.tries == TRIES {
                    return Err(format!("flow {at} gets no answer to {:?}", flow.step).into());
                }
                let request = progress[*at].request(&flows[*at], channel(*at), peer_port, &key);
                let parts = [IoSlice::new(&request)];
                let message = calls::Message {
                    parts: 0..1,
                    to: server,
                    from: Some(flows[*at].client),
                    segment: None,
                };
                outbox.send(clients, &parts, &[message]);
            }
        }
        let received = inbox.receive(clients, 0);
        for slot in 0..received {
            let to = inbox.destination(slot).map_or(0, u32::from);
            let at = to.wrapping_sub(first) as usize;
            if let (Some(progress), Some(flow)) = (progress.get_mut(at), flows.get_mut(at)) {
                progress.answer(inbox.bytes(slot), flow)?;
            }
        }
        inbox.clear(0..received);
        active.retain(|at| progress[*at].step != Step::Done);
    }
    Ok(())
}

impl Progress {
    fn new() -> Self {
        Self {
            step: Step::Allocate,
            nonce: None,
            transaction: TransactionId::generate(),
            sent: None,
            tries: 0,
        }
    }

    fn request(&mut self, flow: &Flow, number: u16, peer_port: u16, key: &IntegrityKey) -> Vec<u8> {
        if self.sent.is_none() {
            self.transaction = TransactionId::generate();
        }
        // Otherwise it is sent again, and answered as before: another Allocate would be refused.
        self.sent = Some(Instant::now());
        self.tries += 1;
        let method: Method = match self.step {
            Step::Allocate => ALLOCATE,
            Step::Permit => CREATE_PERMISSION,
            Step::Bind | Step::Done => CHANNEL_BIND,
        };
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        let mut message = Message::builder(kind, self.transaction, MessageWriteVec::with_capacity(256));
        if method == ALLOCATE {
            message.push_attribute_unchecked(&RawAttribute::new(RequestedTransport::TYPE, &[17, 0, 0, 0]));
        } else {
            if method == CHANNEL_BIND {
                let [high, low] = number.to_be_bytes();
                message.push_attribute_unchecked(&RawAttribute::new(ChannelNumber::TYPE, &[high, low, 0, 0]));
            }
            let peer = SocketAddr::from((flow.peer, peer_port));
            message.push_attribute_unchecked(&XorPeerAddress::new(peer, self.transaction));
        }
        if let Some(nonce) = &self.nonce {
            message.push_attribute_unchecked(&RawAttribute::new(Username::TYPE, USER.as_bytes()));
            message.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, REALM.as_bytes()));
            message.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, nonce.as_bytes()));
            // There is none yet, and it fits.
            let _ = message.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
        }
        message.finish()
    }

    fn answer(&mut self, bytes: &[u8], flow: &mut Flow) -> Result<()> {
        let Ok(message) = Message::from_bytes(bytes) else {
            return Ok(());
        };
        // Of an earlier request that was sent again.
        if message.transaction_id() != self.transaction || !message.is_response() {
            return Ok(());
        }
        if message.has_class(MessageClass::Error) {
            let code = message.attribute::<ErrorCode>()?.code();
            let nonce = message.attribute::<Nonce>().ok().map(|nonce| nonce.nonce().to_owned());
            // A server whose nonces change with each request would keep us for ever: `tries` goes on.
            if !matches!(code, 401 | 438) || nonce.is_none() || nonce == self.nonce {
                return Err(format!("{code} to {:?}", self.step).into());
            }
            self.nonce = nonce;
            self.sent = None;
            return Ok(());
        }
        self.step = match self.step {
            Step::Allocate => {
                let relayed = message.attribute::<XorRelayedAddress>()?.addr(self.transaction);
                let SocketAddr::V4(relayed) = relayed else {
                    return Err("the relayed address is not an IPv4 one".into());
                };
                flow.relayed = relayed;
                Step::Permit
            }
            Step::Permit => Step::Bind,
            Step::Bind | Step::Done => Step::Done,
        };
        (self.sent, self.tries) = (None, 0);
        Ok(())
    }
}
