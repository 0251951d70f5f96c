//! Starts and stops a relay.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::SECRET;

/// A running relay; killed when dropped.
pub(crate) struct Relay {
    child: Child,
    /// Where it listens on port 3478, and relays.
    pub(crate) address: Ipv4Addr,
    /// Where the test's peers may be.
    pub(crate) peers: Ipv4Addr,
    /// Its configuration and certificate.
    pub(crate) directory: PathBuf,
}

impl Relay {
    /// Starts a relay with more lines of configuration, and waits until it listens.
    pub(crate) fn start(more: &str) -> Self {
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
        let path = directory.display();
        let text = format!(
            "{more}\nrealm = \"test\"\nsecrets = [\"{SECRET}\"]\nusers = {{ user1 = \"test\" }}\n\
             listen = [\"udp://{address}:3478\", \"tcp://{address}:3478\", \"tls://{address}:5349\"]\n\
             tls = {{ certificate = \"{path}/certificate.pem\", key = \"{path}/key.pem\" }}\n\
             relay = {{ address = [\"{address}\", \"::1\"], ports = \"49152-65535\" }}\n\
             peers = {{ allow = [\"127.0.0.0/8\", \"::1/128\"] }}\n"
        );
        std::fs::write(&configuration, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_visavis-turn"))
            .arg("--config")
            .arg(&configuration)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let relay = Self {
            child,
            address,
            peers,
            directory,
        };
        assert_eq!(line, "ready\n");
        relay
    }

    /// Asks it to end, as an init system does.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
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
