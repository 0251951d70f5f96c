//! CreatePermission and ChannelBind (RFC 8656 sections 10.2 and 12.2).

use stun_types::attribute::AttributeStaticType;
use stun_types::message::MessageWriteVec;
use turn_types::attribute as turn;

use super::reply::{self, Failure};
use super::{Relays, Request, Rules, Server, peers};
use crate::allocation::{ChannelNumber, Refused};
use crate::memory;

impl<R: Relays> Server<R> {
    /// Makes or renews permissions: all that are named or none.
    pub(super) fn create_permission(
        &mut self,
        rules: &Rules,
        request: &Request<'_, '_>,
    ) -> Result<MessageWriteVec, Failure> {
        let key = self.own(request)?;
        // "At least one XOR-PEER-ADDRESS": 400.
        let peers = peers(request.message)?;
        if peers.is_empty() {
            return Err(Failure::BAD_REQUEST);
        }
        let allocation = self.table.get_mut(key).ok_or(Failure::MISMATCH)?;
        // "Of the same family as the relayed transport address": 443.
        if peers.iter().any(|peer| allocation.relay(peer.family()).is_none()) {
            return Err(Failure::FAMILY_MISMATCH);
        }
        // "A server may impose restrictions on the IP addresses": 403.
        if peers.iter().any(|peer| rules.peers.check_ip(*peer).is_err()) {
            self.counters.forbidden += 1;
            return Err(Failure::FORBIDDEN);
        }
        // "Insufficient resources": 508.
        if !memory::is_left(0) {
            return Err(Failure::INSUFFICIENT_CAPACITY);
        }
        allocation
            .permit(request.now.at, &peers, &rules.quota)
            .map_err(|_| Failure::INSUFFICIENT_CAPACITY)?;
        Ok(reply::success(request.message))
    }

    /// Binds a channel to a peer, or renews it.
    pub(super) fn channel_bind(
        &mut self,
        rules: &Rules,
        request: &Request<'_, '_>,
    ) -> Result<MessageWriteVec, Failure> {
        let key = self.own(request)?;
        // "Both CHANNEL-NUMBER and XOR-PEER-ADDRESS", "the channel number is in the range": 400.
        let number = request
            .message
            .raw_attribute(turn::ChannelNumber::TYPE)
            .ok_or(Failure::BAD_REQUEST)?;
        let number = match number.value[..] {
            [high, low, _, _] => ChannelNumber::new(u16::from_be_bytes([high, low]), rules.last_channel),
            _ => None,
        };
        let number = number.ok_or(Failure::BAD_REQUEST)?;
        let peers = peers(request.message)?;
        let [peer] = peers[..] else {
            return Err(Failure::BAD_REQUEST);
        };
        let allocation = self.table.get_mut(key).ok_or(Failure::MISMATCH)?;
        // There are no channels over TCP (RFC 6062 section 3).
        if allocation.connections.is_some() {
            return Err(Failure::BAD_REQUEST);
        }
        // "Of the same family": 443.
        if allocation.relay(peer.family()).is_none() {
            return Err(Failure::FAMILY_MISMATCH);
        }
        // "Restrictions on the IP address and port": 403.
        if rules.peers.check(peer).is_err() {
            self.counters.forbidden += 1;
            return Err(Failure::FORBIDDEN);
        }
        // "The channel number is not currently bound to a different transport address", nor the address to a different
        // number: 400. "Insufficient resources": 508.
        if !memory::is_left(0) {
            return Err(Failure::INSUFFICIENT_CAPACITY);
        }
        match allocation.bind(request.now.at, number, peer, &rules.quota) {
            Ok(()) => Ok(reply::success(request.message)),
            Err(Refused::Conflict) => Err(Failure::BAD_REQUEST),
            Err(Refused::Full) => Err(Failure::INSUFFICIENT_CAPACITY),
        }
    }
}
