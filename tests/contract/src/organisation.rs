//! An organisation made for one test by the operator's route.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Answer, Service, Staff, Visitor};

/// An organisation with two experts and an administrator, and a page at an origin of its own.
#[derive(Debug)]
pub struct Organisation {
    /// The service, seen from an address of its own.
    pub service: Service,
    /// The id.
    pub id: String,
    /// The registered origin of its page.
    pub origin: String,
    /// `{id, name, roles, sign_in_url}` of each person.
    pub people: Vec<Value>,
}

impl Organisation {
    /// With so many experts, and an administrator at the end.
    pub async fn new(experts: usize) -> Self {
        Self::on(Service::new(), experts).await
    }

    /// The same on a service of the test's own.
    pub async fn on(service: Service, experts: usize) -> Self {
        let origin = format!("https://{}.customer.example", Uuid::new_v4().simple());
        let expert = |number| {
            json!({
                "name": format!("Expert {number}"), "title": "Adviser", "email": format!("expert{number}@example.com"),
                "roles": ["expert"],
            })
        };
        let mut people: Vec<_> = (1..=experts).map(expert).collect();
        people.push(json!({ "name": "Ada Admin", "email": "ada@example.com", "roles": ["administrator"] }));
        let request = json!({
            "name": "Contract Ltd", "accent": "#336699", "contact": "mailto:hello@example.com",
            "origins": [origin], "people": people,
        });
        let answer = Self::put(&service, &request).await.expect_json(201);
        Self {
            id: text(&answer["organisation"]["id"]),
            people: answer["people"].as_array().expect("people").clone(),
            service,
            origin,
        }
    }

    /// The operator's request.
    pub async fn put(service: &Service, request: &Value) -> Answer {
        service
            .post("/api/v1/operator/organisations", request)
            .bearer(&service.operator_key)
            .send()
            .await
    }

    /// The path of something of this organisation.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/organisations/{}/{rest}", self.id)
    }

    /// The secret of a person's sign-in link.
    pub fn sign_in_secret(&self, person: usize) -> String {
        secret_of(&self.people[person]["sign_in_url"])
    }

    /// An expert, by number from 0, who signs in and opens the desk: there and available, until dropped.
    pub async fn expert(&self, number: usize) -> Staff {
        let staff = self.signed_in(number, "expert").await;
        staff.open_desk().await;
        staff
    }

    /// The administrator, signed in.
    pub async fn administrator(&self) -> Staff {
        self.signed_in(self.people.len() - 1, "administrator").await
    }

    /// A person, signed in with a token for that role.
    pub async fn signed_in(&self, person: usize, role: &str) -> Staff {
        let cookie = Staff::sign_in(&self.service, &self.sign_in_secret(person)).await;
        Staff::with_cookie(&self.service, &cookie, role).await
    }

    /// A visitor of the organisation's page.
    pub async fn visitor(&self) -> Visitor {
        Visitor::new(self).await
    }

    /// What a widget sees.
    pub async fn availability(&self) -> Value {
        self.service
            .get(&self.path("availability"))
            .origin(&self.origin)
            .send()
            .await
            .expect_json(200)
    }
}

/// The secret in the fragment of a sign-in link.
pub(crate) fn secret_of(url: &Value) -> String {
    let url = text(url);
    url.split_once("#sign-in=")
        .unwrap_or_else(|| panic!("a sign-in link without its fragment: {url}"))
        .1
        .to_owned()
}

/// A JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a string instead of {value}"))
        .to_owned()
}
