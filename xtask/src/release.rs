//! What a release is made of, byte by byte, and whether a deployment serves exactly that.

pub(crate) mod deployment;
mod manifest;

use std::path::{Path, PathBuf};

use manifest::Manifest;
pub(crate) use manifest::files;

use crate::{
    arguments::Arguments,
    failure::{Failure, Result, failure},
    paths,
    process::{answer, command, shown},
    setup::node::Node,
};

/// `cargo xtask release [--key FILE] [--out FOLDER]`: builds the pages and writes the manifest, signed where a key is
/// given.
pub(crate) fn release(root: &Path, mut arguments: Arguments) -> Result<()> {
    let key: Option<PathBuf> = arguments.option("--key")?;
    let out: PathBuf = arguments
        .option("--out")?
        .unwrap_or_else(|| paths::target(root).join("release"));
    arguments.end()?;
    let Some(commit) = commit(root) else {
        return failure("a release is made from a commit: commit what has changed, or put it away, and try again");
    };
    let pages = out.join("pages");
    build(root, &Node::ensure(root)?, &pages)?;
    let manifest = Manifest::of(&pages, &commit)?;
    let file = manifest.write(&out)?;
    println!("{} ({} assets)", file.display(), manifest.assets.len());
    match key {
        Some(key) => println!("{}", manifest::sign(&file, &key)?.display()),
        None => println!(
            "not signed: give --key, or sign with\n  openssl pkeyutl -sign -rawin -inkey KEY.pem -in {0} -out {0}.sig",
            file.display()
        ),
    }
    Ok(())
}

/// `cargo xtask verify-deployment URL [--manifest FILE --key FILE]`: compares what a deployment serves with a signed
/// manifest, or with a build of this checkout.
pub(crate) fn verify(root: &Path, mut arguments: Arguments) -> Result<()> {
    let manifest: Option<PathBuf> = arguments.option("--manifest")?;
    let key: Option<PathBuf> = arguments.option("--key")?;
    let words = arguments.words()?;
    let [url] = words.as_slice() else {
        return failure("which deployment? cargo xtask verify-deployment https://calls.example.org");
    };
    let manifest = match (manifest, key) {
        (Some(manifest), Some(key)) => Manifest::signed(&manifest, &key)?,
        (None, None) => of_checkout(root)?,
        _ => return failure("--manifest and --key belong together: a manifest counts by its signature only"),
    };
    deployment::verify(url, &manifest)
}

/// What a build of this checkout would serve.
pub(crate) fn of_checkout(root: &Path) -> Result<Manifest> {
    let pages = paths::target(root).join("xtask/release-pages");
    build(root, &Node::ensure(root)?, &pages)?;
    Manifest::of(&pages, "this checkout")
}

/// Builds the pages into a folder of their own.
pub(crate) fn build(root: &Path, node: &Node, out: &Path) -> Result<()> {
    shown(
        node.node()
            .arg(root.join("functions/web/build.mjs"))
            .arg("--out")
            .arg(out)
            .current_dir(root),
    )
}

/// The commit of a checkout without changes.
fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| answer(command("git").arg("-C").arg(root).args(arguments));
    let changes = git(&["status", "--porcelain"])?;
    changes.is_empty().then(|| git(&["rev-parse", "HEAD"])).flatten()
}

impl From<manifest::Wrong> for Failure {
    fn from(wrong: manifest::Wrong) -> Self {
        Self::Sentence(wrong.0)
    }
}
