//! Certificates by ACME from an authority of the tests (Debian: `pebble`), renewed while clients are served.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use visavis_turn::clock::Now;

use crate::process::{Place, Relay, get, wait_until};

/// An authority, and name servers that say that every name is the relay's. Killed when dropped.
struct Authority {
    processes: Vec<Child>,
}

impl Drop for Authority {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Authority {
    /// Starts them, at the address of the tests' peers. Certificates are valid for so many seconds.
    fn start(place: &Place, validity: u32) -> Self {
        let address = place.peers;
        write_certificate(&place.directory, address);
        let path = |name: &str| place.directory.join(name).display().to_string();
        let configuration = format!(
            r#"{{ "pebble": {{ "listenAddress": "{address}:14000", "managementListenAddress": "{address}:15000",
                "certificate": "{}", "privateKey": "{}", "httpPort": 5002, "tlsPort": 5349,
                "certificateValidityPeriod": {validity} }} }}"#,
            path("authority.pem"),
            path("authority-key.pem")
        );
        std::fs::write(path("pebble.json"), configuration).unwrap();
        let names = Command::new("pebble-challtestsrv")
            .args([
                "-dns01",
                &format!("{address}:8053"),
                "-management",
                &format!("{address}:8055"),
            ])
            .args(["-defaultIPv4", &place.address.to_string(), "-defaultIPv6", ""])
            .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pebble is installed (Debian: pebble)");
        let authority = Command::new("pebble")
            .args([
                "-config",
                &path("pebble.json"),
                "-dnsserver",
                &format!("{address}:8053"),
            ])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pebble is installed (Debian: pebble)");
        for port in [8055, 14_000] {
            wait_until(|| TcpStream::connect((address, port)).is_ok());
        }
        Self {
            processes: vec![names, authority],
        }
    }
}

/// What the authority's own server shows, and the root it is trusted by.
fn write_certificate(directory: &Path, address: Ipv4Addr) {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let [root_key, key] = [(); 2].map(|()| KeyPair::generate().unwrap());
    let root = parameters.clone().self_signed(&root_key).unwrap();
    let by_root = Issuer::new(parameters, &root_key);
    let mut leaf = CertificateParams::new([]).unwrap();
    leaf.subject_alt_names = vec![SanType::IpAddress(address.into())];
    let leaf = leaf.signed_by(&key, &by_root).unwrap();
    std::fs::write(directory.join("root.pem"), root.pem()).unwrap();
    std::fs::write(directory.join("authority.pem"), leaf.pem()).unwrap();
    std::fs::write(directory.join("authority-key.pem"), key.serialize_pem()).unwrap();
}

/// A relay that has its certificates from an authority.
fn start(domains: &str, validity: u32, challenge: &str, more: &str) -> (Authority, Relay) {
    let mut authority = None;
    let relay = Relay::start_after(4096, |place| {
        authority = Some(Authority::start(place, validity));
        let directory = place.directory.display();
        write_hook(&place.directory, place.peers);
        format!(
            "{more}\nacme = {{ domains = {domains}, store = \"{directory}/store\", agree_to_terms = true, \
             contact = [\"operator@example.org\"], directory = \"https://{}:14000/dir\", \
             root = \"{directory}/root.pem\", {challenge}, hook = \"{directory}/hook\" }}",
            place.peers
        )
        .replace("{http}", &format!("{}:5002", place.address))
    });
    (authority.unwrap(), relay)
}

/// A hook for dns-01 that tells the tests' name servers.
fn write_hook(directory: &Path, names: Ipv4Addr) {
    let hook = directory.join("hook");
    let script = format!(
        "#!/bin/bash\n\
         if [ \"$1\" = present ]; then path=set-txt; else path=clear-txt; fi\n\
         echo \"$1 $2\" >> '{directory}/hook.log'\n\
         body=\"{{\\\"host\\\": \\\"$2.\\\", \\\"value\\\": \\\"$3\\\"}}\"\n\
         exec 3<> /dev/tcp/{names}/8055\n\
         printf 'POST /%s HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' $path ${{#body}} \"$body\" >&3\n\
         grep -q '200 OK' <&3\n",
        directory = directory.display()
    );
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// The serial number and the names of the certificate that is shown now, over TLS.
fn shown(relay: &Relay) -> Option<(String, BTreeSet<String>)> {
    let stream = TcpStream::connect((relay.address, 5349)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let stream = connector.build().connect("turn.example.org", stream).ok()?;
    let certificate = stream.ssl().peer_certificate().unwrap();
    let serial = certificate.serial_number().to_bn().unwrap().to_hex_str().unwrap();
    let names = certificate.subject_alt_names().unwrap();
    let names = names.iter().filter_map(|name| name.dnsname().map(str::to_owned));
    Some((serial.to_string(), names.collect()))
}

fn names(relay: &Relay) -> BTreeSet<String> {
    wait_until(|| shown(relay).is_some());
    shown(relay).unwrap().1
}

#[test]
fn a_certificate_is_had_by_each_challenge_kept_and_used_again() {
    for (challenge, domains) in [
        (
            "challenge = \"tls-alpn-01\"",
            "[\"turn.example.org\", \"www.example.org\"]",
        ),
        ("challenge = \"http-01\", http = \"{http}\"", "[\"turn.example.org\"]"),
        (
            "challenge = \"dns-01\"",
            "[\"turn.example.org\", \"*.turn.example.org\"]",
        ),
    ] {
        let (authority, relay) = start(domains, 3600, challenge, "metrics = \"{address}:9641\"");
        let expected: BTreeSet<String> = domains
            .split('"')
            .filter(|part| part.contains('.'))
            .map(str::to_owned)
            .collect();
        assert_eq!(names(&relay), expected);
        let mode = |name: &str| {
            let file = relay.directory.join("store").join(name);
            std::fs::metadata(file).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(
            [mode("certificate.pem"), mode("account.json"), mode("")],
            [0o600, 0o600, 0o700]
        );
        if challenge.contains("dns-01") {
            wait_until(|| {
                let log = std::fs::read_to_string(relay.directory.join("hook.log")).unwrap_or_default();
                log.matches("cleanup _acme-challenge.turn.example.org").count() == 2
            });
        }
        // The end of it is told: in an hour.
        let ends = |metrics: &str| {
            let line = metrics
                .lines()
                .find(|line| line.starts_with("turn_certificate_ends_seconds "));
            line.unwrap().split(' ').nth(1).unwrap().parse::<u64>().unwrap()
        };
        wait_until(|| ends(&get(&relay, "/metrics")).abs_diff(Now::read().unix + 3600) < 100);
        // One that starts again needs no authority, nor does `--check`.
        drop(authority);
        let serial = shown(&relay).unwrap().0;
        let relay = relay.start_again();
        assert_eq!(shown(&relay).unwrap().0, serial);
        assert!(relay.command().arg("--check").output().unwrap().status.success());
    }
}

#[test]
fn sessions_outlive_their_certificates() {
    renewed_under_load(12, Duration::from_secs(30), 5, 2);
}

/// The same at length: `cargo nextest run -p visavis-turn --run-ignored only renewal`.
#[test]
#[ignore = "takes eight minutes"]
fn a_hundred_sessions_outlive_renewal_every_two_minutes() {
    renewed_under_load(150, Duration::from_mins(7), 50, 4);
}

/// Renews certificates of so many seconds for a while, under so many sessions over TLS and as many over DTLS. Not a
/// datagram may be lost, and at least so many certificates must be shown.
fn renewed_under_load(validity: u32, duration: Duration, sessions: u32, certificates: usize) {
    let quota = "quota = { per_user = 1000 }\nrfc5766_channels = true";
    let (_authority, relay) = start("[\"turn.example.org\"]", validity, "challenge = \"tls-alpn-01\"", quota);
    relay.echo();
    wait_until(|| shown(&relay).is_some());
    let messages = duration.as_secs() * 5;
    let running: Vec<_> = ["-t -S", "-S"]
        .iter()
        .map(|mode| {
            // Into a file: a pipe that nobody reads holds the client up.
            let report = relay.directory.join(format!("uclient{mode}.log"));
            let client = Command::new("turnutils_uclient")
                .args(mode.split(' '))
                .args(["-u", "user1", "-w", "test", "-r", "34998", "-p", "5349", "-z", "200"])
                .args(["-n", &messages.to_string(), "-m", &sessions.to_string()])
                .args(["-e", &relay.peers.to_string(), &relay.address.to_string()])
                .stdout(File::create(&report).unwrap())
                .stderr(Stdio::null())
                .spawn()
                .expect("coturn's tools are installed (Debian: coturn)");
            (client, report)
        })
        .collect();
    let mut serials = BTreeSet::new();
    let end = Instant::now() + duration;
    while Instant::now() < end {
        serials.insert(shown(&relay).expect("there is always a certificate").0);
        std::thread::sleep(Duration::from_millis(500));
    }
    for (mut client, report) in running {
        client.wait().unwrap();
        let text = std::fs::read_to_string(report).unwrap();
        assert!(text.contains("Total lost packets 0 (0.000000%)"), "{text}");
    }
    println!("{} certificates", serials.len());
    assert!(serials.len() >= certificates, "{serials:?}");
}

#[test]
fn without_an_authority_it_complains_and_serves_all_else() {
    let mut relay = Relay::start_after(4096, |place| {
        let directory = place.directory.display();
        format!(
            "acme = {{ domains = [\"turn.example.org\"], store = \"{directory}/store\", agree_to_terms = true, \
             directory = \"https://{}:14000/dir\" }}",
            place.peers
        )
    });
    assert!(relay.complaint().contains("no new certificate"));
    assert!(shown(&relay).is_none());
    // What comes to the DTLS listener is taken all the same, or the worker would be told of it without end.
    let client = UdpSocket::bind((relay.peers, 0)).unwrap();
    client.send_to(&[0; 100], (relay.address, 5349)).unwrap();
    let listener = format!("{:08X}:{:04X} ", u32::from(relay.address).swap_bytes(), 5349);
    wait_until(|| {
        let sockets = std::fs::read_to_string("/proc/net/udp").unwrap();
        let mut listeners = sockets.lines().filter(|line| line.contains(&listener)).peekable();
        assert!(listeners.peek().is_some());
        listeners.all(|line| line.contains(" 00000000:00000000 "))
    });
    let mut stream = TcpStream::connect((relay.address, 3478)).unwrap();
    std::io::Write::write_all(
        &mut stream,
        &[
            0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        ],
    )
    .unwrap();
    std::io::Read::read_exact(&mut stream, &mut [0; 32]).unwrap();
}

#[test]
fn check_says_what_is_wrong_with_the_settings() {
    let relay = Relay::start("");
    let path = relay.directory.join("turn.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    let tls = good.lines().find(|line| line.starts_with("tls = ")).unwrap();
    let acme = |inside: &str| {
        let text = good.replace(tls, &format!("acme = {{ store = \"/nowhere\", {inside} }}"));
        std::fs::write(&path, text).unwrap();
        let output = relay.command().arg("--check").output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let fine = "domains = [\"turn.example.org\"], agree_to_terms = true";
    assert_eq!(acme(fine), (true, String::new()));
    for (inside, said) in [
        ("domains = [], agree_to_terms = true".to_owned(), "acme.domains"),
        (
            "domains = [\"https://example.org\"], agree_to_terms = true".to_owned(),
            "acme.domains",
        ),
        (
            "domains = [\"*.example.org\"], agree_to_terms = true".to_owned(),
            "dns-01",
        ),
        ("domains = [\"turn.example.org\"]".to_owned(), "acme.agree_to_terms"),
        (format!("{fine}, directory = \"http://example.org\""), "acme.directory"),
        (format!("{fine}, contact = [\"mailto:a@example.org\"]"), "acme.contact"),
        (format!("{fine}, challenge = \"http-01\""), "acme.http"),
        (format!("{fine}, challenge = \"dns-01\""), "acme.hook"),
        (format!("{fine}, challenge = \"carrier-pigeon\""), "carrier-pigeon"),
        (format!("{fine}, colour = 1"), "colour"),
    ] {
        let (passed, error) = acme(&inside);
        assert!(!passed && error.contains(said), "{said}: {error}");
    }
}
