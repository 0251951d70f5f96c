//! Devices: experts' browsers, which ask to be certified by a request that proves itself.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    certificates,
    chain::Refused,
    encoded::{Encoded, does_not_hold, refused},
    statements::{DeviceId, DeviceRequest},
    unexpected,
};
use crate::{
    App,
    directory::people,
    identity::bearer::{Administrator, Expert, no_longer_here},
    json::Json,
    limits::{Address, Kind},
    path::Path,
    ports::{Database as _, Platform, PortResult, Rows, Statement, Value},
    problem::{Problem, Slug},
    time::DAY,
    vault::record::DataKeys,
};

/// The most devices of a person that are not revoked.
const MOST: i64 = 8;
/// How long a request waits to be certified, in milliseconds.
const WAITS: i64 = 30 * DAY;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceRequestBody {
    request: Encoded,
}

/// How far a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeviceState {
    /// An administrator has yet to certify it.
    Pending,
    /// It was certified; whether the certificate still holds its times say.
    Certified,
    /// It was revoked, for good.
    Revoked,
}

impl DeviceState {
    /// From the columns.
    pub(super) fn of(is_certified: bool, revoked: &Value) -> Self {
        match (revoked.integer(), is_certified) {
            (Some(0), true) => Self::Certified,
            (Some(0), false) => Self::Pending,
            _ => Self::Revoked,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceAnswer {
    device: DeviceView,
}

/// A device as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
struct DeviceView {
    /// The first 16 bytes of SHA-256 of the signing key, base64url.
    id: String,
    state: DeviceState,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    /// The certificate of the approver who signed the device's.
    #[serde(skip_serializing_if = "Option::is_none")]
    approver: Option<String>,
    /// What leads to the approver's site key from the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    succession: Option<String>,
}

/// Asks for a certificate for this browser.
#[utoipa::path(
    post, path = "/api/v1/devices", tag = "trust", security(("token" = [])), request_body = DeviceRequestBody,
    responses(
        (status = 200, description = "It has asked before", body = DeviceAnswer),
        (status = 201, description = "An administrator is to certify it", body = DeviceAnswer),
        (status = 400, description = "`malformed` or `statement-refused`"),
        (status = 409, description = "`limit-reached`"),
    )
)]
pub(super) async fn request<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Json(DeviceRequestBody { request: encoded }): Json<DeviceRequestBody>,
) -> Result<(StatusCode, Json<DeviceAnswer>), Problem> {
    app.limit(Kind::Devices, Some(expert.id), &address).await?;
    let request: DeviceRequest = encoded.open("request")?;
    if request.organisation != expert.organisation {
        return Err(does_not_hold("request", Refused::Organisation));
    }
    if request.expert != expert.id {
        return Err(refused("request", "it is for somebody else"));
    }
    let (organisation, now) = (expert.organisation, app.now());
    let id = DeviceId::of(request.signing);
    let store = Statement {
        sql: "INSERT INTO devices (organisation, id, expert, signing_key, sealing_key, request, requested_at, revoked) \
              SELECT organisation, ?3, id, ?4, ?5, ?6, ?7, EXISTS (SELECT 1 FROM revocations r, json_each(r.keys) k \
              WHERE r.organisation = ?1 AND k.value = ?4) FROM people \
              WHERE organisation = ?1 AND id = ?2 AND active = 1 AND expert = 1 \
              AND (SELECT count(*) FROM devices WHERE organisation = ?1 AND expert = ?2 AND revoked = 0) < ?8 \
              ON CONFLICT (organisation, id) DO NOTHING",
        parameters: vec![
            organisation.to_string().into(),
            expert.id.to_string().into(),
            id.to_string().into(),
            request.signing.to_string().into(),
            request.sealing.to_string().into(),
            encoded.as_str().into(),
            now.into(),
            MOST.into(),
        ],
    };
    let statements = vec![
        DataKeys::select(organisation),
        people::select_active_expert(organisation, expert.id),
        store,
        select(&expert, id, now),
    ];
    let rows = app.platform.database().batch(statements).await?;
    let [keys, active, stored, device] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if active.rows.is_empty() {
        return Err(no_longer_here());
    }
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let Some((known, device)) = read(&keys, device)? else {
        let detail = format!(
            "You have {MOST} devices already. Ask an administrator to revoke one that you no longer use, or to refuse \
             a request."
        );
        return Err(Problem::new(Slug::LimitReached, detail));
    };
    if known != encoded.as_str() {
        return Err(refused(
            "request",
            "this signing key has asked with another sealing key; make new keys",
        ));
    }
    let status = if stored.changes == 1 {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(DeviceAnswer { device })))
}

/// How far one's own device is.
#[utoipa::path(
    get, path = "/api/v1/devices/{device}", tag = "trust", security(("token" = [])),
    params(("device" = String, Path, min_length = 22, max_length = 22, pattern = "^[A-Za-z0-9_-]{22}$")),
    responses((status = 200, description = "The device", body = DeviceAnswer))
)]
pub(super) async fn look<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Path(device): Path<DeviceId>,
) -> Result<Json<DeviceAnswer>, Problem> {
    let organisation = expert.organisation;
    let count = app.count(Kind::Devices, Some(expert.id), &address);
    let mut statements = count.statements();
    statements.extend([
        DataKeys::select(organisation),
        people::select_active_expert(organisation, expert.id),
        select(&expert, device, app.now()),
    ]);
    // It writes nothing but counters.
    let rows = count.judge(app.platform.database().batch_unsynced(statements).await?)?;
    let [keys, active, device] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if active.rows.is_empty() {
        return Err(no_longer_here());
    }
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let (_, device) = read(&keys, device)?.ok_or_else(Problem::not_found)?;
    Ok(Json(DeviceAnswer { device }))
}

fn select(expert: &Expert, device: DeviceId, now: i64) -> Statement {
    Statement {
        sql: "SELECT d.id, d.request, d.certificate_sealed, d.revoked, a.statement, (SELECT s.statement \
              FROM successions s WHERE s.organisation = d.organisation AND s.new_key = a.site_key \
              AND s.not_after > ?4 ORDER BY s.not_after DESC LIMIT 1) FROM devices d \
              LEFT JOIN approvers a ON a.organisation = d.organisation AND a.key = d.approver \
              WHERE d.organisation = ?1 AND d.expert = ?2 AND d.id = ?3",
        parameters: vec![
            expert.organisation.to_string().into(),
            expert.id.to_string().into(),
            device.to_string().into(),
            now.into(),
        ],
    }
}

/// The device's request, and the device.
fn read(keys: &DataKeys, rows: &Rows) -> PortResult<Option<(String, DeviceView)>> {
    let Some(row) = rows.rows.first() else { return Ok(None) };
    let [
        Value::Text(id),
        Value::Text(request),
        certificate,
        revoked,
        approver,
        succession,
    ] = row.as_slice()
    else {
        return Err(unexpected());
    };
    let certificate = certificate
        .blob()
        .map(|sealed| certificates::open(keys, id, sealed))
        .transpose()?;
    let device = DeviceView {
        id: id.clone(),
        state: DeviceState::of(certificate.is_some(), revoked),
        certificate,
        approver: approver.text().map(String::from),
        succession: succession.text().map(String::from),
    };
    Ok(Some((request.clone(), device)))
}

/// Refuses a request that is pending.
#[utoipa::path(
    delete, path = "/api/v1/trust/devices/{device}", tag = "trust", security(("token" = [])),
    params(("device" = String, Path, min_length = 22, max_length = 22, pattern = "^[A-Za-z0-9_-]{22}$")),
    responses(
        (status = 204, description = "It is not there any more"),
        (status = 409, description = "`outdated`: it has a certificate"),
    )
)]
pub(super) async fn refuse<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Path(device): Path<DeviceId>,
) -> Result<StatusCode, Problem> {
    let statements = [
        "DELETE FROM devices WHERE organisation = ?1 AND id = ?2 AND certificate_sealed IS NULL",
        "SELECT 1 FROM devices WHERE organisation = ?1 AND id = ?2",
    ]
    .map(|sql| Statement {
        sql,
        parameters: vec![administrator.organisation.to_string().into(), device.to_string().into()],
    });
    let rows = app.platform.database().batch(statements.into()).await?;
    if rows.last().is_none_or(|left| left.rows.is_empty()) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        let detail = "The device has a certificate. Revoke its key by a new revocation list.";
        Err(Problem::new(Slug::Outdated, detail))
    }
}

/// Deletes requests that nobody has answered, and revoked devices whose certificates are long over, so that no list
/// needs to name them.
pub(crate) fn delete_outdated(now: i64) -> Statement {
    Statement {
        sql: "DELETE FROM devices WHERE (certificate_sealed IS NULL AND requested_at <= ?1) \
              OR (revoked = 1 AND not_after <= ?2)",
        parameters: vec![(now - WAITS).into(), (now - DAY).into()],
    }
}
