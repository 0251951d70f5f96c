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
    setup::{Tools, browsers::Browsers, node::Node},
    stack::{Place, Stack},
};

/// High enough for the suites, low enough for the contract suite to reach one.
const LIMITS: u32 = 10;

/// Shared by the checks of one run.
pub(super) struct World {
    /// The repository's root.
    pub(super) root: PathBuf,
    state: PathBuf,
    node: Option<Node>,
    tools: Option<Tools>,
    browsers: Option<Browsers>,
    stack: Start,
}

enum Start {
    NotYet,
    Running(Box<Stack>),
    Failed,
}

impl World {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            state: paths::target(root).join(format!("xtask/test-{}", std::process::id())),
            node: None,
            tools: None,
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

    /// Everything that building needs.
    pub(super) fn tools(&mut self) -> Result<&Tools> {
        if self.tools.is_none() {
            self.tools = Some(Tools::ensure(&self.root)?);
        }
        self.tools.as_ref().ok_or(Failure::Interrupted)
    }

    /// The browsers.
    pub(super) fn browsers(&mut self) -> Result<&Browsers> {
        if self.browsers.is_none() {
            self.browsers = Some(Browsers::ensure()?);
        }
        self.browsers.as_ref().ok_or(Failure::Interrupted)
    }

    /// The running stack, started by whoever needs it first.
    pub(super) fn stack(&mut self) -> Result<&Stack> {
        if matches!(self.stack, Start::NotYet) {
            self.stack = Start::Failed;
            let place = Place::apart(self.state.clone(), LIMITS)?;
            self.tools()?;
            let Some(tools) = &self.tools else {
                return Err(Failure::Interrupted);
            };
            let stack = step("starting a stack for the tests", || {
                Stack::start(&self.root, tools, &place)
            })?;
            self.stack = Start::Running(Box::new(stack));
        }
        match &self.stack {
            Start::Running(stack) => Ok(stack),
            _ => failure("the stack did not start, see above"),
        }
    }

    /// Tells a program where the stack is, if there is one.
    pub(super) fn describe(&self, program: &mut Command) {
        if let Start::Running(stack) = &self.stack {
            stack.describe(program);
        }
    }

    /// Fails when a program of the stack has ended by itself.
    pub(super) fn check(&mut self) -> Result<()> {
        match &mut self.stack {
            Start::Running(stack) => stack.check(),
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
            println!("\nthe stack's logs are in {}", self.state.join("logs").display());
        }
        Ok(())
    }
}
