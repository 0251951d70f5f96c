//! Who may speak for an organisation's experts: signed statements (`docs/handshake.md`), verified, kept and handed out.
//!
//! Clients verify everything by themselves, because the service is what they protect themselves against. That it
//! verifies too shows mistakes early and keeps what is not good from everybody.

use axum::{
    Router,
    routing::{delete, get, post, put},
};
use uuid::Uuid;

use crate::{
    App,
    ports::{Database as _, Platform, PortError, Rows, Statement, Value},
    problem::Problem,
};

mod alarms;
mod approvers;
pub(crate) mod bundle;
mod certificates;
mod chain;
mod devices;
mod encoded;
mod encoding;
mod overview;
mod retirements;
mod revocations;
mod site_keys;
mod statements;
#[cfg(test)]
mod vectors;

pub(crate) use alarms::delete_outdated as delete_outdated_alarms;
pub(crate) use devices::delete_outdated as delete_outdated_devices;
use encoding::PublicKey;
pub(crate) use site_keys::{read_attribute, select_attribute};

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    overview::overview,
    site_keys::add,
    retirements::add,
    approvers::add,
    certificates::add,
    revocations::put,
    devices::refuse,
    devices::request,
    devices::look,
    alarms::raise,
    alarms::alarms,
    alarms::delete_alarms
))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route("/api/v1/trust", get(overview::overview::<P>))
        .route("/api/v1/trust/site-keys", post(site_keys::add::<P>))
        .route("/api/v1/trust/retirements", post(retirements::add::<P>))
        .route("/api/v1/trust/approvers", post(approvers::add::<P>))
        .route("/api/v1/trust/certificates", post(certificates::add::<P>))
        .route("/api/v1/trust/revocations", put(revocations::put::<P>))
        .route("/api/v1/trust/devices/{device}", delete(devices::refuse::<P>))
        .route("/api/v1/devices", post(devices::request::<P>))
        .route("/api/v1/devices/{device}", get(devices::look::<P>))
        .route("/api/v1/calls/{call}/alarms", post(alarms::raise::<P>))
        .route(
            "/api/v1/alarms",
            get(alarms::alarms::<P>).delete(alarms::delete_alarms::<P>),
        )
}

/// The keys of an organisation that may sign, as far as the service knows.
struct Anchors {
    site_keys: Vec<PublicKey>,
    /// Those whose certificate holds, of a site key that is known, and that are not revoked.
    approvers: Vec<PublicKey>,
}

impl Anchors {
    /// Reads them, for a batch.
    fn select(organisation: Uuid, now: i64) -> Statement {
        Statement {
            sql: "SELECT 1 AS of_site, key FROM site_keys WHERE organisation = ?1 \
                  UNION ALL SELECT 0, key FROM approvers \
                  WHERE organisation = ?1 AND revoked = 0 AND not_after > ?2 \
                  AND site_key IN (SELECT key FROM site_keys WHERE organisation = ?1)",
            parameters: vec![organisation.to_string().into(), now.into()],
        }
    }

    fn read(rows: &Rows) -> Self {
        let keys = |of_site: i64| {
            let rows = rows
                .rows
                .iter()
                .filter(move |row| row.first().and_then(Value::integer) == Some(of_site));
            rows.filter_map(|row| encoded::key(row.get(1)?.text()?)).collect()
        };
        Self {
            site_keys: keys(1),
            approvers: keys(0),
        }
    }
}

impl<P: Platform> App<P> {
    async fn anchors(&self, organisation: Uuid) -> Result<Anchors, Problem> {
        let select = Anchors::select(organisation, self.now());
        let rows = self.platform.database().query(select).await?;
        Ok(Anchors::read(&rows))
    }
}

/// Something stored is not what this module has stored.
fn unexpected() -> PortError {
    PortError::Unavailable("a stored statement is not of the expected form".into())
}
