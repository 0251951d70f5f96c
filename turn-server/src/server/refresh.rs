//! Refresh (RFC 8656 section 8.2).

use std::time::Duration;

use stun_types::attribute::AttributeStaticType;
use stun_types::message::{MessageWrite, MessageWriteVec};
use turn_types::attribute as turn;

use super::allocate::{lifetime, seconds, whole_seconds};
use super::reply::{self, Failure};
use super::{Relays, Request, Rules, Server, family};

impl<R: Relays> Server<R> {
    /// Gives an allocation a new end, or ends it.
    pub(super) fn refresh(&mut self, rules: &Rules, request: &Request<'_, '_>) -> Result<MessageWriteVec, Failure> {
        // "If the 5-tuple has no allocation": 437; "another user's": 441.
        let key = self.own(request)?;
        // "If REQUESTED-ADDRESS-FAMILY does not match": 443.
        let named = match family(request.message, turn::RequestedAddressFamily::TYPE) {
            Err(Failure { code: 440, .. }) => return Err(Failure::FAMILY_MISMATCH),
            named => named?,
        };
        let allocation = self.table.get_mut(key).ok_or(Failure::MISMATCH)?;
        if named.is_some_and(|family| allocation.relay(family).is_none()) {
            return Err(Failure::FAMILY_MISMATCH);
        }
        // "The desired lifetime": zero stays zero.
        let lifetime = match seconds(request.message)? {
            Some(0) => Duration::ZERO,
            _ => lifetime(request.message, rules.longest_lifetime)?,
        };
        // "If zero, the allocation is deleted", or the one of the named family; otherwise its end is set.
        if lifetime.is_zero() {
            if !named.is_some_and(|family| allocation.drop_relay(family)) {
                self.table.remove(key);
            }
        } else {
            self.table.refresh(key, request.now.at + lifetime);
        }
        let mut success = reply::success(request.message);
        success.push_attribute_unchecked(&turn::Lifetime::new(whole_seconds(lifetime)));
        Ok(success)
    }
}
