//! Visitors: who is there for them, and the token with which they may ring. Nothing is stored before they ring.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use crate::{
    App,
    calls::invitations::{self, Invitation, Invited},
    directory::{
        organisations::Organisation,
        people::{ExpertName, read_experts},
    },
    identity::{
        bearer::Visitor,
        token::{Claims, Role, VISITOR_LIFETIME},
    },
    json::Json,
    limits::{Address, Kind},
    path::Path,
    policy::origins::CallingPage,
    ports::{Database as _, Platform, Rows, Statement},
    presence,
    problem::{Problem, Slug},
    relay::{IceServer, ice_servers},
    time::rfc3339,
    trust::bundle::Bundle,
    vault::{
        mailbox::{MailboxAccess, MailboxName},
        record::DataKeys,
    },
};

#[derive(OpenApi)]
#[openapi(paths(availability, begin, renew))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route(
            "/api/v1/organisations/{organisation}/availability",
            get(availability::<P>),
        )
        .route("/api/v1/organisations/{organisation}/visitors", post(begin::<P>))
        .route("/api/v1/visitor/token", post(renew::<P>))
}

/// Who is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Availability {
    organisation: AvailableOrganisation,
    state: OrganisationState,
    /// Those whose desk is open and who are available.
    experts: Vec<AvailableExpert>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AvailableOrganisation {
    name: String,
    /// `#rrggbb`.
    accent: String,
    /// For when nobody is there: a `https:`, `mailto:` or `tel:` link.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

/// Whether anybody can be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrganisationState {
    /// An expert is free.
    Free,
    /// Experts are there, all in a call.
    Busy,
    /// No expert is there.
    Closed,
}

#[derive(Debug, Serialize, ToSchema)]
struct AvailableExpert {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    state: ExpertState,
}

/// Whether an expert can be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ExpertState {
    /// Not in a call.
    Free,
    /// In a call.
    Busy,
}

/// Who is there now. Nothing is stored for it: one read, and a counter in memory.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/availability", tag = "visitors",
    params(("organisation" = Uuid, Path)),
    responses((status = 200, description = "Who is there", body = Availability))
)]
async fn availability<P: Platform>(
    State(app): State<App<P>>,
    Path(organisation): Path<Uuid>,
    page: CallingPage,
    address: Address,
) -> Result<Json<Availability>, Problem> {
    page.require(organisation)?;
    app.limit_lookup(&address)?;
    let statements = vec![
        Organisation::select(organisation),
        DataKeys::select(organisation),
        presence::select_available(organisation, app.now()),
    ];
    let rows = app.platform.database().batch(statements).await?;
    let [found, keys, available] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    let Organisation {
        name, accent, contact, ..
    } = Organisation::read(organisation, found)?.ok_or_else(Problem::not_found)?;
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    let experts = read_available(&keys, available)?;
    let state = if experts.iter().any(|expert| expert.state == ExpertState::Free) {
        OrganisationState::Free
    } else if experts.is_empty() {
        OrganisationState::Closed
    } else {
        OrganisationState::Busy
    };
    let organisation = AvailableOrganisation { name, accent, contact };
    Ok(Json(Availability {
        organisation,
        state,
        experts,
    }))
}

fn read_available(keys: &DataKeys, available: &Rows) -> Result<Vec<AvailableExpert>, Problem> {
    let names = available
        .rows
        .iter()
        .map(|row| row.iter().take(3).cloned().collect())
        .collect();
    let names = read_experts(
        keys,
        &Rows {
            rows: names,
            changes: 0,
        },
    )?;
    let busy = available
        .rows
        .iter()
        .map(|row| row.get(4).and_then(crate::ports::Value::integer) == Some(1));
    let experts = names
        .into_iter()
        .zip(busy)
        .map(|(ExpertName { id, name, title }, busy)| AvailableExpert {
            id,
            name,
            title,
            state: if busy { ExpertState::Busy } else { ExpertState::Free },
        });
    Ok(experts.collect())
}

/// A visitor, and the call that the token is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitorAnswer {
    visitor: Uuid,
    call: Uuid,
    token: String,
    #[schema(format = DateTime)]
    token_expires_at: String,
    mailbox: MailboxAccess,
    ice_servers: Vec<IceServer>,
    /// As soon as the organisation has a site key.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Bundle>,
    /// Where the visitor came with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<Invitation>,
}

/// How a visitor comes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginRequest {
    /// The secret of an invitation.
    #[schema(min_length = 1, max_length = 100)]
    invitation: Option<String>,
}

/// A new visitor of the organisation's page, and the id of the call it may ring. With an invitation, it may come from
/// the service's own page.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/visitors", tag = "visitors",
    params(("organisation" = Uuid, Path)), request_body = BeginRequest,
    responses((status = 201, description = "A visitor", body = VisitorAnswer))
)]
async fn begin<P: Platform>(
    State(app): State<App<P>>,
    Path(organisation): Path<Uuid>,
    page: CallingPage,
    address: Address,
    Json(BeginRequest { invitation }): Json<BeginRequest>,
) -> Result<(StatusCode, Json<VisitorAnswer>), Problem> {
    let origin = match invitation {
        Some(_) => page.invited_origin(organisation, &app.config.public_url)?,
        None => page.require_origin(organisation)?,
    };
    let visitor = Visitor {
        organisation,
        id: app.new_id()?,
        call: app.new_id()?,
        origin: origin.to_owned(),
    };
    let count = app.count(Kind::Visitors, None, &address);
    let mut statements = count.statements();
    statements.push(select_registered(&visitor));
    let own = app.config.public_url.as_str();
    let accepting = invitation.map(|secret| invitations::accept(&secret, &visitor, own, app.now(), &count));
    let wants_to_join = accepting.is_some();
    statements.extend(accepting);
    statements.extend(about(&visitor, app.now()));
    let database = app.platform.database();
    let rows = if wants_to_join {
        database.batch(statements).await?
    } else {
        // It writes nothing but counters.
        database.batch_unsynced(statements).await?
    };
    let mut rows = count.judge(rows)?;
    let of_visitor = rows.split_off(1 + usize::from(wants_to_join));
    // Where a page comes with a token, the token alone has vouched for the origin, which may have been removed since.
    let registered = rows.first().is_some_and(|registered| !registered.rows.is_empty());
    let invited = wants_to_join && visitor.origin == own;
    if !registered && !invited {
        return Err(no_longer_registered());
    }
    let about = About::read(&app, &visitor, &of_visitor)?;
    if wants_to_join && about.invitation.is_none() {
        return Err(invitations::not_invited());
    }
    Ok((StatusCode::CREATED, Json(issue(&app, visitor, about))))
}

/// What a visitor is told besides the token.
struct About {
    trust: Option<Bundle>,
    invitation: Option<Invitation>,
}

/// Reads it, for the end of a batch; [`About::read`] takes the rows.
fn about(visitor: &Visitor, now: i64) -> [Statement; 3] {
    [
        DataKeys::select(visitor.organisation),
        Bundle::select(visitor.organisation, visitor.call, now),
        Invited::select(visitor),
    ]
}

impl About {
    fn read<P: Platform>(app: &App<P>, visitor: &Visitor, rows: &[Rows]) -> Result<Self, Problem> {
        let [keys, trust, invited] = rows else {
            return Err(Problem::unavailable());
        };
        let keys = DataKeys::unwrap(&app.config.vault, visitor.organisation, keys)?.ok_or_else(Problem::not_found)?;
        let invited = Invited::read(invited)?;
        Ok(Self {
            trust: Bundle::read(&keys, trust)?,
            invitation: invited.map(|invited| invited.view(&keys)).transpose()?.flatten(),
        })
    }
}

/// For which call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewRequest {
    call: Which,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    /// The call that the token is for.
    Same,
    /// A new one of the same visitor.
    Next,
}

/// Renews a visitor's token, for the same call or for the next.
#[utoipa::path(
    post, path = "/api/v1/visitor/token", tag = "visitors", security(("token" = [])), request_body = RenewRequest,
    responses((status = 200, description = "A token", body = VisitorAnswer))
)]
async fn renew<P: Platform>(
    State(app): State<App<P>>,
    mut visitor: Visitor,
    address: Address,
    Json(RenewRequest { call }): Json<RenewRequest>,
) -> Result<Json<VisitorAnswer>, Problem> {
    let count = app.count(Kind::Visitors, Some(visitor.id), &address);
    if call == Which::Next {
        visitor.call = app.new_id()?;
    }
    let mut statements = count.statements();
    statements.push(select_registered(&visitor));
    statements.extend(about(&visitor, app.now()));
    // It writes nothing but counters.
    let mut rows = count.judge(app.platform.database().batch_unsynced(statements).await?)?;
    let about = About::read(&app, &visitor, &rows.split_off(1))?;
    let registered = rows.first().is_some_and(|registered| !registered.rows.is_empty());
    // Who was invited may have come from the service's own page, for this one call.
    let invited = about.invitation.is_some() && visitor.origin == app.config.public_url;
    if !registered && !invited {
        return Err(no_longer_registered());
    }
    Ok(Json(issue(&app, visitor, about)))
}

/// Reads a row where the visitor's page is still one of the organisation's, for a batch.
fn select_registered(visitor: &Visitor) -> Statement {
    Statement {
        sql: "SELECT 1 FROM origins WHERE origin = ?1 AND organisation = ?2",
        parameters: vec![visitor.origin.as_str().into(), visitor.organisation.to_string().into()],
    }
}

fn no_longer_registered() -> Problem {
    let detail = "This page is no longer one of the organisation's. Its administrator can register the origin again.";
    Problem::new(Slug::OriginNotRegistered, detail)
}

fn issue<P: Platform>(app: &App<P>, visitor: Visitor, About { trust, invitation }: About) -> VisitorAnswer {
    let now = app.now();
    let claims = Claims {
        organisation: visitor.organisation,
        origin: visitor.origin,
        role: Role::Visitor,
        subject: visitor.id,
        call: Some(visitor.call),
        issued_at: now,
        expires_at: now + VISITOR_LIFETIME,
    };
    let mailbox = MailboxName::new(visitor.organisation, Role::Visitor, visitor.id);
    VisitorAnswer {
        visitor: visitor.id,
        call: visitor.call,
        token: app.config.tokens.mint(&claims),
        token_expires_at: rfc3339(claims.expires_at),
        mailbox: app.config.vault.mailbox_access(&mailbox),
        ice_servers: ice_servers(&app.config.relay, visitor.call, now).0,
        trust,
        invitation,
    }
}
