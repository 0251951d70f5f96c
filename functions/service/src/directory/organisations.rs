//! Organisations: what their visitors see of them, and the origins of their pages.

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    App,
    ports::{Database as _, Platform, PortError, PortResult, Rows, Statement, Value},
    problem::Problem,
    text,
};

/// The accent of an organisation that has not chosen one.
const ACCENT: &str = "#0f6e66";
/// The most origins that an organisation registers.
const ORIGINS: usize = 50;

/// An organisation as its visitors see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Organisation {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// `#rrggbb`.
    pub(crate) accent: String,
    /// For when nobody is there: a `https:`, `mailto:` or `tel:` link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contact: Option<String>,
}

/// An organisation as its administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OrganisationWithOrigins {
    #[serde(flatten)]
    pub(crate) organisation: Organisation,
    /// The origins of the organisation's pages.
    pub(crate) origins: Vec<String>,
}

impl Organisation {
    /// Reads an organisation, for a batch; [`Organisation::read`] takes the rows.
    pub(crate) fn select(organisation: Uuid) -> Statement {
        Statement {
            sql: "SELECT name, accent, contact FROM organisations WHERE id = ?1",
            parameters: vec![organisation.to_string().into()],
        }
    }

    /// The organisation in the rows of [`Organisation::select`]; nothing where there is none.
    pub(crate) fn read(organisation: Uuid, rows: &Rows) -> PortResult<Option<Self>> {
        let Some(row) = rows.rows.first() else { return Ok(None) };
        match row.as_slice() {
            [Value::Text(name), Value::Text(accent), contact] => Ok(Some(Self {
                id: organisation,
                name: name.clone(),
                accent: accent.clone(),
                contact: contact.text().map(String::from),
            })),
            _ => Err(PortError::Unavailable(
                "an organisation is not of the expected form".into(),
            )),
        }
    }
}

fn select_origins(organisation: Uuid) -> Statement {
    Statement {
        sql: "SELECT origin FROM origins WHERE organisation = ?1 ORDER BY origin",
        parameters: vec![organisation.to_string().into()],
    }
}

/// Replaces an organisation's origins: statements for a batch.
pub(super) fn replace_origins(organisation: Uuid, origins: &[String]) -> Vec<Statement> {
    let id = organisation.to_string();
    let delete = Statement {
        sql: "DELETE FROM origins WHERE organisation = ?1",
        parameters: vec![id.as_str().into()],
    };
    let insert = |origin: &String| Statement {
        sql: "INSERT INTO origins (origin, organisation) VALUES (?1, ?2)",
        parameters: vec![origin.as_str().into(), id.as_str().into()],
    };
    std::iter::once(delete).chain(origins.iter().map(insert)).collect()
}

impl<P: Platform> App<P> {
    /// An organisation with its origins.
    pub(crate) async fn organisation(&self, organisation: Uuid) -> Result<OrganisationWithOrigins, Problem> {
        let statements = vec![Organisation::select(organisation), select_origins(organisation)];
        let rows = self.platform.database().batch(statements).await?;
        let [found, origins] = rows.as_slice() else {
            return Err(Problem::unavailable());
        };
        let found = Organisation::read(organisation, found)?.ok_or_else(Problem::not_found)?;
        let origins = origins
            .rows
            .iter()
            .filter_map(|row| row.first()?.text().map(String::from))
            .collect();
        Ok(OrganisationWithOrigins {
            organisation: found,
            origins,
        })
    }

    /// Changes what is given of an organisation, all or nothing.
    pub(crate) async fn change_organisation(&self, organisation: Uuid, change: &Change) -> Result<(), Problem> {
        let id = organisation.to_string();
        let mut statements = Vec::new();
        let mut set = |sql: &'static str, value: Value| {
            statements.push(Statement {
                sql,
                parameters: vec![value, id.as_str().into()],
            });
        };
        if let Some(name) = &change.name {
            set("UPDATE organisations SET name = ?1 WHERE id = ?2", name.as_str().into());
        }
        if let Some(accent) = &change.accent {
            set(
                "UPDATE organisations SET accent = ?1 WHERE id = ?2",
                accent.as_str().into(),
            );
        }
        if let Some(contact) = &change.contact {
            let contact = Some(contact.as_str()).filter(|contact| !contact.is_empty());
            set("UPDATE organisations SET contact = ?1 WHERE id = ?2", contact.into());
        }
        if let Some(origins) = &change.origins {
            statements.extend(replace_origins(organisation, origins));
        }
        if !statements.is_empty() {
            self.platform.database().batch(statements).await?;
        }
        Ok(())
    }

    /// The organisations that have registered an origin, by one indexed query.
    pub(crate) async fn registered_for(&self, origin: &str) -> PortResult<Vec<Uuid>> {
        let statement = Statement {
            sql: "SELECT organisation FROM origins WHERE origin = ?1",
            parameters: vec![origin.into()],
        };
        let rows = self.platform.database().query(statement).await?;
        Ok(rows
            .rows
            .iter()
            .filter_map(|row| row.first()?.text()?.parse().ok())
            .collect())
    }
}

/// A change of an organisation as it is asked for: what is absent stays, an empty `contact` is removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRequest {
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    #[schema(pattern = "^#[0-9a-fA-F]{6}$")]
    accent: Option<String>,
    #[schema(max_length = 500)]
    contact: Option<String>,
    #[schema(max_items = 50)]
    origins: Option<Vec<String>>,
}

/// A change whose fields are within their bounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    name: Option<String>,
    accent: Option<String>,
    /// Empty where there is to be none.
    contact: Option<String>,
    origins: Option<Vec<String>>,
}

impl ChangeRequest {
    /// Checks every field.
    pub(crate) fn check(&self) -> Result<Change, Problem> {
        Ok(Change {
            name: self.name.as_deref().map(check_name).transpose()?,
            accent: self.accent.as_deref().map(check_accent).transpose()?,
            contact: self
                .contact
                .as_deref()
                .map(|contact| check_contact(Some(contact)).map(Option::unwrap_or_default))
                .transpose()?,
            origins: self.origins.as_deref().map(check_origins).transpose()?,
        })
    }
}

/// The organisation's name: 1 to 80 characters.
pub(super) fn check_name(name: &str) -> Result<String, Problem> {
    text::required("name", name, 80)
}

/// `#rrggbb`.
pub(super) fn check_accent(accent: &str) -> Result<String, Problem> {
    let digits = accent.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(accent.to_ascii_lowercase())
    } else {
        Err(Problem::malformed("accent must be a colour of the form #rrggbb."))
    }
}

/// The accent, or the default.
pub(super) fn accent_or_default(accent: Option<&str>) -> Result<String, Problem> {
    accent.map_or_else(|| Ok(ACCENT.into()), check_accent)
}

/// A link of at most 500 characters that a page can offer without danger.
pub(super) fn check_contact(contact: Option<&str>) -> Result<Option<String>, Problem> {
    let refused = || Problem::malformed("contact must be a https:, mailto: or tel: link of at most 500 characters.");
    let Some(contact) = contact.map(str::trim).filter(|contact| !contact.is_empty()) else {
        return Ok(None);
    };
    let url = Url::parse(contact).map_err(|_| refused())?;
    let good = match url.scheme() {
        "https" => url.username().is_empty() && url.password().is_none(),
        "mailto" => url.path().contains('@'),
        // RFC 3966 section 3; ITU-T E.164 allows 15 digits, so no check for card numbers is needed.
        "tel" => {
            let digits = url.path().bytes().filter(u8::is_ascii_digit).count();
            let known = |character| matches!(character, b'0'..=b'9' | b'+' | b'-' | b'.' | b'(' | b')');
            (1..=15).contains(&digits) && url.path().bytes().all(known)
        }
        _ => false,
    };
    if !good || url.as_str().len() > 500 {
        return Err(refused());
    }
    if url.scheme() != "tel" {
        text::refuse_card_number("contact", contact)?;
    }
    Ok(Some(url.into()))
}

/// Origins as browsers send them (RFC 6454 section 6.2), sorted, each once.
pub(super) fn check_origins(origins: &[String]) -> Result<Vec<String>, Problem> {
    if origins.len() > ORIGINS {
        return Err(Problem::malformed(format!(
            "origins may have at most {ORIGINS} entries."
        )));
    }
    let mut checked = origins
        .iter()
        .map(|origin| check_origin(origin))
        .collect::<Result<Vec<_>, _>>()?;
    checked.sort_unstable();
    checked.dedup();
    Ok(checked)
}

fn check_origin(origin: &str) -> Result<String, Problem> {
    let refused = || {
        Problem::malformed(
            "origins must be of the form https://host or https://host:port, without a path (http only for localhost).",
        )
    };
    let url = Url::parse(origin).map_err(|_| refused())?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
    // A URL may have a host such as `*.example`; no page has.
    let host = url.host_str().unwrap_or_default();
    let plain = host
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || "-._[]:".contains(it));
    if bare && secure && plain && origin.len() <= 300 {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_normalised() {
        let given = [
            "https://B.example/",
            "https://a.example:443",
            "http://localhost:8788",
            "https://b.example",
        ];
        let given = given.map(String::from);
        let expected = ["http://localhost:8788", "https://a.example", "https://b.example"];
        assert_eq!(check_origins(&given).unwrap(), expected);
    }

    #[test]
    fn other_origins_are_refused() {
        for origin in [
            "http://a.example",
            "https://a.example/path",
            "https://a.example?x",
            "https://user@a.example",
            "null",
            "*",
            "a.example",
            "data:text/html,x",
            "file:///x",
            "https://*.example",
        ] {
            assert!(check_origin(origin).is_err(), "{origin}");
        }
    }

    #[test]
    fn contacts_are_links_without_danger() {
        for contact in ["https://a.example/contact", "mailto:a@b.example", "tel:+41446681800"] {
            assert_eq!(check_contact(Some(contact)).unwrap().as_deref(), Some(contact));
        }
        for contact in [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://a.example",
            "tel:alert",
            "tel:4111111111111111",
            "a.example",
            "mailto:x",
            "https://u:p@a.example",
        ] {
            assert!(check_contact(Some(contact)).is_err(), "{contact}");
        }
        assert_eq!(check_contact(Some(" ")).unwrap(), None);
        let card = check_contact(Some("https://a.example/4111111111111111")).unwrap_err();
        assert_eq!(card.slug(), crate::problem::Slug::CardNumber);
    }
}
