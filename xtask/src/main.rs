//! Set-up, start, tests and measures of this repository.

mod failure;
mod interrupt;
mod paths;
mod process;
mod service;
mod setup;

use std::{env, process::ExitCode};

use failure::{Failure, Result, failure};

const USAGE: &str = "\
cargo xtask up [--fresh] [--port N] [--demo-port N] [--relay-port N] [--on cloudflare]
cargo xtask test [part…]
cargo xtask bench [part…]
cargo xtask setup
cargo xtask build-service";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Interrupted) => ExitCode::from(130),
        Err(Failure::Sentence(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    interrupt::listen()?;
    let root = paths::root();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("setup") => setup::Tools::ensure(&root).map(|_| ()),
        Some("build-service") => service::build(&root, &setup::Tools::ensure(&root)?),
        _ => failure(USAGE),
    }
}
