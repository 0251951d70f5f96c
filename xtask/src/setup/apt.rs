//! Debian packages, where the machine is a Debian and we may install.

use std::process::Command;

use crate::{
    failure::{Result, failure},
    paths,
    process::{answer, command, quiet, step},
};

/// Installs what is missing of these packages. `purpose` completes the sentence "… is needed".
pub(crate) fn ensure(packages: &[&str], purpose: &str) -> Result<()> {
    if paths::on_path("apt-get").is_none() {
        return failure(format!(
            "{purpose} is needed and this is not a Debian: install it with your system's package manager"
        ));
    }
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !rustix::process::geteuid().is_root() {
        return failure(format!(
            "{purpose} is needed: run `sudo apt-get install --no-install-recommends {list}`"
        ));
    }
    step(&format!("installing {list} (apt)"), || {
        quiet(apt().arg("update"))?;
        quiet(apt().args(["install", "-y", "--no-install-recommends"]).args(&missing))
    })
}

/// Installs the packages of those programs that are not on `PATH`: pairs of program and package.
pub(crate) fn ensure_programs(programs: &[(&str, &str)], purpose: &str) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(program, _)| paths::on_path(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        ensure(&missing, purpose)
    }
}

fn installed(package: &str) -> bool {
    answer(command("dpkg-query").args(["-W", "-f=${db:Status-Status}", package])).as_deref() == Some("installed")
}

fn apt() -> Command {
    let mut apt = command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"]);
    apt
}
