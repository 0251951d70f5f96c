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
    if !may_share_ports() {
        println!(
            "NOT RUN HERE: the tests of relayed ports that share sockets need CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF"
        );
    }
    println!(
        "NOT RUN HERE: what takes minutes, the relay's soak with 10,000 allocations and its certificates renewed under load: `cargo nextest run -p visavis-turn --run-ignored only`"
    );
    shown(runner(world).args(NATIVE))
}

/// Whether this process has what the relay's shared ports need; the tests themselves find out too, but the runner shows
/// nothing of tests that pass.
fn may_share_ports() -> bool {
    // The numbers of capabilities(7).
    const NEEDED: u64 = 1 << 12 | 1 << 13 | 1 << 39;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|value| u64::from_str_radix(value.trim(), 16).ok());
    effective.is_some_and(|effective| effective & NEEDED == NEEDED)
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
