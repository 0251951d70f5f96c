//! What every answer has in common: error codes, the integrity attribute, the fingerprint.

use std::net::SocketAddr;

use stun_types::attribute::{
    AlternateServer, Attribute as _, AttributeStaticType, AttributeType, ErrorCode, Fingerprint, MessageIntegrity,
    MessageIntegritySha256, Nonce, PasswordAlgorithm, RawAttribute, Realm, UnknownAttributes, Userhash, Username,
};
use stun_types::message::{Message, MessageWrite, MessageWriteExt as _, MessageWriteVec};
use turn_types::attribute as turn;

use crate::address::ClientAddress;
use crate::authentication::{Authenticator, Identity, Refusal};
use crate::clock::Now;
use crate::integrity;

/// An error answer to a request that passed authentication.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: u16,
    reason: &'static str,
    unknown: Vec<AttributeType>,
    alternate: Option<SocketAddr>,
}

impl Failure {
    pub(super) const BAD_REQUEST: Self = Self::new(400, "Bad Request");
    pub(super) const FORBIDDEN: Self = Self::new(403, "Forbidden");
    pub(super) const MISMATCH: Self = Self::new(437, "Allocation Mismatch");
    pub(super) const FAMILY_NOT_SUPPORTED: Self = Self::new(440, "Address Family not Supported");
    pub(super) const WRONG_CREDENTIALS: Self = Self::new(441, "Wrong Credentials");
    pub(super) const TRANSPORT_NOT_SUPPORTED: Self = Self::new(442, "Unsupported Transport Protocol");
    pub(super) const FAMILY_MISMATCH: Self = Self::new(443, "Peer Address Family Mismatch");
    pub(super) const CONNECTION_EXISTS: Self = Self::new(446, "Connection Already Exists");
    pub(super) const CONNECTION_FAILED: Self = Self::new(447, "Connection Timeout or Failure");
    pub(super) const QUOTA_REACHED: Self = Self::new(486, "Allocation Quota Reached");
    pub(super) const INSUFFICIENT_CAPACITY: Self = Self::new(508, "Insufficient Capacity");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason,
            unknown: Vec::new(),
            alternate: None,
        }
    }

    /// 420 with the attributes that were not understood.
    pub(super) fn unknown(unknown: Vec<AttributeType>) -> Self {
        Self {
            unknown,
            ..Self::new(420, "Unknown Attribute")
        }
    }

    /// 300 with another server to try.
    pub(super) fn elsewhere(alternate: SocketAddr) -> Self {
        Self {
            alternate: Some(alternate),
            ..Self::new(300, "Try Alternate")
        }
    }

    /// Adds the error code to an answer.
    pub(super) fn describe(&self, response: &mut MessageWriteVec) {
        describe(response, self.code, self.reason);
    }

    pub(super) fn write(&self, request: &Message<'_>) -> MessageWriteVec {
        let mut response = error(request, self.code, self.reason);
        if !self.unknown.is_empty() {
            response.push_attribute_unchecked(&UnknownAttributes::new(&self.unknown));
        }
        if let Some(alternate) = self.alternate {
            response.push_attribute_unchecked(&AlternateServer::new(alternate));
        }
        response
    }
}

/// The value of ERROR-CODE (RFC 8489 section 14.8).
pub(super) fn error_value(code: u16, reason: &str) -> Vec<u8> {
    let [class, number] = [code / 100, code % 100].map(|part| u8::try_from(part).unwrap_or_default());
    let mut value = vec![0, 0, class, number];
    value.extend_from_slice(reason.as_bytes());
    value
}

pub(super) fn success(request: &Message<'_>) -> MessageWriteVec {
    Message::builder_success(request, MessageWriteVec::with_capacity(128))
}

fn error(request: &Message<'_>, code: u16, reason: &str) -> MessageWriteVec {
    let mut response = Message::builder_error(request, MessageWriteVec::with_capacity(128));
    describe(&mut response, code, reason);
    response
}

fn describe(response: &mut MessageWriteVec, code: u16, reason: &str) {
    response.push_attribute_unchecked(&RawAttribute::new(ErrorCode::TYPE, &error_value(code, reason)));
}

/// Answers a request that did not pass authentication: without integrity, and without words, because it is sent to
/// whoever asks.
pub(super) fn refuse(
    refusal: Refusal,
    authenticator: &Authenticator,
    now: Now,
    client: ClientAddress,
    request: &Message<'_>,
) -> Vec<u8> {
    let code = match refusal {
        Refusal::Malformed => 400,
        Refusal::Unauthenticated => 401,
        Refusal::StaleNonce => 438,
    };
    let mut response = error(request, code, "");
    if refusal != Refusal::Malformed {
        authenticator.challenge(now, client, &mut response);
    }
    finish(response, None, request)
}

/// Adds the integrity attribute, and a fingerprint where the request had one.
pub(super) fn finish(mut response: MessageWriteVec, identity: Option<&Identity>, request: &Message<'_>) -> Vec<u8> {
    if let Some(identity) = identity {
        integrity::sign(&mut response, &identity.key, identity.integrity);
    }
    if request.raw_attribute(Fingerprint::TYPE).is_some() {
        // Fails only where there is one already.
        let _ = response.add_fingerprint();
    }
    response.finish()
}

/// The attributes below 0x8000 that this server must understand and does not (RFC 8489 section 6.3.1), each once.
pub(super) fn unknown_attributes(message: &Message<'_>) -> Vec<AttributeType> {
    const KNOWN: &[AttributeType] = &[
        Username::TYPE,
        Userhash::TYPE,
        Realm::TYPE,
        Nonce::TYPE,
        PasswordAlgorithm::TYPE,
        MessageIntegrity::TYPE,
        MessageIntegritySha256::TYPE,
        turn::ChannelNumber::TYPE,
        turn::Lifetime::TYPE,
        turn::XorPeerAddress::TYPE,
        turn::Data::TYPE,
        turn::XorRelayedAddress::TYPE,
        turn::RequestedAddressFamily::TYPE,
        turn::EvenPort::TYPE,
        turn::RequestedTransport::TYPE,
        turn::DontFragment::TYPE,
        turn::ReservationToken::TYPE,
        turn::ConnectionId::TYPE,
    ];
    let mut unknown: Vec<AttributeType> = message
        .iter_attributes()
        .map(|(_, raw)| raw.get_type())
        .filter(|kind| kind.comprehension_required() && !KNOWN.contains(kind))
        .collect();
    unknown.sort_unstable_by_key(AttributeType::value);
    unknown.dedup();
    // Enough to tell; an answer is not to grow with the question.
    unknown.truncate(8);
    unknown
}
