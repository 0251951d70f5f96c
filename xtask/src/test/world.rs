//! What the checks share: tools that are set up when the first check needs them, and one running stack.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::{AtPath, Failure, Result, failure},
    paths,
    process::{command, step},
    service::Platform,
    setup::{Tools, browsers::Browsers, node::Node},
    stack::{Place, Stack},
};

/// High enough for the suites, low enough for the contract suite to reach one.
const LIMITS: u32 = 20;

/// Shared by the checks of one run.
pub(super) struct World {
    /// The repository's root.
    pub(super) root: PathBuf,
    state: PathBuf,
    node: Option<Node>,
    tools: Vec<(Platform, Tools)>,
    browsers: Option<Browsers>,
    stack: Start,
}

enum Start {
    NotYet,
    Running(Platform, Box<Stack>),
    Failed(Platform),
}

impl World {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            state: paths::target(root).join(format!("xtask/test-{}", std::process::id())),
            node: None,
            tools: Vec::new(),
            browsers: None,
            stack: Start::NotYet,
        }
    }

    /// `cargo` at the root.
    pub(super) fn cargo(&self) -> Command {
        let mut cargo = command("cargo");
        cargo.current_dir(&self.root);
        cargo
    }

    /// Node and the npm packages.
    pub(super) fn node(&mut self) -> Result<&Node> {
        if self.node.is_none() {
            self.node = Some(Node::ensure(&self.root)?);
        }
        self.node.as_ref().ok_or(Failure::Interrupted)
    }

    /// Everything that building for a platform needs.
    pub(super) fn tools(&mut self, platform: Platform) -> Result<&Tools> {
        let known = self.tools.iter().position(|(known, _)| *known == platform);
        let at = if let Some(at) = known {
            at
        } else {
            self.tools.push((platform, Tools::ensure(&self.root, platform)?));
            self.tools.len() - 1
        };
        Ok(&self.tools[at].1)
    }

    /// The browsers.
    pub(super) fn browsers(&mut self) -> Result<&Browsers> {
        if self.browsers.is_none() {
            self.browsers = Some(Browsers::ensure()?);
        }
        self.browsers.as_ref().ok_or(Failure::Interrupted)
    }

    /// The running stack, started by whoever needs it first. There is one at a time.
    pub(super) fn stack(&mut self, platform: Platform) -> Result<&Stack> {
        let there = match &self.stack {
            Start::NotYet => false,
            Start::Running(on, _) | Start::Failed(on) => *on == platform,
        };
        if !there {
            self.stack = Start::Failed(platform);
            let place = Place::apart(platform, self.state.join(platform.to_string()), LIMITS)?;
            let root = self.root.clone();
            let tools = self.tools(platform)?;
            let stack = step(&format!("starting a stack for the tests on {platform}"), || {
                Stack::start(&root, tools, &place)
            })?;
            self.stack = Start::Running(platform, Box::new(stack));
        }
        match &self.stack {
            Start::Running(_, stack) => Ok(stack),
            _ => failure("the stack did not start, see above"),
        }
    }

    /// Tells a program where the stack is, if there is one.
    pub(super) fn describe(&self, program: &mut Command) {
        if let Start::Running(_, stack) = &self.stack {
            stack.describe(program);
        }
    }

    /// Fails when a program of the stack has ended by itself.
    pub(super) fn check(&mut self) -> Result<()> {
        match &mut self.stack {
            Start::Running(_, stack) => stack.check(),
            _ => Ok(()),
        }
    }

    /// Stops the stack; its state and logs are kept when something failed.
    pub(super) fn end(self, passed: bool) -> Result<()> {
        let started = !matches!(self.stack, Start::NotYet);
        drop(self.stack);
        if started && passed {
            fs::remove_dir_all(&self.state).at(&self.state)?;
        } else if started {
            println!("\nthe logs of what ran are below {}", self.state.display());
        }
        Ok(())
    }
}
