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
    /// It lasts longer than such a statement may, or ends before it begins.
    Window,
    /// Its number is higher than lists could have come to by then.
    Number,
    /// A key in it was revoked.
    Revoked,
}

impl Window {
    /// Whether it holds at `now` (milliseconds since 1970-01-01 UTC), and lasts at most so many seconds.
    fn check(self, now: i64, longest: u64) -> Result<(), Refused> {
        let now = seconds(now);
        match self.not_after.checked_sub(self.not_before) {
            Some(lasts) if lasts <= longest => {}
            _ => return Err(Refused::Window),
        }
        if self.not_before > now.saturating_add(SKEW) {
            Err(Refused::NotYetValid)
        } else if self.not_after.saturating_add(SKEW) < now {
            Err(Refused::Expired)
        } else {
            Ok(())
        }
    }
}

/// Of a time in milliseconds, which is none before 1970.
fn seconds(milliseconds: i64) -> u64 {
    milliseconds.div_euclid(SECOND).max(0).unsigned_abs()
}

fn of(named: Uuid, organisation: Uuid) -> Result<(), Refused> {
    if named == organisation {
        Ok(())
    } else {
        Err(Refused::Organisation)
    }
}

/// Refuses a signer that is none of those who may.
fn by(signer: PublicKey, known: &[PublicKey]) -> Result<(), Refused> {
    if known.contains(&signer) {
        Ok(())
    } else {
        Err(Refused::Chain)
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
        self.window.check(now, u64::MAX)?;
        if self.old == self.new {
            return Err(Refused::Chain);
        }
        by(self.old, site_keys)
    }
}

impl Approver {
    /// Whether it holds under one of these site keys of the organisation.
    pub(super) fn check(&self, organisation: Uuid, site_keys: &[PublicKey], now: i64) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        self.window.check(now, APPROVER)?;
        by(self.site_key, site_keys)
    }
}

impl Device {
    /// Whether it holds under one of these approver keys, whose certificates hold.
    pub(super) fn check(&self, organisation: Uuid, approvers: &[PublicKey], now: i64) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        self.window.check(now, DEVICE)?;
        by(self.approver, approvers)
    }
}

impl Revocations {
    /// Whether it holds under these site keys and approver keys, whose certificates hold.
    ///
    /// Numbers rise by one, and no list is made each second since 1970: a number beyond the time from which the list
    /// holds would use up those of the lists to come, and nobody could revoke whoever made it. Nor may it be beyond what
    /// a list with the earliest beginning could have now: whoever signs with a clock that is right comes after it.
    pub(super) fn check(
        &self,
        organisation: Uuid,
        site_keys: &[PublicKey],
        approvers: &[PublicKey],
        now: i64,
    ) -> Result<(), Refused> {
        of(self.organisation, organisation)?;
        self.window.check(now, REVOCATIONS)?;
        let earliest = seconds(now).saturating_sub(SKEW);
        if self.number > self.window.not_before.min(earliest) {
            return Err(Refused::Number);
        }
        if site_keys.contains(&self.issuer) {
            return Ok(());
        }
        by(self.issuer, approvers)?;
        self.refuse_revoked(self.issuer)
    }

    /// Refuses a key that is on the list.
    pub(super) fn refuse_revoked(&self, key: PublicKey) -> Result<(), Refused> {
        match self.revoked.binary_search(&key) {
            Ok(_) => Err(Refused::Revoked),
            Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANISATION: Uuid = Uuid::from_u128(1);
    const NOW: i64 = 1_795_467_600_000;
    const SECONDS: u64 = 1_795_467_600;
    const SITE: PublicKey = PublicKey([1; 32]);
    const OTHER: PublicKey = PublicKey([2; 32]);
    const APPROVING: PublicKey = PublicKey([3; 32]);

    fn window(from: i64, to: i64) -> Window {
        Window {
            not_before: SECONDS.saturating_add_signed(from),
            not_after: SECONDS.saturating_add_signed(to),
        }
    }

    const DAYS: i64 = 86_400;

    #[test]
    fn clocks_may_differ_by_ten_minutes() {
        for (from, to, expected) in [
            (0, 0, Ok(())),
            (-600, -600, Ok(())),
            (600, 700, Ok(())),
            (-700, -601, Err(Refused::Expired)),
            (601, 700, Err(Refused::NotYetValid)),
            (-1, 99, Ok(())),
            (-1, 100, Err(Refused::Window)),
            // Ends before it begins.
            (1, 0, Err(Refused::Window)),
        ] {
            assert_eq!(window(from, to).check(NOW, 100), expected, "{from} to {to}");
        }
        let always = Window {
            not_before: 0,
            not_after: u64::MAX,
        };
        assert_eq!(always.check(NOW, u64::MAX), Ok(()));
        assert_eq!(always.check(i64::MIN, 100), Err(Refused::Window));
        let never = Window {
            not_before: u64::MAX,
            not_after: u64::MAX,
        };
        assert_eq!(never.check(i64::MAX, 0), Err(Refused::NotYetValid));
    }

    #[test]
    fn successions_lead_from_a_known_key_to_another() {
        let good = Succession {
            organisation: ORGANISATION,
            old: SITE,
            new: OTHER,
            window: window(0, 1000 * DAYS),
        };
        assert_eq!(good.check(ORGANISATION, &[SITE], NOW), Ok(()));
        assert_eq!(good.check(Uuid::nil(), &[SITE], NOW), Err(Refused::Organisation));
        assert_eq!(good.check(ORGANISATION, &[OTHER], NOW), Err(Refused::Chain));
        let to_itself = Succession {
            new: SITE,
            ..good.clone()
        };
        assert_eq!(to_itself.check(ORGANISATION, &[SITE], NOW), Err(Refused::Chain));
        let over = Succession {
            window: window(-9000, -8000),
            ..good
        };
        assert_eq!(over.check(ORGANISATION, &[SITE], NOW), Err(Refused::Expired));
    }

    #[test]
    fn approvers_last_100_days() {
        let good = Approver {
            organisation: ORGANISATION,
            site_key: SITE,
            key: APPROVING,
            person: Uuid::nil(),
            window: window(0, 100 * DAYS),
        };
        assert_eq!(good.check(ORGANISATION, &[OTHER, SITE], NOW), Ok(()));
        assert_eq!(good.check(Uuid::nil(), &[SITE], NOW), Err(Refused::Organisation));
        assert_eq!(good.check(ORGANISATION, &[OTHER], NOW), Err(Refused::Chain));
        let long = Approver {
            window: window(0, 100 * DAYS + 1),
            ..good
        };
        assert_eq!(long.check(ORGANISATION, &[SITE], NOW), Err(Refused::Window));
    }

    #[test]
    fn devices_last_eight_days() {
        let good = Device {
            organisation: ORGANISATION,
            approver: APPROVING,
            expert: Uuid::nil(),
            name: "Eve".into(),
            title: String::new(),
            organisation_name: "Customer".into(),
            signing: PublicKey([4; 32]),
            sealing: PublicKey([5; 32]),
            window: window(-DAYS, 7 * DAYS),
        };
        assert_eq!(good.check(ORGANISATION, &[APPROVING], NOW), Ok(()));
        assert_eq!(good.check(Uuid::nil(), &[APPROVING], NOW), Err(Refused::Organisation));
        assert_eq!(good.check(ORGANISATION, &[SITE], NOW), Err(Refused::Chain));
        let long = Device {
            window: window(-DAYS, 7 * DAYS + 1),
            ..good
        };
        assert_eq!(long.check(ORGANISATION, &[APPROVING], NOW), Err(Refused::Window));
    }

    #[test]
    fn lists_last_seven_days_and_do_not_revoke_their_issuer() {
        let good = Revocations {
            organisation: ORGANISATION,
            issuer: APPROVING,
            number: 1,
            window: window(0, 7 * DAYS),
            revoked: vec![OTHER],
        };
        assert_eq!(good.check(ORGANISATION, &[SITE], &[APPROVING], NOW), Ok(()));
        assert_eq!(
            good.check(Uuid::nil(), &[SITE], &[APPROVING], NOW),
            Err(Refused::Organisation)
        );
        assert_eq!(good.check(ORGANISATION, &[SITE], &[], NOW), Err(Refused::Chain));
        let by_site = Revocations {
            issuer: SITE,
            ..good.clone()
        };
        assert_eq!(by_site.check(ORGANISATION, &[SITE], &[], NOW), Ok(()));
        let long = Revocations {
            window: window(0, 7 * DAYS + 1),
            ..good.clone()
        };
        assert_eq!(
            long.check(ORGANISATION, &[SITE], &[APPROVING], NOW),
            Err(Refused::Window)
        );
        let last = Revocations {
            number: SECONDS - 600,
            window: window(-600, DAYS),
            ..good.clone()
        };
        assert_eq!(last.check(ORGANISATION, &[SITE], &[APPROVING], NOW), Ok(()));
        for (number, from, issuer) in [
            (SECONDS - 599, -600, APPROVING),
            (SECONDS - 599, 600, APPROVING),
            (SECONDS - 700, -701, APPROVING),
            (u64::MAX, 0, SITE),
        ] {
            let used_up = Revocations {
                issuer,
                number,
                window: window(from, DAYS),
                ..good.clone()
            };
            assert_eq!(
                used_up.check(ORGANISATION, &[SITE], &[APPROVING], NOW),
                Err(Refused::Number),
                "{number} from {from}"
            );
        }
        let revokes_itself = Revocations {
            revoked: vec![OTHER, APPROVING],
            ..good.clone()
        };
        assert_eq!(
            revokes_itself.check(ORGANISATION, &[SITE], &[APPROVING], NOW),
            Err(Refused::Revoked)
        );
        assert_eq!(good.refuse_revoked(OTHER), Err(Refused::Revoked));
        assert_eq!(good.refuse_revoked(SITE), Ok(()));
    }
}
