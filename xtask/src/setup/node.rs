//! Node of the version wrangler needs, and the npm packages of the lock file.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    failure::{AtPath, Failure, Result, failure},
    paths,
    process::{answer, command, quiet, step},
};

/// The oldest that wrangler runs on.
const OLDEST: (u32, u32) = (22, 12);
/// The one we install where the machine's is older.
const PINNED: &str = "22.23.3";

/// A Node, and this repository's packages.
pub(crate) struct Node {
    /// The folder of `node` to put on `PATH`, where the machine's is too old.
    folder: Option<PathBuf>,
    root: PathBuf,
}

impl Node {
    /// Makes sure of it.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        if paths::on_path("npm").is_none() {
            return failure(format!(
                "npm is needed: install Node {} or newer from https://nodejs.org",
                OLDEST.0
            ));
        }
        let folder = if recent_enough() { None } else { Some(install()?) };
        let node = Self {
            folder,
            root: root.to_path_buf(),
        };
        let _lock = super::lock(&paths::cache()?.join("npm"))?;
        if !packages_match(root) {
            step("installing the npm packages", || {
                quiet(node.program("npm").arg("ci").current_dir(root))
            })?;
        }
        Ok(node)
    }

    /// `node` itself.
    pub(crate) fn node(&self) -> Command {
        self.program("node")
    }

    /// A program of an npm package.
    pub(crate) fn tool(&self, name: &str) -> Command {
        self.program(self.root.join("node_modules/.bin").join(name))
    }

    fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = command(program);
        command.env("PATH", self.path());
        command
    }

    /// `PATH` on which the right Node comes first.
    pub(crate) fn path(&self) -> std::ffi::OsString {
        paths::path_with(self.folder.as_deref())
    }
}

fn recent_enough() -> bool {
    let Some(version) = answer(command("node").arg("--version")) else {
        return false;
    };
    let mut parts = version
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse().ok());
    matches!((parts.next(), parts.next()), (Some(major), Some(minor)) if (major, minor) >= OLDEST)
}

/// The npm package that carries the binary for this machine; the package `node` needs install scripts.
fn install() -> Result<PathBuf> {
    let system = match env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let package = format!("node-{system}-{machine}");
    let prefix = paths::cache()?.join(format!("node-{PINNED}"));
    let folder = prefix.join("node_modules").join(&package).join("bin");
    let _lock = super::lock(&prefix)?;
    if answer(command(folder.join("node")).arg("--version")).is_none() {
        step(
            &format!(
                "installing Node {PINNED}: the machine's is older than {}.{}",
                OLDEST.0, OLDEST.1
            ),
            || {
                fs::create_dir_all(&prefix).at(&prefix)?;
                quiet(
                    command("npm")
                        .args([
                            "install",
                            "--no-save",
                            "--no-package-lock",
                            "--no-fund",
                            "--no-audit",
                            "--prefix",
                        ])
                        .arg(&prefix)
                        .arg(format!("{package}@{PINNED}"))
                        .current_dir(&prefix),
                )
            },
        )
        .map_err(|failure| match failure {
            Failure::Sentence(text) => Failure::Sentence(format!(
                "{text}: install Node {}.{} or newer from https://nodejs.org",
                OLDEST.0, OLDEST.1
            )),
            Failure::Interrupted => failure,
        })?;
    }
    Ok(folder)
}

/// Whether `node_modules` holds what the lock file says.
fn packages_match(root: &Path) -> bool {
    let read = |path: &str| -> Option<Value> { serde_json::from_slice(&fs::read(root.join(path)).ok()?).ok() };
    let (Some(wanted), Some(installed)) = (read("package-lock.json"), read("node_modules/.package-lock.json")) else {
        return false;
    };
    let Some(wanted) = wanted["packages"].as_object() else {
        return false;
    };
    wanted
        .iter()
        .filter(|(path, _)| !path.is_empty())
        .all(|(path, package)| {
            let installed = &installed["packages"][path];
            // Packages for other systems are left out.
            if installed.is_null() {
                package["optional"] == true
            } else {
                installed["version"] == package["version"]
            }
        })
}
