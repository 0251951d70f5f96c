//! `visavis-turn canary URL…`

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Value, ValueExt as _};

use crate::credentials::Credentials;
use crate::probe::{Plan, probe};
use crate::report::{Report, metrics};
use crate::url::TurnUrl;
use crate::wire::Trust;

/// How it is called.
pub const USAGE: &str = "\
usage: visavis-turn canary [options] URL…

  URL                 turn:host[:port][?transport=udp|tcp] or turns:host[:port][?transport=udp|tcp]
  --json              one JSON document instead of a line for each address
  --textfile FILE     also write metrics for Prometheus's textfile collector
  --credentials FILE  TOML with `secret`, or `username` and `password`; otherwise from VISAVIS_TURN_SECRET,
                      or VISAVIS_TURN_USERNAME and VISAVIS_TURN_PASSWORD
  --ca FILE           PEM of the authorities to trust for turns:, instead of the system's
  --messages N        how many messages go there and back (50)
  --timeout SECONDS   how long a connection may take (10)

It ends with 0 where every address is up, with 1 where one is not, with 2 where it cannot try.";

struct Options {
    urls: Vec<TurnUrl>,
    json: bool,
    textfile: Option<PathBuf>,
    credentials: Option<PathBuf>,
    authorities: Option<PathBuf>,
    plan: Plan,
}

/// Runs the command with the arguments after its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let options = match read(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&format!("{error}\n{USAGE}")),
    };
    let credentials = match Credentials::find(options.credentials.as_deref()) {
        Ok(credentials) => credentials,
        Err(error) => return refuse(&error.to_string()),
    };
    let trust = match Trust::read(options.authorities.as_deref()) {
        Ok(trust) => trust,
        Err(error) => return refuse(&format!("trusted certificates: {error}")),
    };
    let mut reports = Vec::new();
    for url in &options.urls {
        let report = Report::new(url, probe(url, &credentials, &trust, options.plan));
        if !options.json {
            println!("{}", report.text());
        }
        reports.push(report);
    }
    if options.json {
        match serde_json::to_string(&reports) {
            Ok(text) => println!("{text}"),
            Err(error) => return refuse(&error.to_string()),
        }
    }
    if let Some(path) = &options.textfile
        && let Err(error) = replace(path, &metrics(&reports))
    {
        return refuse(&format!("{}: {error}", path.display()));
    }
    ExitCode::from(u8::from(reports.iter().any(|report| !report.up)))
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Options>, lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut options = Options {
        urls: Vec::new(),
        json: false,
        textfile: None,
        credentials: None,
        authorities: None,
        plan: Plan::default(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => options.json = true,
            Long("textfile") => options.textfile = Some(parser.value()?.into()),
            Long("credentials") => options.credentials = Some(parser.value()?.into()),
            Long("ca") => options.authorities = Some(parser.value()?.into()),
            Long("messages") => options.plan.messages = parser.value()?.parse()?,
            Long("timeout") => options.plan.patience = Duration::from_secs(parser.value()?.parse::<u16>()?.into()),
            Long("help") => return Ok(None),
            Value(url) => options.urls.push(url.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    if options.urls.is_empty() || options.plan.messages == 0 {
        return Err("give at least one URL and one message".into());
    }
    Ok(Some(options))
}

/// Writes a file beside and moves it into its place: a collector never reads a half.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    std::fs::rename(&beside, path)
}

fn refuse(text: &str) -> ExitCode {
    eprintln!("visavis-turn canary: {text}");
    ExitCode::from(2)
}
