//! What visitors and the platform have to load.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    failure::{AtPath, Failure, Result},
    process::{answer, command},
    service::spin,
};

/// How many bytes a file has, gzipped.
pub(crate) fn gzipped(file: &Path) -> Result<u64> {
    answer(command("sh").args(["-c", "gzip -9c \"$0\" | wc -c"]).arg(file))
        .and_then(|bytes| bytes.parse().ok())
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| Failure::Sentence(format!("{} cannot be gzipped", file.display())))
}

/// Prints the assets of the manifest, the worker and the component, gzipped.
pub(super) fn run(root: &Path) -> Result<()> {
    let path = root.join("functions/web/dist/manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(&path).at(&path)?)
        .map_err(|error| Failure::Sentence(format!("{}: {error}", path.display())))?;
    println!("{:>10} {:>10}", "bytes", "gzip");
    for (asset, about) in manifest["assets"].as_object().into_iter().flatten() {
        let [bytes, gzip] = ["bytes", "gzip"].map(|size| about[size].to_string());
        println!("{bytes:>10} {gzip:>10}  {asset}");
    }
    let build = root.join("functions/cloudflare/build");
    let wasm: BTreeSet<PathBuf> = fs::read_dir(&build)
        .at(&build)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm" || extension == "js")
        })
        .collect();
    let component = spin::component(root);
    for (part, file) in wasm.iter().map(|file| ("worker", file)).chain([("spin", &component)]) {
        let bytes = fs::metadata(file).at(file)?.len();
        let gzip = gzipped(file)?;
        println!(
            "{bytes:>10} {gzip:>10}  {part}: {}",
            file.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    Ok(())
}
