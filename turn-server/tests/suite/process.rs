//! Starts and stops a relay.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::SECRET;

/// A running relay; killed when dropped.
pub(crate) struct Relay {
    child: Child,
    errors: BufReader<ChildStderr>,
    /// Where it listens on port 3478, and relays.
    pub(crate) address: Ipv4Addr,
    /// Where the test's peers may be.
    pub(crate) peers: Ipv4Addr,
    /// Its configuration and certificate.
    pub(crate) directory: PathBuf,
}

/// Where a relay is going to be.
pub(crate) struct Place {
    pub(crate) address: Ipv4Addr,
    pub(crate) peers: Ipv4Addr,
    pub(crate) directory: PathBuf,
}

impl Relay {
    /// Starts a relay with more lines of configuration, and waits until it listens.
    pub(crate) fn start(more: &str) -> Self {
        Self::start_with_descriptors(more, 4096)
    }

    /// As [`Relay::start`], with so many descriptors.
    pub(crate) fn start_with_descriptors(more: &str, descriptors: u32) -> Self {
        Self::start_after(descriptors, |_| more.to_owned())
    }

    /// As [`Relay::start`], with more lines of configuration that depend on where it will be.
    pub(crate) fn start_after(descriptors: u32, prepare: impl FnOnce(&Place) -> String) -> Self {
        static NUMBER: AtomicU8 = AtomicU8::new(0);
        let number = NUMBER.fetch_add(2, Ordering::Relaxed);
        // Loopback is 127.0.0.0/8: each process has addresses of its own, so no port is ever taken.
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        let network = |host: u8| {
            Ipv4Addr::new(
                127,
                128 | high << 4 | middle >> 4,
                middle << 4 | low >> 4,
                low << 4 | host,
            )
        };
        let (address, peers) = (network(number + 1), network(number + 2));
        let directory = std::env::temp_dir().join(format!("visavis-turn-{address}"));
        std::fs::create_dir_all(&directory).unwrap();
        let configuration = directory.join("turn.toml");
        write_certificate(&directory);
        let place = Place {
            address,
            peers,
            directory,
        };
        let more = prepare(&place).replace("{address}", &address.to_string());
        let Place { directory, .. } = place;
        let path = directory.display();
        let tls = if more.contains("acme = ") {
            String::new()
        } else {
            format!("tls = {{ certificate = \"{path}/certificate.pem\", key = \"{path}/key.pem\" }}\n")
        };
        let ports = if more.contains("relay.ports") {
            ""
        } else {
            "relay.ports = \"49152-65535\"\n"
        };
        let listen = if more.contains("listen = ") {
            String::new()
        } else {
            format!(
                "listen = [\"udp://{address}:3478\", \"tcp://{address}:3478\", \"tls://{address}:5349\", \
                 \"dtls://{address}:5349\"]\n"
            )
        };
        let text = format!(
            "{more}\nrealm = \"test\"\nsecrets = [\"{SECRET}\"]\nusers = {{ user1 = \"test\" }}\n\
             {listen}{tls}relay.address = [\"{address}\", \"::1\"]\n{ports}relay.tcp = true\n\
             peers = {{ allow = [\"127.0.0.0/8\", \"::1/128\"] }}\n"
        );
        std::fs::write(&configuration, text).unwrap();
        let (child, errors) = spawn(&configuration, descriptors);
        Self {
            child,
            errors,
            address,
            peers,
            directory,
        }
    }

    /// Ends it, and starts another one with the same configuration.
    pub(crate) fn start_again(mut self) -> Self {
        self.signal("TERM");
        self.child.wait().unwrap();
        (self.child, self.errors) = spawn(&self.directory.join("turn.toml"), 4096);
        self
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as an init system does.
    pub(crate) fn terminate(self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Asks it to end once it has said that it was reloaded; all that it said.
    fn log_until_it_ends(mut self) -> String {
        let mut log = String::new();
        while !log.contains("reloaded") {
            assert!(self.errors.read_line(&mut log).unwrap() > 0, "{log}");
        }
        self.signal("TERM");
        self.errors.read_to_string(&mut log).unwrap();
        log
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Whether it has the kernel steer its ports.
    pub(crate) fn steers(&self) -> bool {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        descriptors
            .filter_map(|one| std::fs::read_link(one.ok()?.path()).ok())
            .any(|target| target.to_string_lossy().contains("bpf_link"))
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// The next error among the lines of its standard error.
    pub(crate) fn complaint(&mut self) -> String {
        let mut line = String::new();
        while !line.contains("level=error") {
            line.clear();
            assert!(self.errors.read_line(&mut line).unwrap() > 0, "no error is told");
        }
        line
    }

    /// Another one with the same configuration.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_visavis-turn"));
        command.arg("--config").arg(self.directory.join("turn.toml"));
        command
    }

    /// Peers that send everything back, on two ports one after the other.
    pub(crate) fn echo(&self) {
        for port in [34_998, 34_999] {
            let socket = UdpSocket::bind((self.peers, port)).unwrap();
            std::thread::spawn(move || {
                let mut buffer = vec![0; 65_536];
                while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    let _ = socket.send_to(&buffer[..length], from);
                }
            });
        }
    }
}

/// Starts the program, and waits until it listens.
fn spawn(configuration: &Path, descriptors: u32) -> (Child, BufReader<ChildStderr>) {
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n $0 && exec \"$@\""])
        .arg(descriptors.to_string())
        .arg(env!("CARGO_BIN_EXE_visavis-turn"))
        .arg("--config")
        .arg(configuration)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    if line != "ready\n" {
        let mut complaint = String::new();
        let _ = errors.read_to_string(&mut complaint);
        panic!("not ready: {complaint}");
    }
    (child, errors)
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A new certificate, for nobody in particular.
pub(crate) fn write_certificate(directory: &Path) {
    let made = rcgen::generate_simple_self_signed(["turn.example.org".to_owned()]).unwrap();
    std::fs::write(directory.join("certificate.pem"), made.cert.pem()).unwrap();
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
}

#[test]
fn it_starts_and_ends_when_asked() {
    assert!(Relay::start("").terminate().success());
}

/// Asks until it is so; gives up where it never is.
pub(crate) fn wait_until(so: impl Fn() -> bool) {
    for _ in 0..400 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came to be so");
}

/// Asks the metrics' address.
pub(crate) fn get(relay: &Relay, path: &str) -> String {
    let mut stream = TcpStream::connect((relay.address, 9641)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: relay\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn metrics_and_readiness_are_told_and_draining_ends_when_nobody_is_left() {
    let relay = Relay::start("metrics = \"{address}:9641\"\ndrain = { seconds = 600 }");
    assert!(get(&relay, "/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(get(&relay, "/readyz").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(get(&relay, "/metrics").contains("\nturn_allocations 0\n"));
    assert!(get(&relay, "/else").starts_with("HTTP/1.1 404 "));
    assert!(relay.terminate().success());
}

#[test]
fn draining_ends_when_its_time_is_over_or_when_asked_again() {
    let relay = Relay::start("drain = { seconds = 1 }");
    let mut client = crate::client::Client::new(&relay);
    assert_eq!(client.allocate().error(), None);
    assert!(relay.terminate().success(), "somebody is left");

    let relay = Relay::start("metrics = \"{address}:9641\"\ndrain = { seconds = 600 }");
    let mut client = crate::client::Client::new(&relay);
    assert_eq!(client.allocate().error(), None);
    relay.signal("TERM");
    wait_until(|| get(&relay, "/readyz").starts_with("HTTP/1.1 503"));
    // Who is there goes on.
    assert_eq!(client.refresh(600).error(), None);
    assert_eq!(crate::client::Client::new(&relay).allocate().error(), Some(508));
    assert!(relay.terminate().success());
}

#[test]
fn metrics_name_nobody_and_are_as_many_whoever_comes() {
    let relay = Relay::start("metrics = \"{address}:9641\"");
    let names = || -> Vec<String> {
        let metrics = get(&relay, "/metrics");
        let lines = metrics.lines().filter(|line| line.starts_with("turn_"));
        lines
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, _)| name.to_owned())
            .collect()
    };
    let before = names();
    let mut clients: Vec<_> = (0..20).map(|_| crate::client::Client::new(&relay)).collect();
    for client in &mut clients {
        assert_eq!(client.allocate().error(), None);
    }
    wait_until(|| get(&relay, "/metrics").contains("\nturn_allocations 20\n"));
    assert_eq!(names(), before);
    let metrics = get(&relay, "/metrics");
    assert!(!metrics.contains("user1") && !metrics.contains(&relay.peers.to_string()));
}

#[test]
fn a_reload_takes_a_new_certificate_and_a_broken_one_changes_nothing() {
    let mut relay = Relay::start("");
    let old = certificate_of(&relay);
    let path = relay.directory.join("turn.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    write_certificate(&relay.directory);
    std::fs::write(&path, format!("{text}nonsense = 1\n")).unwrap();
    relay.signal("HUP");
    assert!(relay.complaint().contains("not reloaded"));
    assert_eq!(certificate_of(&relay), old);
    std::fs::write(&path, text).unwrap();
    relay.signal("HUP");
    wait_until(|| certificate_of(&relay) != old);
}

/// What is shown to a client over TLS.
fn certificate_of(relay: &Relay) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &format!("{}:5349", relay.address)])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split("-----").nth(2).expect("a certificate").as_bytes().to_vec()
}

#[test]
fn two_relays_do_not_share_an_address() {
    let relay = Relay::start("");
    let output = relay.command().output().unwrap();
    assert!(!output.status.success());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot listen on udp://")
    );
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let relay = Relay::start("");
    let path = relay.directory.join("turn.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    let check = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let output = relay.command().arg("--check").output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(check(&good), (true, String::new()));
    let cases = [
        (good.replace(SECRET, "short"), "at least 32 characters"),
        (good.replace(SECRET, &"a".repeat(40)), "not all alike"),
        (good.replace("49152-65535", "80-90"), "from 1024 on"),
        (
            good.replace("udp://", "sctp://"),
            "give udp://, tcp://, tls:// or dtls://",
        ),
        (good.replace("127.0.0.0/8", "127.0.0.0/99"), "line "),
        (format!("{good}colour = 1\n"), "unknown field `colour`"),
        (good.replace("key.pem", "nothing.pem"), "nothing.pem"),
    ];
    for (text, said) in cases {
        let (passed, error) = check(&text);
        assert!(!passed && error.contains(said), "{said}: {error}");
    }
}

#[test]
fn what_is_logged_is_structured_and_names_nobody() {
    let relay = Relay::start("metrics = \"{address}:9641\"\nlog = { format = \"json\" }");
    let mut client = crate::client::Client::new(&relay);
    assert_eq!(client.allocate().error(), None);
    relay.signal("HUP");
    let log = relay.log_until_it_ends();
    let events: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages: Vec<_> = events.iter().map(|event| event["message"].as_str().unwrap()).collect();
    assert!(messages.contains(&"ready") && messages.contains(&"reloaded"), "{log}");
    let client = client.socket.local_addr().unwrap().ip().to_string();
    assert!(!log.contains("user1") && !log.contains(&client), "{log}");
}
