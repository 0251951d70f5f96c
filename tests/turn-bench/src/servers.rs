//! The servers that are measured: how each is started on the measured core, and what it takes.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::Result;
use crate::client::{PASSWORD, REALM, USER};
use crate::forwarder::nth;

/// The core of the servers, and the one of the load.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;
/// The addresses of the servers, one for each start; of the first client, the first peer.
const SERVERS: Ipv4Addr = Ipv4Addr::new(127, 71, 0, 1);
pub(crate) const CLIENTS: Ipv4Addr = Ipv4Addr::new(127, 72, 0, 1);
pub(crate) const PEERS: Ipv4Addr = Ipv4Addr::new(127, 73, 0, 1);
const PORT: u16 = 3478;

/// A server that can be measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The forwarder; with or without runs.
    Raw,
    /// The relay, a socket for each allocation.
    Sockets,
    /// The same, and data is counted against quotas that are never reached.
    Counted,
    /// The forwarder, shared sockets.
    SharedRaw,
    /// The relay, shared sockets.
    Shared,
    /// coturn, as it starts by itself.
    Coturn,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::Raw,
        Self::Sockets,
        Self::Counted,
        Self::SharedRaw,
        Self::Shared,
        Self::Coturn,
    ];

    /// Its name among options.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Sockets => "sockets",
            Self::Counted => "counted",
            Self::SharedRaw => "shared-raw",
            Self::Shared => "shared",
            Self::Coturn => "coturn",
        }
    }

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw forwarder",
            Self::Sockets => "visavis-turn",
            Self::Counted => "visavis-turn, quotas counted",
            Self::SharedRaw => "raw forwarder, shared ports",
            Self::Shared => "visavis-turn, shared ports",
            Self::Coturn => "coturn",
        }
    }
}

/// What is to be known of the machine to start any of them.
pub(crate) struct Machine {
    /// The relay's program.
    pub(crate) relay: PathBuf,
    /// coturn's, where it is installed, with its version.
    pub(crate) coturn: Option<(PathBuf, String)>,
    /// Where configurations and logs are written.
    pub(crate) state: PathBuf,
    /// How many servers were started.
    started: u32,
}

/// A server that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where clients send to.
    pub(crate) address: SocketAddrV4,
    /// The relayed ports, where it knows its flows beforehand.
    pub(crate) relayed: Vec<u16>,
}

impl Machine {
    pub(crate) fn new(relay: PathBuf, state: PathBuf) -> Result<Self> {
        // Descriptors: as many as we may have, for the servers too, which inherit it.
        let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        limit.current = limit.maximum;
        rustix::process::setrlimit(rustix::process::Resource::Nofile, limit)?;
        fs::create_dir_all(&state)?;
        Ok(Self {
            relay,
            coturn: coturn(),
            state,
            started: 0,
        })
    }

    /// Starts a server for so many flows, whose clients and peers have these ports; waits until it answers.
    pub(crate) fn start(&mut self, kind: Kind, flows: u32, clients: u16, peers: u16, runs: bool) -> Result<Server> {
        let address = SocketAddrV4::new(nth(SERVERS, self.started), PORT);
        self.started += 1;
        let mut command = match kind {
            Kind::Raw | Kind::SharedRaw => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args([
                    "forward",
                    "--flows",
                    &flows.to_string(),
                    "--listen",
                    &address.to_string(),
                ]);
                command.args(["--clients", &SocketAddrV4::new(CLIENTS, clients).to_string()]);
                command.args(["--peers", &SocketAddrV4::new(PEERS, peers).to_string()]);
                command.args(runs.then_some("--runs"));
                command.args((kind == Kind::SharedRaw).then_some("--shared"));
                command.stdout(Stdio::piped());
                command
            }
            Kind::Sockets | Kind::Counted | Kind::Shared => {
                let file = self.state.join("turn.toml");
                fs::write(&file, configuration(kind, address))?;
                let mut command = Command::new(&self.relay);
                command.arg("--config").arg(&file).stdout(Stdio::null());
                command
            }
            Kind::Coturn => {
                let (program, _) = self.coturn.as_ref().ok_or("coturn is not installed")?;
                let mut command = Command::new(program);
                // Without a configuration file, and without what is not measured.
                command.args([
                    "-n",
                    "--no-tls",
                    "--no-dtls",
                    "--no-cli",
                    "--allow-loopback-peers",
                    "--lt-cred-mech",
                ]);
                command.args(["--simple-log", "--log-file=/dev/null", "--realm", REALM]);
                command.args([
                    "--user",
                    &format!("{USER}:{PASSWORD}"),
                    "--listening-port",
                    &PORT.to_string(),
                ]);
                command.args(["--listening-ip", &address.ip().to_string()]);
                command.args(["--relay-ip", &address.ip().to_string()]);
                command
                    .arg("--pidfile")
                    .arg(self.state.join("coturn.pid"))
                    .stdout(Stdio::null());
                command
            }
        };
        let log = self.state.join("server.log");
        command.stdin(Stdio::null()).stderr(File::create(&log)?);
        // A child begins where the thread that started it is.
        pin(SERVER_CORE)?;
        let child = command.spawn();
        pin(LOAD_CORE)?;
        let child = child.map_err(|error| format!("{} cannot be started: {error}", kind.name()))?;
        let mut server = Server {
            child,
            address,
            relayed: Vec::new(),
        };
        server.wait(&log)?;
        if kind == Kind::Shared && fs::read_to_string(&log)?.contains("is not possible here") {
            return Err("shared ports need Linux 5.9, CAP_NET_ADMIN, CAP_BPF and CAP_NET_RAW".into());
        }
        Ok(server)
    }
}

/// coturn and its version, where it is installed.
fn coturn() -> Option<(PathBuf, String)> {
    let program = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("turnserver"))
        .find(|program| program.is_file())?;
    let output = Command::new(&program).arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()?
        .trim()
        .to_owned();
    Some((program, version))
}

/// The relay with everything a benchmark would run into lifted.
fn configuration(kind: Kind, address: SocketAddrV4) -> String {
    let rate = if kind == Kind::Counted { u32::MAX } else { 0 };
    let path = if kind == Kind::Shared { "shared" } else { "sockets" };
    let ip = address.ip();
    format!(
        "realm = \"{REALM}\"\n\
         users = {{ {USER} = \"{PASSWORD}\" }}\n\
         listen = [\"udp://{address}\"]\n\
         relay = {{ address = \"{ip}\", ports = \"49152-65535\", path = \"{path}\" }}\n\
         peers = {{ allow = [\"127.0.0.0/8\"] }}\n\
         [quota]\n\
         per_user = 20000\n\
         per_address = 20000\n\
         per_network = 20000\n\
         total = 20000\n\
         user_peers = 20000\n\
         bytes_per_second = {rate}\n\
         packets_per_second = {rate}\n\
         user_bytes_per_second = {rate}\n\
         user_packets_per_second = {rate}\n\
         network_bytes_per_second = {rate}\n"
    )
}

/// Keeps this thread, and the processes it starts from now on, on a core.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores)
        .map_err(|error| format!("two cores are needed, one for the server and one for the load: {error}").into())
}

impl Server {
    /// Waits until it is ready: the forwarder says its ports, the others answer a Binding request.
    fn wait(&mut self, log: &Path) -> Result<()> {
        if let Some(said) = self.child.stdout.take() {
            let mut line = String::new();
            BufReader::new(said).read_line(&mut line)?;
            self.relayed = line
                .split_whitespace()
                .map(str::parse)
                .collect::<std::result::Result<_, _>>()?;
            return Ok(());
        }
        let socket = UdpSocket::bind((CLIENTS, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended ({status}): {}", fs::read_to_string(log)?).into());
            }
            socket.send_to(&crate::client::binding(), self.address)?;
            if socket.recv(&mut [0; 512]).is_ok() {
                return Ok(());
            }
        }
        Err(format!("the server does not answer: {}", fs::read_to_string(log)?).into())
    }

    /// The processor time of all its threads so far, with what the kernel did on their behalf: sending includes the way
    /// through the loopback interface up to the receiver's socket.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let told = fs::read_to_string(thread?.path().join("schedstat"))?;
            let running: u64 = told.split(' ').next().unwrap_or_default().parse()?;
            nanoseconds += running;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let told = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: u64 = told.unwrap_or_default().trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
