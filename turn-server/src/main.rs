//! `visavis-turn --config FILE`: starts the relay.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use visavis_turn::config::Config;
use visavis_turn::quota::Ledger;
use visavis_turn::tls::CertificateFiles;
use visavis_turn::worker::sockets::RelaySettings;
use visavis_turn::worker::{Listeners, Stop, Worker};

const USAGE: &str = "\
usage: visavis-turn --config FILE [--check]

  --config FILE   the configuration, TOML; see docs/relay.md
  --check         check the configuration and exit
  --version       print the version and exit";

fn main() -> ExitCode {
    let asked = match arguments() {
        Ok(asked) => asked,
        Err(error) => return fail(&format!("{error}\n{USAGE}")),
    };
    match asked {
        Asked::Text(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Asked::Check(path) => match Config::read(&path) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
        Asked::Run(path) => match Config::read(&path).map_err(Into::into).and_then(|config| run(&config)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
    }
}

enum Asked {
    Text(String),
    Check(PathBuf),
    Run(PathBuf),
}

fn arguments() -> Result<Asked, lexopt::Error> {
    use lexopt::prelude::{Long, ValueExt as _};
    let mut parser = lexopt::Parser::from_env();
    let mut config: Option<PathBuf> = None;
    let mut check = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("config") => config = Some(parser.value()?.parse()?),
            Long("check") => check = true,
            Long("version") => return Ok(Asked::Text(format!("visavis-turn {}", env!("CARGO_PKG_VERSION")))),
            Long("help") => return Ok(Asked::Text(USAGE.to_owned())),
            other => return Err(other.unexpected()),
        }
    }
    let config = config.ok_or("--config is missing")?;
    Ok(if check {
        Asked::Check(config)
    } else {
        Asked::Run(config)
    })
}

fn fail(text: &str) -> ExitCode {
    eprintln!("visavis-turn: {text}");
    ExitCode::FAILURE
}

/// Every allocation takes a descriptor: as many as the system lets us have without asking.
fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Left as it is where that is refused; then the relay is full earlier.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Starts the workers, says so, and waits for a signal.
fn run(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    raise_descriptor_limit();
    let mut nonce_key = [0; 32];
    getrandom::fill(&mut nonce_key)?;
    let rules = Arc::new(config.rules(nonce_key));
    let ledger = Arc::new(Ledger::default());
    let relay = RelaySettings::new(&config.relay.address, config.relay.ports);
    let tls = config.tls.as_ref().map(CertificateFiles::read).transpose()?;
    let stop = Arc::new(Stop::new()?);
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let count = match config.workers {
        Some(count) => count,
        None => std::thread::available_parallelism()?.get(),
    };
    // All listeners before the first worker: the kernel spreads clients over those that are there.
    let listeners = (0..count)
        .map(|_| Listeners::open(&config.listen))
        .collect::<Result<Vec<_>, _>>()?;
    let mut workers = Vec::new();
    for (number, listeners) in listeners.into_iter().enumerate() {
        let (rules, ledger, relay, stop) = (
            Arc::clone(&rules),
            Arc::clone(&ledger),
            relay.clone(),
            Arc::clone(&stop),
        );
        let (limits, tls) = (config.streams, tls.clone());
        let work =
            move || Worker::new(listeners, rules, ledger, relay, limits, tls, stop).and_then(|mut worker| worker.run());
        workers.push(
            std::thread::Builder::new()
                .name(format!("worker {number}"))
                .spawn(work)?,
        );
    }
    println!("ready");
    std::io::stdout().flush()?;
    let _signal = signals.forever().next();
    stop.stop()?;
    for worker in workers {
        worker.join().map_err(|_| "a worker panicked")??;
    }
    Ok(())
}
