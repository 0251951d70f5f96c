//! The demo organisation and its people, made through the service's own interface.

use serde_json::{Value, json};

use crate::{
    demo::Snippet,
    failure::{Failure, Result, failure},
    http::{As, Client},
};

/// The demo organisation keeps its id, so that starting again finds it.
const ORGANISATION: &str = "019ab000-0000-7000-8000-000000000001";

/// Somebody who works at the demo organisation.
pub(crate) struct Person {
    /// Id, in the service.
    pub(crate) id: String,
    /// Name for people.
    pub(crate) name: String,
    /// `expert`, `administrator`.
    pub(crate) roles: Vec<String>,
    /// Opens the desk or the console, once.
    pub(crate) sign_in_url: String,
}

/// What was made.
pub(crate) struct Seeded {
    /// The organisation's id.
    pub(crate) organisation: String,
    /// Its name.
    pub(crate) name: String,
    /// Its people, with links that have not been used.
    pub(crate) people: Vec<Person>,
    /// For its pages.
    pub(crate) snippet: Snippet,
}

/// Makes the organisation, or finds it, registers the demo site's origin and fetches the snippet for it.
pub(crate) fn seed(service: &str, operator_key: &str, site: &str) -> Result<Seeded> {
    let client = Client::new(service);
    let wanted = json!({
        "id": ORGANISATION,
        "name": "Quellwasser Bank",
        "accent": "#0b6e75",
        "contact": "mailto:hello@quellwasser.example",
        "origins": [site],
        "people": [
            {"name": "Lina Brunner", "title": "Mortgages", "email": "lina@quellwasser.example", "roles": ["expert"]},
            {"name": "Marco Rossi", "title": "Savings", "email": "marco@quellwasser.example", "roles": ["expert", "administrator"]},
            {"name": "Ada Keller", "title": "Administration", "email": "ada@quellwasser.example", "roles": ["administrator"]},
        ],
    });
    let people = |client: &Client| -> Result<(Value, Vec<Person>)> {
        let (_, made) = client.ask(
            "POST",
            "/api/v1/operator/organisations",
            As::Bearer(operator_key),
            Some(&wanted),
        )?;
        let people = made["people"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(person)
            .collect::<Result<_>>()?;
        Ok((made, people))
    };

    // Its first link of the console is used up here, for the snippet; the next request voids it and gives fresh ones.
    let (_, first) = people(&client)?;
    let token = sign_in(&client, administrator(&first)?, "administrator")?;
    let organisation = As::Bearer(&token);
    client.ask(
        "PATCH",
        "/api/v1/organisation",
        organisation,
        Some(&json!({"origins": [site]})),
    )?;
    let (_, snippet) = client.ask("GET", "/api/v1/snippet", organisation, None)?;
    let (made, people) = people(&client)?;
    Ok(Seeded {
        organisation: text(&made["organisation"], "id")?,
        name: text(&made["organisation"], "name")?,
        people,
        snippet: Snippet {
            html: text(&snippet, "html")?,
            policy: text(&snippet, "content_security_policy")?,
        },
    })
}

impl Seeded {
    /// Who works at the desk.
    pub(crate) fn experts(&self) -> impl Iterator<Item = &Person> {
        self.people
            .iter()
            .filter(|person| person.roles.iter().any(|role| role == "expert"))
    }

    /// Who opens the console.
    pub(crate) fn administrator(&self) -> Result<&Person> {
        administrator(&self.people)
    }
}

/// A token of each role, and a call that rings.
pub(crate) struct Access {
    /// A visitor's.
    pub(crate) visitor: String,
    /// The visitor's call.
    pub(crate) call: String,
    /// An expert's.
    pub(crate) expert: String,
    /// An administrator's, of an organisation that may be spoilt: other suites need the demo's as it is.
    pub(crate) administrator: String,
}

impl Access {
    /// Signs in with a link of the demo organisation, which is used up by that, and rings.
    pub(crate) fn new(service: &str, operator_key: &str, site: &str, seeded: &Seeded) -> Result<Self> {
        let client = Client::new(service);
        let expert = seeded
            .experts()
            .next()
            .ok_or_else(|| Failure::Sentence("there is no expert".into()))?;
        let expert = sign_in(&client, expert, "expert")?;
        let available = json!({"state": "available"});
        client.ask("PUT", "/api/v1/presence", As::Bearer(&expert), Some(&available))?;

        let page = Client::new(service).on_page(site);
        let path = format!("/api/v1/organisations/{}/visitors", seeded.organisation);
        let (_, visitor) = page.ask("POST", &path, As::Anyone, Some(&json!({})))?;
        let (token, call) = (text(&visitor, "token")?, text(&visitor, "call")?);
        page.ask(
            "PUT",
            "/api/v1/presence",
            As::Bearer(&token),
            Some(&json!({"state": "here"})),
        )?;
        let about = json!({"language": "en", "page": {"url": site, "title": "Demo"}, "media": "chat", "payload": "AA"});
        page.ask(
            "POST",
            &format!("/api/v1/calls/{call}/ring"),
            As::Bearer(&token),
            Some(&about),
        )?;
        let spoilt = json!({
            "name": "Anything goes",
            "origins": [],
            "people": [{"name": "Ada Keller", "email": "ada@anything.example", "roles": ["administrator"]}],
        });
        let operator = As::Bearer(operator_key);
        let (_, made) = client.ask("POST", "/api/v1/operator/organisations", operator, Some(&spoilt))?;
        Ok(Self {
            visitor: token,
            call,
            expert,
            administrator: sign_in(&client, &person(&made["people"][0])?, "administrator")?,
        })
    }
}

fn administrator(people: &[Person]) -> Result<&Person> {
    people
        .iter()
        .find(|person| person.roles == ["administrator"])
        .ok_or_else(|| Failure::Sentence("the demo organisation has no administrator: start with --fresh".into()))
}

/// Signs a person in as their browser would, and returns a token of one of their roles.
fn sign_in(client: &Client, person: &Person, role: &str) -> Result<String> {
    let Some((_, secret)) = person.sign_in_url.split_once("#sign-in=") else {
        return failure(format!("{} is not a sign-in link", person.sign_in_url));
    };
    let (answer, _) = client.ask("POST", "/api/v1/sign-in", As::Anyone, Some(&json!({"secret": secret})))?;
    let cookie = answer
        .headers()
        .get("set-cookie")
        .and_then(|cookie| cookie.to_str().ok())
        .and_then(|cookie| cookie.split(';').next())
        .ok_or_else(|| Failure::Sentence("POST /api/v1/sign-in set no cookie".into()))?
        .to_owned();
    let (_, token) = client.ask(
        "POST",
        "/api/v1/session/token",
        As::Cookie(&cookie),
        Some(&json!({"role": role})),
    )?;
    text(&token, "token")
}

fn person(value: &Value) -> Result<Person> {
    let roles = value["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Person {
        id: text(value, "id")?,
        name: text(value, "name")?,
        roles: roles.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        sign_in_url: text(value, "sign_in_url")?,
    })
}

fn text(value: &Value, field: &str) -> Result<String> {
    match value[field].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => failure(format!("the service's answer has no `{field}`")),
    }
}
