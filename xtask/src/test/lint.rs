//! What compilers and linters object to; warnings count.

use super::world::World;
use crate::{
    failure::Result,
    process::shown,
    service::{Platform, spin},
    setup::openssl,
};

const DENY: [&str; 3] = ["--", "-D", "warnings"];

pub(super) fn scripts(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    shown(
        world
            .node()?
            .tool("biome")
            .args(["lint", "--error-on-warnings"])
            .current_dir(root),
    )
}

pub(super) fn page_types(world: &mut World) -> Result<()> {
    types(world, "functions/web")
}

pub(super) fn suite_types(world: &mut World) -> Result<()> {
    types(world, "tests")
}

fn types(world: &mut World, project: &str) -> Result<()> {
    let root = world.root.clone();
    shown(
        world
            .node()?
            .tool("tsc")
            .args(["--noEmit", "--project", project])
            .current_dir(root),
    )
}

/// Everything native.
pub(super) fn rust(world: &mut World) -> Result<()> {
    openssl::ensure()?;
    let mut cargo = world.cargo();
    shown(
        cargo
            .args([
                "clippy",
                "--workspace",
                "--exclude",
                "visavis-cloudflare",
                "--all-targets",
            ])
            .args(DENY),
    )
}

/// The adapters, each for the target it runs on.
pub(super) fn edge(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let cloudflare = [(Platform::Cloudflare, "visavis-cloudflare")].into_iter();
    for (platform, package) in cloudflare.chain(spin::PACKAGES.map(|package| (Platform::Spin, package))) {
        let mut clippy = world.tools(platform)?.edge.compiler().clippy();
        shown(clippy.args(["--package", package]).args(DENY).current_dir(&root))?;
    }
    Ok(())
}
