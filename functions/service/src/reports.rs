//! Content security policy violations: received in both forms, deduplicated, bounded, shown in the console.

use axum::{
    Router,
    extract::{Request, State},
    routing::{get, post},
};
use http::StatusCode;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use crate::{
    App,
    identity::bearer::Administrator,
    json::{Json, SMALL, read_body, require_media_type},
    limits::{Address, Kind},
    path::Path,
    policy::origins::CallingPage,
    ports::{Database as _, Platform, Statement, Value},
    problem::Problem,
    time::{DAY, HOUR, rfc3339},
};

mod violation;

use violation::Violation;

/// Reports that were not seen again for so long are deleted, in milliseconds.
const AGE: i64 = 30 * DAY;
/// So many violations that were not seen before are taken in an hour, for each organisation: anybody can send them.
const NEW_AN_HOUR: i64 = 50;
/// The service's own pages belong to no organisation.
const OWN: &str = "";

#[derive(OpenApi)]
#[openapi(paths(report_own, report, reports, delete_reports))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route(
            "/api/v1/reports",
            get(reports::<P>).post(report_own::<P>).delete(delete_reports::<P>),
        )
        .route("/api/v1/organisations/{organisation}/reports", post(report::<P>))
}

/// Takes violations on the service's own pages.
#[utoipa::path(
    post, path = "/api/v1/reports", tag = "reports",
    request_body(content((serde_json::Value = "application/reports+json"), (serde_json::Value = "application/csp-report"))),
    responses((status = 204, description = "Received"))
)]
async fn report_own<P: Platform>(
    State(app): State<App<P>>,
    address: Address,
    request: Request,
) -> Result<StatusCode, Problem> {
    app.limit(Kind::Reports, None, &address).await?;
    let violations = receive(request).await?;
    let own: Vec<_> = violations
        .into_iter()
        .filter(|violation| violation.origin == app.config.public_url)
        .collect();
    store(&app, OWN, &own).await
}

/// Takes violations on an organisation's pages. Those of other pages are dropped.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/reports", tag = "reports",
    params(("organisation" = Uuid, Path)),
    request_body(content((serde_json::Value = "application/reports+json"), (serde_json::Value = "application/csp-report"))),
    responses((status = 204, description = "Received"))
)]
async fn report<P: Platform>(
    State(app): State<App<P>>,
    Path(organisation): Path<Uuid>,
    page: CallingPage,
    address: Address,
    request: Request,
) -> Result<StatusCode, Problem> {
    page.require(organisation)?;
    app.limit(Kind::Reports, None, &address).await?;
    let violations = receive(request).await?;
    store(&app, &organisation.to_string(), &violations).await
}

async fn receive(request: Request) -> Result<Vec<Violation>, Problem> {
    require_media_type(
        request.headers(),
        &["application/reports+json", "application/csp-report"],
    )?;
    violation::parse(&read_body(request, SMALL).await?)
}

/// Counts each violation up or adds it, and deletes what is old or too much: first what was seen least often, but for
/// what is new in this hour.
async fn store<P: Platform>(app: &App<P>, organisation: &str, violations: &[Violation]) -> Result<StatusCode, Problem> {
    let now = app.now();
    let mut statements = Vec::with_capacity(violations.len() + 2);
    for violation in violations {
        statements.push(Statement {
            sql: "INSERT INTO reports (id, organisation, directive, blocked, page, count, first_at, last_at) \
                  SELECT ?1, ?2, ?3, ?4, ?5, 1, ?6, ?6 WHERE (?2 = '' \
                  OR EXISTS (SELECT 1 FROM origins WHERE origin = ?7 AND organisation = ?2)) \
                  AND (EXISTS (SELECT 1 FROM reports \
                  WHERE organisation = ?2 AND directive = ?3 AND blocked = ?4 AND page = ?5) \
                  OR (SELECT count(*) FROM reports WHERE organisation = ?2 AND first_at > ?8) < ?9) \
                  ON CONFLICT (organisation, directive, blocked, page) \
                  DO UPDATE SET count = count + 1, last_at = excluded.last_at",
            parameters: vec![
                app.new_id()?.to_string().into(),
                organisation.into(),
                violation.directive.as_str().into(),
                violation.blocked.as_str().into(),
                violation.page.as_str().into(),
                now.into(),
                violation.origin.as_str().into(),
                (now - HOUR).into(),
                NEW_AN_HOUR.into(),
            ],
        });
    }
    statements.push(Statement {
        sql: "DELETE FROM reports WHERE organisation = ?1 AND last_at < ?2",
        parameters: vec![organisation.into(), (now - AGE).into()],
    });
    statements.push(Statement {
        sql: "DELETE FROM reports WHERE organisation = ?1 AND id NOT IN (SELECT id FROM reports \
              WHERE organisation = ?1 ORDER BY first_at > ?2 DESC, count DESC, last_at DESC, id DESC LIMIT 200)",
        parameters: vec![organisation.into(), (now - HOUR).into()],
    });
    app.platform.database().batch(statements).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A violation, and how often it was seen.
#[derive(Serialize, ToSchema)]
pub(crate) struct Report {
    id: Uuid,
    directive: String,
    /// What was blocked: an origin, or a word such as `inline`.
    blocked: String,
    /// The page, without query and fragment.
    page: String,
    count: i64,
    #[schema(format = DateTime)]
    first_at: String,
    #[schema(format = DateTime)]
    last_at: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ReportsAnswer {
    reports: Vec<Report>,
}

fn read(row: &[Value]) -> Option<Report> {
    let [id, directive, blocked, page, count, first_at, last_at] = row else {
        return None;
    };
    Some(Report {
        id: id.text()?.parse().ok()?,
        directive: directive.text()?.into(),
        blocked: blocked.text()?.into(),
        page: page.text()?.into(),
        count: count.integer()?,
        first_at: rfc3339(first_at.integer()?),
        last_at: rfc3339(last_at.integer()?),
    })
}

/// The violations on the organisation's pages and on the service's own, the latest first.
#[utoipa::path(
    get, path = "/api/v1/reports", tag = "reports", security(("token" = [])),
    responses((status = 200, description = "At most 400", body = ReportsAnswer))
)]
async fn reports<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<Json<ReportsAnswer>, Problem> {
    let statement = Statement {
        sql: "SELECT id, directive, blocked, page, count, first_at, last_at FROM reports \
              WHERE organisation IN (?1, '') AND last_at >= ?2 ORDER BY last_at DESC, id DESC",
        parameters: vec![administrator.organisation.to_string().into(), (app.now() - AGE).into()],
    };
    let rows = app.platform.database().query(statement).await?;
    Ok(Json(ReportsAnswer {
        reports: rows.rows.iter().filter_map(|row| read(row)).collect(),
    }))
}

/// Deletes the violations on the organisation's pages.
#[utoipa::path(
    delete, path = "/api/v1/reports", tag = "reports", security(("token" = [])),
    responses((status = 204, description = "Deleted"))
)]
async fn delete_reports<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<StatusCode, Problem> {
    let statement = Statement {
        sql: "DELETE FROM reports WHERE organisation = ?1",
        parameters: vec![administrator.organisation.to_string().into()],
    };
    app.platform.database().query(statement).await?;
    Ok(StatusCode::NO_CONTENT)
}
