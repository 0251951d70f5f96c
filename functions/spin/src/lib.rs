//! The ports of the service on Spin, and nothing else: every rule is in the service.

use std::cell::RefCell;

use axum::{Router, body::Body};
use http::{HeaderValue, Response, header};
use spin_sdk::{http::Request, http_service};
use tower_service::Service;
use visavis::{
    Config, Problem,
    ports::{Platform, PortResult},
};

mod assets;
mod clock;
#[cfg(feature = "conformance")]
mod conformance;
mod connection;
mod database;
mod mailboxes;
mod migrations;
mod pulse;
mod retry;
mod settings;

use assets::MountedAssets;
use clock::{WasiClock, WasiEntropy};
use connection::Connections;
use database::SpinDatabase;
use mailboxes::SpinMailboxes;
use settings::Variables;

/// The ports over what `spin.toml` grants.
#[derive(Clone)]
struct Spin {
    database: SpinDatabase,
    mailboxes: SpinMailboxes,
}

impl Spin {
    /// The ports, over a database that has the schema of this component.
    async fn start() -> PortResult<Self> {
        let connections = Connections::default();
        migrations::apply(&connections).await?;
        let database = SpinDatabase(connections);
        Ok(Self {
            mailboxes: SpinMailboxes::new(database.clone()),
            database,
        })
    }
}

impl Platform for Spin {
    type Database = SpinDatabase;
    type Mailboxes = SpinMailboxes;
    type Assets = MountedAssets;
    type Clock = WasiClock;
    type Entropy = WasiEntropy;

    fn database(&self) -> &SpinDatabase {
        &self.database
    }

    fn mailboxes(&self) -> &SpinMailboxes {
        &self.mailboxes
    }

    fn assets(&self) -> &MountedAssets {
        &MountedAssets
    }

    fn clock(&self) -> &WasiClock {
        &WasiClock
    }

    fn entropy(&self) -> &WasiEntropy {
        &WasiEntropy
    }
}

thread_local! {
    /// Built once in the life of an instance, which answers many requests. It holds the settings, the ports and what
    /// they found in the database; of a request it keeps nothing.
    static ROUTER: RefCell<Option<Router>> = const { RefCell::new(None) };
}

/// The service, or why it does not start.
async fn start() -> Result<Router, Problem> {
    let config = Config::load(&Variables::read().await?).map_err(|error| Problem::from(&error))?;
    let platform = Spin::start().await?;
    #[cfg(feature = "conformance")]
    let conformance = conformance::route(platform.clone());
    let router = visavis::router(platform, config);
    #[cfg(feature = "conformance")]
    let router = conformance.merge(router);
    Ok(router)
}

async fn router() -> Router {
    if let Some(router) = ROUTER.with_borrow(Clone::clone) {
        return router;
    }
    match start().await {
        Ok(router) => {
            ROUTER.set(Some(router.clone()));
            router
        }
        // Not kept: the next request may find the database free, or the variable set.
        Err(problem) => {
            eprintln!("the service does not start: {problem:?}");
            visavis::refusing_router(problem)
        }
    }
}

#[http_service]
async fn handle(mut request: Request) -> Response<Body> {
    // WASI takes this header of a WebSocket's handshake away, and leaves the others (RFC 6455, section 4.1).
    if request.headers().contains_key(header::SEC_WEBSOCKET_KEY) {
        let websocket = HeaderValue::from_static("websocket");
        request.headers_mut().insert(header::UPGRADE, websocket);
    }
    match router().await.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
