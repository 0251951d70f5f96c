//! Puts the numbered migrations into the component: nothing else applies them on Spin.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let package = env::var("CARGO_MANIFEST_DIR")?;
    let mut list = String::from("[");
    // The service's first, then what only this platform has.
    for folder in ["../service/migrations", "migrations"] {
        let folder = Path::new(&package).join(folder).canonicalize()?;
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<_> = fs::read_dir(&folder)?
            .map(|file| file.map(|file| file.path()))
            .collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
        files.sort();
        for file in files {
            let name = file.file_stem().and_then(|name| name.to_str()).ok_or("a name")?;
            let path = file.to_str().ok_or("a path")?;
            write!(list, "Migration {{ name: {name:?}, sql: include_str!({path:?}) }},")?;
        }
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
