//! Invitations: the expert of a call lets somebody join it, once.
//!
//! Whoever accepts one is a visitor with a call of their own, which belongs to the call that they were invited to.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    change::{Found, require_answered_by},
    find,
    record::Joining,
};
use crate::{
    App,
    directory::people::{ExpertName, read_experts, select_active_expert},
    identity::{
        bearer::{Expert, Participant, Visitor},
        secret::{Secret, hash},
        token::Role,
    },
    json::Json,
    limits::{Address, Count, Kind},
    path::Path,
    ports::{Database as _, Platform, PortError, PortResult, Rows, Statement, Value},
    problem::{Problem, Slug},
    time::{MINUTE, rfc3339},
    vault::{mailbox::MailboxName, record::DataKeys},
};

/// How long an invitation can be accepted, in milliseconds.
const LIFETIME: i64 = 30 * MINUTE;
/// The most invitations of a call that nobody has accepted yet.
const MOST: i64 = 8;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationRequest {
    /// A colleague, who gets it in their mailbox.
    expert: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationAnswer {
    invitation: Uuid,
    /// Works once; to be handed over in confidence.
    secret: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// The body of `call.invited`.
#[derive(Serialize)]
struct Body<'a> {
    invitation: Uuid,
    secret: &'a str,
    expires_at: String,
    from: Inviting<'a>,
}

#[derive(Serialize)]
struct Inviting<'a> {
    id: Uuid,
    name: &'a str,
}

/// Lets somebody join a call that this expert has answered: a colleague, or whoever gets the secret.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/invitations", tag = "calls", security(("token" = [])),
    params(("call" = Uuid, Path)), request_body = InvitationRequest,
    responses(
        (status = 201, description = "Valid for 30 minutes or until the call ends, once", body = InvitationAnswer),
        (status = 409, description = "`not-answered`, `already-answered`, `call-over` or `limit-reached`"),
    )
)]
pub(super) async fn invite<P: Platform>(
    State(app): State<App<P>>,
    expert: Expert,
    address: Address,
    Path(call): Path<Uuid>,
    Json(InvitationRequest { expert: colleague }): Json<InvitationRequest>,
) -> Result<(StatusCode, Json<InvitationAnswer>), Problem> {
    if colleague == Some(expert.id) {
        return Err(Problem::malformed("expert must be somebody else."));
    }
    let (organisation, id) = (expert.organisation, expert.id);
    let participant = Participant::Expert(expert);
    let Found { keys, record } = find(&app, Kind::Invitations, &participant, &address, call).await?;
    let record = app.settle(&keys, record).await?;
    require_answered_by(&record, id)?;
    if record.joining.is_some() {
        let detail = "This call belongs to another one. Invite into that one.";
        return Err(Problem::new(Slug::LimitReached, detail));
    }
    let secret = Secret::new(app.platform.entropy())?;
    let (invitation, expires_at) = (app.new_id()?, app.now() + LIFETIME);
    let store = Statement {
        sql: "INSERT INTO invitations (id, organisation, secret_hash, call, expert, expires_at) \
              SELECT ?1, organisation, ?2, id, expert, ?3 FROM calls WHERE id = ?4 AND state = 'answered' \
              AND (SELECT count(*) FROM invitations WHERE call = ?4 AND visitor IS NULL AND expires_at > ?5) < ?6 \
              AND (?7 IS NULL OR EXISTS (SELECT 1 FROM people WHERE organisation = calls.organisation AND id = ?7 \
              AND active = 1 AND people.expert = 1))",
        parameters: vec![
            invitation.to_string().into(),
            secret.hash().into(),
            expires_at.into(),
            call.to_string().into(),
            app.now().into(),
            MOST.into(),
            colleague.map(|colleague| colleague.to_string()).into(),
        ],
    };
    let statements = vec![select_active_expert(organisation, colleague.unwrap_or(id)), store];
    let rows = app.platform.database().batch(statements).await?;
    let [invited, stored] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    if invited.rows.is_empty() {
        return Err(Problem::new(Slug::NotFound, "There is no such expert."));
    }
    if stored.changes == 0 {
        let detail = "Nobody has accepted the last invitations yet. Use one of those, or wait half an hour.";
        return Err(Problem::new(Slug::LimitReached, detail));
    }
    if let Some(colleague) = colleague {
        let body = Body {
            invitation,
            secret: secret.expose(),
            expires_at: rfc3339(expires_at),
            from: Inviting {
                id,
                name: record.expert.as_ref().map_or("", |expert| &expert.name),
            },
        };
        let mailbox = MailboxName::new(organisation, Role::Expert, colleague);
        app.post(&mailbox, ("call.invited", &invitation.to_string()), call, body)
            .await?;
    }
    let answer = InvitationAnswer {
        invitation,
        secret: secret.expose().to_owned(),
        expires_at: rfc3339(expires_at),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Accepts an invitation for a visitor on the organisation's page or the service's own (`own`), once, where its call goes
/// on: a statement for a batch in which the request is counted. Whether it did [`Invited::select`] tells.
pub(crate) fn accept(secret: &str, visitor: &Visitor, own: &str, now: i64, count: &Count) -> Statement {
    let mut parameters = vec![
        hash(secret).into(),
        visitor.organisation.to_string().into(),
        visitor.id.to_string().into(),
        visitor.call.to_string().into(),
        now.into(),
    ];
    parameters.extend(count.most());
    parameters.extend([visitor.origin.as_str().into(), own.into()]);
    Statement {
        sql: "UPDATE invitations SET visitor = ?3, joining_call = ?4 WHERE secret_hash = ?1 AND organisation = ?2 \
              AND visitor IS NULL AND expires_at > ?5 \
              AND EXISTS (SELECT 1 FROM calls c WHERE c.id = invitations.call AND c.state = 'answered') \
              AND NOT EXISTS (SELECT 1 FROM rate_limits WHERE key = ?6 AND count > ?7) \
              AND (?8 = ?9 OR EXISTS (SELECT 1 FROM origins WHERE origin = ?8 AND organisation = ?2))",
        parameters,
    }
}

/// The problem of a secret that is that of no invitation which can be accepted.
pub(crate) fn not_invited() -> Problem {
    let detail = "This invitation was used already, or is over. Ask for a new one.";
    Problem::new(Slug::NotFound, detail)
}

/// The invitation that a visitor has accepted with the token's call.
pub(crate) struct Invited {
    pub(super) joining: Joining,
    /// Who has invited.
    pub(super) expert: Uuid,
    /// The call that it leads to goes on.
    open: bool,
    /// The expert, sealed.
    row: Vec<Value>,
}

/// An invitation as whoever has accepted it sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    id: Uuid,
    expert: InvitingExpert,
}

/// Who has invited.
#[derive(Debug, Serialize, ToSchema)]
struct InvitingExpert {
    id: Uuid,
    name: String,
}

impl Invited {
    /// Reads it, for a batch.
    pub(crate) fn select(visitor: &Visitor) -> Statement {
        Statement {
            sql: "SELECT e.id, e.name_sealed, e.title_sealed, i.id AS invitation, i.call, c.state = 'answered' AS open \
                  FROM invitations i \
                  JOIN calls c ON c.id = i.call JOIN people e ON e.id = i.expert AND e.organisation = i.organisation \
                  WHERE i.joining_call = ?1 AND i.visitor = ?2 AND i.organisation = ?3",
            parameters: vec![
                visitor.call.to_string().into(),
                visitor.id.to_string().into(),
                visitor.organisation.to_string().into(),
            ],
        }
    }

    /// The invitation in the rows; nothing where the visitor came without one.
    pub(crate) fn read(rows: &Rows) -> PortResult<Option<Self>> {
        let unexpected = || PortError::Unavailable("an invitation is not of the expected form".into());
        let Some(row) = rows.rows.first() else { return Ok(None) };
        let [expert, name, title, invitation, call, open] = row.as_slice() else {
            return Err(unexpected());
        };
        let id = |value: &Value| value.text().and_then(|id| id.parse().ok()).ok_or_else(unexpected);
        Ok(Some(Self {
            joining: Joining {
                invitation: id(invitation)?,
                call: id(call)?,
            },
            expert: id(expert)?,
            open: open.integer() == Some(1),
            row: vec![expert.clone(), name.clone(), title.clone()],
        }))
    }

    /// Who has invited, if the call that it leads to goes on.
    pub(super) fn require_open(&self) -> Result<Uuid, Problem> {
        if self.open {
            Ok(self.expert)
        } else {
            let detail = "The call that you were invited to has ended.";
            Err(Problem::new(Slug::CallOver, detail))
        }
    }

    /// The invitation as whoever has accepted it sees it.
    pub(crate) fn view(&self, keys: &DataKeys) -> PortResult<Option<Invitation>> {
        let rows = Rows {
            rows: vec![self.row.clone()],
            changes: 0,
        };
        let expert = read_experts(keys, &rows)?.pop();
        Ok(expert.map(|ExpertName { id, name, .. }| Invitation {
            id: self.joining.invitation,
            expert: InvitingExpert { id, name },
        }))
    }
}
