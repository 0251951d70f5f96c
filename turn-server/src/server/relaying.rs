//! Data on its way: Send and Data indications and ChannelData (RFC 8656 sections 11 and 12).

use std::net::SocketAddr;

use stun_types::attribute::AttributeStaticType;
use stun_types::message::{Message, MessageClass, MessageType, MessageWrite as _, MessageWriteVec, TransactionId};
use turn_types::attribute as turn;
use turn_types::message as method;

use super::{Output, Relays, Server, peer_address};
use crate::address::{Family, FiveTuple, PeerAddress};
use crate::allocation::ChannelNumber;
use crate::clock::Now;
use crate::datapath::errors::IcmpError;
use crate::table::AllocationKey;

/// The room that a header before a peer's data may need: a Data indication from an IPv6 peer.
pub const LONGEST_HEADER: usize = 20 + 24 + 4;

/// What a peer's data becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ToClient {
    /// ChannelData under this number.
    Channel(ChannelNumber),
    /// A Data indication.
    Indication,
}

impl<R: Relays> Server<R> {
    /// Section 11.2, receiving a Send indication. What is wrong is silently discarded.
    pub(super) fn send_indication<'m>(
        &mut self,
        now: Now,
        from: FiveTuple,
        message: &Message<'_>,
        bytes: &'m [u8],
    ) -> Output<'_, 'm, R::Socket, R::Connection> {
        let Some(key) = self.live(now, &from) else {
            return Output::Nothing;
        };
        // "If the message has unknown comprehension-required attributes": discarded (RFC 8489 section 6.3.2).
        if !super::reply::unknown_attributes(message).is_empty() {
            return Output::Nothing;
        }
        // "Contains both an XOR-PEER-ADDRESS and a DATA attribute."
        let (Some(raw_peer), Some((at, data))) = (
            message.raw_attribute(turn::XorPeerAddress::TYPE),
            message.raw_attribute_and_offset(turn::Data::TYPE),
        ) else {
            return Output::Nothing;
        };
        let Ok(peer) = peer_address(&raw_peer, message) else {
            return Output::Nothing;
        };
        // "A permission is installed for the peer's IP address", and the peer is not forbidden at this port.
        if !self
            .table
            .get(key)
            // (Over TCP there are no indications with data, RFC 6062 section 3.)
            .is_some_and(|allocation| allocation.connections.is_none() && allocation.permits(now.at, peer.ip()))
        {
            return Output::Nothing;
        }
        if self.rules.peers.check(peer).is_err() {
            self.counters.forbidden += 1;
            return Output::Nothing;
        }
        let dont_fragment = message.raw_attribute(turn::DontFragment::TYPE).is_some();
        let data = bytes.get(at + 4..at + 4 + data.value.len()).unwrap_or_default();
        if !self.spend(now, key, data.len(), 1) {
            return Output::Nothing;
        }
        match self.socket(key, peer.family()) {
            Some(socket) => Output::ToPeer {
                socket,
                peer,
                data,
                dont_fragment,
            },
            None => Output::Nothing,
        }
    }

    /// Section 12.6: the socket and peer of a ChannelData message, or nothing where the channel is not bound or its
    /// permission has lapsed. The peer was checked when the channel was bound.
    #[must_use]
    pub fn channel_data(
        &mut self,
        now: Now,
        key: AllocationKey,
        number: u16,
        length: usize,
    ) -> Option<(&R::Socket, PeerAddress)> {
        let allocation = self.table.get(key).filter(|allocation| allocation.until > now.at)?;
        let peer = allocation
            .peer_of(now.at, number)
            .filter(|peer| allocation.permits(now.at, peer.ip()))?;
        if !self.spend(now, key, length, 1) {
            return None;
        }
        self.socket(key, peer.family()).map(|socket| (socket, peer))
    }

    /// Counts data against the allocation's quota; whether it may pass.
    fn spend(&mut self, now: Now, key: AllocationKey, length: usize, datagrams: usize) -> bool {
        let quota = &self.rules.quota;
        if quota.is_unlimited() {
            return true;
        }
        let milliseconds = self.ledger.milliseconds(now.at);
        let may = self
            .table
            .get_mut(key)
            .is_some_and(|allocation| allocation.spend(milliseconds, length, datagrams, quota));
        if !may {
            self.counters.over_quota += 1;
        }
        may
    }

    /// The allocation of a client that sends ChannelData.
    #[must_use]
    pub fn find(&self, from: &FiveTuple) -> Option<AllocationKey> {
        self.table.find(from)
    }

    /// Sections 11.3 and 12.7: to whom, and as what, a peer's datagram goes on; nothing without a permission.
    #[must_use]
    pub fn from_peer(
        &mut self,
        now: Now,
        key: AllocationKey,
        peer: PeerAddress,
        length: usize,
        datagrams: usize,
    ) -> Option<(FiveTuple, ToClient)> {
        let allocation = self.table.get(key).filter(|allocation| allocation.until > now.at)?;
        if !allocation.permits(now.at, peer.ip()) {
            return None;
        }
        let form = allocation
            .channel_of(now.at, peer)
            .map_or(ToClient::Indication, ToClient::Channel);
        let to = allocation.five_tuple;
        self.spend(now, key, length, datagrams).then_some((to, form))
    }

    /// Section 11.5, receiving an ICMP packet: a Data indication that tells the client, where it may reach that peer.
    #[must_use]
    pub fn peer_error(&self, now: Now, key: AllocationKey, error: &IcmpError) -> Option<(FiveTuple, Vec<u8>)> {
        let peer = PeerAddress::new(error.destination);
        // "The type is either 3 or 11 for ICMPv4, or 1, 2 or 3 for ICMPv6."
        let told = match peer.family() {
            Family::V4 => [3, 11].contains(&error.kind),
            Family::V6 => [1, 2, 3].contains(&error.kind),
        };
        let too_long = (peer.family(), error.kind, error.code) == (Family::V4, 3, 4)
            || (peer.family(), error.kind) == (Family::V6, 2);
        // "There is a permission for the peer's address."
        let allocation = self.table.get(key).filter(|allocation| allocation.until > now.at)?;
        if !told || !allocation.permits(now.at, peer.ip()) {
            return None;
        }
        let transaction = TransactionId::generate();
        let kind = MessageType::from_class_method(MessageClass::Indication, method::DATA);
        let mut indication = Message::builder(kind, transaction, MessageWriteVec::new());
        indication.push_attribute_unchecked(&turn::XorPeerAddress::new(peer.socket(), transaction));
        let data = if too_long { error.mtu } else { 0 };
        indication.push_attribute_unchecked(&turn::Icmp::new(error.kind, error.code, data));
        Some((allocation.five_tuple, indication.finish()))
    }

    /// An allocation's socket of the family of a peer; for the driver, which receives by allocation.
    #[must_use]
    pub fn socket(&self, key: AllocationKey, family: Family) -> Option<&R::Socket> {
        self.table
            .get(key)
            .and_then(|allocation| allocation.relay(family))
            .map(|relay| &relay.socket)
    }
}

/// The header of ChannelData (section 12.4): number and length.
pub fn write_channel_header(number: ChannelNumber, length: u16, room: &mut [u8; LONGEST_HEADER]) -> &[u8] {
    room[..2].copy_from_slice(&number.value().to_be_bytes());
    room[2..4].copy_from_slice(&length.to_be_bytes());
    &room[..4]
}

/// The part of a Data indication before the data (section 11.3): XOR-PEER-ADDRESS, and DATA as the last attribute, so
/// that the data needs no copy.
pub fn write_indication_header(
    peer: PeerAddress,
    length: u16,
    transaction: TransactionId,
    room: &mut [u8; LONGEST_HEADER],
) -> &[u8] {
    let transaction: u128 = transaction.into();
    let transaction = &transaction.to_be_bytes()[4..];
    let address_length: u8 = if peer.socket().is_ipv4() { 8 } else { 20 };
    let address_end = 24 + usize::from(address_length);
    let total = address_end + 4;
    let body = u16::try_from(total - 20 + usize::from(length).next_multiple_of(4)).unwrap_or(u16::MAX);
    room[..2].copy_from_slice(&[0x00, 0x17]);
    room[2..4].copy_from_slice(&body.to_be_bytes());
    room[4..8].copy_from_slice(&COOKIE);
    room[8..20].copy_from_slice(transaction);
    room[20..26].copy_from_slice(&[0x00, 0x12, 0, address_length, 0, peer.family().number()]);
    room[26..28].copy_from_slice(&peer.socket().port().to_be_bytes());
    match peer.socket() {
        SocketAddr::V4(v4) => room[28..32].copy_from_slice(&v4.ip().octets()),
        SocketAddr::V6(v6) => room[28..44].copy_from_slice(&v6.ip().octets()),
    }
    for part in [26..28, 28..address_end] {
        for (octet, mask) in room[part].iter_mut().zip(COOKIE.iter().chain(transaction)) {
            *octet ^= mask;
        }
    }
    let [high, low] = length.to_be_bytes();
    room[address_end..total].copy_from_slice(&[0x00, 0x13, high, low]);
    &room[..total]
}

/// The magic cookie (RFC 8489 section 5).
const COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();
