//! Connect, ConnectionBind and ConnectionAttempt (RFC 6062 section 5).

use std::sync::Arc;

use stun_types::attribute::{AttributeStaticType, Fingerprint};
use stun_types::message::{
    Message, MessageClass, MessageType, MessageWrite as _, MessageWriteExt as _, MessageWriteVec, TransactionId,
};
use turn_types::attribute as turn;
use turn_types::message as method;

use super::reply::{self, Failure};
use super::{Done, Relays, Request, Rules, Server, peers};
use crate::address::{FiveTuple, PeerAddress};
use crate::clock::Now;
use crate::connection::{ConnectionId, Link, Pending};
use crate::integrity;
use crate::memory;
use crate::table::AllocationKey;

/// A peer connection that is there, and what its client is told.
pub struct Connected {
    /// Names it.
    pub id: ConnectionId,
    /// To be held as long as the connection is open.
    pub link: Arc<Link>,
    /// Who may bind it.
    pub username: Box<str>,
    /// The client.
    pub to: FiveTuple,
    /// The message for it.
    pub message: Vec<u8>,
}

impl<R: Relays> Server<R> {
    /// Section 5.2, receiving a Connect request. The answer comes with [`Server::connected`].
    pub(super) fn connect(
        &mut self,
        rules: &Rules,
        request: &Request<'_, '_>,
        relays: &mut R,
    ) -> Result<Done<R::Connection>, Failure> {
        let message = request.message;
        // "On a TCP connection for which no allocation exists": 437.
        let key = self.own(request)?;
        let allocation = self.table.get_mut(key).ok_or(Failure::MISMATCH)?;
        // Nor one for UDP.
        let connections = allocation.connections.as_mut().ok_or(Failure::MISMATCH)?;
        // "If the request does not contain an XOR-PEER-ADDRESS attribute": 400.
        let peers = peers(message)?;
        let [peer] = peers[..] else {
            return Err(Failure::BAD_REQUEST);
        };
        // "Currently processing a Connect request with the same XOR-PEER-ADDRESS", or "the resulting connections are
        // either pending or active": 446.
        if connections.has(peer) {
            return Err(Failure::CONNECTION_EXISTS);
        }
        // "If the new connection is forbidden by local policy": 403.
        if rules.peers.check(peer).is_err() {
            self.counters.forbidden += 1;
            return Err(Failure::FORBIDDEN);
        }
        if connections.count() >= usize::from(rules.quota.connections)
            || !allocation.lease.reach(request.now.at, &[peer.ip()], &rules.quota)
            || !memory::is_left(0)
        {
            return Err(Failure::INSUFFICIENT_CAPACITY);
        }
        // "Otherwise, the server MUST initiate an outgoing TCP connection [from] the relayed transport address"; 443
        // where that is of the other family, 447 where the attempt fails.
        let id = ConnectionId(getrandom::u32().map_err(|_| Failure::INSUFFICIENT_CAPACITY)?);
        connections.begin(Pending {
            id,
            peer,
            transaction: message.transaction_id(),
            key: request.identity.key.clone(),
            integrity: request.identity.integrity,
            fingerprint: message.raw_attribute(Fingerprint::TYPE).is_some(),
        });
        let begun = allocation
            .relay(peer.family())
            .ok_or(Failure::FAMILY_MISMATCH)
            .and_then(|relay| {
                relays
                    .connect(request.now.at, key, &relay.socket, id, peer)
                    .map_err(|_| Failure::CONNECTION_FAILED)
            });
        if let Err(failure) = begun {
            if let Some(connections) = &mut allocation.connections {
                connections.take_pending(id);
            }
            return Err(failure);
        }
        Ok(Done::Later)
    }

    /// What became of a Connect request: the answer, and with success the connection. Nothing where the allocation has
    /// ended meanwhile; the connection is to be closed then.
    pub fn connected(
        &mut self,
        key: AllocationKey,
        id: ConnectionId,
        success: bool,
    ) -> Option<Result<Connected, (FiveTuple, Vec<u8>)>> {
        let allocation = self.table.get_mut(key)?;
        let connections = allocation.connections.as_mut()?;
        let pending = connections.take_pending(id)?;
        // Rules may be new.
        let success = success && self.rules.peers.check(pending.peer).is_ok();
        let class = if success {
            MessageClass::Success
        } else {
            MessageClass::Error
        };
        let kind = MessageType::from_class_method(class, method::CONNECT);
        let mut answer = Message::builder(kind, pending.transaction, MessageWriteVec::with_capacity(128));
        if success {
            answer.push_attribute_unchecked(&turn::ConnectionId::new(id.0));
        } else {
            Failure::CONNECTION_FAILED.describe(&mut answer);
        }
        integrity::sign(&mut answer, &pending.key, pending.integrity);
        if pending.fingerprint {
            // Fails only where there is one already.
            let _ = answer.add_fingerprint();
        }
        let message = answer.finish();
        let to = allocation.five_tuple;
        if !success {
            self.counters.failed += 1;
            return Some(Err((to, message)));
        }
        self.counters.succeeded += 1;
        Some(Ok(Connected {
            id,
            link: connections.add(pending.peer),
            username: allocation.username.clone(),
            to,
            message,
        }))
    }

    /// Section 5.3, receiving a TCP connection on an allocated port: a ConnectionAttempt indication. Nothing where the
    /// connection is to be closed.
    pub fn incoming(&mut self, now: Now, key: AllocationKey, peer: PeerAddress) -> Option<Connected> {
        let most = usize::from(self.rules.quota.connections);
        let allowed = self.rules.peers.check_ip(peer).is_ok();
        let allocation = self.table.get_mut(key).filter(|allocation| allocation.until > now.at)?;
        // "If no permission for this peer": closed.
        if !allocation.permits(now.at, peer.ip()) {
            return None;
        }
        if !allowed {
            self.counters.forbidden += 1;
            return None;
        }
        let connections = allocation.connections.as_mut()?;
        if connections.count() >= most || connections.has(peer) {
            return None;
        }
        let id = ConnectionId(getrandom::u32().ok()?);
        let transaction = TransactionId::generate();
        let kind = MessageType::from_class_method(MessageClass::Indication, method::CONNECTION_ATTEMPT);
        let mut indication = Message::builder(kind, transaction, MessageWriteVec::new());
        indication.push_attribute_unchecked(&turn::ConnectionId::new(id.0));
        indication.push_attribute_unchecked(&turn::XorPeerAddress::new(peer.socket(), transaction));
        Some(Connected {
            id,
            link: connections.add(peer),
            username: allocation.username.clone(),
            to: allocation.five_tuple,
            message: indication.finish(),
        })
    }

    /// Section 5.4, receiving a ConnectionBind request.
    pub(super) fn connection_bind(
        &mut self,
        request: &Request<'_, '_>,
        relays: &mut R,
    ) -> Result<Done<R::Connection>, Failure> {
        // "If the client connection transport is not TCP or TLS": 400. Nor is it one that has an allocation.
        if !request.from.via.is_stream() || self.live(request.now, &request.from).is_some() {
            return Err(Failure::BAD_REQUEST);
        }
        // "If the request does not contain the CONNECTION-ID attribute, or if this attribute does not refer to an
        // existing pending connection": 400. Another user's: 441.
        let id = request.message.raw_attribute(turn::ConnectionId::TYPE);
        let id = id.ok_or(Failure::BAD_REQUEST)?.value[..].try_into();
        let id = ConnectionId(id.map(u32::from_be_bytes).map_err(|_| Failure::BAD_REQUEST)?);
        let connection = relays
            .claim(request.now.at, id, &request.identity.username)
            .map_err(|error| match error {
                super::ClaimError::Unknown => Failure::BAD_REQUEST,
                super::ClaimError::AnothersUser => Failure::WRONG_CREDENTIALS,
            })?;
        // "Otherwise, the client connection is now called a client data connection."
        Ok(Done::Bound(reply::success(request.message), connection))
    }
}
