//! What a visitor's client needs to check whom it rings: read with what it asks for anyway, verified when it was stored.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{certificates, unexpected};
use crate::{
    ports::{PortResult, Rows, Statement, Value},
    vault::record::DataKeys,
};

/// The statements about the experts who may be rung.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Trust)]
pub(crate) struct Bundle {
    successions: Vec<String>,
    approvers: Vec<String>,
    /// Certificates of at most 64 devices, of those who are present first.
    devices: Vec<String>,
    /// The latest list.
    #[serde(skip_serializing_if = "Option::is_none")]
    revocations: Option<String>,
}

impl Bundle {
    /// Reads the bundle for whoever is to ring with that call, for a batch; [`Bundle::read`] takes the rows. Who was
    /// invited rings one expert alone.
    pub(crate) fn select(organisation: Uuid, call: Uuid, now: i64) -> Statement {
        Statement {
            sql: "WITH chosen AS MATERIALIZED (SELECT d.id, d.certificate_sealed, d.approver FROM devices d \
                  JOIN people e ON e.id = d.expert AND e.organisation = d.organisation AND e.active = 1 AND e.expert = 1 \
                  JOIN approvers a ON a.organisation = d.organisation AND a.key = d.approver AND a.revoked = 0 \
                  AND a.not_after > ?3 LEFT JOIN presence p ON p.organisation = d.organisation AND p.role = 'expert' \
                  AND p.subject = d.expert AND p.expires_at > ?3 \
                  WHERE d.organisation = ?1 AND d.revoked = 0 AND d.not_after > ?3 AND d.expert = coalesce((SELECT i.expert FROM invitations i WHERE i.joining_call = ?2), d.expert) \
                  ORDER BY p.state IS 'available' DESC, p.state IS NOT NULL DESC, d.not_after DESC, d.id LIMIT 64), \
                  needed AS MATERIALIZED (SELECT key, site_key, statement FROM approvers WHERE organisation = ?1 \
                  AND (key IN (SELECT approver FROM chosen) \
                  OR key = (SELECT issuer FROM revocations WHERE organisation = ?1))) \
                  SELECT 'site-key' AS kind, '' AS id, '' AS statement FROM site_keys WHERE organisation = ?1 \
                  UNION ALL SELECT 'device', id, certificate_sealed FROM chosen \
                  UNION ALL SELECT 'approver', key, statement FROM needed \
                  UNION ALL SELECT 'succession', new_key, statement FROM successions \
                  WHERE organisation = ?1 AND not_after > ?3 AND new_key IN (SELECT site_key FROM needed) \
                  UNION ALL SELECT 'revocations', '', statement FROM revocations WHERE organisation = ?1",
            parameters: vec![organisation.to_string().into(), call.to_string().into(), now.into()],
        }
    }

    /// The bundle in the rows; nothing where the organisation has no site key.
    pub(crate) fn read(keys: &DataKeys, rows: &Rows) -> PortResult<Option<Self>> {
        let mut bundle = Self::default();
        let mut has_site_key = false;
        for row in &rows.rows {
            let [Value::Text(kind), Value::Text(id), statement] = row.as_slice() else {
                return Err(unexpected());
            };
            let text = || statement.text().map(String::from).ok_or_else(unexpected);
            match kind.as_str() {
                "site-key" => has_site_key = true,
                "device" => {
                    let sealed = statement.blob().ok_or_else(unexpected)?;
                    bundle.devices.push(certificates::open(keys, id, sealed)?);
                }
                "approver" => bundle.approvers.push(text()?),
                "succession" => bundle.successions.push(text()?),
                _ => bundle.revocations = Some(text()?),
            }
        }
        Ok(has_site_key.then_some(bundle))
    }
}
