//! The header policy: the one module through which every response leaves.
//!
//! Each route has a [`Kind`], each kind its full set of headers ([`headers`]); a route that nobody has classified gets
//! the strictest. Requests of other origins are answered for registered origins only ([`origins`]).

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, header};

use crate::{App, limits::Address, ports::Platform, problem::Problem};

mod headers;
pub(crate) mod origins;

pub(crate) use headers::{HeaderSets, snippet_policy};

/// What kind of response a route gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A page where a call runs: the desk, and where guests join.
    CallPage,
    /// Any other page.
    Page,
    /// A script, style, icon or sound of the service's own pages.
    OwnAsset,
    /// What customers' pages load.
    CrossOriginAsset,
    /// Small texts for machines.
    Text,
    /// The API of desk, console and operator.
    Api,
    /// The API that visitors use, from customers' pages, and experts, from the desk.
    CrossOriginApi,
    /// Whatever else there may be.
    Unknown,
}

/// The routes that customers' pages may use, next to the widget's assets.
const CROSS_ORIGIN: [&str; 14] = [
    "/api/v1/organisations/{organisation}/availability",
    "/api/v1/organisations/{organisation}/visitors",
    "/api/v1/organisations/{organisation}/reports",
    "/api/v1/visitor/token",
    "/api/v1/presence",
    "/api/v1/mailbox",
    "/api/v1/calls/{call}",
    "/api/v1/calls/{call}/ring",
    "/api/v1/calls/{call}/cancel",
    "/api/v1/calls/{call}/signals",
    "/api/v1/calls/{call}/hang-up",
    "/api/v1/calls/{call}/relay",
    "/api/v1/calls/{call}/alarms",
    "/api/v1/messages",
];

impl Kind {
    /// The kind of a route, by the path that it matched.
    fn of(route: Option<&str>) -> Self {
        match route {
            Some("/desk" | "/join") => Self::CallPage,
            Some("/" | "/console") => Self::Page,
            Some("/app/{*path}") => Self::OwnAsset,
            Some("/widget/{*path}") => Self::CrossOriginAsset,
            Some("/robots.txt" | "/favicon.ico" | "/.well-known/security.txt") => Self::Text,
            Some("/healthz" | "/openapi.json") => Self::Api,
            Some(route) if CROSS_ORIGIN.contains(&route) => Self::CrossOriginApi,
            Some(route) if route.starts_with("/api/v1/") => Self::Api,
            _ => Self::Unknown,
        }
    }

    /// Whether registered pages of other origins are answered.
    fn is_cross_origin(self) -> bool {
        matches!(self, Self::CrossOriginAsset | Self::CrossOriginApi)
    }

    /// Whether a link of another site may lead here.
    fn is_navigable(self) -> bool {
        matches!(self, Self::CallPage | Self::Page | Self::Text | Self::Unknown)
    }
}

/// The outermost layer: lets a request in by its origin, and gives every response its headers.
pub(crate) async fn enforce<P: Platform>(
    State(app): State<App<P>>,
    route: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let kind = Kind::of(route.as_ref().map(MatchedPath::as_str));
    let address = Address::of(request.extensions());
    let entry = match origins::enter(&app, kind, request.headers(), &address).await {
        Ok(entry) => entry,
        Err(problem) => return leave(&app.headers, kind, None, problem.into_response()),
    };
    let allowed = entry.allowed_origin();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let response = if is_preflight && allowed.is_some() {
        origins::preflight()
    } else {
        request.extensions_mut().insert(entry);
        next.run(request).await
    };
    leave(&app.headers, kind, allowed.as_ref(), response)
}

/// The answer of a service that does not start: nothing is let in.
pub(crate) fn refuse(problem: &Problem) -> Response {
    leave(
        &HeaderSets::new(""),
        Kind::Unknown,
        None,
        problem.clone().into_response(),
    )
}

/// Gives a response the full set of headers of its kind.
fn leave(sets: &HeaderSets, kind: Kind, allowed: Option<&HeaderValue>, mut response: Response) -> Response {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let headers = response.headers_mut();
    sets.apply(if is_error { Kind::Unknown } else { kind }, headers);
    if kind.is_cross_origin() {
        // Caches keep the answers to different origins apart.
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("retry-after"),
            );
        }
    }
    response
}
