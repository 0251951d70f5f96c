//! coturn's own test client against this relay, in every mode that this relay has something for.

use std::process::{Command, Stdio};

use crate::SECRET;
use crate::process::{Relay, get, wait_until};

/// The modes; `-c` is without a second flow for RTCP. `-N` and `-R` send nonsense without an end and are stood in for by
/// the control plane's own tests.
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
    "-y",
    "-y -t",
    "-y -s",
    "-y -Z",
    "-B",
    "-m 8",
    "-l 1400",
    "-l 1 -t",
    "-O",
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
    "-T",
    "-T -S",
    "-T -x",
    "-T -l 1400 -n 50",
    "-P",
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
    let clients: Vec<_> = [["-u", "user1", "-w", "test"], ["-u", "a call", "-W", SECRET]]
        .iter()
        .flat_map(|credentials| MODES.iter().map(move |mode| (mode, credentials)))
        .map(|(mode, credentials)| {
            let port = if mode.contains("-S") { "5349" } else { "3478" };
            let child = Command::new("turnutils_uclient")
                .args(credentials)
                .args(["-e", &peer, "-r", "34998", "-p", port, "-n", "3", "-z", "5"])
                .args(mode.split_whitespace())
                .arg(&server)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("coturn's tools are installed (Debian: coturn)");
            (mode, child)
        })
        .collect();
    let mut failures = Vec::new();
    for (mode, child) in clients {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        // `-B` ends early on purpose. `-O` is an attacker who does not read the answers, whose luck does not matter.
        let quick = ["-O", "-B"].contains(mode);
        // With `-P` the client counts half of what it receives, from coturn's own server too. (With `-P -S` it fails there.)
        let lost = if mode.starts_with("-P") { "3 (50" } else { "0 (0" };
        let lost = format!("Total lost packets {lost}.000000%)");
        if *mode != "-O" && !output.status.success() || !(quick || text.contains(&lost)) {
            failures.push(format!("{mode}: {text}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
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
