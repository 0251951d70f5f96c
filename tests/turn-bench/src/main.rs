//! Measures the relay beside a forwarder without any protocol, and beside coturn where it is installed: on one core of
//! this machine, with the load on another, over the loopback interface.
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod calls;
mod client;
mod contest;
mod forwarder;
mod load;
mod servers;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Value, ValueExt as _};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
visavis-turn-bench --relay PROGRAM --state FOLDER [--rounds N] [--seconds N] [--allocations N] [--part PART]… [--server SERVER]…
    measures, and prints tables. Parts: packets, bursts, allocations, latency. Servers, beside the raw forwarder:
    sockets, counted, shared-raw, shared, coturn
visavis-turn-bench forward --listen ADDRESS --clients ADDRESS --peers ADDRESS --flows N [--runs | --shared]
    is the forwarder that it measures against";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("visavis-turn-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut parser = lexopt::Parser::from_env();
    let mut forward = false;
    let (mut listen, mut clients, mut peers, mut flows) = (None, None, None, None);
    let (mut runs, mut shared) = (false, false);
    let (mut relay, mut state): (Option<PathBuf>, Option<PathBuf>) = (None, None);
    let mut plan = contest::Plan {
        rounds: 5,
        duration: Duration::from_secs(2),
        allocations: 10_000,
        parts: Vec::new(),
        servers: Vec::new(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if word == "forward" => forward = true,
            Long("listen") => listen = Some(parser.value()?.parse()?),
            Long("clients") => clients = Some(parser.value()?.parse()?),
            Long("peers") => peers = Some(parser.value()?.parse()?),
            Long("flows") => flows = Some(parser.value()?.parse()?),
            Long("runs") => runs = true,
            Long("shared") => shared = true,
            Long("relay") => relay = Some(parser.value()?.into()),
            Long("state") => state = Some(parser.value()?.into()),
            Long("rounds") => plan.rounds = parser.value()?.parse()?,
            Long("seconds") => plan.duration = Duration::try_from_secs_f64(parser.value()?.parse()?)?,
            Long("allocations") => plan.allocations = parser.value()?.parse()?,
            Long("part") => plan.parts.push(known(parser.value()?.parse()?, &contest::PARTS)?),
            Long("server") => plan.servers.push(known(
                parser.value()?.parse()?,
                &servers::Kind::ALL.map(servers::Kind::key),
            )?),
            other => return Err(format!("{}\n{USAGE}", other.unexpected()).into()),
        }
    }
    if plan.rounds == 0 || plan.duration.is_zero() {
        return Err("--rounds and --seconds: more than none".into());
    }
    if forward {
        return match (listen, clients, peers, flows) {
            (Some(listen), Some(clients), Some(peers), Some(flows)) => forwarder::run(&forwarder::Plan {
                listen,
                clients,
                peers,
                flows,
                runs,
                shared,
            }),
            _ => Err(USAGE.into()),
        };
    }
    let (Some(relay), Some(state)) = (relay, state) else {
        return Err(USAGE.into());
    };
    contest::run(&plan, servers::Machine::new(relay, state)?)
}

fn known(word: String, words: &[&str]) -> Result<String> {
    if words.contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(format!("there is no {word}; there are {}", words.join(", ")).into())
    }
}
