//! The options of a command: `--name value`, `--flag`, and words.

use std::{fmt::Display, str::FromStr};

use crate::failure::{Failure, Result, failure};

/// What has not been taken yet.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    /// Those after the command's name.
    pub(crate) fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// Whether a flag was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// The value of an option, as `--name value` or `--name=value`.
    pub(crate) fn option<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(at) = self
            .0
            .iter()
            .position(|word| word == name || word.starts_with(&format!("{name}=")))
        else {
            return Ok(None);
        };
        let word = self.0.remove(at);
        let value = match word.split_once('=') {
            Some((_, value)) => value.to_owned(),
            None if at < self.0.len() => self.0.remove(at),
            None => return failure(format!("{name} needs a value")),
        };
        match value.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => failure(format!("{name} {value}: {error}")),
        }
    }

    /// The words that are left, none of them an option.
    pub(crate) fn words(self) -> Result<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with('-')) {
            Some(word) => failure(format!(
                "there is no option {word} here; `cargo xtask` alone lists the commands"
            )),
            None => Ok(self.0),
        }
    }

    /// Fails when something is left.
    pub(crate) fn end(self) -> Result<()> {
        match self.words()?.first() {
            Some(word) => Err(Failure::Sentence(format!(
                "what is {word}? `cargo xtask` alone lists the commands"
            ))),
            None => Ok(()),
        }
    }
}
