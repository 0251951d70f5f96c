//! Allocate (RFC 8656 section 7.2).

use std::time::Duration;

use stun_types::attribute::{AttributeStaticType, AttributeType, RawAttribute, XorMappedAddress};
use stun_types::message::{Message, MessageWrite, MessageWriteVec};
use turn_types::attribute as turn;

use super::reply::{self, Failure};
use super::{OpenError, PortWish, Relays, Request, Rules, Server, family};
use crate::address::Family;
use crate::allocation::{Allocation, Relay};
use crate::connection::Connections;
use crate::memory;
use crate::table::AllocationKey;

/// The lifetime an allocation gets unless it asks for a longer one (section 7.2).
const DEFAULT_LIFETIME: Duration = Duration::from_mins(10);

/// The number of TCP in REQUESTED-TRANSPORT (RFC 6062 section 4.1).
const TCP: u8 = 6;

/// ADDITIONAL-ADDRESS-FAMILY under the number of the drafts, which coturn's clients still send.
const DRAFT_ADDITIONAL: AttributeType = AttributeType::new(0x8032);

/// Which relayed addresses a request wants.
enum Wish {
    /// One of a family.
    One(Family, PortWish),
    /// The one that was reserved.
    Reserved(u64),
    /// IPv4, and IPv6 where there is one.
    Both,
    /// One of a family, for TCP.
    Tcp(Family),
}

/// The relayed addresses there are for it.
struct Opened<S> {
    relays: Vec<Relay<S>>,
    token: Option<u64>,
    /// The family that was wished for too and could not be had, with the error's code.
    missing: Option<(Family, u16)>,
}

impl<R: Relays> Server<R> {
    /// Makes an allocation.
    pub(super) fn allocate(
        &mut self,
        rules: &Rules,
        request: &Request<'_, '_>,
        relays: &mut R,
    ) -> Result<MessageWriteVec, Failure> {
        let message = request.message;
        // 1. Credentials: done.
        // 2. "If the 5-tuple is currently in use by an existing allocation": 437. The same request again is a
        //    retransmission, which gets the same answer.
        if let Some(key) = self.live(request.now, &request.from) {
            let allocation = self
                .table
                .get(key)
                .filter(|made| made.transaction == message.transaction_id())
                .filter(|made| *made.username == *request.identity.username);
            let Some(allocation) = allocation else {
                return Err(Failure::MISMATCH);
            };
            return Ok(describe(allocation, request));
        }
        // One that has run out and was not swept yet goes first.
        self.disconnected(&request.from);
        // 3. "If REQUESTED-TRANSPORT is not included or malformed": 400; "not supported": 442.
        let transport = message
            .raw_attribute(turn::RequestedTransport::TYPE)
            .ok_or(Failure::BAD_REQUEST)?;
        let wish = match transport.value[..] {
            // 4. DONT-FRAGMENT: supported, and asked for with each Send indication.
            // 5. to 9. Reservation, families, parity.
            [turn::RequestedTransport::UDP, _, _, _] => wish(message)?,
            [TCP, _, _, _] if rules.tcp => wish_for_tcp(request)?,
            [_, _, _, _] => return Err(Failure::TRANSPORT_NOT_SUPPORTED),
            _ => return Err(Failure::BAD_REQUEST),
        };
        // "The server MAY redirect": 300 with another server of the client's family, while this one drains.
        if self.draining {
            let client = request.from.client.0;
            let alternate = rules
                .alternates
                .iter()
                .find(|alternate| alternate.is_ipv4() == client.is_ipv4());
            return Err(alternate.map_or(Failure::INSUFFICIENT_CAPACITY, |alternate| {
                Failure::elsewhere(*alternate)
            }));
        }
        // 10. "If the request is not within its quota": 486.
        let lease = self
            .ledger
            .take(&rules.quota, request.identity.user(), request.from.client.0.ip())
            .map_err(|_| Failure::QUOTA_REACHED)?;
        if !memory::is_left(self.table.growth()) {
            return Err(Failure::INSUFFICIENT_CAPACITY);
        }
        // "The server chooses a relayed transport address": 508 where it cannot.
        let opened = open(relays, request, self.table.vacant(), &wish)?;
        // "The server determines the initial value of the time-to-expiry field."
        let until = request.now.at + lifetime(message, rules.longest_lifetime)?;
        let username = request.identity.username.as_str().into();
        let mut allocation = Allocation::new(request.from, username, message.transaction_id(), until, lease);
        for relay in opened.relays {
            allocation.add_relay(relay);
        }
        (allocation.token, allocation.missing) = (opened.token, opened.missing);
        if matches!(wish, Wish::Tcp(_)) {
            allocation.connections = Some(Box::new(Connections::new(allocation.lease.meter())));
        }
        let success = describe(&allocation, request);
        self.table.insert(allocation);
        self.counters.allocations += 1;
        Ok(success)
    }
}

/// Steps 5 to 9: what does not go together is 400, an unknown family 440.
fn wish(message: &Message<'_>) -> Result<Wish, Failure> {
    let token = message.raw_attribute(turn::ReservationToken::TYPE);
    let even = message.raw_attribute(turn::EvenPort::TYPE);
    let requested = family(message, turn::RequestedAddressFamily::TYPE);
    let additional = family(message, turn::AdditionalAddressFamily::TYPE);
    let additional = if matches!(additional, Ok(None)) {
        family(message, DRAFT_ADDITIONAL)
    } else {
        additional
    };
    let family_named = !matches!(requested, Ok(None));
    let additional_named = !matches!(additional, Ok(None));
    // 5. "If RESERVATION-TOKEN is with EVEN-PORT, REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY": 400.
    if let Some(token) = token {
        if even.is_some() || family_named || additional_named {
            return Err(Failure::BAD_REQUEST);
        }
        let token: [u8; 8] = token.value[..].try_into().map_err(|_| Failure::BAD_REQUEST)?;
        return Ok(Wish::Reserved(u64::from_be_bytes(token)));
    }
    let port = match even.as_ref().map(|raw| &raw.value[..]) {
        None => PortWish::Any,
        Some([flags]) if flags & 0x80 != 0 => PortWish::EvenAndReserveNext,
        Some([_]) => PortWish::Even,
        Some(_) => return Err(Failure::BAD_REQUEST),
    };
    // 6. "If both REQUESTED-ADDRESS-FAMILY and ADDITIONAL-ADDRESS-FAMILY": 400.
    if family_named && additional_named {
        return Err(Failure::BAD_REQUEST);
    }
    // 7. and 8. ADDITIONAL-ADDRESS-FAMILY says IPv6, and not together with a reservation: 400.
    if additional_named {
        return match additional {
            Ok(Some(Family::V6)) if port != PortWish::EvenAndReserveNext => Ok(Wish::Both),
            _ => Err(Failure::BAD_REQUEST),
        };
    }
    // 9. A family that there is not is 440; none means IPv4.
    Ok(Wish::One(requested?.unwrap_or(Family::V4), port))
}

/// RFC 6062 section 5.1: over UDP, or with what only UDP has, it is 400.
fn wish_for_tcp(request: &Request<'_, '_>) -> Result<Wish, Failure> {
    const ONLY_UDP: [AttributeType; 5] = [
        turn::DontFragment::TYPE,
        turn::EvenPort::TYPE,
        turn::ReservationToken::TYPE,
        turn::AdditionalAddressFamily::TYPE,
        DRAFT_ADDITIONAL,
    ];
    let message = request.message;
    if !request.from.via.is_stream() || ONLY_UDP.iter().any(|kind| message.raw_attribute(*kind).is_some()) {
        return Err(Failure::BAD_REQUEST);
    }
    let family = family(message, turn::RequestedAddressFamily::TYPE)?;
    Ok(Wish::Tcp(family.unwrap_or(Family::V4)))
}

fn open<R: Relays>(
    relays: &mut R,
    request: &Request<'_, '_>,
    key: AllocationKey,
    wish: &Wish,
) -> Result<Opened<R::Socket>, Failure> {
    match *wish {
        Wish::Reserved(token) => {
            let relay = relays.redeem(request.now.at, key, token).map_err(failure)?;
            Ok(Opened {
                relays: vec![relay],
                token: None,
                missing: None,
            })
        }
        Wish::One(family, port) => {
            let opened = relays.open(key, family, port).map_err(failure)?;
            Ok(Opened {
                relays: vec![opened.relay],
                token: opened.token,
                missing: None,
            })
        }
        Wish::Tcp(family) => {
            let relay = relays.listen(key, family).map_err(failure)?;
            Ok(Opened {
                relays: vec![relay],
                token: None,
                missing: None,
            })
        }
        // "If only one can be allocated": success with that one, and ADDRESS-ERROR-CODE for the other.
        Wish::Both => {
            let mut opened = Opened {
                relays: Vec::new(),
                token: None,
                missing: None,
            };
            let mut first = None;
            for family in [Family::V4, Family::V6] {
                match relays.open(key, family, PortWish::Any) {
                    Ok(one) => opened.relays.push(one.relay),
                    Err(error) => {
                        let failure = failure(error);
                        opened.missing = Some((family, failure.code));
                        first.get_or_insert(failure);
                    }
                }
            }
            match first {
                Some(failure) if opened.relays.is_empty() => Err(failure),
                _ => Ok(opened),
            }
        }
    }
}

fn failure(error: OpenError) -> Failure {
    match error {
        OpenError::NoSuchFamily => Failure::FAMILY_NOT_SUPPORTED,
        OpenError::OutOfPorts => Failure::INSUFFICIENT_CAPACITY,
    }
}

/// "The larger of the requested lifetime and the default, but no more than the server's maximum" (sections 7.2, 8.2).
pub(super) fn lifetime(message: &Message<'_>, longest: Duration) -> Result<Duration, Failure> {
    let requested = seconds(message)?.map_or(DEFAULT_LIFETIME, |seconds| Duration::from_secs(seconds.into()));
    Ok(requested.max(DEFAULT_LIFETIME).min(longest))
}

/// The value of LIFETIME.
pub(super) fn seconds(message: &Message<'_>) -> Result<Option<u32>, Failure> {
    let raw = message.raw_attribute(turn::Lifetime::TYPE);
    raw.map(|raw| {
        raw.value[..]
            .try_into()
            .map(u32::from_be_bytes)
            .map_err(|_| Failure::BAD_REQUEST)
    })
    .transpose()
}

/// The success response: relayed addresses, lifetime, reservation, reflexive address.
fn describe<S>(allocation: &Allocation<S>, request: &Request<'_, '_>) -> MessageWriteVec {
    let transaction = request.message.transaction_id();
    let mut success = reply::success(request.message);
    for relay in allocation.relays() {
        success.push_attribute_unchecked(&turn::XorRelayedAddress::new(relay.address.0, transaction));
    }
    success.push_attribute_unchecked(&turn::Lifetime::new(whole_seconds(
        allocation.remaining(request.now.at),
    )));
    if let Some(token) = allocation.token {
        success.push_attribute_unchecked(&turn::ReservationToken::new(token));
    }
    if let Some((family, code)) = allocation.missing {
        let mut value = reply::error_value(code, "");
        value[0] = family.number();
        success.push_attribute_unchecked(&RawAttribute::new(turn::AddressErrorCode::TYPE, &value));
    }
    success.push_attribute_unchecked(&XorMappedAddress::new(request.from.client.0, transaction));
    success
}

/// For LIFETIME, rounded up: an allocation just made says what it was asked for.
pub(super) fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
