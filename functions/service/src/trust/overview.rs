//! Everything that an administrator's browser needs to certify, renew and revoke.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    certificates,
    devices::DeviceState,
    retirements::{self, Retirement},
    unexpected,
};
use crate::{
    App,
    directory::people::{ExpertName, read_experts},
    identity::bearer::Administrator,
    json::Json,
    ports::{Database as _, Platform, PortResult, Rows, Statement, Value},
    problem::Problem,
    time::rfc3339,
    vault::record::DataKeys,
};

/// All statements of the organisation.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrustAnswer {
    site_keys: Vec<String>,
    successions: Vec<String>,
    approvers: Vec<ApproverView>,
    devices: Vec<RequestedDevice>,
    /// The latest list.
    #[serde(skip_serializing_if = "Option::is_none")]
    revocations: Option<String>,
    /// Site keys that were given up, the latest first.
    retirements: Vec<Retirement>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Approver)]
struct ApproverView {
    certificate: String,
    person: ApproverPerson,
    revoked: bool,
}

#[derive(Serialize, ToSchema)]
struct ApproverPerson {
    id: Uuid,
    name: String,
    /// Whether they are an active administrator.
    active: bool,
}

#[derive(Serialize, ToSchema)]
struct RequestedDevice {
    /// The first 16 bytes of SHA-256 of the signing key, base64url.
    id: String,
    expert: DeviceExpert,
    request: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    state: DeviceState,
    #[schema(format = DateTime)]
    requested_at: String,
}

#[derive(Serialize, ToSchema)]
struct DeviceExpert {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Whether they are an active expert; a certified device of one who is not is to be revoked.
    active: bool,
}

/// Everything that an administrator's browser needs to certify, renew and revoke.
#[utoipa::path(
    get, path = "/api/v1/trust", tag = "trust", security(("token" = [])),
    responses((status = 200, description = "All statements of the organisation", body = TrustAnswer))
)]
pub(super) async fn overview<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<Json<TrustAnswer>, Problem> {
    let organisation = administrator.organisation;
    let select = |sql| Statement {
        sql,
        parameters: vec![organisation.to_string().into()],
    };
    let statements = vec![
        DataKeys::select(organisation),
        select("SELECT statement FROM site_keys WHERE organisation = ?1 ORDER BY stored_at, key"),
        select("SELECT statement FROM successions WHERE organisation = ?1 ORDER BY not_after, new_key"),
        select(
            "SELECT e.id, e.name_sealed, e.title_sealed, e.active = 1 AND e.administrator = 1, a.statement, a.revoked \
             FROM approvers a JOIN people e ON e.id = a.person AND e.organisation = a.organisation \
             WHERE a.organisation = ?1 ORDER BY a.not_after DESC, a.key LIMIT 200",
        ),
        select(
            "SELECT e.id, e.name_sealed, e.title_sealed, e.active = 1 AND e.expert = 1, d.id AS device, d.request, \
             d.certificate_sealed, d.revoked, d.requested_at \
             FROM devices d JOIN people e ON e.id = d.expert AND e.organisation = d.organisation \
             WHERE d.organisation = ?1 ORDER BY d.requested_at, d.id LIMIT 5000",
        ),
        select("SELECT statement FROM revocations WHERE organisation = ?1"),
        select(retirements::SELECT),
    ];
    let rows = app.platform.database().batch(statements).await?;
    let [keys, site_keys, successions, approvers, devices, revocations, retired] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let approvers = approvers.rows.iter().map(|row| read_approver(&keys, row));
    let devices = devices.rows.iter().map(|row| read_device(&keys, row));
    let retired = retired.rows.iter().map(|row| retirements::read(&keys, row));
    Ok(Json(TrustAnswer {
        site_keys: texts(site_keys),
        successions: texts(successions),
        approvers: approvers.collect::<PortResult<_>>()?,
        devices: devices.collect::<PortResult<_>>()?,
        revocations: texts(revocations).pop(),
        retirements: retired.collect::<PortResult<_>>()?,
    }))
}

fn texts(rows: &Rows) -> Vec<String> {
    let text = |row: &Vec<Value>| row.first()?.text().map(String::from);
    rows.rows.iter().filter_map(text).collect()
}

/// The person in the first three columns of a row.
pub(super) fn read_person(keys: &DataKeys, row: &[Value]) -> PortResult<ExpertName> {
    let person = Rows {
        rows: vec![row.iter().take(3).cloned().collect()],
        changes: 0,
    };
    read_experts(keys, &person)?.pop().ok_or_else(unexpected)
}

fn read_approver(keys: &DataKeys, row: &[Value]) -> PortResult<ApproverView> {
    let [_, _, _, active, Value::Text(certificate), revoked] = row else {
        return Err(unexpected());
    };
    let ExpertName { id, name, .. } = read_person(keys, row)?;
    Ok(ApproverView {
        certificate: certificate.clone(),
        person: ApproverPerson {
            id,
            name,
            active: active.integer() == Some(1),
        },
        revoked: revoked.integer() != Some(0),
    })
}

fn read_device(keys: &DataKeys, row: &[Value]) -> PortResult<RequestedDevice> {
    let [
        _,
        _,
        _,
        active,
        Value::Text(id),
        Value::Text(request),
        certificate,
        revoked,
        requested_at,
    ] = row
    else {
        return Err(unexpected());
    };
    let ExpertName {
        id: expert,
        name,
        title,
    } = read_person(keys, row)?;
    let certificate = certificate
        .blob()
        .map(|sealed| certificates::open(keys, id, sealed))
        .transpose()?;
    Ok(RequestedDevice {
        id: id.clone(),
        expert: DeviceExpert {
            id: expert,
            name,
            title,
            active: active.integer() == Some(1),
        },
        request: request.clone(),
        state: DeviceState::of(certificate.is_some(), revoked),
        certificate,
        requested_at: rfc3339(requested_at.integer().ok_or_else(unexpected)?),
    })
}
