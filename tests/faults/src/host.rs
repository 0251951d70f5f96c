//! Hosts as processes on a state folder that outlives them.

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rusqlite::Connection;
use tokio::net::TcpStream;
use visavis_contract::{Service, eventually};

/// The first host after a build compiles the component, which takes its time on a busy machine.
const COMPILED_WITHIN: Duration = Duration::from_mins(2);

/// The state folder of a service and its settings, which all its hosts share; it goes when this is dropped.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    address: String,
    operator_key: String,
    tick_key: String,
    settings: Vec<(&'static str, String)>,
}

impl State {
    /// Of a service that has never run.
    pub fn new() -> Self {
        let folder = env::temp_dir().join(format!(
            "visavis-faults-{:016x}",
            getrandom::u64().expect("random numbers")
        ));
        fs::create_dir_all(folder.join("storage")).expect("a state folder");
        let address = free_address();
        let operator_key = secret();
        let tick_key = secret();
        let settings = vec![
            ("PUBLIC_URL", format!("http://{address}")),
            ("TOKEN_KEY", secret()),
            ("VAULT_KEY", secret()),
            ("RELAY_SECRET", secret()),
            ("RELAY_URLS", "turn:127.0.0.1:3478?transport=udp".into()),
            ("OPERATOR_KEY", operator_key.clone()),
            ("TICK_KEY", tick_key.clone()),
            // All tests come from one address, and as fast as they can.
            ("LIMITS_FACTOR", "1000".into()),
        ];
        fs::write(folder.join("clock"), "0").expect("a clock");
        Self {
            folder,
            address,
            operator_key,
            tick_key,
            settings,
        }
    }

    /// The service, for clients.
    pub fn service(&self) -> Service {
        Service::at(&format!("http://{}", self.address), &self.operator_key)
    }

    /// A host at the service's address.
    pub async fn start(&self) -> Host {
        let command = self.command(&self.address);
        self.run(command, self.address.clone()).await
    }

    /// One more host, at an address of its own.
    pub async fn start_another(&self) -> Host {
        let address = free_address();
        self.run(self.command(&address), address).await
    }

    /// A host at the service's address that sees a storage of so many bytes. Others do not see it.
    pub async fn start_small(&self, bytes: u32) -> Host {
        let host = self.command(&self.address);
        let mut command = Command::new("unshare");
        // The owner of a user namespace may mount; so may root, which may not be able to make one.
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .arg("mount -t tmpfs -o size=\"$0\" tmpfs \"$1\" && shift && exec \"$@\"")
            .arg(bytes.to_string())
            .arg(self.storage())
            .arg(host.get_program())
            .args(host.get_args());
        for (name, value) in host.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        self.run(command, self.address.clone()).await
    }

    /// Sets the clock of all hosts so many milliseconds ahead of the machine's, or behind.
    pub fn set_clock(&self, ahead: i64) {
        // In one step: a host reads whenever it wants.
        let draft = self.folder.join("clock.draft");
        fs::write(&draft, ahead.to_string()).expect("a clock");
        fs::rename(&draft, self.folder.join("clock")).expect("a clock");
    }

    /// What the cron trigger does when it is time: calls the timer's component, which asks the service for its scheduled
    /// work.
    pub fn timer(&self) -> Command {
        self.timer_of(Path::new(&required("VISAVIS_SPIN_CRON_MANIFEST")))
    }

    /// The same, but the manifest allows the component requests to another place only.
    pub fn timer_that_may_not_ask(&self) -> Command {
        let manifest = PathBuf::from(required("VISAVIS_SPIN_CRON_MANIFEST"));
        let folder = manifest.parent().expect("a folder").display();
        let text = fs::read_to_string(&manifest).expect("the timer's manifest");
        let changed = text
            .replace("source = \"", &format!("source = \"{folder}/"))
            .replace("[\"{{ service }}\"]", "[\"http://127.0.0.1:9\"]");
        assert!(changed.contains("http://127.0.0.1:9"), "{text}");
        let manifest = self.folder.join("spin-cron.toml");
        fs::write(&manifest, changed).expect("a manifest");
        self.timer_of(&manifest)
    }

    fn timer_of(&self, manifest: &Path) -> Command {
        let mut command = Command::new(required("VISAVIS_SPIN_HOST"));
        command
            .args(["cron", "--from"])
            .arg(manifest)
            .arg("--state-dir")
            .arg(self.storage())
            .env("SPIN_VARIABLE_SERVICE", format!("http://{}", self.address))
            .env("SPIN_VARIABLE_TICK_KEY", &self.tick_key);
        command
    }

    /// The database, opened beside the hosts.
    pub fn database(&self) -> Connection {
        Connection::open(self.storage().join("default.sqlite")).expect("the database")
    }

    /// Fails unless the database is whole.
    pub fn check_database(&self) {
        let database = self.database();
        let found: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("a database that can be read");
        assert_eq!(found, "ok");
        let broken = database
            .prepare("PRAGMA foreign_key_check")
            .and_then(|mut statement| statement.exists([]))
            .expect("a database that can be read");
        assert!(!broken, "a row points to another that is not there");
    }

    fn storage(&self) -> PathBuf {
        self.folder.join("storage")
    }

    fn command(&self, address: &str) -> Command {
        let mut command = Command::new(required("VISAVIS_SPIN_HOST"));
        command
            .args(["up", "--from", &required("VISAVIS_SPIN_MANIFEST"), "--listen", address])
            .arg("--state-dir")
            .arg(self.storage())
            .arg("--clock-offset-file")
            .arg(self.folder.join("clock"));
        for (name, value) in &self.settings {
            command.env(format!("SPIN_VARIABLE_{name}"), value);
        }
        command
    }

    async fn run(&self, mut command: Command, address: String) -> Host {
        let log = self.folder.join(format!("{address}.log"));
        let file = File::options().create(true).append(true).open(&log).expect("a log");
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log"))
            .stderr(file)
            .spawn()
            .expect("the test host");
        let mut host = Host {
            child,
            address,
            storage: self.storage(),
        };
        eventually(COMPILED_WITHIN, "the host listens", async || {
            if let Some(status) = host.child.try_wait().expect("the host's state") {
                panic!(
                    "the host ended with {status}: {}",
                    fs::read_to_string(&log).unwrap_or_default()
                );
            }
            TcpStream::connect(&host.address).await.is_ok()
        })
        .await;
        host
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what the hosts said and stored is in {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A running host, killed when it is dropped.
#[derive(Debug)]
pub struct Host {
    child: Child,
    /// Where it listens.
    pub address: String,
    storage: PathBuf,
}

impl Host {
    /// `kill -9`.
    pub fn kill(mut self) {
        self.end();
    }

    /// The storage as the host sees it.
    pub fn storage(&self) -> PathBuf {
        let seen = self.storage.strip_prefix("/").unwrap_or(&self.storage);
        Path::new("/proc")
            .join(self.child.id().to_string())
            .join("root")
            .join(seen)
    }

    fn end(&mut self) {
        self.child.kill().expect("a process that can be killed");
        self.child.wait().expect("a process that ends");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn secret() -> String {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("random numbers");
    BASE64.encode(random)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

fn required(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: `cargo xtask test faults` sets it"))
}
