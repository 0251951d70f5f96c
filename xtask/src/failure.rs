//! What stops a command: one sentence for the person at the terminal.

use std::{fmt, io, path::Path};

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What is wrong, and what to do.
    Sentence(String),
    /// Ctrl-C or SIGTERM: nothing to explain.
    Interrupted,
}

/// The result of everything here.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sentence(sentence) => f.write_str(sentence),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// A failure with this sentence.
pub(crate) fn failure<T>(sentence: impl Into<String>) -> Result<T> {
    Err(Failure::Sentence(sentence.into()))
}

/// Names the file in an error of the file system.
pub(crate) trait AtPath<T> {
    /// Names the file in the error.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|error| Failure::Sentence(format!("{}: {error}", path.display())))
    }
}
