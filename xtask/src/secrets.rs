//! The secrets of a local stack: made once, kept in its state folder, readable by their owner only.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::failure::{AtPath, Failure, Result};

/// What `docs/` tells operators to make by hand: the setting and how many random bytes.
const SECRETS: [(&str, usize); 4] = [
    ("TOKEN_KEY", 32),
    ("VAULT_KEY", 32),
    ("RELAY_SECRET", 32),
    ("OPERATOR_KEY", 32),
];

/// Setting to value.
pub(crate) type Settings = BTreeMap<String, String>;

/// Reads the secrets, after making those that are missing.
pub(crate) fn ensure(state: &Path) -> Result<Settings> {
    let path = state.join("secrets.env");
    let text = if path.exists() {
        fs::read_to_string(&path).at(&path)?
    } else {
        String::new()
    };
    let mut secrets: Settings = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    for (name, bytes) in SECRETS {
        if !secrets.contains_key(name) {
            let mut random = vec![0; bytes];
            getrandom::fill(&mut random).map_err(|error| Failure::Sentence(format!("no random numbers: {error}")))?;
            secrets.insert(name.into(), STANDARD.encode(random));
        }
    }
    write_settings(&path, &secrets)?;
    Ok(secrets)
}

/// Writes settings in the form that wrangler reads.
pub(crate) fn write_settings(path: &Path, settings: &Settings) -> Result<()> {
    let lines: Vec<String> = settings
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}={value}
"
            )
        })
        .collect();
    write_private(path, &lines.concat())
}

/// Writes a file for its owner only.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .at(path)?;
    file.write_all(text.as_bytes()).at(path)
}
