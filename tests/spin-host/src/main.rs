//! A test host for the Spin component: it runs what `spin.toml` describes on wasmtime, so that tests and contributors
//! need no `spin`; and what `spin-cron.toml` describes, called when a test says so. It offers what the service uses of Spin, with Spin's own behaviour where a test could tell the
//! difference, and refuses what it does not know. It is no server for people: nothing here is hardened.

mod clock;
mod cron;
mod instance;
mod manifest;
mod options;
mod outbound;
mod serve;
mod sqlite;
mod variables;

use std::process::ExitCode;

use manifest::Application;
use options::{Command, Options};

/// What stops the host: a sentence, or wasmtime's own.
type Result<T> = wasmtime::Result<T>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let options = Options::read()?;
    let application = Application::read(&options.manifest, options.command, std::env::vars())?;
    match options.command {
        Command::Up => {
            let handler = instance::handler(&options, &application)?;
            serve::until_stopped(&options, handler).await
        }
        Command::Cron => cron::call(&options, &application).await,
    }
}
