//! The canary against the relay: a real connection over each transport, and what it says of one that is not there.

use std::path::Path;
use std::process::{Command, Output};

use crate::SECRET;
use crate::process::{Relay, wait_until};

fn canary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visavis-turn"));
    command.arg("canary").args(arguments).env("VISAVIS_TURN_SECRET", SECRET);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A certificate for the relay's address, which the canary is told to trust.
fn certify(relay: &Relay, directory: &Path) {
    let made = rcgen::generate_simple_self_signed([relay.address.to_string()]).unwrap();
    std::fs::write(directory.join("certificate.pem"), made.cert.pem()).unwrap();
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    relay.signal("HUP");
}

#[test]
fn it_connects_through_the_relay_over_each_transport_and_tells_how_it_was() {
    let relay = Relay::start("");
    certify(&relay, &relay.directory);
    let (at, directory) = (relay.address, &relay.directory);
    let urls = [
        format!("turn:{at}"),
        format!("turn:{at}?transport=tcp"),
        format!("turns:{at}"),
        format!("turns:{at}?transport=udp"),
    ];
    let metrics = directory.join("canary.prom");
    let authority = directory.join("certificate.pem");
    let run = || {
        canary(&["--json", "--messages", "10"])
            .args([
                "--ca".as_ref(),
                authority.as_os_str(),
                "--textfile".as_ref(),
                metrics.as_os_str(),
            ])
            .args(&urls)
            .output()
            .unwrap()
    };
    // Until the reloaded certificate counts.
    wait_until(|| run().status.success());
    let output = run();
    assert!(output.status.success(), "{}", text(&output));
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 4);
    for (report, url) in reports.as_array().unwrap().iter().zip(&urls) {
        assert_eq!(report["url"], **url);
        assert_eq!(
            (&report["up"], &report["sent"], &report["lost"]),
            (&true.into(), &10.into(), &0.into())
        );
        assert!(report["set_up_ms"].as_f64().unwrap() > 0.0 && report["round_trip_p50_ms"].as_f64().unwrap() > 0.0);
    }
    let metrics = std::fs::read_to_string(metrics).unwrap();
    assert!(
        metrics.contains(&format!("turn_canary_up{{url=\"turns:{at}\"}} 1\n")),
        "{metrics}"
    );
}

#[test]
fn it_says_what_is_wrong_and_ends_with_an_error() {
    let relay = Relay::start("");
    let at = relay.address;
    let cases = [
        // A port where nobody listens, a certificate that nobody trusts, a wrong password.
        (format!("turn:{at}:9?transport=tcp"), SECRET, "cannot be reached"),
        (format!("turns:{at}"), SECRET, "certificate"),
        (format!("turns:{at}?transport=udp"), SECRET, "certificate"),
        (
            format!("turn:{at}"),
            "another secret, which the relay does not know",
            "refused",
        ),
    ];
    for (url, secret, said) in cases {
        let output = canary(&["--timeout", "5", &url])
            .env("VISAVIS_TURN_SECRET", secret)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(
            text(&output).contains("FAILED") && text(&output).contains(said),
            "{}",
            text(&output)
        );
        assert!(!text(&output).contains(secret));
    }
    let output = canary(&["http://example.org"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = canary(&[&format!("turn:{at}")])
        .env_remove("VISAVIS_TURN_SECRET")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("no credentials"));
}
