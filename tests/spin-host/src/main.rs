//! A test host for the Spin component: it runs what `spin.toml` describes on wasmtime, so that tests and contributors
//! need no `spin`. It offers what the service uses of Spin, with Spin's own behaviour where a test could tell the
//! difference, and refuses what it does not know. It is no server for people: nothing here is hardened.

mod clock;
mod instance;
mod manifest;
mod options;
mod serve;
mod sqlite;
mod variables;

use std::process::ExitCode;

use options::Options;

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
    let application = manifest::Application::read(&options.manifest, std::env::vars())?;
    let handler = instance::handler(&options, &application)?;
    serve::until_stopped(&options, handler).await
}
