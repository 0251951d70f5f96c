//! Whether the service can work.

use axum::{Router, extract::State, routing::get};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::{
    App,
    json::Json,
    limits::Address,
    ports::{Database as _, Platform, Statement},
    problem::Problem,
};

#[derive(OpenApi)]
#[openapi(paths(healthz))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/healthz", get(healthz::<P>))
}

/// The service can work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// Answers when settings, database and assets are there.
#[utoipa::path(get, path = "/healthz", tag = "operator", responses((status = 200, description = "All is well", body = Health)))]
async fn healthz<P: Platform>(State(app): State<App<P>>, address: Address) -> Result<Json<Health>, Problem> {
    app.limit_lookup(&address)?;
    // A table of the newest migration would tell more, but this one never changes its name.
    let statement = Statement {
        sql: "SELECT 1 FROM organisations LIMIT 1",
        parameters: Vec::new(),
    };
    app.platform.database().query(statement).await?;
    app.manifest().await?;
    Ok(Json(Health { status: "ok" }))
}
