//! The people of an organisation: names, titles and addresses are sealed, addresses are found by a keyed hash.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    App,
    ports::{Database as _, Entropy, Platform, PortError, PortResult, Rows, Statement, Value},
    presence,
    problem::Problem,
    text,
    time::rfc3339,
    vault::{
        MasterKeys,
        record::{DataKeys, Place},
    },
};

const NAME: &str = "people.name_sealed";
const TITLE: &str = "people.title_sealed";
const EMAIL: &str = "people.email_sealed";

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StaffRole {
    /// Answers calls at the desk.
    Expert,
    /// Manages the organisation in the console.
    Administrator,
}

/// A person as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    pub(crate) email: String,
    pub(crate) roles: Vec<StaffRole>,
    pub(crate) active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) signed_in_at: Option<String>,
}

/// An expert as visitors see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpertName {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
}

/// A person to be added, as it is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonRequest {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    #[schema(max_length = 80)]
    title: Option<String>,
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    #[schema(min_items = 1)]
    roles: Vec<StaffRole>,
}

/// A change of a person as it is asked for: what is absent stays, an empty `title` is removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonChange {
    #[schema(min_length = 1, max_length = 80)]
    name: Option<String>,
    #[schema(max_length = 80)]
    title: Option<String>,
    #[schema(min_items = 1)]
    roles: Option<Vec<StaffRole>>,
    active: Option<bool>,
}

impl PersonChange {
    /// Whether it is for another administrator to decide: being active, and no longer being an administrator.
    pub(crate) fn concerns_office(&self) -> bool {
        self.active.is_some()
            || self
                .roles
                .as_ref()
                .is_some_and(|roles| !roles.contains(&StaffRole::Administrator))
    }
}

/// A person to be added, within all bounds.
#[derive(Debug, Clone)]
pub(crate) struct NewPerson {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) email: String,
    pub(crate) roles: Vec<StaffRole>,
}

impl PersonRequest {
    /// Checks every field.
    pub(crate) fn check(&self) -> Result<NewPerson, Problem> {
        Ok(NewPerson {
            name: text::required("name", &self.name, 80)?,
            title: text::optional("title", self.title.as_deref(), 80)?,
            email: check_email(&self.email)?,
            roles: check_roles(&self.roles)?,
        })
    }
}

/// An address that mail could be sent to; whether it exists only mail shows. In lower case, so that it is found again.
fn check_email(email: &str) -> Result<String, Problem> {
    let refused = || Problem::malformed("email must be an e-mail address of at most 254 characters.");
    let email = text::required("email", email, 254)?.to_lowercase();
    let (local, domain) = email.rsplit_once('@').ok_or_else(refused)?;
    let good = (1..=64).contains(&local.len())
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && email.len() <= 254
        && !email.contains(|character: char| character.is_whitespace() || matches!(character, '<' | '>' | ',' | ';'));
    if good { Ok(email) } else { Err(refused()) }
}

fn check_roles(roles: &[StaffRole]) -> Result<Vec<StaffRole>, Problem> {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        return Err(Problem::malformed(
            "roles must name at least one of expert and administrator.",
        ));
    }
    Ok(roles)
}

/// The two columns of the roles.
fn roles_of(expert: &Value, administrator: &Value) -> Vec<StaffRole> {
    let has = |role, column: &Value| (column.integer() == Some(1)).then_some(role);
    [
        has(StaffRole::Expert, expert),
        has(StaffRole::Administrator, administrator),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn flag(roles: &[StaffRole], role: StaffRole) -> Value {
    i64::from(roles.contains(&role)).into()
}

fn place(field: &'static str, row: Uuid) -> Place {
    Place { field, row }
}

fn open_optional(keys: &DataKeys, place: Place, sealed: &Value) -> PortResult<Option<String>> {
    sealed.blob().map(|sealed| keys.open(place, sealed)).transpose()
}

fn open_required(keys: &DataKeys, place: Place, sealed: &Value) -> PortResult<String> {
    open_optional(keys, place, sealed)?.ok_or_else(unexpected)
}

fn unexpected() -> PortError {
    PortError::Unavailable("a person is not of the expected form".into())
}

fn id_of(value: &Value) -> PortResult<Uuid> {
    value.text().and_then(|id| id.parse().ok()).ok_or_else(unexpected)
}

/// Reads a row where a person is still an active expert, for a batch: a token outlives that by minutes.
pub(crate) fn select_active_expert(organisation: Uuid, person: Uuid) -> Statement {
    Statement {
        sql: "SELECT 1 FROM people WHERE organisation = ?1 AND id = ?2 AND active = 1 AND expert = 1",
        parameters: vec![organisation.to_string().into(), person.to_string().into()],
    }
}

/// Reads a row where a person is still an active administrator, for a batch.
pub(crate) fn select_active_administrator(organisation: Uuid, person: Uuid) -> Statement {
    Statement {
        sql: "SELECT 1 FROM people WHERE organisation = ?1 AND id = ?2 AND active = 1 AND administrator = 1",
        parameters: vec![organisation.to_string().into(), person.to_string().into()],
    }
}

/// Adds a person: a statement for a batch. A constraint fails where the organisation has the address already.
pub(super) fn insert(
    masters: &MasterKeys,
    keys: &DataKeys,
    entropy: &impl Entropy,
    (id, organisation, now): (Uuid, Uuid, i64),
    person: &NewPerson,
) -> PortResult<Statement> {
    let title = person
        .title
        .as_deref()
        .map(|title| keys.seal(entropy, place(TITLE, id), title))
        .transpose()?;
    Ok(Statement {
        sql: "INSERT INTO people (id, organisation, name_sealed, title_sealed, email_sealed, email_lookup, expert, \
              administrator, active, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9)",
        parameters: vec![
            id.to_string().into(),
            organisation.to_string().into(),
            keys.seal(entropy, place(NAME, id), &person.name)?.into(),
            title.into(),
            keys.seal(entropy, place(EMAIL, id), &person.email)?.into(),
            email_lookup(masters, organisation, &person.email).into(),
            flag(&person.roles, StaffRole::Expert),
            flag(&person.roles, StaffRole::Administrator),
            now.into(),
        ],
    })
}

/// The keyed hash of an address, which differs between organisations.
fn email_lookup(masters: &MasterKeys, organisation: Uuid, email: &str) -> Vec<u8> {
    masters.lookup("people.email", format!("{organisation}/{email}").as_bytes())
}

/// Reads the addresses of an organisation's people, for a batch; [`rehash_emails`] takes the rows.
pub(super) fn select_emails(organisation: Uuid) -> Statement {
    Statement {
        sql: "SELECT id, email_sealed FROM people WHERE organisation = ?1",
        parameters: vec![organisation.to_string().into()],
    }
}

/// Hashes addresses under the current master key: statements for a batch.
pub(super) fn rehash_emails(
    masters: &MasterKeys,
    keys: &DataKeys,
    organisation: Uuid,
    rows: &Rows,
) -> PortResult<Vec<Statement>> {
    let rehash = |row: &Vec<Value>| {
        let [id, email] = row.as_slice() else {
            return Err(unexpected());
        };
        let id = id_of(id)?;
        let email = open_required(keys, place(EMAIL, id), email)?;
        Ok(Statement {
            sql: "UPDATE people SET email_lookup = ?1 WHERE id = ?2 AND organisation = ?3",
            parameters: vec![
                email_lookup(masters, organisation, &email).into(),
                id.to_string().into(),
                organisation.to_string().into(),
            ],
        })
    };
    rows.rows.iter().map(rehash).collect()
}

/// The columns that [`read_person`] takes, in its order.
macro_rules! select_people {
    ($where:literal) => {
        concat!(
            "SELECT id, name_sealed, title_sealed, email_sealed, expert, administrator, active, signed_in_at \
             FROM people WHERE organisation = ?1",
            $where
        )
    };
}

fn read_person(keys: &DataKeys, row: &[Value]) -> PortResult<Person> {
    let [id, name, title, email, expert, administrator, active, signed_in_at] = row else {
        return Err(unexpected());
    };
    let id = id_of(id)?;
    Ok(Person {
        id,
        name: open_required(keys, place(NAME, id), name)?,
        title: open_optional(keys, place(TITLE, id), title)?,
        email: open_required(keys, place(EMAIL, id), email)?,
        roles: roles_of(expert, administrator),
        active: active.integer() == Some(1),
        signed_in_at: signed_in_at.integer().map(rfc3339),
    })
}

/// The experts in rows that begin with id, sealed name and sealed title.
pub(crate) fn read_experts(keys: &DataKeys, rows: &Rows) -> PortResult<Vec<ExpertName>> {
    rows.rows
        .iter()
        .map(|row| {
            let [id, name, title] = row.as_slice() else {
                return Err(unexpected());
            };
            let id = id_of(id)?;
            Ok(ExpertName {
                id,
                name: open_required(keys, place(NAME, id), name)?,
                title: open_optional(keys, place(TITLE, id), title)?,
            })
        })
        .collect()
}

impl<P: Platform> App<P> {
    /// Everybody of an organisation, in the order in which they were added.
    pub(crate) async fn people(&self, organisation: Uuid) -> Result<Vec<Person>, Problem> {
        let select = Statement {
            sql: select_people!(" ORDER BY id"),
            parameters: vec![organisation.to_string().into()],
        };
        let rows = self
            .platform
            .database()
            .batch(vec![DataKeys::select(organisation), select])
            .await?;
        let [keys, people] = rows.as_slice() else {
            return Err(Problem::unavailable());
        };
        let keys = DataKeys::unwrap(&self.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
        Ok(people
            .rows
            .iter()
            .map(|row| read_person(&keys, row))
            .collect::<PortResult<_>>()?)
    }

    /// One person of an organisation.
    pub(crate) async fn person(&self, organisation: Uuid, person: Uuid) -> Result<Person, Problem> {
        let select = Statement {
            sql: select_people!(" AND id = ?2"),
            parameters: vec![organisation.to_string().into(), person.to_string().into()],
        };
        let rows = self
            .platform
            .database()
            .batch(vec![DataKeys::select(organisation), select])
            .await?;
        let [keys, people] = rows.as_slice() else {
            return Err(Problem::unavailable());
        };
        let keys = DataKeys::unwrap(&self.config.vault, organisation, keys)?.ok_or_else(Problem::not_found)?;
        let row = people.rows.first().ok_or_else(Problem::not_found)?;
        Ok(read_person(&keys, row)?)
    }

    /// The person of an organisation who has an address.
    pub(super) async fn person_by_email(
        &self,
        organisation: Uuid,
        email: &str,
    ) -> PortResult<Option<(Uuid, Vec<StaffRole>)>> {
        let masters = &self.config.vault;
        let key = format!("{organisation}/{email}");
        let statement = Statement {
            sql: "SELECT id, expert, administrator FROM people \
                  WHERE organisation = ?1 AND email_lookup IN (?2, ?3)",
            parameters: vec![
                organisation.to_string().into(),
                masters.lookup("people.email", key.as_bytes()).into(),
                masters.previous_lookup("people.email", key.as_bytes()).into(),
            ],
        };
        let rows = self.platform.database().query(statement).await?;
        let person = rows.rows.first().map(|row| match row.as_slice() {
            [id, expert, administrator] => Ok((id_of(id)?, roles_of(expert, administrator))),
            _ => Err(unexpected()),
        });
        person.transpose()
    }

    /// Adds a person to an organisation, and says whether they are new: the same address again gives the person who
    /// has it, unchanged.
    pub(crate) async fn add_person(&self, organisation: Uuid, person: &NewPerson) -> Result<(Person, bool), Problem> {
        if let Some((id, _)) = self.person_by_email(organisation, &person.email).await? {
            return Ok((self.person(organisation, id).await?, false));
        }
        let keys = self.data_keys(organisation).await?;
        let id = self.new_id()?;
        let row = (id, organisation, self.now());
        let statement = insert(&self.config.vault, &keys, self.platform.entropy(), row, person)?;
        self.platform.database().query(statement).await?;
        Ok((self.person(organisation, id).await?, true))
    }

    /// Changes what is given of a person. Who is made inactive is signed out, and the calls of whoever answers no more go
    /// on without them or end.
    pub(crate) async fn change_person(
        &self,
        organisation: Uuid,
        person: Uuid,
        change: &PersonChange,
    ) -> Result<(), Problem> {
        let name = change
            .name
            .as_deref()
            .map(|name| text::required("name", name, 80))
            .transpose()?;
        let title = change
            .title
            .as_deref()
            .map(|title| text::optional("title", Some(title), 80))
            .transpose()?;
        let roles = change.roles.as_deref().map(check_roles).transpose()?;
        let keys = self.data_keys(organisation).await?;
        let entropy = self.platform.entropy();
        let mut statements = Vec::new();
        let mut set = |sql: &'static str, mut values: Vec<Value>| {
            values.extend([organisation.to_string().into(), person.to_string().into()]);
            statements.push(Statement {
                sql,
                parameters: values,
            });
        };
        if let Some(name) = name {
            let sealed = keys.seal(entropy, place(NAME, person), &name)?;
            set(
                "UPDATE people SET name_sealed = ?1 WHERE organisation = ?2 AND id = ?3",
                vec![sealed.into()],
            );
        }
        if let Some(title) = title {
            let sealed = title
                .map(|title| keys.seal(entropy, place(TITLE, person), &title))
                .transpose()?;
            set(
                "UPDATE people SET title_sealed = ?1 WHERE organisation = ?2 AND id = ?3",
                vec![sealed.into()],
            );
        }
        if let Some(roles) = &roles {
            let flags = vec![flag(roles, StaffRole::Expert), flag(roles, StaffRole::Administrator)];
            set(
                "UPDATE people SET expert = ?1, administrator = ?2 WHERE organisation = ?3 AND id = ?4",
                flags,
            );
        }
        if let Some(active) = change.active {
            set(
                "UPDATE people SET active = ?1 WHERE organisation = ?2 AND id = ?3",
                vec![i64::from(active).into()],
            );
        }
        if change.active == Some(false) {
            set(
                "DELETE FROM sessions WHERE organisation = ?1 AND person = ?2",
                Vec::new(),
            );
            set(
                "DELETE FROM sign_in_links WHERE organisation = ?1 AND person = ?2",
                Vec::new(),
            );
        }
        let answers_no_more =
            change.active == Some(false) || roles.is_some_and(|roles| !roles.contains(&StaffRole::Expert));
        if answers_no_more {
            statements.push(presence::end(organisation, person));
        }
        if !statements.is_empty() {
            self.platform.database().batch(statements).await?;
        }
        if answers_no_more {
            // Whoever cannot be told now learns it by renewing presence.
            let _ = self.settle_calls_of(&keys, organisation, person).await;
        }
        Ok(())
    }
}
