//! Rust for WebAssembly: the target of the Rust at hand, or else Debian's compiler with a standard library that we
//! build once, because nobody packages it there.

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::apt;
use crate::{
    failure::{AtPath, Failure, Result, failure},
    paths,
    process::{answer, command, quiet, step, try_quiet},
};

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTUP_LIMIT: Duration = Duration::from_secs(20);
// `lld-22`: the linker of `rust-web-llvm`, which does not ask for it.
const DEBIAN: [&str; 6] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
    "rust-web-clippy",
];
const WORKER_BUILD: &str = "0.8.7";

/// A cargo that builds for [`TARGET`], and the tools around it.
pub(crate) struct Wasm {
    /// The folder of the wrappers to put on `PATH`, where the Rust at hand does not have the target.
    wrappers: Option<PathBuf>,
    /// The folder with `worker-build` and `wasm-bindgen`.
    tools: PathBuf,
}

impl Wasm {
    /// Makes sure of it.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        let wrappers = if ordinary_target() { None } else { Some(other_target()?) };
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
            wrappers,
            tools: tools.join("bin"),
        })
    }

    /// `cargo clippy`, for packages of the edge.
    pub(crate) fn clippy(&self) -> Command {
        let mut clippy = match &self.wrappers {
            None => command("cargo"),
            // Not through cargo, which looks for another toolchain's clippy first.
            Some(wrappers) => command(wrappers.join("cargo-clippy")),
        };
        clippy.arg("clippy");
        clippy
    }

    /// `worker-build`, kept from downloading anything.
    pub(crate) fn worker_build(&self, root: &Path) -> Command {
        let modules = root.join("node_modules");
        let mut build = command(self.tools.join("worker-build"));
        build
            .env("WASM_BINDGEN_BIN", self.tools.join("wasm-bindgen"))
            .env("WASM_OPT_BIN", modules.join("binaryen/bin/wasm-opt"))
            .env("ESBUILD_BIN", modules.join("esbuild/bin/esbuild"));
        if let Some(wrappers) = &self.wrappers {
            build.env("PATH", paths::path_with([wrappers.as_path()]));
        }
        build
    }
}

/// Whether the Rust at hand builds for the target, after an attempt at adding it.
fn ordinary_target() -> bool {
    let present = || {
        answer(command("rustc").args(["--print", "target-libdir", "--target", TARGET]))
            .is_some_and(|folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()))
    };
    if present() {
        return true;
    }
    if paths::on_path("rustup").is_none() || debian_sysroot().is_ok_and(|sysroot| sysroot.is_dir()) {
        return false;
    }
    let added = step(&format!("adding the Rust target {TARGET} (rustup)"), || {
        try_quiet(command("rustup").args(["target", "add", TARGET]), Some(RUSTUP_LIMIT))
    });
    matches!(added, Ok(true)) && present()
}

/// The wrappers of the fallback.
fn other_target() -> Result<PathBuf> {
    if !Path::new("/etc/debian_version").exists() {
        return failure(format!(
            "Rust's target {TARGET} is needed and could not be added: run `rustup target add {TARGET}`"
        ));
    }
    apt::ensure(
        &DEBIAN,
        &format!("a Rust compiler for {TARGET} (`rustup target add {TARGET}` did not succeed)"),
    )?;
    let sysroot = debian_sysroot()?;
    let _lock = super::lock(&sysroot)?;
    if !sysroot.is_dir() {
        step(
            "building Rust's standard library for WebAssembly, once for this machine",
            || build_sysroot(&sysroot),
        )?;
    }
    Ok(sysroot.join("bin"))
}

/// One folder for each compiler. Its path must not contain "rustup": worker-build would call it.
fn debian_sysroot() -> Result<PathBuf> {
    let version = answer(command("/usr/bin/rustc").arg("--version"))
        .ok_or_else(|| Failure::Sentence("/usr/bin/rustc does not start: reinstall the package rustc-web".into()))?;
    let name: Vec<&str> = version
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .filter(|part| !part.is_empty())
        .collect();
    Ok(paths::cache()?.join(format!(
        "wasm-{}",
        name.iter().skip(1).take(2).copied().collect::<Vec<_>>().join("-")
    )))
}

fn build_sysroot(sysroot: &Path) -> Result<()> {
    let draft = sysroot.with_added_extension("draft");
    if draft.exists() {
        fs::remove_dir_all(&draft).at(&draft)?;
    }
    let package = draft.join("std");
    let source = package.join("src");
    fs::create_dir_all(&source).at(&source)?;
    write(&source.join("lib.rs"), "")?;
    write(
        &package.join("Cargo.toml"),
        "[package]\nname = \"std-for-wasm\"\nedition = \"2021\"\n[profile.release]\npanic = \"abort\"\n[workspace]\n",
    )?;
    quiet(
        command("/usr/bin/cargo")
            .args([
                "build",
                "--release",
                "-Zbuild-std=std,panic_abort,proc_macro",
                "--target",
                TARGET,
            ])
            .current_dir(&package)
            .env_remove("CARGO_BUILD_TARGET")
            .env("CARGO_TARGET_DIR", package.join("target"))
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            // Without the bitcode link-time optimisation fails later.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes"),
    )?;

    let rustlib = draft.join("lib/rustlib");
    let libraries = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&libraries).at(&libraries)?;
    let built = package.join("target").join(TARGET).join("release/deps");
    for file in fs::read_dir(&built).at(&built)? {
        let file = file.at(&built)?.path();
        let name = file.file_name().unwrap_or_default();
        let library = file.extension().is_some_and(|extension| extension == "rlib");
        if library && !name.to_string_lossy().starts_with("libstd_for_wasm-") {
            fs::copy(&file, libraries.join(name)).at(&file)?;
        }
    }
    for name in ["etc", "src", &format!("{}-unknown-linux-gnu", env::consts::ARCH)] {
        let link = rustlib.join(name);
        symlink(Path::new("/usr/lib/rustlib").join(name), &link).at(&link)?;
    }

    let wrappers = draft.join("bin");
    fs::create_dir_all(&wrappers).at(&wrappers)?;
    let quoted = sysroot.display();
    let compiler = |name: &str| format!("#!/bin/sh\nexec /usr/bin/{name} --sysroot \"{quoted}\" \"$@\"\n");
    write_program(&wrappers.join("rustc"), &compiler("rustc"))?;
    write_program(
        &wrappers.join("cargo"),
        &format!("#!/bin/sh\nRUSTC=\"{quoted}/bin/rustc\" SYSROOT=\"{quoted}\" exec /usr/bin/cargo \"$@\"\n"),
    )?;
    write_program(
        &wrappers.join("cargo-clippy"),
        &format!("#!/bin/sh\nCARGO=\"{quoted}/bin/cargo\" SYSROOT=\"{quoted}\" exec /usr/bin/cargo-clippy \"$@\"\n"),
    )?;
    fs::remove_dir_all(&package).at(&package)?;
    fs::rename(&draft, sysroot).at(sysroot)
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
            .arg(folder);
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

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).at(path)
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).at(path)
}
