//! Where things are: the repository, the cache of this machine, the state of a run.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::failure::{AtPath, Failure, Result};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    // What cargo says at run time wins: a checkout may have moved since this was compiled.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// Where cargo builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// What is downloaded or built once for this machine: `${XDG_CACHE_HOME:-~/.cache}/visavis`.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .ok_or_else(|| Failure::Sentence("neither XDG_CACHE_HOME nor HOME is set: set one of them".into()))?;
    let cache = base.join("visavis");
    fs::create_dir_all(&cache).at(&cache)?;
    Ok(cache)
}

/// The file of that name on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// `PATH` with folders put before it.
pub(crate) fn path_with<'a>(folders: impl IntoIterator<Item = &'a Path>) -> std::ffi::OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let all = folders.into_iter().map(Path::to_path_buf).chain(env::split_paths(&old));
    env::join_paths(all).unwrap_or(old)
}
