//! Pages and assets: what `manifest.json` lists, and a few small texts.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, Uri, header};
use serde::Deserialize;

use crate::{
    App,
    path::Path,
    ports::{Assets as _, Platform},
    problem::Problem,
    time::{DAY, rfc3339},
};

pub(crate) fn routes<P: Platform>() -> Router<App<P>> {
    Router::new()
        .route(
            "/",
            get(async |app, headers| page::<P>(app, headers, "index.html").await),
        )
        .route(
            "/desk",
            get(async |app, headers| page::<P>(app, headers, "desk.html").await),
        )
        .route(
            "/join",
            get(async |app, headers| page::<P>(app, headers, "join.html").await),
        )
        .route(
            "/console",
            get(async |app, headers| page::<P>(app, headers, "console.html").await),
        )
        .route(
            "/app/{*path}",
            get(async |app, headers, path| asset::<P>(app, headers, "app", path).await),
        )
        .route(
            "/widget/{*path}",
            get(async |app, headers, path| asset::<P>(app, headers, "widget", path).await),
        )
        .route(
            "/favicon.ico",
            get(async |app, headers| page::<P>(app, headers, "favicon.ico").await),
        )
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
        .route("/.well-known/security.txt", get(security::<P>))
}

/// What the build of the pages says about them.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    /// The names under which the service knows some assets, such as `loader`.
    entries: HashMap<String, String>,
    assets: HashMap<String, Asset>,
}

#[derive(Debug, Deserialize)]
struct Asset {
    /// Subresource integrity, `sha384-…`.
    integrity: String,
}

/// The manifest, read once by an instance.
pub(crate) type ManifestCell = Arc<OnceLock<Manifest>>;

impl Manifest {
    /// The path and the integrity value of an entry.
    pub(crate) fn entry(&self, name: &str) -> Option<(&str, &str)> {
        let path = self.entries.get(name)?;
        Some((path, &self.assets.get(path)?.integrity))
    }
}

impl<P: Platform> App<P> {
    /// The manifest of the built pages.
    pub(crate) async fn manifest(&self) -> Result<&Manifest, Problem> {
        if let Some(manifest) = self.manifest.get() {
            return Ok(manifest);
        }
        let missing = || Problem::misconfigured("The built pages are missing (manifest.json). Build functions/web.");
        let bytes = self
            .platform
            .assets()
            .read("manifest.json")
            .await?
            .ok_or_else(missing)?;
        let manifest = serde_json::from_slice(&bytes).map_err(|_| missing())?;
        Ok(self.manifest.get_or_init(|| manifest))
    }
}

async fn page<P: Platform>(State(app): State<App<P>>, headers: HeaderMap, path: &str) -> Result<Response, Problem> {
    serve(&app, &headers, path).await
}

async fn asset<P: Platform>(
    State(app): State<App<P>>,
    headers: HeaderMap,
    folder: &str,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    serve(&app, &headers, &format!("{folder}/{path}")).await
}

/// Serves what the manifest lists, and nothing else.
async fn serve<P: Platform>(app: &App<P>, headers: &HeaderMap, path: &str) -> Result<Response, Problem> {
    let Some(asset) = app.manifest().await?.assets.get(path) else {
        return Ok(nothing_here());
    };
    let tag = format!("\"{}\"", asset.integrity);
    if is_known(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let Some(bytes) = app.platform.assets().read(path).await? else {
        return Ok(nothing_here());
    };
    let described = [(header::CONTENT_TYPE, media_type(path).into()), (header::ETAG, tag)];
    Ok((described, bytes).into_response())
}

/// Whether the browser has the asset already (RFC 9110 section 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag)
}

/// The media type of an asset; with `nosniff` an unknown one does nothing.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whom to tell about a weakness (RFC 9116).
async fn security<P: Platform>(State(app): State<App<P>>) -> Response {
    let Some(contact) = &app.config.security_contact else {
        return nothing_here();
    };
    let expires = rfc3339(app.now() + 180 * DAY);
    let address = &app.config.public_url;
    let text = format!("Contact: {contact}\nExpires: {expires}\nCanonical: {address}/.well-known/security.txt\n");
    text.into_response()
}

/// What is not there: a problem for the API, a line for people.
pub(crate) async fn not_found(uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        Problem::not_found().into_response()
    } else {
        nothing_here()
    }
}

fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing under this address.\n").into_response()
}
