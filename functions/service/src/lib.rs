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
mod identity;
mod ids;
mod json;
mod path;
mod problem;
mod time;
mod vault;

pub use config::{Config, ConfigError};
use ports::Platform;
pub use problem::Problem;

/// What every handler gets: the ports of the platform, and the configuration.
#[derive(Debug, Clone)]
pub(crate) struct App<P> {
    pub(crate) platform: P,
    pub(crate) config: Arc<Config>,
}

/// The service's routes over a platform.
pub fn router<P: Platform>(platform: P, config: Config) -> Router {
    let app = App {
        platform,
        config: Arc::new(config),
    };
    routes::<P>()
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .with_state(app)
}

/// The routes of each capability.
fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
}

/// Answers every request with the reason why the service does not start.
pub fn refusing_router(error: &ConfigError) -> Router {
    let problem = Problem::misconfigured(error.to_string());
    Router::new().fallback(move || std::future::ready(problem.clone()))
}
