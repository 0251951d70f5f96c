//! `cargo xtask bench`: figures, not tests; nothing here fails for being slow.

mod size;
mod turn;

pub(crate) use size::gzipped;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    arguments::Arguments,
    failure::{AtPath, Result, failure},
    paths,
    process::shown,
    service::{self, Platform, Variant, spin},
    setup::{Edge, Tools, browsers::Browsers, node::Node},
    stack::{Place, Stack},
};

/// How a part is measured.
enum Measure {
    /// By a function here, of what was built of the service.
    Built(fn(&Path) -> Result<()>),
    /// By a function here, with how often and how many seconds each.
    Rounds(fn(&Path, Option<u32>, Option<u32>) -> Result<()>),
    /// By a Node script that needs no stack.
    Alone(&'static str),
    /// By a Node script that measures a running stack, described to it as to the tests.
    Script(&'static str),
    /// By a Node script that measures a stack on Spin's test host too, and the host itself.
    BesideSpin(&'static str),
}

/// A new part is a line here and a file: a script in `tests/bench`, or a function beside this.
const PARTS: &[(&str, Measure)] = &[
    ("size", Measure::Built(size::run)),
    ("call-setup", Measure::Script("call-setup.mjs")),
    ("handshake", Measure::Alone("handshake.mjs")),
    ("service", Measure::Script("service.mjs")),
    ("mailboxes", Measure::Script("mailboxes.mjs")),
    ("spin", Measure::BesideSpin("spin.mjs")),
    ("turn", Measure::Rounds(turn::run)),
];

/// No measure is to meet a limit.
const LIMITS: u32 = 100_000;

/// Measures the parts that are named, or all.
pub(crate) fn run(root: &Path, mut arguments: Arguments) -> Result<()> {
    let (rounds, seconds) = (arguments.option("--rounds")?, arguments.option("--seconds")?);
    let wanted = arguments.words()?;
    if let Some(unknown) = wanted.iter().find(|word| PARTS.iter().all(|(name, _)| name != word)) {
        let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        return failure(format!(
            "there is no part {unknown}; the parts are {}",
            known.join(", ")
        ));
    }
    let mut bench = Bench {
        root,
        state: paths::target(root).join(format!("xtask/bench-{}", std::process::id())),
        stacks: Vec::new(),
    };
    let chosen = PARTS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| word == name));
    for (name, measure) in chosen {
        println!("\n── {name} ──");
        match measure {
            Measure::Rounds(measure) => measure(root, rounds, seconds)?,
            Measure::Built(measure) => {
                for platform in [Platform::Cloudflare, Platform::Spin] {
                    service::build(root, &Tools::ensure(root, platform)?, Variant::Ordinary)?;
                }
                measure(root)?;
            }
            Measure::Alone(script) => {
                let mut node = Node::ensure(root)?.node();
                shown(node.arg(root.join("tests/bench").join(script)).current_dir(root))?;
            }
            Measure::Script(script) => {
                let mut node = bench.node(script)?;
                shown(&mut node)?;
            }
            Measure::BesideSpin(script) => {
                let mut node = bench.node(script)?;
                bench.describe_spin(&mut node)?;
                shown(&mut node)?;
            }
        }
    }
    bench.end()
}

/// The stacks that are measured, each started by whoever needs it first.
struct Bench<'a> {
    root: &'a Path,
    state: PathBuf,
    stacks: Vec<(Platform, Tools, Stack)>,
}

impl Bench<'_> {
    fn stack(&mut self, platform: Platform) -> Result<&(Platform, Tools, Stack)> {
        let started = self.stacks.iter().position(|(on, ..)| *on == platform);
        let at = if let Some(at) = started {
            at
        } else {
            let place = Place::apart(platform, self.state.join(platform.to_string()), LIMITS)?;
            let tools = Tools::ensure(self.root, platform)?;
            let stack = Stack::start(self.root, &tools, &place)?;
            self.stacks.push((platform, tools, stack));
            self.stacks.len() - 1
        };
        Ok(&self.stacks[at])
    }

    /// A script that is told of the stack on workerd.
    fn node(&mut self, script: &str) -> Result<Command> {
        let script = self.root.join("tests/bench").join(script);
        let root = self.root;
        let (_, tools, stack) = self.stack(Platform::Cloudflare)?;
        let mut node = tools.node.node();
        stack.describe(&mut node);
        Browsers::ensure()?.describe(&mut node);
        node.arg(script).current_dir(root);
        Ok(node)
    }

    /// Tells a script of the stack on the test host too, and how to start another host.
    fn describe_spin(&mut self, node: &mut Command) -> Result<()> {
        let manifest = self.root.join("spin.toml");
        let (_, tools, stack) = self.stack(Platform::SpinTestHost)?;
        if let Edge::Spin { host: Some(host), .. } = &tools.edge {
            node.env("VISAVIS_SPIN_HOST", host);
        }
        node.env("VISAVIS_SPIN_MANIFEST", manifest)
            .env("VISAVIS_READY_SPIN", &stack.ready);
        spin::describe(node, &stack.settings);
        Ok(())
    }

    fn end(self) -> Result<()> {
        drop(self.stacks);
        if self.state.exists() {
            std::fs::remove_dir_all(&self.state).at(&self.state)?;
        }
        Ok(())
    }
}
