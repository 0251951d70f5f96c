//! The service on Spin: a component, run by the user's `spin` where there is one and else on the project's test host.

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

/// Builds the component where `spin.toml` looks for it.
pub(super) fn build(root: &Path, compiler: &Compiler, variant: Variant) -> Result<()> {
    step("building the service for Spin", || {
        quiet(
            compiler
                .build()
                .args(["--package", "visavis-spin", "--profile", "edge"])
                // Where spin.toml looks for it, wherever else cargo builds.
                .arg("--target-dir")
                .arg(root.join("target"))
                .args(variant.options())
                .current_dir(root),
        )
    })
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
