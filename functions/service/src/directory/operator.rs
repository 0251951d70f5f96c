//! The operator's route: an organisation as it is to be, and sign-in links for its people.

use axum::{Router, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::{
    organisations::{self, OrganisationWithOrigins},
    people::{self, NewPerson, PersonRequest, StaffRole},
};
use crate::{
    App,
    identity::{key, sign_in::SignInLink},
    json::Json,
    limits::{Address, Kind},
    ports::{Database as _, Platform, Statement},
    problem::Problem,
    vault::record::DataKeys,
};

#[derive(OpenApi)]
#[openapi(paths(put_organisation))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/api/v1/operator/organisations", post(put_organisation::<P>))
}

/// An organisation as the operator wants it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationRequest {
    /// An organisation that exists, or the id of the new one.
    id: Option<Uuid>,
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    accent: Option<String>,
    #[schema(max_length = 500)]
    contact: Option<String>,
    #[schema(max_items = 50)]
    origins: Vec<String>,
    #[schema(max_items = 50)]
    people: Vec<PersonRequest>,
}

/// The organisation as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganisationAnswer {
    organisation: OrganisationWithOrigins,
    people: Vec<InvitedPerson>,
}

/// A person, with a fresh sign-in link where they are active.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitedPerson {
    id: Uuid,
    name: String,
    roles: Vec<StaffRole>,
    /// Works once, for 24 hours; earlier ones no longer do. Nobody who is inactive has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in_url: Option<String>,
}

/// Creates an organisation, or brings the one that has the `id` to what the request says: people whose address it does
/// not know are added, nobody is removed, and each gets a fresh sign-in link.
#[utoipa::path(
    post, path = "/api/v1/operator/organisations", tag = "operator", security(("operator" = [])),
    request_body = OrganisationRequest,
    responses(
        (status = 200, description = "It existed", body = OrganisationAnswer),
        (status = 201, description = "It is new", body = OrganisationAnswer),
    )
)]
async fn put_organisation<P: Platform>(
    State(app): State<App<P>>,
    headers: HeaderMap,
    address: Address,
    Json(request): Json<OrganisationRequest>,
) -> Result<(StatusCode, Json<OrganisationAnswer>), Problem> {
    app.limit(Kind::Operator, None, &address).await?;
    key::require(&headers, "OPERATOR_KEY", &app.config.operator_key)?;
    let wanted = Wanted::check(&request)?;
    let organisation = match request.id {
        Some(id) => id,
        None => app.new_id()?,
    };
    let (keys, key_statement) = data_keys(&app, organisation).await?;
    let is_new = key_statement.is_some();
    let mut statements = vec![wanted.upsert(organisation, app.now())];
    statements.extend(key_statement);
    statements.extend(organisations::replace_origins(organisation, &wanted.origins));
    let mut invited = Vec::with_capacity(wanted.people.len());
    for person in &wanted.people {
        let (id, roles) = if let Some(known) = app.person_by_email(organisation, &person.email).await? {
            known
        } else {
            let row = (app.new_id()?, organisation, app.now());
            let (vault, entropy) = (&app.config.vault, app.platform.entropy());
            statements.push(people::insert(vault, &keys, entropy, row, person)?);
            (row.0, person.roles.clone())
        };
        let link = SignInLink::new(&app)?;
        statements.extend(link.statements(organisation, id));
        let sign_in_url = Some(link.url(&app.config.public_url, &roles));
        let person = InvitedPerson {
            id,
            name: person.name.clone(),
            roles,
            sign_in_url,
        };
        invited.push((person, statements.len() - 1));
    }
    let rows = app.platform.database().batch(statements).await?;
    let people = invited.into_iter().map(|(mut person, stored)| {
        // No link was stored for a person who is inactive.
        if rows.get(stored).is_none_or(|stored| stored.changes == 0) {
            person.sign_in_url = None;
        }
        person
    });
    let people = people.collect();
    let answer = OrganisationAnswer {
        organisation: app.organisation(organisation).await?,
        people,
    };
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(answer)))
}

/// The organisation's data keys, or new ones with the statement that stores them.
async fn data_keys<P: Platform>(app: &App<P>, organisation: Uuid) -> Result<(DataKeys, Option<Statement>), Problem> {
    let rows = app.platform.database().query(DataKeys::select(organisation)).await?;
    if let Some(keys) = DataKeys::unwrap(&app.config.vault, organisation, &rows)? {
        return Ok((keys, None));
    }
    let (keys, statement) = DataKeys::create(&app.config.vault, app.platform.entropy(), organisation, app.now())?;
    Ok((keys, Some(statement)))
}

/// A request whose fields are within their bounds.
struct Wanted {
    name: String,
    accent: String,
    contact: Option<String>,
    origins: Vec<String>,
    people: Vec<NewPerson>,
}

impl Wanted {
    fn check(request: &OrganisationRequest) -> Result<Self, Problem> {
        let people = request
            .people
            .iter()
            .map(PersonRequest::check)
            .collect::<Result<Vec<_>, _>>()?;
        let twice = people
            .iter()
            .enumerate()
            .any(|(index, person)| people.iter().skip(index + 1).any(|other| other.email == person.email));
        if twice || people.len() > 50 {
            return Err(Problem::malformed(
                "people may have at most 50 entries, each with an address of its own.",
            ));
        }
        Ok(Self {
            name: organisations::check_name(&request.name)?,
            accent: organisations::accent_or_default(request.accent.as_deref())?,
            contact: organisations::check_contact(request.contact.as_deref())?,
            origins: organisations::check_origins(&request.origins)?,
            people,
        })
    }

    fn upsert(&self, organisation: Uuid, now: i64) -> Statement {
        Statement {
            sql: "INSERT INTO organisations (id, name, accent, contact, created_at) VALUES (?1, ?2, ?3, ?4, ?5) \
                  ON CONFLICT (id) DO UPDATE SET name = excluded.name, accent = excluded.accent, \
                  contact = excluded.contact",
            parameters: vec![
                organisation.to_string().into(),
                self.name.as_str().into(),
                self.accent.as_str().into(),
                self.contact.clone().into(),
                now.into(),
            ],
        }
    }
}
