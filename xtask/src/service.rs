//! The service on Workers: building it, and starting it on workerd with local storage.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    failure::{AtPath, Result, failure},
    http::Client,
    process::{Service, quiet, step},
    secrets::{Settings, write_settings},
    setup::Tools,
};

/// Builds the pages and the worker.
pub(crate) fn build(root: &Path, tools: &Tools) -> Result<()> {
    build_pages(root, tools)?;
    build_worker(root, tools)
}

/// Builds the pages into `functions/web/dist`.
pub(crate) fn build_pages(root: &Path, tools: &Tools) -> Result<()> {
    step("building the pages", || {
        quiet(tools.node.node().arg("functions/web/build.mjs").current_dir(root))
    })
}

/// Builds the worker into `functions/cloudflare/build`.
pub(crate) fn build_worker(root: &Path, tools: &Tools) -> Result<()> {
    build_worker_with(root, tools, Path::new("build"), &[]).map(drop)
}

/// Builds the worker with further options of cargo into a folder, seen from its package, and returns its entry.
pub(crate) fn build_worker_with(root: &Path, tools: &Tools, folder: &Path, options: &[&str]) -> Result<PathBuf> {
    let package = root.join("functions/cloudflare");
    step("building the service for Workers", || {
        quiet(
            tools
                .wasm
                .worker_build(root)
                .args(["--profile", "edge", "--out-dir"])
                .arg(folder)
                .arg(".")
                .args(options)
                .current_dir(&package),
        )
    })?;
    let entry = package.join(folder).join("index.js");
    if fs::exists(&entry).at(&entry)? {
        Ok(entry)
    } else {
        failure(format!("worker-build did not write {}", entry.display()))
    }
}

/// Starts the built service and waits until it is healthy.
pub(crate) fn start(root: &Path, tools: &Tools, state: &Path, port: u16, settings: &Settings) -> Result<Service> {
    start_worker(root, tools, None, state, port, settings)
}

/// Starts the worker of this entry, or else the one of `wrangler.toml`, and waits until it is healthy.
pub(crate) fn start_worker(
    root: &Path,
    tools: &Tools,
    entry: Option<&Path>,
    state: &Path,
    port: u16,
    settings: &Settings,
) -> Result<Service> {
    let storage = state.join("storage");
    let file = state.join("service.env");
    write_settings(&file, settings)?;
    step("migrating the database", || {
        quiet(
            wrangler(root, tools, state)
                .args(["d1", "migrations", "apply", "DB", "--local", "--persist-to"])
                .arg(&storage),
        )
    })?;
    let mut dev = wrangler(root, tools, state);
    dev.arg("dev")
        .args(entry)
        .args([
            "--local",
            "--show-interactive-dev-session=false",
            "--ip",
            "127.0.0.1",
            "--log-level",
            "log",
        ])
        .args([
            "--port",
            &port.to_string(),
            "--inspector-port",
            &crate::ports::free()?.to_string(),
        ])
        .arg("--env-file")
        .arg(&file)
        .arg("--persist-to")
        .arg(&storage);
    let client = Client::new(&origin(port));
    step("starting the service", || {
        let mut service = Service::start("the service", &mut dev, &state.join("logs/service.log"))?;
        let mut last = None;
        let healthy = service.wait_until(Duration::from_mins(1), |_| {
            last = client.status("/healthz");
            last.as_ref().is_some_and(|(status, _)| *status == 200)
        });
        match (healthy, last) {
            (Ok(()), _) => Ok(service),
            (Err(_), Some((status, text))) => {
                failure(format!("the service answers GET /healthz with {status}: {text}"))
            }
            (Err(error), None) => Err(error),
        }
    })
}

/// Where browsers reach it. `localhost` is a secure context, and another origin than 127.0.0.1.
pub(crate) fn origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// `wrangler`, kept to itself: no reports, no questions, nothing of this machine's other sessions.
pub(crate) fn wrangler(root: &Path, tools: &Tools, state: &Path) -> Command {
    let mut wrangler = tools.node.tool("wrangler");
    wrangler
        .current_dir(root)
        .env("CI", "1")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_SEND_ERROR_REPORTS", "false")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_LOG_PATH", state.join("logs"))
        .env("WRANGLER_REGISTRY_PATH", state.join("registry"))
        // wrangler.toml: everything is built already.
        .env("VISAVIS_BUILT", "1");
    wrangler
}
