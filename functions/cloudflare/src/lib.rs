//! The ports of the service on Cloudflare Workers, and nothing else: every rule is in the service.

use std::{cell::RefCell, sync::Arc};

use axum::{Router, body::Body};
use http::Response;
use tower_service::Service;
use visavis::{ClientAddress, Config, ports::Platform};
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
    fn new(env: &Env) -> worker::Result<Self> {
        Ok(Self(Arc::new(Bindings {
            database: D1(env.d1("DB")?),
            mailboxes: MailboxObjects(env.durable_object("MAILBOXES")?),
            assets: BoundAssets(env.assets("ASSETS")?),
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

fn router(env: &Env) -> worker::Result<Router> {
    if let Some(router) = ROUTER.with_borrow(Clone::clone) {
        return Ok(router);
    }
    let router = match Config::load(&EnvSettings(env)) {
        Ok(config) => {
            let platform = Cloudflare::new(env)?;
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
    Ok(router)
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
    let mut router = router(&env)?;
    match router.call(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let config = match Config::load(&EnvSettings(&env)) {
        Ok(config) => config,
        Err(error) => return console_error!("{error}"),
    };
    let done = match Cloudflare::new(&env) {
        Ok(platform) => visavis::tick(platform, config)
            .await
            .map_err(|problem| format!("{problem:?}")),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = done {
        console_error!("the scheduled work failed and is done again in a minute: {error}");
    }
}
