//! A call that begins: what is stored when a visitor rings.

use uuid::Uuid;

use super::record::{About, Joining, Media, OFFER, VISITOR, media_name, unexpected};
use crate::{
    ports::{Entropy, PortResult, Statement},
    vault::record::{DataKeys, Place},
};

/// How many calls may ring in an organisation at once: more than any desk can look at.
const RINGING: i64 = 50;
/// How many calls may belong to a call at once: with its two sides they are four people.
const JOINING: i64 = 2;

/// What a visitor rings with.
pub(super) struct NewCall<'a> {
    pub(super) id: Uuid,
    pub(super) organisation: Uuid,
    pub(super) visitor: Uuid,
    pub(super) media: Media,
    pub(super) wanted_expert: Option<Uuid>,
    pub(super) waits: bool,
    /// Where it belongs to another call.
    pub(super) joining: Option<Joining>,
    pub(super) about: &'a About,
    pub(super) offer: &'a str,
    pub(super) experts: &'a [Uuid],
    pub(super) now: i64,
    pub(super) rings_until: i64,
}

impl NewCall<'_> {
    /// Stores the call and for whom it rings: statements for a batch. A constraint fails where it exists; the first
    /// reports no change where the visitor has another open call, where [`RINGING`] calls ring already, or where the
    /// call that it belongs to is over or has [`JOINING`] others.
    ///
    /// A call that time has ended rings no more, even where nobody has come by since to say so. Both states are named
    /// for the index ([`super::record`]).
    pub(super) fn insert(&self, keys: &DataKeys, entropy: &impl Entropy) -> PortResult<[Statement; 2]> {
        let about = serde_json::to_string(self.about).map_err(|_| unexpected())?;
        let experts: Vec<_> = self.experts.iter().map(Uuid::to_string).collect();
        let experts = serde_json::to_string(&experts).map_err(|_| unexpected())?;
        let call = Statement {
            sql: "INSERT INTO calls (id, organisation, visitor, state, version, media, wanted_expert, waits, \
                  created_at, rings_until, visitor_sealed, offer_sealed, parent, invitation) \
                  SELECT ?1, ?2, ?3, 'ringing', 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?12, ?13 \
                  WHERE NOT EXISTS (SELECT 1 FROM calls WHERE organisation = ?2 AND visitor = ?3 AND id <> ?1 \
                  AND state IN ('ringing', 'answered')) \
                  AND (SELECT count(*) FROM calls WHERE organisation = ?2 AND state IN ('ringing', 'answered') \
                  AND state = 'ringing' AND rings_until > ?7 AND id <> ?1) < ?11 \
                  AND (?12 IS NULL OR (EXISTS (SELECT 1 FROM calls WHERE id = ?12 AND state = 'answered') \
                  AND (SELECT count(*) FROM calls WHERE parent = ?12 AND state IN ('ringing', 'answered')) < ?14))",
            parameters: vec![
                self.id.to_string().into(),
                self.organisation.to_string().into(),
                self.visitor.to_string().into(),
                media_name(self.media).into(),
                self.wanted_expert.map(|expert| expert.to_string()).into(),
                i64::from(self.waits).into(),
                self.now.into(),
                self.rings_until.into(),
                keys.seal(
                    entropy,
                    Place {
                        field: VISITOR,
                        row: self.id,
                    },
                    &about,
                )?
                .into(),
                keys.seal(
                    entropy,
                    Place {
                        field: OFFER,
                        row: self.id,
                    },
                    self.offer,
                )?
                .into(),
                RINGING.into(),
                self.joining.map(|joining| joining.call.to_string()).into(),
                self.joining.map(|joining| joining.invitation.to_string()).into(),
                JOINING.into(),
            ],
        };
        let rings = Statement {
            sql: "INSERT INTO rings (call, expert, declined) SELECT ?1, value, 0 FROM json_each(?2) \
                  WHERE EXISTS (SELECT 1 FROM calls WHERE id = ?1)",
            parameters: vec![self.id.to_string().into(), experts.into()],
        };
        Ok([call, rings])
    }
}
