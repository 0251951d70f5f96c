//! Tools that only the Python package index has, each version in an environment of its own.

use std::path::PathBuf;

use super::apt;
use crate::{
    failure::Result,
    paths,
    process::{answer, command, quiet, step},
};

/// Installs a package and returns the folder of its programs.
pub(crate) fn ensure(package: &str, version: &str) -> Result<PathBuf> {
    let folder = paths::cache()?.join(format!("{package}-{version}"));
    let programs = folder.join("bin");
    let _lock = super::lock(&folder)?;
    let program = programs.join(package);
    if answer(command(&program).arg("--version")).is_some_and(|text| text.contains(version)) {
        return Ok(programs);
    }
    // `ensurepip` is what Debian leaves out of its python3.
    if answer(command("python3").args(["-c", "import ensurepip, venv"])).is_none() {
        apt::ensure(&["python3", "python3-venv"], "Python 3 with venv")?;
    }
    step(&format!("installing {package} {version}"), || {
        quiet(command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        quiet(command(programs.join("pip")).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &format!("{package}=={version}"),
        ]))
    })?;
    Ok(programs)
}
