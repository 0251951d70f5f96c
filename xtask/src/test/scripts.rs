//! The suites written for Node's test runner.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::world::World;
use crate::{
    failure::{AtPath, Result, failure},
    process::shown,
    service::Platform,
    setup::network,
};

/// Each file opens browsers of its own. Of two at once one mostly waits; more would fight for the processor.
const TWO_AT_ONCE: [&str; 1] = ["--test-concurrency=2"];

pub(super) fn browser(world: &mut World, platform: Platform) -> Result<()> {
    with_stack(world, platform, "tests/browser")
}

/// Calls through an edge that tampers.
pub(super) fn hostile(world: &mut World) -> Result<()> {
    with_stack(world, Platform::Cloudflare, "tests/hostile")
}

pub(super) fn network(world: &mut World) -> Result<()> {
    network::ensure()?;
    with_stack(world, Platform::Cloudflare, "tests/network")
}

fn with_stack(world: &mut World, platform: Platform, folder: &str) -> Result<()> {
    world.stack(platform)?;
    run(world, folder, &TWO_AT_ONCE)
}

/// Runs the test files of a folder. None at all is a failure: Node's runner would be content.
pub(super) fn run(world: &mut World, folder: &str, options: &[&str]) -> Result<()> {
    let root = world.root.clone();
    let mut files = Vec::new();
    find(&root.join(folder), &mut files)?;
    files.sort();
    if files.is_empty() {
        return failure(format!("{folder} has no tests"));
    }
    let mut node = world.node()?.node();
    world.browsers()?.describe(&mut node);
    world.describe(&mut node);
    shown(
        node.args(["--test", "--test-reporter=spec"])
            .args(options)
            .args(files)
            .current_dir(root),
    )
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "node_modules" && name != "dist" {
            find(&path, files)?;
        } else if [".test.mjs", ".test.ts"].iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(())
}
