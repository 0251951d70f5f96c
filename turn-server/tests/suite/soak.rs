//! Many allocations, held and used: nothing grows.
//!
//! The short form is part of all runs. Ten thousand for a minute, and with `VISAVIS_SOAK_SECONDS=3600` for an hour, are
//! asked for by `cargo nextest run -p visavis-turn --run-ignored only soak`.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::process::{Relay, get, wait_until};

/// The memory that the relay has written to, in kilobytes, and its descriptors.
fn held(relay: &Relay) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", relay.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", relay.id())).unwrap().count();
    (resident.trim().trim_end_matches(" kB").parse().unwrap(), descriptors)
}

#[test]
fn some_allocations_are_held_without_growth() {
    // A leak of 150 bytes with each allocation that is ended would be seen.
    hold(300, |rounds, _| rounds < 25, 1, Duration::ZERO);
}

#[test]
#[ignore = "takes a minute, or as long as VISAVIS_SOAK_SECONDS says"]
fn ten_thousand_allocations_are_held_without_growth() {
    let seconds = std::env::var("VISAVIS_SOAK_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    // More often than permissions end.
    let pause = Duration::from_secs(seconds / 20).min(Duration::from_mins(1));
    hold(10_000, |_, passed| passed < Duration::from_secs(seconds), 7, pause);
}

/// Holds so many allocations, for rounds after each of which it is asked whether to go on. In each round all of them are
/// refreshed and one of so many is ended and made anew.
fn hold(allocations: usize, go_on: impl Fn(u32, Duration) -> bool, one_of: usize, pause: Duration) {
    let relay = Relay::start_with_descriptors(
        "metrics = \"{address}:9641\"\n\
         quota = { per_user = 20000, per_address = 20000, per_network = 20000, user_peers = 20000 }",
        15_000,
    );
    let peer = (relay.peers, 34_998).into();
    let mut clients: Vec<_> = (0..allocations).map(|_| Client::new(&relay)).collect();
    for client in &mut clients {
        assert_eq!(client.allocate().error(), None);
        assert_eq!(client.bind(0x4000, peer).error(), None);
    }
    let told = format!("\nturn_allocations {allocations}\n");
    wait_until(|| get(&relay, "/metrics").contains(&told));
    let (mut before, descriptors) = held(&relay);
    let begin = Instant::now();
    let mut rounds = 0;
    while go_on(rounds, begin.elapsed()) {
        for client in clients.iter_mut().step_by(one_of) {
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
        if rounds == 1 {
            // By now it has done everything once.
            before = held(&relay).0;
        }
        std::thread::sleep(pause);
    }
    wait_until(|| get(&relay, "/metrics").contains(&told));
    // It may be reading its files again just now.
    wait_until(|| held(&relay).1 == descriptors);
    let (after, descriptors_after) = held(&relay);
    eprintln!(
        "{rounds} rounds: {before} kB before, {after} kB after, {descriptors} and {descriptors_after} descriptors"
    );
    assert!(
        after < before + before / 20 + 1024,
        "{before} kB before, {after} kB after"
    );
    assert!(relay.terminate().success());
}
