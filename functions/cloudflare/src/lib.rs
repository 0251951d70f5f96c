//! The ports of the service on Cloudflare Workers, and nothing else: every rule is in the service.

use std::{cell::RefCell, sync::Arc};

use axum::{Router, body::Body};
use http::Response;
use tower_service::Service;
use visavis::{ClientAddress, Config, ConfigError, ports::Platform};
use worker::{Context, Env, HttpRequest, ScheduleContext, ScheduledEvent, console_error, event};

mod assets;
mod clock;
#[cfg(feature = "conformance")]
mod conformance;
mod database;
mod frame;
mod mailbox_log;
mod mailbox_object;
mod mailboxes;
mod settings;

use assets::BoundAssets;
use clock::{JsClock, JsEntropy};
use database::D1;
use mailboxes::MailboxObjects;
use settings::EnvSettings;

/// The ports over the bindings of `wrangler.toml`.
#[derive(Debug, Clone)]
struct Cloudflare(Arc<Bindings>);

#[derive(Debug)]
struct Bindings {
    database: D1,
    mailboxes: MailboxObjects,
    assets: BoundAssets,
    clock: JsClock,
    entropy: JsEntropy,
}

impl Cloudflare {
    fn new(env: &Env) -> Result<Self, ConfigError> {
        let missing = |name| ConfigError::Missing {
            name,
            expected: "the binding that wrangler.toml gives it",
        };
        Ok(Self(Arc::new(Bindings {
            database: D1(env.d1("DB").map_err(|_| missing("DB"))?),
            mailboxes: MailboxObjects(env.durable_object("MAILBOXES").map_err(|_| missing("MAILBOXES"))?),
            assets: BoundAssets(env.assets("ASSETS").map_err(|_| missing("ASSETS"))?),
            clock: JsClock,
            entropy: JsEntropy,
        })))
    }
}

impl Platform for Cloudflare {
    type Database = D1;
    type Mailboxes = MailboxObjects;
    type Assets = BoundAssets;
    type Clock = JsClock;
    type Entropy = JsEntropy;

    fn database(&self) -> &D1 {
        &self.0.database
    }

    fn mailboxes(&self) -> &MailboxObjects {
        &self.0.mailboxes
    }

    fn assets(&self) -> &BoundAssets {
        &self.0.assets
    }

    fn clock(&self) -> &JsClock {
        &self.0.clock
    }

    fn entropy(&self) -> &JsEntropy {
        &self.0.entropy
    }
}

thread_local! {
    /// Built once in the life of an isolate; its bindings outlive a request.
    static ROUTER: RefCell<Option<Router>> = const { RefCell::new(None) };
}

/// The ports and the settings, or which of them is not right.
fn start(env: &Env) -> Result<(Cloudflare, Config), ConfigError> {
    Ok((Cloudflare::new(env)?, Config::load(&EnvSettings(env))?))
}

fn router(env: &Env) -> Router {
    if let Some(router) = ROUTER.with_borrow(Clone::clone) {
        return router;
    }
    let router = match start(env) {
        Ok((platform, config)) => {
            #[cfg(feature = "conformance")]
            let conformance = conformance::route(platform.clone());
            let router = visavis::router(platform, config);
            #[cfg(feature = "conformance")]
            let router = conformance.merge(router);
            router
        }
        Err(error) => {
            console_error!("{error}");
            visavis::refusing_router(&error)
        }
    };
    ROUTER.set(Some(router.clone()));
    router
}

#[event(fetch)]
async fn fetch(mut request: HttpRequest, env: Env, _context: Context) -> worker::Result<Response<Body>> {
    // Cloudflare writes this header itself, whatever the client sent.
    let address = request
        .headers()
        .get("cf-connecting-ip")
        .and_then(|value| value.to_str().ok());
    if let Some(address) = address.map(|address| ClientAddress(address.to_owned())) {
        request.extensions_mut().insert(address);
    }
    match router(&env).call(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    match start(&env) {
        Ok((platform, config)) => {
            if let Err(problem) = visavis::tick(platform, config).await {
                console_error!("the scheduled work failed and is done again in a minute: {problem:?}");
            }
        }
        Err(error) => console_error!("{error}"),
    }
}
