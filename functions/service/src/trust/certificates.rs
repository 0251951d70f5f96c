//! Device certificates: approvers' words for experts' browsers.

use std::collections::HashMap;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Anchors,
    chain::Refused,
    encoded::{Encoded, does_not_hold, milliseconds, refused},
    statements::{Device, DeviceId},
    unexpected,
};
use crate::{
    App,
    identity::bearer::Administrator,
    json::{Empty, Json, LargeJson},
    ports::{Database as _, Platform, PortResult, Rows, Statement, Value},
    problem::Problem,
    vault::record::{DataKeys, Place},
};

/// The most certificates of a request.
const MOST: usize = 64;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificatesRequest {
    #[schema(max_items = 64)]
    certificates: Vec<Encoded>,
}

/// Certifies devices whose requests are known, all or none. An older certificate than the one that is there changes
/// nothing.
#[utoipa::path(
    post, path = "/api/v1/trust/certificates", tag = "trust", security(("token" = [])),
    request_body = CertificatesRequest,
    responses(
        (status = 200, description = "They are certified", body = Empty),
        (status = 400, description = "`malformed` or `statement-refused`"),
    )
)]
pub(super) async fn add<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(CertificatesRequest { certificates }): LargeJson<CertificatesRequest>,
) -> Result<Json<Empty>, Problem> {
    if certificates.len() > MOST {
        return Err(Problem::malformed(format!(
            "certificates may have at most {MOST} entries."
        )));
    }
    let (organisation, now) = (administrator.organisation, app.now());
    let opened = certificates
        .iter()
        .enumerate()
        .map(|(index, encoded)| {
            let name = format!("certificates[{index}]");
            let device: Device = encoded.open(&name)?;
            Ok((name, encoded, DeviceId::of(device.signing), device))
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let ids: Vec<_> = opened.iter().map(|(_, _, id, _)| id.to_string()).collect();
    let statements = vec![
        DataKeys::select(organisation),
        Anchors::select(organisation, now),
        select_requests(organisation, &ids),
    ];
    let rows = app.platform.database().batch(statements).await?;
    let [keys, anchors, requests] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let approvers = Anchors::read(anchors).approvers;
    let requests = read_requests(requests)?;
    let mut statements = Vec::with_capacity(opened.len());
    for (name, encoded, id, device) in &opened {
        device
            .check(organisation, &approvers, now)
            .map_err(|reason| does_not_hold(name, reason))?;
        let request = requests
            .get(&id.to_string())
            .ok_or_else(|| refused(name, "no such device has asked for one"))?;
        request.check(name, device)?;
        let sealed = keys.seal(app.platform.entropy(), place(*id), encoded.as_str())?;
        let not_after = milliseconds(device.window.not_after);
        statements.push(certify(organisation, *id, device, sealed, not_after));
    }
    if !statements.is_empty() {
        app.platform.database().batch(statements).await?;
    }
    Ok(Json(Empty {}))
}

/// Where a device's certificate lies, sealed because it holds a name.
fn place(id: DeviceId) -> Place {
    Place {
        field: "devices.certificate_sealed",
        row: Uuid::from_bytes(id.0),
    }
}

/// Opens a stored certificate.
pub(super) fn open(keys: &DataKeys, id: &str, sealed: &[u8]) -> PortResult<String> {
    keys.open(place(DeviceId::parse(id).ok_or_else(unexpected)?), sealed)
}

/// What is known of a device that is to be certified.
struct Request {
    signing: String,
    sealing: String,
    expert: String,
    /// The person is an active expert.
    answers: bool,
    revoked: bool,
}

impl Request {
    /// Whether the certificate is for exactly this device.
    fn check(&self, name: &str, device: &Device) -> Result<(), Problem> {
        let same = self.signing == device.signing.to_string()
            && self.sealing == device.sealing.to_string()
            && self.expert == device.expert.to_string();
        if self.revoked {
            Err(does_not_hold(name, Refused::Revoked))
        } else if !same {
            Err(refused(
                name,
                "its keys or its expert are not those of the device's request",
            ))
        } else if !self.answers {
            Err(refused(name, "the person that it names is no active expert here"))
        } else {
            Ok(())
        }
    }
}

fn select_requests(organisation: Uuid, ids: &[String]) -> Statement {
    Statement {
        sql: "SELECT d.id, d.signing_key, d.sealing_key, d.expert, d.revoked, e.active = 1 AND e.expert = 1 \
              FROM devices d JOIN people e ON e.id = d.expert AND e.organisation = d.organisation \
              WHERE d.organisation = ?1 AND d.id IN (SELECT value FROM json_each(?2))",
        parameters: vec![
            organisation.to_string().into(),
            Value::Text(serde_json::json!(ids).to_string()),
        ],
    }
}

fn read_requests(rows: &Rows) -> PortResult<HashMap<String, Request>> {
    let read = |row: &Vec<Value>| match row.as_slice() {
        [
            Value::Text(id),
            Value::Text(signing),
            Value::Text(sealing),
            Value::Text(expert),
            revoked,
            answers,
        ] => Ok((
            id.clone(),
            Request {
                signing: signing.clone(),
                sealing: sealing.clone(),
                expert: expert.clone(),
                answers: answers.integer() == Some(1),
                revoked: revoked.integer() != Some(0),
            },
        )),
        _ => Err(unexpected()),
    };
    rows.rows.iter().map(read).collect()
}

fn certify(organisation: Uuid, id: DeviceId, device: &Device, sealed: Vec<u8>, not_after: i64) -> Statement {
    Statement {
        sql: "UPDATE devices SET approver = ?3, certificate_sealed = ?4, not_after = ?5 \
              WHERE organisation = ?1 AND id = ?2 AND revoked = 0 AND (not_after IS NULL OR not_after <= ?5)",
        parameters: vec![
            organisation.to_string().into(),
            id.to_string().into(),
            device.approver.to_string().into(),
            sealed.into(),
            not_after.into(),
        ],
    }
}
