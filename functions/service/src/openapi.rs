//! The OpenAPI 3.1 description of every route, generated from the handlers.
//!
//! A handler describes its success, and by status and words the problems that only it has; their form, and what every
//! route can answer, is added here.
//!
//! What is served is the description as it was last written to `openapi.json`, because making it is a fifth of the
//! worker's size; a test keeps it that of the handlers.

use axum::{Router, routing::get};
use http::header;
use utoipa::{
    Modify, OpenApi as _,
    openapi::{
        ComponentsBuilder, ContentBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{App, ports::Platform, problem};

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    let description = (
        [(header::CONTENT_TYPE, "application/json")],
        include_str!("../openapi.json"),
    );
    Router::new().route("/openapi.json", get(async move || description))
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Visavis", description = "How a widget, a desk and a console talk to the service.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(problem::Document)),
    modifiers(&Schemes),
    paths(describe)
)]
struct Base;

/// This description.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operator",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
#[allow(dead_code, reason = "only its description is used")]
fn describe() {}

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document
            .components
            .get_or_insert_with(|| ComponentsBuilder::new().build());
        let bearer = || SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("token", bearer());
        components.add_security_scheme("operator", bearer());
        let cookie = ApiKey::Cookie(ApiKeyValue::new("__Host-visavis"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// The description of the handlers as they are, for `openapi.json`.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = Base::openapi();
    for capability in [
        crate::directory::operator::Api::openapi(),
        crate::schedule::Api::openapi(),
        crate::identity::sign_in::Api::openapi(),
        crate::identity::session::Api::openapi(),
        crate::visitors::Api::openapi(),
        crate::presence::Api::openapi(),
        crate::calls::Api::openapi(),
        crate::mailbox::Api::openapi(),
        crate::console::Api::openapi(),
        crate::reports::Api::openapi(),
        crate::trust::Api::openapi(),
        crate::messages::Api::openapi(),
        crate::health::Api::openapi(),
    ] {
        document.merge(capability);
    }
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            add_common_problems(path, operation);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// What every route of this form can answer, and the form of every problem.
fn add_common_problems(path: &str, operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let (RefOr::T(response), true) = (response, status.as_str() >= "400") {
            *response = problem_response(&response.description);
        }
    }
    let has_parameters = operation
        .parameters
        .as_ref()
        .is_some_and(|parameters| !parameters.is_empty());
    let has_body = operation.request_body.is_some();
    let needs_token = operation.security.as_ref().is_some_and(|security| !security.is_empty());
    for (applies, status, description) in [
        (has_parameters || has_body, "400", "`malformed` or `card-number`"),
        (
            needs_token,
            "401",
            "`token-missing`, `token-invalid` or `token-expired`",
        ),
        (true, "403", "`origin-not-registered` or `role-not-allowed`"),
        (path.contains('{'), "404", "`not-found`"),
        (has_body, "413", "`body-too-large`"),
        (has_body, "415", "`unsupported-media-type`"),
        (true, "429", "`too-many-requests`"),
        (true, "503", "`unavailable` or `misconfigured`"),
    ] {
        let responses = &mut operation.responses.responses;
        if applies && !responses.contains_key(status) {
            responses.insert(status.into(), problem_response(description).into());
        }
    }
}

fn problem_response(description: &str) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::document;

    #[test]
    fn the_description_that_is_served_is_that_of_the_handlers() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let described = document().to_pretty_json().unwrap() + "\n";
        if env::var_os("WRITE_OPENAPI").is_some() {
            fs::write(&path, &described).unwrap();
        }
        let served = fs::read_to_string(&path).unwrap_or_default();
        let remedy =
            "run `WRITE_OPENAPI=1 cargo nextest run -p visavis openapi` and commit functions/service/openapi.json";
        assert!(
            served == described,
            "the handlers are described otherwise by now: {remedy}"
        );
    }
}
