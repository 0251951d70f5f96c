//! What is done every few minutes: by a platform's scheduler, or by a timer that posts.

use axum::{Router, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use utoipa::OpenApi;

use crate::{
    App,
    identity::key,
    limits::{Address, Kind},
    ports::{Mailboxes as _, Platform},
    problem::{Problem, Slug},
};

#[derive(OpenApi)]
#[openapi(paths(tick))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/api/v1/operator/tick", post(tick::<P>))
}

/// Does the scheduled work, where the platform has no scheduler: moves calls on that time has ended, and deletes what is
/// outdated. A timer asks for it every minute or so.
#[utoipa::path(
    post, path = "/api/v1/operator/tick", tag = "operator", security(("operator" = [])),
    responses((status = 204, description = "It is done"))
)]
async fn tick<P: Platform>(
    State(app): State<App<P>>,
    headers: HeaderMap,
    address: Address,
) -> Result<StatusCode, Problem> {
    app.limit(Kind::Operator, None, &address).await?;
    let Some(tick_key) = &app.config.tick_key else {
        let detail = "TICK_KEY is not set here: nobody may ask for the scheduled work.";
        return Err(Problem::new(Slug::TokenMissing, detail));
    };
    key::require(&headers, "TICK_KEY", tick_key)?;
    app.scheduled_work().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl<P: Platform> App<P> {
    /// Moves calls on that time has ended, deletes what is outdated, and moves what a previous master key protects under
    /// the current one. What fails keeps nothing else from being done.
    pub(crate) async fn scheduled_work(&self) -> Result<(), Problem> {
        let ticked = self.tick().await;
        let tidied = self.platform.mailboxes().tidy().await;
        self.rotate().await?;
        tidied?;
        ticked
    }
}
