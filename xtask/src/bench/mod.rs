//! `cargo xtask bench`: figures, not tests; nothing here fails for being slow.

mod size;

pub(crate) use size::gzipped;

use std::path::Path;

use crate::{
    arguments::Arguments,
    failure::{AtPath, Result, failure},
    paths,
    process::shown,
    service::{self, Platform, Variant},
    setup::{Tools, browsers::Browsers},
    stack::{Place, Stack},
};

/// How a part is measured.
enum Measure {
    /// By a function here.
    Here(fn(&Path) -> Result<()>),
    /// By a Node script that measures a running stack, described to it as to the tests.
    Script(&'static str),
}

/// A new part is a line here and a file: a script in `tests/bench`, or a function beside this.
const PARTS: &[(&str, Measure)] = &[
    ("size", Measure::Here(size::run)),
    ("call-setup", Measure::Script("call-setup.mjs")),
    ("service", Measure::Script("service.mjs")),
    ("mailboxes", Measure::Script("mailboxes.mjs")),
];

/// No measure is to meet a limit.
const LIMITS: u32 = 100_000;

/// Measures the parts that are named, or all.
pub(crate) fn run(root: &Path, arguments: Arguments) -> Result<()> {
    let wanted = arguments.words()?;
    if let Some(unknown) = wanted.iter().find(|word| PARTS.iter().all(|(name, _)| name != word)) {
        let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        return failure(format!(
            "there is no part {unknown}; the parts are {}",
            known.join(", ")
        ));
    }
    let tools = Tools::ensure(root, Platform::Cloudflare)?;
    let place = Place::apart(
        paths::target(root).join(format!("xtask/bench-{}", std::process::id())),
        LIMITS,
    )?;
    let mut stack = None;
    let chosen = PARTS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| word == name));
    for (name, measure) in chosen {
        println!("\n── {name} ──");
        match measure {
            Measure::Here(measure) => {
                service::build(root, &tools, Variant::Ordinary)?;
                measure(root)?;
            }
            Measure::Script(script) => {
                let stack = match &stack {
                    Some(stack) => stack,
                    None => stack.insert(Stack::start(root, &tools, &place)?),
                };
                let browsers = Browsers::ensure()?;
                let mut node = tools.node.node();
                stack.describe(&mut node);
                browsers.describe(&mut node);
                shown(node.arg(root.join("tests/bench").join(script)).current_dir(root))?;
            }
        }
    }
    if stack.take().is_some() {
        std::fs::remove_dir_all(&place.state).at(&place.state)?;
    }
    Ok(())
}
