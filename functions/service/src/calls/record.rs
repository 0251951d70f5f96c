//! A call as the database holds it: the facts of its state, and what was said when it rang, sealed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::state::{Because, Call, Party, Ring, State};
use crate::{
    directory::people::{ExpertName, read_experts},
    limits::Count,
    ports::{PortError, PortResult, Rows, Statement, Value},
    vault::record::{DataKeys, Place},
};

pub(super) const VISITOR: &str = "calls.visitor_sealed";
pub(super) const OFFER: &str = "calls.offer_sealed";

/// What a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Media {
    /// Camera, voice and chat.
    Video,
    /// Voice and chat.
    Audio,
    /// Chat alone.
    Chat,
}

/// The visitor as experts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct About {
    /// What the visitor wants to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The language of the visitor's page (BCP 47).
    pub(crate) language: String,
    /// The page that the visitor rings from.
    pub(crate) page: VisitedPage,
}

/// A page of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct VisitedPage {
    /// Its address without query and fragment.
    pub(crate) url: String,
    /// Its title.
    pub(crate) title: String,
}

/// By which invitation somebody rings, and into which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Joining {
    #[serde(rename = "id")]
    pub(crate) invitation: Uuid,
    pub(crate) call: Uuid,
}

/// Everything about one call.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: Uuid,
    pub(crate) organisation: Uuid,
    pub(crate) visitor: Uuid,
    pub(crate) media: Media,
    pub(crate) waits: bool,
    pub(crate) created_at: i64,
    /// Where it belongs to another call.
    pub(crate) joining: Option<Joining>,
    /// While it rings with `wait`: how many are before.
    pub(crate) before: Option<i64>,
    /// The facts of its state.
    pub(crate) call: Call,
    /// Those for whom it rings or rang who are no active experts any more.
    pub(crate) inactive: Vec<Uuid>,
    /// The expert who answered, opened.
    pub(crate) expert: Option<ExpertName>,
    /// The visitor, opened.
    pub(crate) about: About,
    /// The offer while it rings, where the statement asked for it.
    pub(crate) offer: Option<String>,
}

/// The columns that [`Record::read`] takes, in its order, of the calls of one organisation (`?1`). `$offer` is the
/// column of the offer, or `NULL` where it is not needed.
///
/// Whatever looks for calls in a state says `state IN ('ringing', 'answered')` besides, word for word as the index
/// `calls_open` does: SQLite takes a partial index only where a term of its own says so, and does not conclude it from
/// `state = 'ringing'`. Without it every renewal of presence would read all calls of the last day.
macro_rules! select_calls {
    ($offer:literal, $where:literal) => {
        concat!(
            "SELECT c.id, c.organisation, c.visitor, c.state, c.version, c.media, c.waits, c.created_at, \
             c.rings_until, c.answered_at, c.ended_at, c.ended_because, c.expert, c.answer_digest, \
             c.visitor_sealed, ",
            $offer,
            ", coalesce(v.expires_at, 0), \
             (SELECT json_group_array(json_array(r.expert, r.declined, coalesce(p.expires_at, 0), EXISTS \
              (SELECT 1 FROM people a WHERE a.id = r.expert AND a.organisation = c.organisation AND a.active = 1 \
              AND a.expert = 1))) FROM rings r \
              LEFT JOIN presence p ON p.organisation = c.organisation AND p.role = 'expert' AND p.subject = r.expert \
              WHERE r.call = c.id), \
             e.name_sealed, e.title_sealed, \
             CASE WHEN c.state = 'ringing' AND c.waits = 1 THEN (SELECT count(*) FROM calls b \
              WHERE b.organisation = c.organisation AND b.state IN ('ringing', 'answered') AND b.state = 'ringing' \
              AND b.waits = 1 \
              AND (b.created_at < c.created_at OR (b.created_at = c.created_at AND b.id < c.id)) \
              AND (b.wanted_expert IS NULL OR c.wanted_expert IS NULL OR b.wanted_expert = c.wanted_expert)) END, \
             c.invitation, c.parent, c.parent IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM calls o WHERE o.id = c.parent AND o.state = 'answered') \
             FROM calls c \
             LEFT JOIN presence v ON v.organisation = c.organisation AND v.role = 'visitor' AND v.subject = c.visitor \
             LEFT JOIN people e ON e.id = c.expert AND e.organisation = c.organisation \
             WHERE ",
            $where
        )
    };
}

/// Reads one call without its offer.
pub(crate) fn select(organisation: Uuid, call: Uuid) -> Statement {
    Statement {
        sql: select_calls!("NULL", "c.organisation = ?1 AND c.id = ?2"),
        parameters: vec![organisation.to_string().into(), call.to_string().into()],
    }
}

/// Reads one call with its offer.
pub(crate) fn select_with_offer(organisation: Uuid, call: Uuid) -> Statement {
    Statement {
        sql: select_calls!("c.offer_sealed", "c.organisation = ?1 AND c.id = ?2"),
        parameters: vec![organisation.to_string().into(), call.to_string().into()],
    }
}

/// Reads the open calls of a visitor.
pub(crate) fn select_open_of(organisation: Uuid, visitor: Uuid) -> Statement {
    Statement {
        sql: select_calls!(
            "NULL",
            "c.organisation = ?1 AND c.state IN ('ringing', 'answered') AND c.visitor = ?2 LIMIT 5"
        ),
        parameters: vec![organisation.to_string().into(), visitor.to_string().into()],
    }
}

/// Reads the open calls that concern an expert, with their offers: those that the expert answered, then, oldest first,
/// those that ring for the expert, and for an `available` one those that wait for anybody.
pub(crate) fn select_for_expert(organisation: Uuid, expert: Uuid, available: bool) -> Statement {
    Statement {
        sql: select_calls!(
            "c.offer_sealed",
            "c.organisation = ?1 AND c.state IN ('ringing', 'answered') AND ((c.state = 'ringing' \
             AND (EXISTS (SELECT 1 FROM rings r WHERE r.call = c.id AND r.expert = ?2 AND r.declined = 0) \
             OR (?3 = 1 AND c.waits = 1 AND (c.wanted_expert IS NULL OR c.wanted_expert = ?2) \
             AND NOT EXISTS (SELECT 1 FROM rings r WHERE r.call = c.id AND r.expert = ?2)))) \
             OR (c.state = 'answered' AND c.expert = ?2)) ORDER BY c.state, c.created_at, c.id LIMIT 20"
        ),
        parameters: vec![
            organisation.to_string().into(),
            expert.to_string().into(),
            i64::from(available).into(),
        ],
    }
}

/// Reads the open calls that belong to a call.
pub(crate) fn select_joining(organisation: Uuid, call: Uuid) -> Statement {
    Statement {
        sql: select_calls!(
            "NULL",
            "c.organisation = ?1 AND c.parent = ?2 AND c.state IN ('ringing', 'answered')"
        ),
        parameters: vec![organisation.to_string().into(), call.to_string().into()],
    }
}

/// Reads the calls of an organisation that time has ended.
pub(crate) fn select_due(organisation: Uuid, now: i64) -> Statement {
    Statement {
        sql: select_calls!(
            "NULL",
            "c.organisation = ?1 AND c.state IN ('ringing', 'answered') AND (coalesce(v.expires_at, 0) <= ?2 \
             OR (c.parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM calls o WHERE o.id = c.parent AND o.state = 'answered')) \
             OR (c.state = 'ringing' AND (c.rings_until <= ?2 OR NOT EXISTS (SELECT 1 FROM rings r \
              JOIN presence p ON p.organisation = c.organisation AND p.role = 'expert' AND p.subject = r.expert \
              WHERE r.call = c.id AND r.declined = 0 AND p.expires_at > ?2))) \
             OR (c.state = 'answered' AND NOT EXISTS (SELECT 1 FROM presence p WHERE p.organisation = c.organisation \
              AND p.role = 'expert' AND p.subject = c.expert AND p.expires_at > ?2))) \
             ORDER BY c.created_at LIMIT 50"
        ),
        parameters: vec![organisation.to_string().into(), now.into()],
    }
}

/// Stores a change if nobody changed the call since `before` was read: statements for a batch, of which the last
/// reports one change where it was stored.
///
/// The conditions of all are judged on the same state, because a batch is not interleaved with others and the version
/// changes last.
pub(crate) fn compare_and_set(record: &Record, after: &Call) -> Vec<Statement> {
    let before = &record.call;
    let id = || Value::from(record.id.to_string());
    let mut statements = Vec::new();
    for ring in &after.rings {
        let known = before.rings.iter().find(|known| known.expert == ring.expert);
        let sql = match known {
            None => {
                "INSERT INTO rings (call, expert, declined) SELECT id, ?2, 0 FROM calls WHERE id = ?1 AND version = ?3"
            }
            Some(known) if known.declined != ring.declined => {
                "UPDATE rings SET declined = 1 WHERE call = ?1 AND expert = ?2 \
                 AND EXISTS (SELECT 1 FROM calls WHERE id = ?1 AND version = ?3)"
            }
            Some(_) => continue,
        };
        statements.push(Statement {
            sql,
            parameters: vec![id(), ring.expert.to_string().into(), before.version.into()],
        });
    }
    // The offer is of no use to anybody once it no longer rings.
    statements.push(Statement {
        sql: "UPDATE calls SET state = ?3, version = ?4, expert = ?5, answer_digest = ?6, answered_at = ?7, \
              ended_at = ?8, ended_because = ?9, offer_sealed = CASE WHEN ?3 = 'ringing' THEN offer_sealed END \
              WHERE id = ?1 AND version = ?2",
        parameters: vec![
            id(),
            before.version.into(),
            state_name(after.state).into(),
            after.version.into(),
            after.expert.map(|expert| expert.to_string()).into(),
            after.answer.clone().into(),
            after.answered_at.into(),
            after.ended_at.into(),
            after.because.map(because_name).into(),
        ],
    });
    statements
}

/// Answers a call in the ordinary case, before anything is read: it rings for this expert, everyone needed is there, and
/// the request is within its limits. Reports one change then. Where it reports none nothing was changed, and the state
/// machine says why on the facts that are read afterwards.
///
/// What the state machine does then ([`Call::step`]) is written out here once more, because whoever answers waits for
/// it: it saves a round trip between the click and the first picture.
pub(crate) fn answer_at_once(
    (organisation, call): (Uuid, Uuid),
    expert: Uuid,
    answer: &[u8],
    now: i64,
    count: &Count,
) -> Statement {
    let mut parameters = vec![
        call.to_string().into(),
        organisation.to_string().into(),
        expert.to_string().into(),
        answer.to_vec().into(),
        now.into(),
    ];
    parameters.extend(count.most());
    Statement {
        sql: "UPDATE calls SET state = 'answered', version = version + 1, expert = ?3, answer_digest = ?4, \
              answered_at = ?5, offer_sealed = NULL \
              WHERE id = ?1 AND organisation = ?2 AND state = 'ringing' AND rings_until > ?5 \
              AND (parent IS NULL OR EXISTS (SELECT 1 FROM calls o WHERE o.id = calls.parent AND o.state = 'answered')) \
              AND EXISTS (SELECT 1 FROM presence p WHERE p.organisation = ?2 AND p.role = 'visitor' \
              AND p.subject = calls.visitor AND p.expires_at > ?5) \
              AND EXISTS (SELECT 1 FROM rings r JOIN presence p ON p.organisation = ?2 AND p.role = 'expert' \
              AND p.subject = r.expert WHERE r.call = ?1 AND r.expert = ?3 AND p.expires_at > ?5) \
              AND EXISTS (SELECT 1 FROM people WHERE organisation = ?2 AND id = ?3 AND active = 1 AND expert = 1) \
              AND NOT EXISTS (SELECT 1 FROM rate_limits WHERE (key = ?6 AND count > ?7) OR (key = ?8 AND count > ?9))",
        parameters,
    }
}

/// Deletes what nobody needs any more.
pub(crate) fn delete_ended(before: i64) -> Statement {
    Statement {
        sql: "DELETE FROM calls WHERE ended_at <= ?1",
        parameters: vec![before.into()],
    }
}

impl Record {
    /// The calls in the rows of one of the `select` statements.
    pub(crate) fn read(keys: &DataKeys, rows: &Rows) -> PortResult<Vec<Self>> {
        rows.rows.iter().map(|row| Self::read_row(keys, row)).collect()
    }

    /// The first call in the rows.
    pub(crate) fn first(keys: &DataKeys, rows: &Rows) -> PortResult<Option<Self>> {
        rows.rows.first().map(|row| Self::read_row(keys, row)).transpose()
    }

    fn read_row(keys: &DataKeys, row: &[Value]) -> PortResult<Self> {
        let [
            id,
            organisation,
            visitor,
            state,
            version,
            media,
            waits,
            created_at,
            rings_until,
            answered_at,
            ended_at,
            because,
            expert,
            answer,
            about,
            offer,
            visitor_until,
            rings,
            name,
            title,
            before,
            invitation,
            parent,
            parent_over,
        ] = row
        else {
            return Err(unexpected());
        };
        let id = uuid(id)?;
        let open = |field, sealed: &Value| {
            sealed
                .blob()
                .map(|sealed| keys.open(Place { field, row: id }, sealed))
                .transpose()
        };
        let about = open(VISITOR, about)?.ok_or_else(unexpected)?;
        let expert_id = expert.text().map(|_| uuid(expert)).transpose()?;
        // The expert's row is gone where the person was deleted since.
        let expert_row = Rows {
            rows: vec![vec![expert.clone(), name.clone(), title.clone()]],
            changes: 0,
        };
        let expert = if name.blob().is_some() {
            read_experts(keys, &expert_row)?.pop()
        } else {
            None
        };
        let rings = read_rings(rings)?;
        let inactive = rings.iter().filter(|(_, active)| !active);
        let inactive = inactive.map(|(ring, _)| ring.expert).collect();
        Ok(Self {
            id,
            organisation: uuid(organisation)?,
            visitor: uuid(visitor)?,
            media: media.text().and_then(media_of).ok_or_else(unexpected)?,
            waits: integer(waits)? == 1,
            created_at: integer(created_at)?,
            before: before.integer(),
            joining: match (invitation, parent) {
                (Value::Null, _) => None,
                _ => Some(Joining {
                    invitation: uuid(invitation)?,
                    call: uuid(parent)?,
                }),
            },
            call: Call {
                state: state.text().and_then(state_of).ok_or_else(unexpected)?,
                version: integer(version)?,
                rings_until: integer(rings_until)?,
                visitor_until: integer(visitor_until)?,
                parent_over: integer(parent_over)? == 1,
                rings: rings.into_iter().map(|(ring, _)| ring).collect(),
                expert: expert_id,
                answer: answer.blob().map(<[u8]>::to_vec),
                answered_at: answered_at.integer(),
                ended_at: ended_at.integer(),
                because: because.text().and_then(because_of),
            },
            inactive,
            expert,
            about: serde_json::from_str(&about).map_err(|_| unexpected())?,
            offer: open(OFFER, offer)?,
        })
    }

    /// Whether someone takes part, or took part.
    pub(crate) fn has(&self, party: Party) -> bool {
        self.call.has(party)
    }
}

/// For whom it rings, and whether they are active.
fn read_rings(rings: &Value) -> PortResult<Vec<(Ring, bool)>> {
    // Some platforms' JSON has floats where SQLite has integers.
    let rings: Vec<(Uuid, f64, f64, f64)> = rings
        .text()
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(unexpected)?;
    rings
        .into_iter()
        .map(|(expert, declined, until, active)| {
            let present_until = Value::Real(until).integer().ok_or_else(unexpected)?;
            let ring = Ring {
                expert,
                declined: declined != 0.0,
                present_until,
            };
            Ok((ring, active != 0.0))
        })
        .collect()
}

fn uuid(value: &Value) -> PortResult<Uuid> {
    value.text().and_then(|id| id.parse().ok()).ok_or_else(unexpected)
}

fn integer(value: &Value) -> PortResult<i64> {
    value.integer().ok_or_else(unexpected)
}

pub(super) fn unexpected() -> PortError {
    PortError::Unavailable("a call is not of the expected form".into())
}

/// The names of the states, in the database and outside.
const STATES: [(State, &str); 6] = [
    (State::Ringing, "ringing"),
    (State::Answered, "answered"),
    (State::Ended, "ended"),
    (State::Missed, "missed"),
    (State::Declined, "declined"),
    (State::Cancelled, "cancelled"),
];

const REASONS: [(Because, &str); 3] = [
    (Because::HungUp, "hung-up"),
    (Because::VisitorGone, "visitor-gone"),
    (Because::ExpertGone, "expert-gone"),
];

const MEDIA: [(Media, &str); 3] = [(Media::Video, "video"), (Media::Audio, "audio"), (Media::Chat, "chat")];

fn name_of<T: PartialEq + Copy>(names: &[(T, &'static str)], value: T) -> &'static str {
    names
        .iter()
        .find(|(known, _)| *known == value)
        .map_or("", |(_, name)| name)
}

fn value_of<T: Copy>(names: &[(T, &'static str)], name: &str) -> Option<T> {
    names.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
}

/// The name of a state.
pub(crate) fn state_name(state: State) -> &'static str {
    name_of(&STATES, state)
}

fn state_of(name: &str) -> Option<State> {
    value_of(&STATES, name)
}

/// The name of a reason.
pub(crate) fn because_name(because: Because) -> &'static str {
    name_of(&REASONS, because)
}

fn because_of(name: &str) -> Option<Because> {
    value_of(&REASONS, name)
}

pub(super) fn media_name(media: Media) -> &'static str {
    name_of(&MEDIA, media)
}

fn media_of(name: &str) -> Option<Media> {
    value_of(&MEDIA, name)
}
