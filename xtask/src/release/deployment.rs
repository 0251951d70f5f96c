//! Does a deployment serve a release, byte by byte?
//!
//! An edge that serves changed code to some and not to others is found out only by those it serves it to: run this often
//! and from several places.

use std::{io::Read as _, path::Path, time::Duration};

use ureq::{Agent, Body, http::Response};

use super::manifest::{Asset, Manifest, integrity};
use crate::failure::{Result, failure};

/// Headers that make a browser load or go to something that is not in the page.
const FORBIDDEN: [&str; 4] = ["link", "refresh", "location", "service-worker-allowed"];

/// Fetches every asset and every page and fails on any difference, after telling all of them.
pub(crate) fn verify(url: &str, manifest: &Manifest) -> Result<()> {
    let origin = url.trim_end_matches('/');
    let configuration = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build();
    let agent: Agent = configuration.into();
    if manifest.assets.is_empty() {
        return failure("the manifest lists no assets: there is nothing to compare");
    }
    let mut different = 0;
    for (path, asset) in &manifest.assets {
        let address = format!("{origin}{}", served_at(path));
        let verdict = match agent.get(&address).call() {
            Ok(response) => compare(path, asset, response),
            Err(error) => Err(error.to_string()),
        };
        match verdict {
            Ok(()) => println!("same       {address}"),
            Err(why) => {
                different += 1;
                println!("DIFFERENT  {address}: {why}");
            }
        }
    }
    match different {
        0 => {
            println!(
                "{origin} serves this release: {} assets, all the same",
                manifest.assets.len()
            );
            Ok(())
        }
        _ => failure(format!(
            "{different} of {} assets differ: {origin} does not serve this release. Take it down, or find out why, \
             before anybody uses it",
            manifest.assets.len()
        )),
    }
}

/// Where the service serves an asset: pages without their ending.
fn served_at(path: &str) -> String {
    match path.strip_suffix(".html") {
        Some("index") => "/".into(),
        Some(page) => format!("/{page}"),
        None => format!("/{path}"),
    }
}

fn compare(path: &str, asset: &Asset, mut response: Response<Body>) -> std::result::Result<(), String> {
    if response.status() != 200 {
        return Err(format!("answered with {}", response.status()));
    }
    let headers = response.headers();
    if let Some(name) = FORBIDDEN.iter().find(|name| headers.contains_key(**name)) {
        return Err(format!("the header {name} leads elsewhere"));
    }
    let policy = headers
        .get_all("content-security-policy")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let strict = policy
        .map(|policy| policy.contains("default-src 'none'") && !policy.contains("unsafe-"))
        .fold(None, |all, strict| Some(all.unwrap_or(true) && strict));
    let is_page = Path::new(path).extension().is_some_and(|ending| ending == "html");
    if is_page && strict != Some(true) {
        return Err("its content security policy is missing or weak".into());
    }
    let mut bytes = Vec::new();
    response
        .body_mut()
        .as_reader()
        .take(asset.bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 != asset.bytes {
        return Err(format!("not of {} bytes", asset.bytes));
    }
    match integrity(&bytes) {
        same if same == asset.integrity => Ok(()),
        other => Err(format!("{other} in the place of {}", asset.integrity)),
    }
}
