//! What makes a worker of Rust: the compiler, `worker-build` and `wasm-bindgen`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::wasm::{Compiler, Target};
use crate::{
    failure::{AtPath, Failure, Result},
    paths,
    process::{answer, command, quiet, step},
};

const WORKER_BUILD: &str = "0.8.7";

/// A `worker-build` that downloads nothing.
pub(crate) struct Workers {
    /// Rust for the worker.
    pub(crate) compiler: Compiler,
    /// The folder with `worker-build` and `wasm-bindgen`.
    tools: PathBuf,
}

impl Workers {
    /// Makes sure of it.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        let compiler = Compiler::ensure(Target::Browser)?;
        let tools = paths::cache()?.join("cargo-tools");
        fs::create_dir_all(&tools).at(&tools)?;
        let _lock = super::lock(&tools)?;
        install_tool(&tools, "worker-build", "worker-build", WORKER_BUILD, true)?;
        // The tool must be of the library's version to the digit; its own lock file pins an older library.
        install_tool(
            &tools,
            "wasm-bindgen-cli",
            "wasm-bindgen",
            &locked_version(root, "wasm-bindgen")?,
            false,
        )?;
        Ok(Self {
            compiler,
            tools: tools.join("bin"),
        })
    }

    /// `worker-build` itself.
    pub(crate) fn worker_build(&self, root: &Path) -> Command {
        let modules = root.join("node_modules");
        let mut build = command(self.tools.join("worker-build"));
        build
            .env("WASM_BINDGEN_BIN", self.tools.join("wasm-bindgen"))
            .env("WASM_OPT_BIN", modules.join("binaryen/bin/wasm-opt"))
            .env("ESBUILD_BIN", modules.join("esbuild/bin/esbuild"));
        self.compiler.put_on_path(&mut build);
        build
    }
}

/// Installs a program into the cache, unless that version is there.
fn install_tool(folder: &Path, package: &str, program: &str, version: &str, locked: bool) -> Result<()> {
    let there = answer(command(folder.join("bin").join(program)).arg("--version"));
    if there.is_some_and(|text| text.split_whitespace().any(|word| word == version)) {
        return Ok(());
    }
    step(&format!("building {package} {version}, once for this machine"), || {
        let mut cargo = command("cargo");
        cargo
            .args([
                "install",
                "--quiet",
                "--force",
                package,
                "--version",
                &format!("={version}"),
                "--root",
            ])
            .arg(folder)
            // They run for seconds: it is the time to build them that counts.
            .envs([
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
                ("CARGO_PROFILE_RELEASE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
            ]);
        if locked {
            cargo.arg("--locked");
        }
        quiet(&mut cargo)
    })
}

/// The version of a package in Cargo.lock.
fn locked_version(root: &Path, package: &str) -> Result<String> {
    let path = root.join("Cargo.lock");
    let lock = fs::read_to_string(&path).at(&path)?;
    let entry = format!("name = \"{package}\"\nversion = \"");
    lock.split_once(&entry)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .ok_or_else(|| {
            Failure::Sentence(format!(
                "Cargo.lock has no package {package}: run `cargo update --workspace`"
            ))
        })
}
