//! The ports of the service on Spin, and nothing else: every rule is in the service.

use std::{
    cell::RefCell,
    net::{IpAddr, SocketAddr},
};

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderValue, Response, header};
use spin_sdk::{http::Request, http_service};
use tower_service::Service;
use visavis::{
    Config, ConfigError, TrustedProxies,
    ports::{Platform, PortError, PortResult},
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
use connection::{Connections, Durability};
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
        let connections = Connections::new(Durability::Synced);
        migrations::apply(&connections).await?;
        let database = SpinDatabase::new(connections);
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

/// What an instance builds once in its life, in which it answers many requests: the settings, the ports, and what these
/// found in the database. Of a request it keeps nothing.
#[derive(Clone)]
struct Instance {
    router: Router,
    proxies: TrustedProxies,
}

thread_local! {
    static INSTANCE: RefCell<Option<Instance>> = const { RefCell::new(None) };
}

/// Why the service does not start.
enum Refusal {
    Config(ConfigError),
    Port(PortError),
}

async fn start() -> Result<Instance, Refusal> {
    let variables = Variables::read().await.map_err(Refusal::Port)?;
    let config = Config::load(&variables).map_err(Refusal::Config)?;
    let proxies = config.trusted_proxies();
    let platform = Spin::start().await.map_err(Refusal::Port)?;
    #[cfg(feature = "conformance")]
    let conformance = conformance::route(platform.clone());
    let router = visavis::router(platform, config);
    #[cfg(feature = "conformance")]
    let router = conformance.merge(router);
    Ok(Instance { router, proxies })
}

/// What was built, or a router that says why nothing could be. That is not kept: the next request may find the database
/// free, or the variable set.
async fn instance() -> Instance {
    if let Some(instance) = INSTANCE.with_borrow(Clone::clone) {
        return instance;
    }
    let router = match start().await {
        Ok(instance) => {
            INSTANCE.set(Some(instance.clone()));
            return instance;
        }
        Err(Refusal::Config(error)) => {
            eprintln!("the service does not start: {error}");
            visavis::refusing_router(&error)
        }
        Err(Refusal::Port(error)) => {
            eprintln!("the service does not start: {error}");
            visavis::refusing_router(error)
        }
    };
    Instance {
        router,
        proxies: TrustedProxies::default(),
    }
}

/// Whom Spin got a request from: the last header of this name, which Spin adds after those that the client sent.
fn peer(headers: &HeaderMap) -> Option<IpAddr> {
    let address = headers.get_all("spin-client-addr").iter().next_back()?;
    Some(address.to_str().ok()?.parse::<SocketAddr>().ok()?.ip())
}

#[http_service]
async fn handle(mut request: Request) -> Response<Body> {
    // WASI takes this header of a WebSocket's handshake away, and leaves the others (RFC 6455, section 4.1).
    if request.headers().contains_key(header::SEC_WEBSOCKET_KEY) {
        let websocket = HeaderValue::from_static("websocket");
        request.headers_mut().insert(header::UPGRADE, websocket);
    }
    let mut instance = instance().await;
    if let Some(peer) = peer(request.headers()) {
        let client = instance.proxies.client(peer, request.headers());
        request.extensions_mut().insert(client);
    }
    match instance.router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_say_where_it_comes_from() {
        let mut headers = HeaderMap::new();
        assert_eq!(peer(&headers), None);
        for address in ["192.0.2.7:1", "nonsense", "[2001:db8::1]:4711"] {
            headers.append("spin-client-addr", HeaderValue::from_static(address));
        }
        assert_eq!(peer(&headers), Some("2001:db8::1".parse().unwrap()));
    }
}
