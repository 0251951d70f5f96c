//! The relay beside a forwarder without any protocol, and beside coturn where it is installed.

use std::{fs, path::Path};

use crate::{
    failure::{AtPath, Result},
    paths,
    process::{command, quiet, shown, step},
    relay,
};

/// Builds both programs as they are released, and has the one measure the other.
pub(super) fn run(root: &Path, rounds: Option<u32>, seconds: Option<u32>) -> Result<()> {
    let relay = relay::build(root)?;
    step("building the load and the forwarder", || {
        quiet(
            command("cargo")
                .args(["build", "--release", "--package", "visavis-turn-bench"])
                .current_dir(root),
        )
    })?;
    let target = paths::target(root);
    let state = target.join(format!("xtask/bench-turn-{}", std::process::id()));
    let mut bench = command(target.join("release/visavis-turn-bench"));
    bench.arg("--relay").arg(relay).arg("--state").arg(&state);
    for (option, value) in [("--rounds", rounds), ("--seconds", seconds)] {
        if let Some(value) = value {
            bench.args([option, &value.to_string()]);
        }
    }
    let measured = shown(&mut bench);
    if state.exists() {
        fs::remove_dir_all(&state).at(&state)?;
    }
    measured
}
