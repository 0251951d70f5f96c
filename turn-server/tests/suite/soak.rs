//! Many allocations, held and used: nothing grows.
//!
//! A minute, and with `VISAVIS_SOAK_SECONDS=3600` an hour; asked for by
//! `cargo nextest run -p visavis-turn --run-ignored only soak`.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::process::{Relay, get, wait_until};

const ALLOCATIONS: usize = 10_000;

/// The memory that the relay has written to, in kilobytes, and its descriptors.
fn held(relay: &Relay) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", relay.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", relay.id())).unwrap().count();
    (resident.trim().trim_end_matches(" kB").parse().unwrap(), descriptors)
}

#[test]
#[ignore = "takes a minute, or as long as VISAVIS_SOAK_SECONDS says"]
fn ten_thousand_allocations_are_held_without_growth() {
    let seconds = std::env::var("VISAVIS_SOAK_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    let relay = Relay::start_with_descriptors(
        "metrics = \"{address}:9641\"\n\
         quota = { per_user = 20000, per_address = 20000, per_network = 20000, user_peers = 20000 }",
        15_000,
    );
    let peer = (relay.peers, 34_998).into();
    let mut clients: Vec<_> = (0..ALLOCATIONS).map(|_| Client::new(&relay)).collect();
    for client in &mut clients {
        assert_eq!(client.allocate().error(), None);
        assert_eq!(client.bind(0x4000, peer).error(), None);
    }
    let told = format!("\nturn_allocations {ALLOCATIONS}\n");
    wait_until(|| get(&relay, "/metrics").contains(&told));
    let (before, descriptors) = held(&relay);
    let begin = Instant::now();
    let mut rounds = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        for client in clients.iter_mut().step_by(7) {
            assert_eq!(client.bind(0x4000, peer).error(), None);
            // Data that goes nowhere, and an allocation that is ended and made anew.
            client.socket.send(&[0x40, 0, 0, 4, 1, 2, 3, 4]).unwrap();
            assert_eq!(client.end().error(), None);
            assert_eq!(client.allocate().error(), None);
        }
        // The others are held.
        for client in &mut clients {
            assert_eq!(client.refresh(600).error(), None);
            assert_eq!(client.bind(0x4000, peer).error(), None);
        }
        relay.signal("HUP");
        rounds += 1;
        // More often than permissions end.
        std::thread::sleep(Duration::from_secs(seconds / 20).min(Duration::from_mins(1)));
    }
    wait_until(|| get(&relay, "/metrics").contains(&told));
    let (after, descriptors_after) = held(&relay);
    eprintln!(
        "{rounds} rounds: {before} kB before, {after} kB after, {descriptors} and {descriptors_after} descriptors"
    );
    assert!(
        after < before + before / 20 + 1024,
        "{before} kB before, {after} kB after"
    );
    assert_eq!(descriptors_after, descriptors);
    assert!(relay.terminate().success());
}
