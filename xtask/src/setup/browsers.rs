//! The browsers of the tests.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::apt;
use crate::{
    failure::{Failure, Result, failure},
    paths,
};

const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const CHROMIUM_ELSEWHERE: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const FIREFOX: [&str; 2] = ["firefox-esr", "firefox"];
const FIREFOX_ELSEWHERE: [&str; 1] = ["/Applications/Firefox.app/Contents/MacOS/firefox"];

/// Where they are.
pub(crate) struct Browsers {
    chromium: PathBuf,
    firefox: PathBuf,
}

impl Browsers {
    /// Finds them, or installs them.
    pub(crate) fn ensure() -> Result<Self> {
        Ok(Self {
            chromium: one(
                "Chromium",
                "VISAVIS_CHROMIUM",
                &CHROMIUM,
                &CHROMIUM_ELSEWHERE,
                "chromium",
            )?,
            firefox: one(
                "Firefox",
                "VISAVIS_FIREFOX",
                &FIREFOX,
                &FIREFOX_ELSEWHERE,
                "firefox-esr",
            )?,
        })
    }

    /// Tells a program where they are.
    pub(crate) fn describe(&self, program: &mut Command) {
        program
            .env("VISAVIS_CHROMIUM", &self.chromium)
            .env("VISAVIS_FIREFOX", &self.firefox);
    }
}

fn one(name: &str, variable: &str, programs: &[&str], elsewhere: &[&str], package: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            failure(format!("{variable} names no file: {}", path.display()))
        };
    }
    let find = || {
        let on_path = programs.iter().find_map(|program| paths::on_path(program));
        on_path.or_else(|| {
            elsewhere
                .iter()
                .map(Path::new)
                .find(|path| path.is_file())
                .map(Path::to_path_buf)
        })
    };
    if let Some(path) = find() {
        return Ok(path);
    }
    apt::ensure(
        &[package],
        &format!("{name} for the browser tests (or {variable}=/path/to/it)"),
    )?;
    find().ok_or_else(|| Failure::Sentence(format!("{name} is needed: install it, or set {variable} to its path")))
}
