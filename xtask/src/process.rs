//! Programs that we start: short ones that we wait for, and services that run beside us.
//!
//! Each gets a process group of its own, so that Ctrl-C reaches only us and what a child starts ends with it.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::{
    failure::{AtPath, Failure, Result, failure},
    interrupt,
};

const POLL: Duration = Duration::from_millis(20);
/// What a service has to end by itself after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
const LINES_OF_A_FAILURE: usize = 40;

/// A command of ours without what `cargo` put into our environment for ourselves: it would make a nested cargo rebuild
/// things, or a program of another toolchain load the wrong libraries.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("RUST_BACKTRACE", "0");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "CARGO"
            || name == "LD_LIBRARY_PATH"
            || name.starts_with("CARGO_MANIFEST_")
            || name.starts_with("CARGO_PKG_")
        {
            command.env_remove(&*name);
        }
    }
    command
}

/// A process group that ends when this is dropped.
struct Group {
    child: Child,
    program: String,
}

impl Group {
    fn start(command: &mut Command) -> Result<Self> {
        interrupt::check()?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| Failure::Sentence(format!("cannot start {program}: {error}")))?;
        Ok(Self { child, program })
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .map_err(|error| Failure::Sentence(format!("{}: {error}", self.program)))
    }

    /// Waits for the end; `None` when the limit passes first.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Option<ExitStatus>> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if limit.is_some_and(|limit| begin.elapsed() > limit) {
                return Ok(None);
            }
            interrupt::pause(POLL)?;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        // Errors say that nobody is left, which is what we want.
        let _ = kill_process_group(group, Signal::TERM);
        let begin = Instant::now();
        // Not through `interrupt`: this is what an interruption does.
        while begin.elapsed() < GRACE {
            let _ = self.child.try_wait();
            if test_kill_process_group(group).is_err() {
                return;
            }
            std::thread::sleep(POLL);
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Says what a long step does and, at its end, how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("· {what} …");
    let begin = Instant::now();
    let result = work();
    if result.is_ok() {
        eprintln!("  {what}: {}", seconds(begin.elapsed()));
    }
    result
}

/// A duration for people.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 100 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f32())
    }
}

/// Runs a command and hides its output, unless it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<()> {
    if try_quiet(command, None)? {
        Ok(())
    } else {
        failure(format!("{} did not end", describe(command)))
    }
}

/// Runs a command for at most that long and hides its output, unless it fails. `false`: the limit passed.
pub(crate) fn try_quiet(command: &mut Command, limit: Option<Duration>) -> Result<bool> {
    let mut output = scratch()?;
    command.stdout(duplicate(&output)?).stderr(duplicate(&output)?);
    let status = Group::start(command)?.wait(limit)?;
    match status {
        None => Ok(false),
        Some(status) if status.success() => Ok(true),
        Some(status) => {
            let text = rewind(&mut output)?;
            let _ = writeln!(std::io::stderr(), "{}", last_lines(&text, LINES_OF_A_FAILURE));
            failure(format!("{} failed ({status})", describe(command)))
        }
    }
}

/// Runs a command with its output shown.
pub(crate) fn shown(command: &mut Command) -> Result<()> {
    match Group::start(command)?.wait(None)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => failure(format!("{} failed ({status})", describe(command))),
        None => failure(format!("{} did not end", describe(command))),
    }
}

/// What a command writes to its standard output; nothing when it cannot be started or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A program that runs beside us until this is dropped; what it says goes to a log file.
pub(crate) struct Service {
    /// Its name for people.
    pub(crate) name: &'static str,
    group: Group,
    log: PathBuf,
}

impl Service {
    /// Starts it.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).at(log)?;
        command.stdout(duplicate(&file)?).stderr(file);
        Ok(Self {
            name,
            group: Group::start(command)?,
            log: log.to_path_buf(),
        })
    }

    /// The process that was started.
    pub(crate) fn process(&self) -> u32 {
        self.group.child.id()
    }

    /// Fails when it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.group.ended()? {
            None => Ok(()),
            Some(status) => failure(format!(
                "{} ended by itself ({status}); the end of {}:\n{}",
                self.name,
                self.log.display(),
                last_lines(&self.said(), LINES_OF_A_FAILURE)
            )),
        }
    }

    /// Everything it has written so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits until a question is answered with yes; fails when the program ends or the limit passes before.
    pub(crate) fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut(&Self) -> bool) -> Result<()> {
        let begin = Instant::now();
        while !ready(self) {
            self.check()?;
            if begin.elapsed() > limit {
                return failure(format!(
                    "{} was not ready after {}; the end of {}:\n{}",
                    self.name,
                    seconds(limit),
                    self.log.display(),
                    last_lines(&self.said(), LINES_OF_A_FAILURE)
                ));
            }
            interrupt::pause(Duration::from_millis(100))?;
        }
        Ok(())
    }
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    std::iter::once(program)
        .chain(command.get_args().map(|argument| argument.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A file without a name.
fn scratch() -> Result<File> {
    let path = std::env::temp_dir()
        .join(format!("visavis-{}-{:?}", std::process::id(), Instant::now()).replace([' ', '{', '}', ':'], ""));
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .at(&path)?;
    std::fs::remove_file(&path).at(&path)?;
    Ok(file)
}

fn duplicate(file: &File) -> Result<File> {
    file.try_clone()
        .map_err(|error| Failure::Sentence(format!("cannot share a file: {error}")))
}

fn rewind(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_end(&mut bytes))
        .map_err(|error| Failure::Sentence(format!("cannot read a program's output: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
