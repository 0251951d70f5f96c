//! Set-up, start, tests and measures of this repository.

mod arguments;
mod bench;
mod check_pages;
mod demo;
mod failure;
mod http;
mod interrupt;
mod paths;
mod ports;
mod process;
mod relay;
mod release;
mod secrets;
mod seed;
mod service;
mod setup;
mod stack;
mod test;
mod up;

use std::{env, process::ExitCode};

use arguments::Arguments;
use failure::{Failure, Result, failure};
use service::{Platform, Variant};
use setup::Tools;

const USAGE: &str = "\
cargo xtask up [--fresh] [--port N] [--demo-port N] [--relay-port N] [--on cloudflare|spin]
    builds and starts everything on this machine
cargo xtask test [part…]
    runs all tests, or some parts: format lint unit release contract browser hostile network
    deploy faults
cargo xtask bench [part…] [--rounds N] [--seconds N]
    measures; how often and how long is for the relay only
cargo xtask setup
    prepares this machine
cargo xtask build [--on cloudflare|spin]
    builds the pages and the service
cargo xtask release [--key FILE] [--out FOLDER]
    builds the pages and writes a manifest of every byte that a deployment serves, signed with the key
cargo xtask verify-deployment URL [--manifest FILE --key FILE]
    compares what a deployment serves with a signed manifest, or with this checkout
cargo xtask check-pages URL… --site-key KEY
    tells which of a customer's pages do not pin the site key";

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
    let mut words = env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let arguments = Arguments::new(words.collect());
    match name.as_str() {
        "up" => up::run(&root, arguments),
        "test" => test::run(&root, arguments),
        "bench" => bench::run(&root, arguments),
        "setup" => {
            arguments.end()?;
            for platform in [Platform::Cloudflare, Platform::Spin] {
                Tools::ensure(&root, platform)?;
            }
            setup::browsers::Browsers::ensure().map(|_| ())
        }
        "build" => {
            let tools = Tools::ensure(&root, platform(arguments)?)?;
            service::build(&root, &tools, Variant::Ordinary)
        }
        "build-service" => {
            let tools = Tools::ensure(&root, platform(arguments)?)?;
            service::build_adapter(&root, &tools, Variant::Ordinary)
        }
        "release" => release::release(&root, arguments),
        "verify-deployment" => release::verify(&root, arguments),
        "check-pages" => check_pages::run(arguments),
        _ => failure(USAGE),
    }
}

/// The only option of a command.
fn platform(mut arguments: Arguments) -> Result<Platform> {
    let platform = arguments.option("--on")?.unwrap_or(Platform::Cloudflare);
    arguments.end()?;
    Ok(platform)
}
