//! The whole Visavis service: routes, rules and SQL, once, for any runtime that implements the [`ports`].
//!
//! A platform's adapter reads a [`Config`] and serves [`router`]; where the configuration is refused it serves
//! [`refusing_router`], which says why.

use std::sync::Arc;

use axum::Router;

pub mod config;
pub mod ports;
#[cfg(feature = "testing")]
pub mod testing;

mod calls;
mod client_address;
mod console;
mod directory;
mod health;
mod identity;
mod ids;
mod json;
mod limits;
mod mailbox;
mod messages;
mod openapi;
mod pages;
mod path;
mod policy;
mod presence;
mod problem;
mod relay;
mod reports;
mod schedule;
mod text;
mod time;
mod trust;
mod vault;
mod visitors;

pub use client_address::{ClientAddress, TrustedProxies};
pub use config::{Config, ConfigError};
pub use openapi::document as openapi_document;
use ports::Platform;
pub use problem::Problem;

/// What every handler gets: the ports of the platform, and the configuration.
#[derive(Debug, Clone)]
pub(crate) struct App<P> {
    pub(crate) platform: P,
    pub(crate) config: Arc<Config>,
    headers: Arc<policy::HeaderSets>,
    manifest: pages::ManifestCell,
    lookups: Arc<limits::Lookups>,
}

impl<P> App<P> {
    fn new(platform: P, config: Config) -> Self {
        Self {
            platform,
            headers: Arc::new(policy::HeaderSets::new(&config.public_url)),
            config: Arc::new(config),
            manifest: pages::ManifestCell::default(),
            lookups: Arc::default(),
        }
    }
}

/// The service over a platform. Every response leaves through the header policy.
pub fn router<P: Platform>(platform: P, config: Config) -> Router {
    let app = App::new(platform, config);
    routes::<P>()
        .fallback(pages::not_found)
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(axum::middleware::from_fn_with_state(app.clone(), policy::enforce::<P>))
        .with_state(app)
}

/// What a platform's scheduler calls every few minutes: moves calls on that time has ended, deletes what is outdated, and
/// moves what a previous master key protects under the current one.
///
/// # Errors
/// The platform did not answer, or a call could not be read. What does not depend on it was done all the same, and the
/// next call goes on.
pub async fn tick<P: Platform>(platform: P, config: Config) -> Result<(), Problem> {
    App::new(platform, config).scheduled_work().await
}

/// The routes of each capability.
fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .merge(calls::routes())
        .merge(console::routes())
        .merge(directory::operator::routes())
        .merge(health::routes())
        .merge(identity::session::routes())
        .merge(identity::sign_in::routes())
        .merge(mailbox::routes())
        .merge(messages::routes())
        .merge(openapi::routes())
        .merge(pages::routes())
        .merge(presence::routes())
        .merge(reports::routes())
        .merge(schedule::routes())
        .merge(trust::routes())
        .merge(visitors::routes())
}

/// Answers every request with the reason why the service does not start.
pub fn refusing_router(reason: impl Into<Problem>) -> Router {
    let problem = reason.into();
    Router::new().fallback(move || std::future::ready(policy::refuse(&problem)))
}
