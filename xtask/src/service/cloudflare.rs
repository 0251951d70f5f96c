//! The service on Workers: worker-build, and wrangler with workerd.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Start, Variant};
use crate::{
    failure::{AtPath, Result, failure},
    paths,
    process::{quiet, step},
    secrets::write_settings,
    setup::{node::Node, workers::Workers},
};

/// Builds the worker.
pub(super) fn build(root: &Path, workers: &Workers, variant: Variant) -> Result<()> {
    let folder = folder(root, variant);
    step("building the service for Workers", || {
        quiet(
            workers
                .worker_build(root)
                .args(["--profile", "edge", "--out-dir"])
                .arg(&folder)
                .arg(".")
                .args(variant.options())
                .current_dir(root.join("functions/cloudflare")),
        )
    })?;
    let entry = folder.join("index.js");
    if fs::exists(&entry).at(&entry)? {
        Ok(())
    } else {
        failure(format!("worker-build did not write {}", entry.display()))
    }
}

/// Where a variant is built; the ordinary one where `wrangler.toml` looks for it.
fn folder(root: &Path, variant: Variant) -> PathBuf {
    match variant {
        Variant::Ordinary => root.join("functions/cloudflare/build"),
        Variant::Conformance => paths::target(root).join("xtask/conformance"),
    }
}

/// Migrates the database and tells how to start workerd.
pub(super) fn command(root: &Path, node: &Node, start: &Start) -> Result<Command> {
    let file = start.state.join("service.env");
    write_settings(&file, start.settings)?;
    step("migrating the database", || {
        quiet(
            wrangler(root, node, start.state)
                .args(["d1", "migrations", "apply", "DB", "--local", "--persist-to"])
                .arg(start.storage()),
        )
    })?;
    let mut dev = wrangler(root, node, start.state);
    dev.arg("dev");
    if start.variant != Variant::Ordinary {
        dev.arg(folder(root, start.variant).join("index.js"));
    }
    dev.args([
        "--local",
        "--show-interactive-dev-session=false",
        "--ip",
        "127.0.0.1",
        "--log-level",
        "log",
    ])
    .args([
        "--port",
        &start.port.to_string(),
        "--inspector-port",
        &crate::ports::free()?.to_string(),
    ])
    .arg("--env-file")
    .arg(&file)
    .arg("--persist-to")
    .arg(start.storage());
    Ok(dev)
}

/// `wrangler`, kept to itself: no reports, no questions, nothing of this machine's other sessions.
pub(crate) fn wrangler(root: &Path, node: &Node, state: &Path) -> Command {
    let mut wrangler = node.tool("wrangler");
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
