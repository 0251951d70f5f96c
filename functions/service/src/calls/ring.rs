//! Ringing: one request with the sealed offer, for the experts who are there.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    change::no_call,
    invitations::Invited,
    new_call::NewCall,
    payload::Payload,
    record::{self, About, Media, Record, VisitedPage},
    state::{Party, State as CallState},
    view::{CallAnswer, CallView, with_call},
};
use crate::{
    App,
    identity::bearer::Visitor,
    json::{Json, LargeJson},
    limits::{Address, Kind},
    path::Path,
    ports::{Database as _, Platform, PortError, Rows},
    presence,
    problem::{Problem, Slug},
    text,
    time::{MINUTE, SECOND},
    vault::record::DataKeys,
};

/// How long a call rings, in milliseconds.
const RINGS: i64 = 45 * SECOND;
/// How long a visitor can wait in line, in milliseconds.
const WAITS: i64 = 10 * MINUTE;

/// What a visitor rings with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingRequest {
    #[schema(max_length = 80)]
    name: Option<String>,
    /// BCP 47, such as `de-CH`.
    #[schema(min_length = 2, max_length = 35)]
    language: String,
    page: PageRequest,
    media: Media,
    /// Ring for this one alone. Who was invited rings for whom has invited them.
    expert: Option<Uuid>,
    /// Wait in line while all are in a call.
    #[serde(default)]
    wait: bool,
    payload: Payload,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageRequest {
    /// `http` or `https`; query and fragment are dropped.
    #[schema(max_length = 500)]
    url: String,
    #[schema(max_length = 200)]
    title: String,
}

/// Rings for one expert, for every free one, or with `wait` for every one who is there.
#[utoipa::path(
    post, path = "/api/v1/calls/{call}/ring", tag = "calls", security(("token" = [])), params(("call" = Uuid, Path)),
    request_body = RingRequest,
    responses(
        (status = 200, description = "It rang already", body = CallAnswer),
        (status = 201, description = "It rings", body = CallAnswer),
        (status = 409, description = "`nobody-available` or `busy`"),
    )
)]
pub(super) async fn ring<P: Platform>(
    State(app): State<App<P>>,
    visitor: Visitor,
    address: Address,
    Path(call): Path<Uuid>,
    Json(request): LargeJson<RingRequest>,
) -> Result<(StatusCode, Json<CallAnswer>), Problem> {
    visitor.require_call(call)?;
    let about = request.about(&visitor.origin)?;
    let organisation = visitor.organisation;
    let now = app.now();
    let count = app.count(Kind::Ring, Some(visitor.id), &address);
    let mut statements = count.statements();
    statements.extend([
        DataKeys::select(organisation),
        record::select_with_offer(organisation, call),
        presence::select_available(organisation, now),
        record::select_open_of(organisation, visitor.id),
        Invited::select(&visitor),
    ]);
    // It writes nothing but counters.
    let rows = count.judge(app.platform.database().batch_unsynced(statements).await?)?;
    let [keys, known, available, open, invited] = rows.as_slice() else {
        return Err(Problem::unavailable());
    };
    let keys = DataKeys::unwrap(&app.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
    if let Some(known) = Record::first(&keys, known)? {
        return repeated(&app, &visitor, known).await;
    }
    for open in Record::read(&keys, open)? {
        // A call that time has ended is in nobody's way.
        let open = app.settle(&keys, open).await?;
        if !open.call.state.is_final() {
            let detail = "You have another call open; `call` says which. End it, then ring again.";
            return Err(with_call(Problem::new(Slug::Busy, detail), &open, Party::Visitor));
        }
    }
    let invited = Invited::read(invited)?;
    let (experts, wanted_expert, waits) = match &invited {
        // Whether in a call or not: they are in the call that it belongs to.
        Some(invited) => (vec![invited.require_open()?], Some(invited.expert), false),
        None => (
            choose(available, request.expert, request.wait)?,
            request.expert,
            request.wait,
        ),
    };
    let new = NewCall {
        id: call,
        organisation,
        visitor: visitor.id,
        media: request.media,
        wanted_expert,
        waits,
        joining: invited.map(|invited| invited.joining),
        about: &about,
        offer: request.payload.as_str(),
        experts: &experts,
        now,
        rings_until: now + if waits { WAITS } else { RINGS },
    };
    let mut statements = new.insert(&keys, app.platform.entropy())?.to_vec();
    statements.extend([
        presence::begin(organisation, visitor.id, now),
        record::select_with_offer(organisation, call),
    ]);
    let record = match app.platform.database().batch(statements).await {
        Ok(rows) if rows.first().is_some_and(|stored| stored.changes == 0) => {
            if new.joining.is_some() {
                let detail = "As many people join this call as may, or it is over by now.";
                return Err(Problem::new(Slug::LimitReached, detail));
            }
            let detail = "More calls ring than anybody can answer. Ring again in a minute.";
            return Err(Problem::new(Slug::Busy, detail));
        }
        Ok(rows) => rows
            .last()
            .map(|rows| Record::first(&keys, rows))
            .transpose()?
            .flatten()
            .ok_or_else(no_call)?,
        // The same request was a moment earlier.
        Err(PortError::Constraint(_)) => {
            let known = app
                .platform
                .database()
                .query(record::select_with_offer(organisation, call))
                .await?;
            let known = Record::first(&keys, &known)?.ok_or_else(no_call)?;
            return repeated(&app, &visitor, known).await;
        }
        Err(error) => return Err(error.into()),
    };
    // Whoever cannot be told now learns it by renewing presence.
    let _ = app.tell(&record, &record.call.notices(), record.offer.as_deref()).await;
    Ok((
        StatusCode::CREATED,
        Json(CallAnswer {
            call: CallView::new(&record, Party::Visitor),
        }),
    ))
}

/// Answers as it was done, and tells again whoever may not have heard.
async fn repeated<P: Platform>(
    app: &App<P>,
    visitor: &Visitor,
    known: Record,
) -> Result<(StatusCode, Json<CallAnswer>), Problem> {
    if known.visitor != visitor.id {
        return Err(no_call());
    }
    if known.call.state == CallState::Ringing {
        let _ = app.tell(&known, &known.call.notices(), known.offer.as_deref()).await;
    }
    Ok((
        StatusCode::OK,
        Json(CallAnswer {
            call: CallView::new(&known, Party::Visitor),
        }),
    ))
}

/// For whom it rings among those who are there.
fn choose(available: &Rows, wanted: Option<Uuid>, wait: bool) -> Result<Vec<Uuid>, Problem> {
    let there: Vec<(Uuid, bool)> = available
        .rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [id, _, _, _, busy] => Some((id.text()?.parse().ok()?, busy.integer()? == 1)),
            _ => None,
        })
        .filter(|(id, _)| wanted.is_none_or(|wanted| wanted == *id))
        .collect();
    if there.is_empty() {
        let detail = if wanted.is_some() {
            "This expert is not there."
        } else {
            "No expert is there."
        };
        return Err(Problem::new(Slug::NobodyAvailable, detail));
    }
    let chosen: Vec<_> = there
        .iter()
        .filter(|(_, busy)| wait || !busy)
        .map(|(id, _)| *id)
        .collect();
    if chosen.is_empty() {
        let detail = "Everybody who is there is in a call. Ring again with `wait: true` to wait in line.";
        return Err(Problem::new(Slug::Busy, detail));
    }
    Ok(chosen)
}

impl RingRequest {
    /// The visitor, every field within its bounds.
    fn about(&self, origin: &str) -> Result<About, Problem> {
        let title: String = self
            .page
            .title
            .chars()
            .filter(|character| !text::is_unwanted(*character))
            .collect();
        Ok(About {
            name: text::optional("name", self.name.as_deref(), 80)?,
            language: check_language(&self.language)?,
            page: VisitedPage {
                url: check_page(origin, &self.page.url)?,
                title: check_title(&title)?,
            },
        })
    }
}

/// A page's title of at most 200 characters. The visitor cannot change it, so a card number in it (or a product's number
/// that looks like one) does not keep them from ringing: the title is left out.
fn check_title(title: &str) -> Result<String, Problem> {
    if text::holds_card_number(title) {
        return Ok(String::new());
    }
    Ok(text::optional("title", Some(title), 200)?.unwrap_or_default())
}

/// The form of RFC 5646 section 2.1, without its registry.
fn check_language(language: &str) -> Result<String, Problem> {
    let mut subtags = language.split('-');
    let primary = subtags.next().unwrap_or_default();
    let good = language.len() <= 35
        && (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if good {
        Ok(language.into())
    } else {
        Err(Problem::malformed("language must be a language tag such as de-CH."))
    }
}

/// The path of a page, on the origin that the visitor's token is for: the expert is shown a link, and it leads to the
/// organisation whatever the visitor says. Query and fragment may hold anything and are dropped.
fn check_page(origin: &str, page: &str) -> Result<String, Problem> {
    let refused = || Problem::malformed("page.url must be an http or https address of at most 500 characters.");
    let url = Url::parse(page).map_err(|_| refused())?;
    if matches!(url.scheme(), "http" | "https") && page.chars().count() <= 500 && url.path().len() <= 1500 {
        Ok(format!("{origin}{}", url.path()))
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lose_what_may_be_personal() {
        assert_eq!(
            check_page("https://a.example", "https://u:p@a.example/b?mail=x@y.example#z").unwrap(),
            "https://a.example/b"
        );
        for page in ["https://phishing.example/b", "http://a.example:8080//x/../../b"] {
            assert_eq!(check_page("https://a.example", page).unwrap(), "https://a.example/b");
        }
        for page in [
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "a.example",
            "ftp://a.example/",
        ] {
            assert!(check_page("https://a.example", page).is_err(), "{page}");
        }
        assert!(check_page("https://a.example", &format!("https://a.example/{}", "x".repeat(500))).is_err());
    }

    #[test]
    fn languages_have_the_form_of_tags() {
        for language in ["de", "de-CH", "zh-Hant-TW", "sr-Latn"] {
            assert_eq!(check_language(language).unwrap(), language);
        }
        for language in ["", "d", "de_CH", "de-", "-", "deutschland", "de-<b>"] {
            assert!(check_language(language).is_err(), "{language}");
        }
    }
}
