//! `visavis-turn --config FILE`: starts the relay. `visavis-turn canary URL…`: tries one, from outside.

use std::error::Error;
use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use visavis_turn::clock::Now;
use visavis_turn::config::{Config, DataPath};
use visavis_turn::log::{self, Level};
use visavis_turn::metrics::{self, Board, Snapshot};
use visavis_turn::orders::{Orders, Phase, Settings};
use visavis_turn::tls::Secured;
use visavis_turn::worker::listeners::Listeners;
use visavis_turn::worker::sockets::RelaySettings;
use visavis_turn::worker::{Shared, Worker};

const USAGE: &str = "\
usage: visavis-turn --config FILE [--check]
       visavis-turn canary [options] URL…      tries a relay; see visavis-turn canary --help

  --config FILE   the configuration, TOML; see docs/relay.md
  --check         check the configuration and exit
  --version       print the version and exit";

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == "canary").is_some() {
        return canary(words);
    }
    let asked = match arguments() {
        Ok(asked) => asked,
        Err(error) => return fail(&format!("{error}\n{USAGE}")),
    };
    match asked {
        Asked::Text(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Asked::Check(path) => match check(&path) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
        Asked::Run(path) => match run(&path) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
    }
}

#[cfg(feature = "canary")]
fn canary(arguments: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    visavis_turn_canary::command::run(arguments)
}

#[cfg(not(feature = "canary"))]
fn canary(_: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    fail("this build has no canary: build it with the feature `canary`")
}

/// Reads all that is read before a start.
fn check(path: &Path) -> Result<(), Box<dyn Error>> {
    settings(&Config::read(path)?, [0; 32]).map(|_| ())
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

/// Starts the workers, says so, and does what signals ask for.
fn run(path: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::read(path)?;
    log::set(config.log);
    raise_descriptor_limit();
    let mut nonce_key = [0; 32];
    getrandom::fill(&mut nonce_key)?;
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let count = match config.workers {
        Some(count) => count,
        None => std::thread::available_parallelism()?.get(),
    };
    let shared = Shared {
        orders: Arc::new(Orders::new(count, settings(&config, nonce_key)?)?),
        ledger: Arc::default(),
        board: Arc::default(),
        challenges: Arc::default(),
    };
    let orders = Arc::clone(&shared.orders);
    if let Some(address) = config.metrics {
        metrics::serve(address, Arc::clone(&shared.board), Arc::clone(&orders))
            .map_err(|error| format!("cannot listen on {address} for metrics: {error}"))?;
    }
    let mut relay = RelaySettings::new(&config.relay.address, &config.relay.advertise, config.relay.ports);
    if config.relay.path == DataPath::Shared
        && let Err(error) = relay.share(count)
    {
        log::event(
            Level::Warn,
            "relay.path = \"shared\" is not possible here: it needs Linux 5.9, CAP_NET_ADMIN, CAP_BPF and CAP_NET_RAW. \
             Going on with a socket for each allocation",
            &[("error", &error)],
        );
    }
    let mut workers = Vec::new();
    for (number, listeners) in Listeners::open_all(&config.listen, count)?.into_iter().enumerate() {
        let (relay, shared) = (relay.clone(), shared.clone());
        let work = move || {
            let _guard = AbortOnPanic;
            let orders = Arc::clone(&shared.orders);
            let result = Worker::new(number, listeners, relay, shared).and_then(|mut worker| worker.run());
            // With one the others end too: after a failure the relay is to be started again as a whole.
            orders.enter(Phase::Stopped);
            result
        };
        workers.push(
            std::thread::Builder::new()
                .name(format!("worker {number}"))
                .spawn(work)?,
        );
    }
    if let Some(acme) = config.acme.clone() {
        acme.start(Arc::clone(&shared.orders), Arc::clone(&shared.challenges))
            .map_err(|error| format!("acme: cannot start: {error}"))?;
    }
    println!("ready");
    std::io::stdout().flush()?;
    let fields: [(&str, &dyn Display); 2] = [("version", &env!("CARGO_PKG_VERSION")), ("workers", &count)];
    log::event(Level::Info, "ready", &fields);
    watch(&shared.board)?;

    let path = path.to_owned();
    let mut drain = config.drain.seconds;
    let obey = move || {
        for signal in signals.forever() {
            match (signal, orders.phase()) {
                (SIGHUP, _) => match reload(&path, nonce_key, &orders) {
                    Ok(seconds) => {
                        drain = seconds;
                        log::event(Level::Info, "reloaded", &[]);
                    }
                    Err(error) => {
                        log::event(
                            Level::Error,
                            "not reloaded, all goes on as it was",
                            &[("error", &error)],
                        );
                    }
                },
                (SIGTERM, Phase::Running) if drain > 0 => {
                    orders.enter(Phase::Draining);
                    log::event(Level::Info, "draining", &[("seconds", &drain)]);
                    let (orders, limit) = (Arc::clone(&orders), Duration::from_secs(drain.into()));
                    std::thread::spawn(move || {
                        std::thread::sleep(limit);
                        orders.enter(Phase::Stopped);
                    });
                }
                _ => {
                    log::event(Level::Info, "stopping", &[]);
                    orders.enter(Phase::Stopped);
                }
            }
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(obey)?;
    for worker in workers {
        worker.join().map_err(|_| "a worker panicked")??;
    }
    Ok(())
}

/// Says once a minute what was refused or lost since the last time.
fn watch(board: &Arc<Board>) -> Result<(), Box<dyn Error>> {
    type Kind = (&'static str, fn(&Snapshot) -> u64);
    const KINDS: [Kind; 4] = [
        ("forbidden_peers", |of| of.counters.forbidden),
        ("limited", |of| of.counters.limited),
        ("over_quota", |of| of.counters.over_quota),
        ("dropped", |of| of.dropped),
    ];
    let board = Arc::clone(board);
    let mut before = [0; KINDS.len()];
    let watch = move || {
        loop {
            std::thread::sleep(Duration::from_mins(1));
            let sums = KINDS.map(|(_, of)| board.sum(of));
            let more: [u64; KINDS.len()] = std::array::from_fn(|at| sums[at].saturating_sub(before[at]));
            before = sums;
            if more.iter().any(|more| *more > 0) {
                let fields: [(&str, &dyn Display); KINDS.len()] = std::array::from_fn(|at| {
                    let field: (&str, &dyn Display) = (KINDS[at].0, &more[at]);
                    field
                });
                log::event(Level::Warn, "refused or lost in the last minute", &fields);
            }
        }
    };
    std::thread::Builder::new().name("watch".to_owned()).spawn(watch)?;
    Ok(())
}

/// Reads the configuration anew; says how long to drain. Listeners, relayed addresses and workers stay as they are.
fn reload(path: &Path, nonce_key: [u8; 32], orders: &Orders) -> Result<u32, Box<dyn Error>> {
    let config = Config::read(path)?;
    log::set(config.log);
    orders.set(settings(&config, nonce_key)?);
    Ok(config.drain.seconds)
}

fn settings(config: &Config, nonce_key: [u8; 32]) -> Result<Settings, Box<dyn Error>> {
    let tls = match (&config.tls, &config.acme) {
        (Some(files), _) => Some(files.read()?),
        // The one of before, as long as there is no newer.
        (None, Some(acme)) => match acme.stored(Now::read())? {
            Some(bundle) => Some(Secured::new(&bundle.pem, &bundle.pem)?),
            None => None,
        },
        (None, None) => None,
    };
    Ok(Settings {
        rules: Arc::new(config.rules(nonce_key)),
        streams: config.streams,
        tls,
        share: config.share,
    })
}

/// A relay with a dead worker would look alive and lose a part of its clients: it ends, and is started again.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}
