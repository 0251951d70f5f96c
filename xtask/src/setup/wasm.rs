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
/// The C library below Rust's own for components.
const WASI_LIBC: &str = "wasi-libc";

/// What WebAssembly is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A module for a JavaScript engine.
    Browser,
    /// A component.
    Component,
}

impl Target {
    /// Rust's name for it.
    pub(crate) fn triple(self) -> &'static str {
        match self {
            Self::Browser => "wasm32-unknown-unknown",
            Self::Component => "wasm32-wasip2",
        }
    }
}

/// A cargo that builds for a [`Target`].
pub(crate) struct Compiler {
    target: Target,
    /// The folder of the wrappers to put on `PATH`, where the Rust at hand does not have the target.
    wrappers: Option<PathBuf>,
}

impl Compiler {
    /// Makes sure of it.
    pub(crate) fn ensure(target: Target) -> Result<Self> {
        let wrappers = if ordinary_target(target) {
            None
        } else {
            Some(other_target(target)?)
        };
        Ok(Self { target, wrappers })
    }

    /// `cargo build` for the target.
    pub(crate) fn build(&self) -> Command {
        let mut build = match &self.wrappers {
            None => command("cargo"),
            Some(wrappers) => command(wrappers.join("cargo")),
        };
        build.args(["build", "--target", self.target.triple()]);
        build
    }

    /// `cargo clippy` for the target.
    pub(crate) fn clippy(&self) -> Command {
        let mut clippy = match &self.wrappers {
            None => command("cargo"),
            // Not through cargo, which looks for another toolchain's clippy first.
            Some(wrappers) => command(wrappers.join("cargo-clippy")),
        };
        clippy.args(["clippy", "--target", self.target.triple()]);
        clippy
    }

    /// Lets a program that calls `cargo` by itself find the right one.
    pub(crate) fn put_on_path(&self, program: &mut Command) {
        if let Some(wrappers) = &self.wrappers {
            program.env("PATH", paths::path_with([wrappers.as_path()]));
        }
    }
}

/// Whether the Rust at hand builds for the target, after an attempt at adding it.
fn ordinary_target(target: Target) -> bool {
    let triple = target.triple();
    let present = || {
        answer(command("rustc").args(["--print", "target-libdir", "--target", triple]))
            .is_some_and(|folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()))
    };
    if present() {
        return true;
    }
    if paths::on_path("rustup").is_none() || debian_sysroot(target).is_ok_and(|sysroot| sysroot.is_dir()) {
        return false;
    }
    let added = step(&format!("adding the Rust target {triple} (rustup)"), || {
        try_quiet(command("rustup").args(["target", "add", triple]), Some(RUSTUP_LIMIT))
    });
    matches!(added, Ok(true)) && present()
}

/// The wrappers of the fallback.
fn other_target(target: Target) -> Result<PathBuf> {
    let triple = target.triple();
    if !Path::new("/etc/debian_version").exists() {
        return failure(format!(
            "Rust's target {triple} is needed and could not be added: run `rustup target add {triple}`"
        ));
    }
    let packages: Vec<&str> = match target {
        Target::Browser => DEBIAN.to_vec(),
        Target::Component => [&DEBIAN[..], &[WASI_LIBC]].concat(),
    };
    apt::ensure(
        &packages,
        &format!("a Rust compiler for {triple} (`rustup target add {triple}` did not succeed)"),
    )?;
    let sysroot = debian_sysroot(target)?;
    let _lock = super::lock(&sysroot)?;
    if !sysroot.is_dir() {
        step(
            &format!("building Rust's standard library for {triple}, once for this machine"),
            || build_sysroot(target, &sysroot),
        )?;
    }
    Ok(sysroot.join("bin"))
}

/// One folder for each compiler. Its path must not contain "rustup": worker-build would call it.
fn debian_sysroot(target: Target) -> Result<PathBuf> {
    let version = answer(command("/usr/bin/rustc").arg("--version"))
        .ok_or_else(|| Failure::Sentence("/usr/bin/rustc does not start: reinstall the package rustc-web".into()))?;
    let name: Vec<&str> = version
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .filter(|part| !part.is_empty())
        .collect();
    Ok(paths::cache()?.join(format!(
        "{}-{}",
        target.triple(),
        name.iter().skip(1).take(2).copied().collect::<Vec<_>>().join("-")
    )))
}

fn build_sysroot(target: Target, sysroot: &Path) -> Result<()> {
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
                target.triple(),
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
    let libraries = rustlib.join(target.triple()).join("lib");
    fs::create_dir_all(&libraries).at(&libraries)?;
    let built = package.join("target").join(target.triple()).join("release/deps");
    for file in fs::read_dir(&built).at(&built)? {
        let file = file.at(&built)?.path();
        let name = file.file_name().unwrap_or_default();
        let library = file.extension().is_some_and(|extension| extension == "rlib");
        if library && !name.to_string_lossy().starts_with("libstd_for_wasm-") {
            fs::copy(&file, libraries.join(name)).at(&file)?;
        }
    }
    if target == Target::Component {
        // Where the compiler looks for the C library of its own distribution.
        let own = libraries.join("self-contained");
        fs::create_dir_all(&own).at(&own)?;
        for name in ["libc.a", "crt1-command.o", "crt1-reactor.o"] {
            let file = Path::new("/usr/lib/wasm32-wasi").join(name);
            fs::copy(&file, own.join(name)).at(&file)?;
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

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).at(path)
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).at(path)
}
