//! Tests of each part by itself.

use std::process::Command;

use super::{scripts, world::World};
use crate::{
    failure::Result,
    process::{answer, command, shown},
    setup::{apt, openssl},
};

/// What needs a running service, or the edge, has a part of its own.
const NATIVE: [&str; 7] = [
    "--workspace",
    "--exclude",
    "visavis-contract",
    "--exclude",
    "visavis-faults",
    "--exclude",
    "visavis-cloudflare",
];

pub(super) fn rust(world: &mut World) -> Result<()> {
    openssl::ensure()?;
    let peers = [
        ("turnutils_uclient", "coturn"),
        ("openssl", "openssl"),
        ("pebble", "pebble"),
    ];
    apt::ensure_programs(
        &peers,
        "coturn's client, openssl and pebble, peers of the relay in its tests,",
    )?;
    shown(runner(world).args(NATIVE))
}

/// The examples in the documentation, which nextest leaves out.
pub(super) fn examples(world: &mut World) -> Result<()> {
    shown(world.cargo().args(["test", "--quiet", "--doc"]).args(NATIVE))
}

pub(super) fn pages(world: &mut World) -> Result<()> {
    scripts::run(world, "functions/web", &[])
}

/// nextest where it is, which is faster and tells more, else cargo's own.
pub(super) fn runner(world: &World) -> Command {
    let mut cargo = world.cargo();
    if answer(command("cargo").args(["nextest", "--version"])).is_some() {
        cargo.args(["nextest", "run", "--no-fail-fast"]);
    } else {
        cargo.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    }
    cargo
}
