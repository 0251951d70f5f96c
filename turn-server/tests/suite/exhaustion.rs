//! Out of descriptors, memory or patience: errors, never an end.

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::client::Client;
use crate::process::{Relay, get, wait_until};

/// Allocates until it is refused; how many were made, and the error.
fn fill(relay: &Relay, most: usize) -> (Vec<Client>, Option<u16>) {
    let mut clients = Vec::new();
    while clients.len() < most {
        let mut client = Client::new(relay);
        match client.allocate().error() {
            None => clients.push(client),
            error => return (clients, error),
        }
    }
    (clients, None)
}

#[test]
fn without_descriptors_it_is_508_and_those_given_back_are_given_again() {
    let relay = Relay::start_with_descriptors("workers = 1", 40);
    let (mut held, error) = fill(&relay, 60);
    assert_eq!(error, Some(508));
    assert!(held.len() > 10, "{}", held.len());
    // Those who have an allocation go on.
    let mut first = held.remove(0);
    assert_eq!(first.bind(0x4000, (relay.peers, 34_998).into()).error(), None);
    assert_eq!(first.end().error(), None);
    assert_eq!(Client::new(&relay).allocate().error(), None);
}

/// Neither more heap nor more mappings: what the process has written to by now is all it gets, and two megabytes.
#[test]
fn without_memory_it_is_508_and_the_others_go_on() {
    let quota = "quota = { per_user = 20000, per_address = 20000, per_network = 20000 }";
    let relay = Relay::start_with_descriptors(&format!("workers = 1\nmetrics = \"{{address}}:9641\"\n{quota}"), 20_000);
    let mut first = Client::new(&relay);
    assert_eq!(first.allocate().error(), None);
    let status = std::fs::read_to_string(format!("/proc/{}/status", relay.id())).unwrap();
    let data = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
    let kilobytes: u64 = data.trim().trim_end_matches(" kB").parse().unwrap();
    let limit = |bytes| {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        let pid = Pid::from_raw(i32::try_from(relay.id()).unwrap());
        prlimit(pid, Resource::Data, limit).unwrap();
    };
    limit(Some((kilobytes + 2048) * 1024));
    let (mut held, error) = fill(&relay, 8000);
    assert_eq!(error, Some(508), "after {}", held.len());
    // Those who have an allocation go on.
    assert_eq!(first.bind(0x4000, (relay.peers, 34_998).into()).error(), None);
    assert_eq!(first.end().error(), None);
    // With memory there are allocations again.
    limit(None);
    assert_eq!(first.allocate().error(), None);
    for client in &mut held {
        assert_eq!(client.end().error(), None);
    }
    wait_until(|| get(&relay, "/metrics").contains("\nturn_allocations 1\n"));
    assert!(relay.terminate().success());
}
