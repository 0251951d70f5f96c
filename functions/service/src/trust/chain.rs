//! When a statement that was signed holds: the rules of a good chain (`docs/handshake.md`, Encoding), link by link.

use uuid::Uuid;

use super::{
    encoding::PublicKey,
    statements::{Approver, Device, Revocations, SiteKey, Succession, Window},
};
use crate::time::SECOND;

/// By how much clocks may differ, in seconds.
const SKEW: u64 = 600;
const DAY: u64 = 86_400;
/// How long an approver certificate lasts at most, in seconds.
const APPROVER: u64 = 100 * DAY;
/// How long a device certificate lasts at most, in seconds.
const DEVICE: u64 = 8 * DAY;
/// How long a revocation list lasts at most, in seconds.
const REVOCATIONS: u64 = 7 * DAY;

/// Why a statement that was signed does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is for another organisation.
    Organisation,
    /// It is signed by a key that may not.
    Chain,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It lasts longer than such a statement may.
    TooLong,
    /// A key in it was revoked.
    Revoked,
}

impl Window {
    /// Whether it holds at `now` (milliseconds since 1970-01-01 UTC), and lasts at most so many seconds.
    fn check(self, now: i64, longest: u64) -> Result<(), Refused> {
        let now = now.div_euclid(SECOND).max(0).unsigned_abs();
        if self.not_after.saturating_sub(self.not_before) > longest {
            Err(Refused::TooLong)
        } else if self.not_before > now.saturating_add(SKEW) {
            Err(Refused::NotYetValid)
        } else if self.not_after.saturating_add(SKEW) < now || self.not_after < self.not_before {
            Err(Refused::Expired)
        } else {
            Ok(())
        }
    }
}

fn of(named: Uuid, organisation: Uuid) -> Result<(), Refused> {
    if named == organisation {
        Ok(())
    } else {
        Err(Refused::Organisation)
    }
}

impl SiteKey {
    /// Whether it is this organisation's.
    pub(super) fn check(&self, organisation: Uuid) -> Result<(), Refused> {
        of(self.organisation, organisation)
    }
}

impl Succession {
    /// Whether it leads from one of these site keys of the organisation to another.
    pub(super) fn check(&self, organisation: Uuid, site_keys: &[PublicKey], now: i64) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        if !site_keys.contains(&self.old) || self.old == self.new {
            return Err(Refused::Chain);
        }
        self.window.check(now, u64::MAX)
    }
}

impl Approver {
    /// Whether it holds under one of these site keys of the organisation.
    pub(super) fn check(&self, organisation: Uuid, site_keys: &[PublicKey], now: i64) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        if !site_keys.contains(&self.site_key) {
            return Err(Refused::Chain);
        }
        self.window.check(now, APPROVER)
    }
}

impl Device {
    /// Whether it holds under one of these approver keys, whose certificates hold.
    pub(super) fn check(&self, organisation: Uuid, approvers: &[PublicKey], now: i64) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        if !approvers.contains(&self.approver) {
            return Err(Refused::Chain);
        }
        self.window.check(now, DEVICE)
    }
}

impl Revocations {
    /// Whether it holds under these site keys and approver keys, whose certificates hold.
    pub(super) fn check(
        &self,
        organisation: Uuid,
        site_keys: &[PublicKey],
        approvers: &[PublicKey],
        now: i64,
    ) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        if !site_keys.contains(&self.issuer) {
            if !approvers.contains(&self.issuer) {
                return Err(Refused::Chain);
            }
            self.refuse_revoked(self.issuer)?;
        }
        self.window.check(now, REVOCATIONS)
    }

    /// Refuses a key that is on the list.
    pub(super) fn refuse_revoked(&self, key: PublicKey) -> Result<(), Refused> {
        match self.revoked.binary_search(&key) {
            Ok(_) => Err(Refused::Revoked),
            Err(_) => Ok(()),
        }
    }
}
