//! The service on Spin: a component, run by the user's `spin` where there is one and else on the project's test host; and
//! its timer, a component for who has Spin's cron trigger.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{Start, Variant};
use crate::{
    failure::{Result, failure},
    paths,
    process::{command as program, quiet, step},
    secrets::Settings,
    setup::wasm::Compiler,
};

/// The packages of the components.
pub(crate) const PACKAGES: [&str; 2] = ["visavis-spin", "visavis-spin-cron"];

/// Builds the components where `spin.toml` and `spin-cron.toml` look for them.
pub(super) fn build(root: &Path, compiler: &Compiler, variant: Variant) -> Result<()> {
    let [service, timer] = PACKAGES;
    step("building the service for Spin", || {
        build_one(root, compiler, service, variant.options())
    })?;
    step("building the service's timer for Spin", || {
        build_one(root, compiler, timer, &[])
    })
}

fn build_one(root: &Path, compiler: &Compiler, package: &str, options: &[&str]) -> Result<()> {
    quiet(
        compiler
            .build()
            .args(["--package", package, "--profile", "edge"])
            // Where the manifest looks for it, wherever else cargo builds.
            .arg("--target-dir")
            .arg(root.join("target"))
            .args(options)
            .current_dir(root),
    )
}

/// The built component.
pub(crate) fn component(root: &Path) -> PathBuf {
    root.join("target/wasm32-wasip2/edge/visavis_spin.wasm")
}

/// Whether the machine has a `spin`.
pub(crate) fn installed() -> bool {
    paths::on_path("spin").is_some()
}

/// Builds the test host and returns its binary.
pub(crate) fn build_test_host(root: &Path) -> Result<PathBuf> {
    step("building the test host for Spin's components", || {
        quiet(
            program("cargo")
                .args(["build", "--package", "visavis-spin-host"])
                .current_dir(root),
        )
    })?;
    Ok(paths::target(root).join("debug/visavis-spin-host"))
}

/// Tells how to start it, on the test host or else on Spin; both understand the same options.
pub(crate) fn command(root: &Path, host: Option<&Path>, start: &Start) -> Result<Command> {
    let mut up = match (host, paths::on_path("spin")) {
        (Some(host), _) => program(host),
        (None, Some(spin)) => program(spin),
        (None, None) => {
            return failure(
                "there is no `spin` on PATH: install it from https://spinframework.dev, or use --on spin-test-host",
            );
        }
    };
    up.args(["up", "--from"])
        .arg(root.join("spin.toml"))
        .args(["--listen", &format!("127.0.0.1:{}", start.port), "--state-dir"])
        .arg(start.storage());
    describe(&mut up, start.settings);
    up.current_dir(root);
    Ok(up)
}

/// Gives a program the settings as Spin reads them.
pub(crate) fn describe(program: &mut Command, settings: &Settings) {
    for (name, value) in settings {
        program.env(format!("SPIN_VARIABLE_{name}"), value);
    }
}
