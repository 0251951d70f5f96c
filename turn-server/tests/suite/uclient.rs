//! coturn's own test client against this relay, in every mode that this relay has something for.

use std::process::{Child, Command, Stdio};

use crate::SECRET;
use crate::process::{Relay, get, wait_until};

/// The modes; `-c` is without a second flow for RTCP. `-I`, `-J`, `-N`, `-O` and `-R`, which are not to succeed, have tests
/// of their own, below. (`-b` is SCTP, which this relay does not speak; with `-U` the client itself finds no cipher. With
/// `-T` it takes messages that come together for one, from coturn's own server too, so they are sent slowly.)
const MODES: &[&str] = &[
    "",
    "-s",
    "-c",
    "-t",
    "-t -s",
    "-X",
    "-x",
    "-x -t",
    "-g",
    "-g -s",
    "-D",
    "-G",
    "-Z",
    "-M",
    "-a 100000",
    "-o http://example.org",
    "-y",
    "-y -t",
    "-y -s",
    "-y -Z",
    "-B",
    "-m 8",
    "-l 1400",
    "-l 1 -t",
    "-t -S",
    "-t -S -s",
    "-y -t -S",
    "-t -S -l 1400 -n 50",
    "-S",
    "-S -s",
    "-S -x",
    "-S -Z",
    "-y -S",
    "-S -m 8",
    "-S -l 1400 -n 50",
    "-T -z 300",
    "-T -S -z 300",
    "-T -x -z 300",
    "-T -l 1400 -z 300",
    "-P -z 300",
    "-S -E {certificate}",
    "-t -S -E {certificate}",
];

#[test]
fn every_mode_loses_nothing() {
    try_all_modes(&Relay::start(
        "rfc5766_channels = true\nquota = { per_user = 1000, per_address = 1000 }\nstreams = { per_address = 1000 }",
    ));
}

#[test]
fn every_mode_loses_nothing_where_ports_share_sockets() {
    // Ports of its own: those of others at `::1` would be steered too.
    let relay = Relay::start(
        "relay.path = \"shared\"\nrelay.ports = \"30000-31999\"\nrfc5766_channels = true\nquota = { per_user = 1000, per_address = 1000 }\nstreams = { per_address = 1000 }",
    );
    if !relay.steers() {
        eprintln!("NOT RUN: shared ports need CAP_NET_ADMIN, CAP_BPF and CAP_NET_RAW");
        return;
    }
    try_all_modes(&relay);
}

fn try_all_modes(relay: &Relay) {
    relay.echo();
    let (server, peer) = (relay.address.to_string(), relay.peers.to_string());
    let certificate = relay.directory.join("certificate.pem").display().to_string();
    let attempts: Vec<_> = [["-u", "user1", "-w", "test"], ["-u", "a call", "-W", SECRET]]
        .iter()
        .flat_map(|credentials| MODES.iter().map(move |mode| (mode, credentials)))
        .collect();
    let mut failures = Vec::new();
    // Not all at once: most reserve a port for a moment, and only so many can be reserved.
    for attempts in attempts.chunks(30) {
        let clients: Vec<_> = attempts
            .iter()
            .map(|(mode, credentials)| {
                let port = if mode.contains("-S") { "5349" } else { "3478" };
                let child = Command::new("turnutils_uclient")
                    .args(**credentials)
                    .args(["-e", &peer, "-r", "34998", "-p", port, "-n", "3", "-z", "5"])
                    .args(mode.replace("{certificate}", &certificate).split_whitespace())
                    .arg(&server)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .expect("coturn's tools are installed (Debian: coturn)");
                (*mode, child)
            })
            .collect();
        for (mode, child) in clients {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            // Ends early on purpose.
            let quick = *mode == "-B";
            // With `-P` the client counts half of what it receives, from coturn's own server too. (With `-P -S` it fails
            // there.)
            let lost = if mode.starts_with("-P") { "3 (50" } else { "0 (0" };
            let lost = format!("Total lost packets {lost}.000000%)");
            if !output.status.success() || !(quick || text.contains(&lost)) {
                failures.push(format!("{mode}: {text}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The client with the credentials of `user1`, for a peer that sends back.
fn uclient(relay: &Relay, mode: &str, port: &str) -> Command {
    let mut command = Command::new("turnutils_uclient");
    command
        .args(mode.split_whitespace())
        .args(["-u", "user1", "-w", "test", "-r", "34998", "-p", port, "-z", "5"])
        .args(["-e", &relay.peers.to_string(), &relay.address.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(mut client: Command) -> (bool, String) {
    let output = client.output().expect("coturn's tools are installed (Debian: coturn)");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn in_negative_tests_the_others_are_served() {
    let relay = Relay::start("rfc5766_channels = true");
    relay.echo();
    // Wrong requests, up to the first that coturn's own server refuses too; nonsense without an end; tokens of OAuth,
    // which are refused again and again; clients that connect, reserve a port and are gone.
    let attackers: Vec<_> = ["-N", "-N -t", "-R", "-R -t", "-J", "-O", "-O -t"]
        .iter()
        .map(|mode| Killed(uclient(&relay, mode, "3478").stdout(Stdio::null()).spawn().unwrap()))
        .collect();
    for mode in ["-c -n 50", "-c -n 50 -t", "-y -c -n 50"] {
        let (success, text) = run(uclient(&relay, mode, "3478"));
        assert!(
            success && text.contains("Total lost packets 0 (0.000000%)"),
            "{mode}: {text}"
        );
    }
    drop(attackers);
}

/// Does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn without_permissions_nothing_comes_through() {
    let relay = Relay::start("rfc5766_channels = true");
    relay.echo();
    let (_, text) = run(uclient(&relay, "-I -c -s -n 3", "3478"));
    assert!(text.contains("Total lost packets 3 (100.000000%)"), "{text}");
}

#[test]
fn a_reload_and_a_drain_under_load_lose_nothing() {
    let relay = Relay::start("rfc5766_channels = true\nmetrics = \"{address}:9641\"\ndrain = { seconds = 600 }");
    relay.echo();
    let client = Command::new("turnutils_uclient")
        .args([
            "-t", "-u", "user1", "-w", "test", "-r", "34998", "-p", "3478", "-n", "200", "-z", "20", "-m", "6", "-e",
        ])
        .args([relay.peers.to_string(), relay.address.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("coturn's tools are installed (Debian: coturn)");
    wait_until(|| !get(&relay, "/metrics").contains("\nturn_allocations 0\n"));
    relay.signal("HUP");
    wait_until(|| get(&relay, "/metrics").contains("\nturn_allocations 6\n"));
    relay.signal("TERM");
    wait_until(|| get(&relay, "/readyz").starts_with("HTTP/1.1 503"));
    let output = client.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Total lost packets 0 (0.000000%)"), "{text}");
    // The streams are closed, so nobody is left.
    assert!(relay.wait().success());
}

#[test]
fn an_advertised_address_is_what_clients_are_told() {
    let relay = Relay::start("relay.advertise = \"192.0.2.7\"");
    let output = Command::new("turnutils_uclient")
        .args([
            "-v",
            "-c",
            "-u",
            "user1",
            "-w",
            "test",
            "-e",
            "127.0.0.1",
            "-p",
            "3478",
            "-n",
            "1",
        ])
        .arg(relay.address.to_string())
        .output()
        .expect("coturn's tools are installed (Debian: coturn)");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Received relay addr: 192.0.2.7:"), "{text}");
}
