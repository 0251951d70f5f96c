//! The command line: the options of `spin up` that tests use, and a few that only a test host has.

use std::{net::SocketAddr, path::PathBuf};

use lexopt::{Arg, ValueExt as _};
use wasmtime::{error::Context as _, format_err};

use crate::Result;

const USAGE: &str = "\
visavis-spin-host up --from FILE --state-dir FOLDER [--listen 127.0.0.1:3000]
    [--max-instance-reuse-count 128] [--max-instance-concurrent-reuse-count 16] [--clock-offset-file FILE]

visavis-spin-host cron --from FILE --state-dir FOLDER [--clock-offset-file FILE]

Runs the component of a spin.toml, for tests; `cron` calls the one of a cron trigger once, now. Variables come from SPIN_VARIABLE_… in the environment.
A clock offset file holds how many milliseconds the component's clock is ahead, or behind with a minus sign.";

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Serve the HTTP trigger's component.
    Up,
    /// Call the cron trigger's component.
    Cron,
}

/// How to run.
#[derive(Debug)]
pub(crate) struct Options {
    /// What to do.
    pub(crate) command: Command,
    /// The `spin.toml`.
    pub(crate) manifest: PathBuf,
    /// Where databases lie.
    pub(crate) state: PathBuf,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// How many requests one instance handles in its life.
    pub(crate) reuse: usize,
    /// How many requests one instance answers at once; streams whose response has begun do not count.
    pub(crate) concurrent: usize,
    /// Says how far the component's clock is off.
    pub(crate) clock: Option<PathBuf>,
}

impl Options {
    /// From the command line.
    pub(crate) fn read() -> Result<Self> {
        Self::parse(lexopt::Parser::from_env()).context(USAGE)
    }

    fn parse(mut parser: lexopt::Parser) -> Result<Self> {
        let command = match parser.next()? {
            Some(Arg::Value(command)) if command == "up" => Command::Up,
            Some(Arg::Value(command)) if command == "cron" => Command::Cron,
            _ => return Err(format_err!("the commands are `up` and `cron`")),
        };
        let (mut manifest, mut state, mut clock) = (None, None, None);
        let mut listen = SocketAddr::from(([127, 0, 0, 1], 3000));
        // Spin's own defaults.
        let (mut reuse, mut concurrent) = (128, 16);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('f') | Arg::Long("from") => manifest = Some(parser.value()?.into()),
                Arg::Long("state-dir") => state = Some(parser.value()?.into()),
                Arg::Long("listen") => listen = parser.value()?.parse()?,
                Arg::Long("max-instance-reuse-count") => reuse = parser.value()?.parse()?,
                Arg::Long("max-instance-concurrent-reuse-count") => concurrent = parser.value()?.parse()?,
                Arg::Long("clock-offset-file") => clock = Some(parser.value()?.into()),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Self {
            command,
            manifest: manifest.ok_or_else(|| format_err!("--from is missing"))?,
            state: state.ok_or_else(|| format_err!("--state-dir is missing"))?,
            listen,
            reuse,
            concurrent,
            clock,
        })
    }
}
