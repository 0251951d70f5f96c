//! Mailboxes: what a participant is told, sealed, in order, once; read over a WebSocket, as events or as a page.

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};

use crate::{
    App,
    directory::people,
    identity::{
        bearer,
        token::{Claims, Role},
    },
    json::Json,
    limits::{Address, Kind},
    path::Query,
    ports::{Database as _, Delivery, Entry, Mailboxes as _, Page, Platform, Statement},
    problem::Problem,
    vault::mailbox::MailboxName,
};

mod events;
pub(crate) mod post;

/// The most deliveries of a page.
const PAGE: usize = 64;

#[derive(OpenApi)]
#[openapi(paths(read))]
pub(crate) struct Api;

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/api/v1/mailbox", get(read::<P>))
}

/// What a JavaScript number holds exactly, 2^53 - 1.
const LAST: u64 = 9_007_199_254_740_991;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    /// The last sequence that the client has handled; 0, the default, is before the first.
    #[serde(default)]
    #[param(maximum = 9_007_199_254_740_991_u64)]
    after: u64,
}

/// A page of a mailbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailboxPage {
    deliveries: Vec<MailboxDelivery>,
    /// Whether there is more after the last one.
    more: bool,
}

/// An entry, or a gap.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum MailboxDelivery {
    /// The next entry.
    Entry {
        /// Its place.
        sequence: u64,
        /// The sealed envelope, base64url.
        sealed: String,
    },
    /// Entries up to here have been dropped: read the state anew and go on after it.
    Gap {
        /// The last dropped place.
        gap: u64,
    },
}

impl From<Page> for MailboxPage {
    fn from(page: Page) -> Self {
        let deliveries = page.deliveries.into_iter().map(|delivery| match delivery {
            Delivery::Entry(Entry { sequence, sealed }) => MailboxDelivery::Entry { sequence, sealed },
            Delivery::Gap(gap) => MailboxDelivery::Gap { gap },
        });
        Self {
            deliveries: deliveries.collect(),
            more: page.more,
        }
    }
}

/// Reads the mailbox of the token after a cursor: a WebSocket, server-sent events or a page, as the request asks for.
#[utoipa::path(
    get, path = "/api/v1/mailbox", tag = "calls", params(Cursor), security(("token" = [])),
    responses(
        (status = 101, description = "A WebSocket of subprotocol `visavis.v1`"),
        (status = 200, description = "A page, or a stream of events", content((MailboxPage), (String = "text/event-stream"))),
        (status = 501, description = "`unsupported`: the platform has no WebSocket"),
    )
)]
async fn read<P: Platform>(
    State(app): State<App<P>>,
    address: Address,
    Query(cursor): Query<Cursor>,
    request: Request,
) -> Result<Response, Problem> {
    let claims = bearer::claims(request.headers(), &app)?;
    if cursor.after > LAST {
        return Err(Problem::malformed(format!("after must be at most {LAST}.")));
    }
    let count = app.count(Kind::Mailbox, Some(claims.subject), &address);
    let mut statements = count.statements();
    statements.extend(select_reader(&claims));
    // It writes nothing but counters.
    let rows = count.judge(app.platform.database().batch_unsynced(statements).await?)?;
    bearer::require_active(&rows)?;
    let mailbox = MailboxName::new(claims.organisation, claims.role, claims.subject).to_string();
    let mailboxes = app.platform.mailboxes();
    if is_websocket(request.headers()) {
        let (head, _) = request.into_parts();
        return Ok(mailboxes
            .upgrade(&mailbox, cursor.after, claims.expires_at, head)
            .await?);
    }
    if accepts(request.headers(), "text/event-stream") {
        let deliveries = mailboxes.listen(&mailbox, cursor.after).await?;
        return Ok(events::response(deliveries, app.platform.clone(), claims.expires_at));
    }
    let page = mailboxes.read(&mailbox, cursor.after, PAGE).await?;
    Ok(Json::<_>(MailboxPage::from(page)).into_response())
}

/// Reads a row where a person still has the token's role, for a batch; nothing for a visitor, who is nobody's to shut
/// out.
fn select_reader(claims: &Claims) -> Option<Statement> {
    match claims.role {
        Role::Visitor => None,
        Role::Expert => Some(people::select_active_expert(claims.organisation, claims.subject)),
        Role::Administrator => Some(people::select_active_administrator(claims.organisation, claims.subject)),
    }
}

/// RFC 6455 section 4.2.1.
fn is_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let accepted = headers
        .get_all(header::ACCEPT)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut ranges = accepted.flat_map(|value| value.split(','));
    ranges.any(|range| {
        range
            .split(';')
            .next()
            .is_some_and(|range| range.trim().eq_ignore_ascii_case(media_type))
    })
}
