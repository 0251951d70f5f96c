//! The console: what administrators see and change of their own organisation.
//!
//! Every statement is scoped to the token's organisation, so that what belongs to another one is not found.

use axum::{
    Router,
    extract::State,
    routing::{get, patch, post},
};
use http::StatusCode;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use crate::{
    App,
    directory::{
        organisations::{ChangeRequest, OrganisationWithOrigins},
        people::{Person, PersonChange, PersonRequest},
    },
    identity::{bearer::Administrator, sign_in::SignInLink},
    json::{Empty, Json},
    path::Path,
    policy::snippet_policy,
    ports::{Database as _, Platform},
    problem::Problem,
    trust,
};

#[derive(OpenApi)]
#[openapi(paths(
    organisation,
    change_organisation,
    people,
    add_person,
    change_person,
    make_sign_in_link,
    snippet
))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route(
            "/api/v1/organisation",
            get(organisation::<P>).patch(change_organisation::<P>),
        )
        .route("/api/v1/people", get(people::<P>).post(add_person::<P>))
        .route("/api/v1/people/{person}", patch(change_person::<P>))
        .route("/api/v1/people/{person}/sign-in-link", post(make_sign_in_link::<P>))
        .route("/api/v1/snippet", get(snippet::<P>))
}

/// The organisation.
#[utoipa::path(
    get, path = "/api/v1/organisation", tag = "console", security(("token" = [])),
    responses((status = 200, description = "The organisation", body = OrganisationWithOrigins))
)]
async fn organisation<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<Json<OrganisationWithOrigins>, Problem> {
    app.organisation(administrator.organisation).await.map(Json)
}

/// Changes what is given of the organisation; an empty `contact` is removed.
#[utoipa::path(
    patch, path = "/api/v1/organisation", tag = "console", security(("token" = [])), request_body = ChangeRequest,
    responses((status = 200, description = "The organisation as it is now", body = OrganisationWithOrigins))
)]
async fn change_organisation<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(request): Json<ChangeRequest>,
) -> Result<Json<OrganisationWithOrigins>, Problem> {
    app.change_organisation(administrator.organisation, &request.check()?)
        .await?;
    app.organisation(administrator.organisation).await.map(Json)
}

/// Everybody of the organisation.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeopleAnswer {
    people: Vec<Person>,
}

/// One person.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonAnswer {
    person: Person,
}

/// The people of the organisation.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "console", security(("token" = [])),
    responses((status = 200, description = "Everybody, whoever was added first comes first", body = PeopleAnswer))
)]
async fn people<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<Json<PeopleAnswer>, Problem> {
    let people = app.people(administrator.organisation).await?;
    Ok(Json(PeopleAnswer { people }))
}

/// Adds a person; the same address again gives the person who has it, unchanged.
#[utoipa::path(
    post, path = "/api/v1/people", tag = "console", security(("token" = [])), request_body = PersonRequest,
    responses(
        (status = 200, description = "Somebody has this address already", body = PersonAnswer),
        (status = 201, description = "Added", body = PersonAnswer),
    )
)]
async fn add_person<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Json(request): Json<PersonRequest>,
) -> Result<(StatusCode, Json<PersonAnswer>), Problem> {
    let (person, is_new) = app.add_person(administrator.organisation, &request.check()?).await?;
    Ok((
        if is_new { StatusCode::CREATED } else { StatusCode::OK },
        Json(PersonAnswer { person }),
    ))
}

/// Changes what is given of a person. Whoever is made inactive is signed out at once.
#[utoipa::path(
    patch, path = "/api/v1/people/{person}", tag = "console", security(("token" = [])),
    params(("person" = Uuid, Path)), request_body = PersonChange,
    responses((status = 200, description = "The person as it is now", body = PersonAnswer))
)]
async fn change_person<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Path(person): Path<Uuid>,
    Json(change): Json<PersonChange>,
) -> Result<Json<PersonAnswer>, Problem> {
    if person == administrator.id && change.concerns_office() {
        // Nobody might be left to undo it.
        let detail = "You cannot take the administrator's role from yourself, or change whether you are active. Ask \
                      another administrator to do it.";
        return Err(Problem::malformed(detail));
    }
    app.change_person(administrator.organisation, person, &change).await?;
    let person = app.person(administrator.organisation, person).await?;
    Ok(Json(PersonAnswer { person }))
}

/// A fresh sign-in link.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInLinkAnswer {
    /// Works once; to be handed over in confidence.
    url: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Makes a sign-in link for an active person and voids the earlier ones.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/sign-in-link", tag = "console", security(("token" = [])),
    params(("person" = Uuid, Path)), request_body = Empty,
    responses((status = 201, description = "A link, valid for 24 hours", body = SignInLinkAnswer))
)]
async fn make_sign_in_link<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
    Path(person): Path<Uuid>,
    Json(Empty {}): Json<Empty>,
) -> Result<(StatusCode, Json<SignInLinkAnswer>), Problem> {
    let person = app.person(administrator.organisation, person).await?;
    let link = SignInLink::new(&app)?;
    let statements = link.statements(administrator.organisation, person.id).into();
    let rows = app.platform.database().batch(statements).await?;
    if rows.last().is_none_or(|stored| stored.changes == 0) {
        return Err(Problem::malformed("This person is inactive. Make them active first."));
    }
    let url = link.url(&app.config.public_url, &person.roles);
    Ok((
        StatusCode::CREATED,
        Json(SignInLinkAnswer {
            url,
            expires_at: link.expires_at(),
        }),
    ))
}

/// What goes into the organisation's pages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snippet {
    /// To be copied into the page.
    html: String,
    /// Subresource integrity of the script, `sha384-…`.
    integrity: String,
    script_url: String,
    /// What a page with a strict policy adds to it.
    content_security_policy: String,
}

/// The snippet for the organisation's pages.
#[utoipa::path(
    get, path = "/api/v1/snippet", tag = "console", security(("token" = [])),
    responses((status = 200, description = "The snippet", body = Snippet))
)]
async fn snippet<P: Platform>(
    State(app): State<App<P>>,
    administrator: Administrator,
) -> Result<Json<Snippet>, Problem> {
    let organisation = administrator.organisation;
    let address = &app.config.public_url;
    let missing = || Problem::misconfigured("manifest.json has no entry called loader. Build functions/web again.");
    let (path, integrity) = app.manifest().await?.entry("loader").ok_or_else(missing)?;
    let script_url = format!("{address}/{path}");
    let select = trust::select_attribute(organisation, app.now());
    let site_keys = trust::read_attribute(&app.platform.database().query(select).await?);
    let site_key = site_keys
        .map(|keys| format!(" site-key=\"{keys}\""))
        .unwrap_or_default();
    let html = format!(
        "<script type=\"module\" src=\"{script_url}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>\n\
         <visavis-widget organisation=\"{organisation}\"{site_key}></visavis-widget>"
    );
    let content_security_policy = snippet_policy(address, organisation);
    Ok(Json(Snippet {
        html,
        integrity: integrity.into(),
        script_url,
        content_security_policy,
    }))
}
