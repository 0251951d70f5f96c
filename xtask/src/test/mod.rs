//! `cargo xtask test`: every check there is, in parts, the fast ones first. A check that cannot run has failed.

mod contract;
mod deploy;
mod faults;
mod format;
mod lint;
mod release;
mod scripts;
mod unit;
mod world;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use world::World;

use crate::{
    arguments::Arguments,
    failure::{Failure, Result, failure},
    process::seconds,
    service::Platform,
};

/// One thing that passes or fails.
struct Check {
    part: &'static str,
    name: &'static str,
    run: fn(&mut World) -> Result<()>,
}

const CLOUDFLARE: Platform = Platform::Cloudflare;
const TEST_HOST: Platform = Platform::SpinTestHost;

const fn check(part: &'static str, name: &'static str, run: fn(&mut World) -> Result<()>) -> Check {
    Check { part, name, run }
}

/// In the order they run. A new check is a line here and a function in the file of its part.
const CHECKS: &[Check] = &[
    check("format", "Rust", format::rust),
    check("format", "scripts", format::scripts),
    check("lint", "scripts", lint::scripts),
    check("lint", "types of the pages", lint::page_types),
    check("lint", "types of the suites", lint::suite_types),
    check("lint", "Rust", lint::rust),
    check("lint", "Rust for the edge", lint::edge),
    check("unit", "Rust", unit::rust),
    check("unit", "Rust examples", unit::examples),
    check("unit", "pages", unit::pages),
    check("release", "reproducible", release::reproducible),
    check("deploy", "Cloudflare", deploy::cloudflare),
    check("deploy", "Spin", deploy::spin),
    check("contract", "suite", |world| contract::suite(world, CLOUDFLARE)),
    check("release", "deployment", release::deployment),
    check("contract", "schemathesis", contract::schemathesis),
    check("contract", "ports", |world| contract::ports(world, CLOUDFLARE)),
    check("browser", "suite", |world| scripts::browser(world, CLOUDFLARE)),
    check("hostile", "suite", scripts::hostile),
    check("network", "suite", scripts::network),
    check("contract", "suite on Spin's test host", |world| {
        contract::suite(world, TEST_HOST)
    }),
    check("browser", "suite on Spin's test host", |world| {
        scripts::browser(world, TEST_HOST)
    }),
    check("contract", "ports on Spin's test host", |world| {
        contract::ports(world, TEST_HOST)
    }),
    check("faults", "suite on Spin's test host", faults::suite),
    check("contract", "suite on Spin", contract::suite_on_spin),
];

struct Outcome {
    check: &'static Check,
    took: Duration,
    failure: Option<String>,
}

/// Runs the parts that are named, or all, and fails when one of their checks fails.
pub(crate) fn run(root: &Path, arguments: Arguments) -> Result<()> {
    let parts = arguments.words()?;
    if let Some(unknown) = parts
        .iter()
        .find(|part| CHECKS.iter().all(|check| check.part != part.as_str()))
    {
        let mut known: Vec<&str> = CHECKS.iter().map(|check| check.part).collect();
        known.dedup();
        return failure(format!(
            "there is no part {unknown}; the parts are {}",
            known.join(", ")
        ));
    }
    let mut world = World::new(root);
    let mut outcomes = Vec::new();
    for check in CHECKS
        .iter()
        .filter(|check| parts.is_empty() || parts.iter().any(|part| part == check.part))
    {
        println!("\n── {}: {} ──", check.part, check.name);
        let begin = Instant::now();
        let result = (check.run)(&mut world).and_then(|()| world.check());
        let failure = match result {
            Ok(()) => None,
            Err(Failure::Sentence(sentence)) => {
                println!("FAILED: {sentence}");
                Some(sentence)
            }
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
        };
        outcomes.push(Outcome {
            check,
            took: begin.elapsed(),
            failure,
        });
    }
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    world.end(failed == 0)?;
    summarise(&outcomes);
    println!("\n{} passed, {failed} failed", outcomes.len() - failed);
    if failed == 0 {
        Ok(())
    } else {
        failure("not everything passed")
    }
}

fn summarise(outcomes: &[Outcome]) {
    println!("\n{:<10}{:<28}{:>12}", "part", "check", "time");
    for Outcome { check, took, failure } in outcomes {
        let verdict = failure.as_ref().map_or_else(
            || "ok".into(),
            |text| format!("FAILED: {}", text.lines().next().unwrap_or("")),
        );
        println!("{:<10}{:<28}{:>12}  {verdict}", check.part, check.name, seconds(*took));
    }
}
