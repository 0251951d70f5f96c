//! The service: building it and starting it.

use std::{fs, path::Path};

use crate::{
    failure::{AtPath, Result, failure},
    process::{quiet, step},
    setup::Tools,
};

/// Builds the worker into `functions/cloudflare/build`.
pub(crate) fn build(root: &Path, tools: &Tools) -> Result<()> {
    let package = root.join("functions/cloudflare");
    step("building the service for Workers", || {
        quiet(tools.wasm.worker_build(root).args(["--profile", "edge"]).current_dir(&package))
    })?;
    let entry = package.join("build/index.js");
    if fs::exists(&entry).at(&entry)? { Ok(()) } else { failure(format!("worker-build did not write {}", entry.display())) }
}
