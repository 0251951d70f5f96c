//! The OpenAPI 3.1 description of every route, generated from the handlers.
//!
//! A handler describes its success and the problems that only it has; what every route can answer is added here.

use axum::{Json, Router, routing::get};
use utoipa::{
    Modify, OpenApi as _,
    openapi::{
        ComponentsBuilder, ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder,
        path::Operation,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{App, ports::Platform, problem};

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new().route("/openapi.json", get(async || Json(document())))
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

/// The whole description.
pub(crate) fn document() -> OpenApi {
    let mut document = Base::openapi();
    for capability in [
        crate::directory::operator::Api::openapi(),
        crate::identity::sign_in::Api::openapi(),
        crate::identity::session::Api::openapi(),
        crate::visitors::Api::openapi(),
        crate::presence::Api::openapi(),
        crate::calls::Api::openapi(),
        crate::mailbox::Api::openapi(),
        crate::console::Api::openapi(),
        crate::reports::Api::openapi(),
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

/// What every route of this form can answer.
fn add_common_problems(path: &str, operation: &mut Operation) {
    let mut add = |status: &str, description: &str| {
        operation
            .responses
            .responses
            .entry(status.into())
            .or_insert_with(|| problem_response(description));
    };
    add("403", "`origin-not-registered` or `role-not-allowed`");
    add("429", "`too-many-requests`");
    add("503", "`unavailable` or `misconfigured`");
    if path.contains('{') {
        add("404", "`not-found`");
    }
    let has_parameters = operation
        .parameters
        .as_ref()
        .is_some_and(|parameters| !parameters.is_empty());
    let has_body = operation.request_body.is_some();
    let needs_token = operation.security.as_ref().is_some_and(|security| !security.is_empty());
    let mut add = |status: &str, description: &str| {
        operation
            .responses
            .responses
            .entry(status.into())
            .or_insert_with(|| problem_response(description));
    };
    if has_parameters || has_body {
        add("400", "`malformed` or `card-number`");
    }
    if needs_token {
        add("401", "`token-missing`, `token-invalid` or `token-expired`");
    }
    if has_body {
        add("413", "`body-too-large`");
        add("415", "`unsupported-media-type`");
    }
}

fn problem_response(description: &str) -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
        .into()
}
