//! Counters for monitoring, by HTTP on an address of their own: `/metrics`, `/healthz`, `/readyz`.
//!
//! There is nothing of users or addresses in them, and their number does not grow.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::orders::{Orders, Phase};
use crate::server::Counters;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What one worker did so far, as it was at most a second ago.
#[derive(Clone, Copy, Default, Debug)]
pub struct Snapshot {
    /// Of the control plane.
    pub counters: Counters,
    /// Datagrams and bytes from clients to peers.
    pub to_peers: Traffic,
    /// Datagrams and bytes from peers to clients.
    pub to_clients: Traffic,
    /// Datagrams that the kernel did not take.
    pub dropped: u64,
    /// Allocations now.
    pub allocations: u64,
    /// Streams now.
    pub streams: u64,
    /// DTLS associations now, with those in their handshake.
    pub associations: u64,
    /// When the certificate ends that new clients are shown, in seconds since 1970; 0 without one.
    pub certificate_ends: u64,
}

/// Data relayed.
#[derive(Clone, Copy, Default, Debug)]
pub struct Traffic {
    /// Datagrams.
    pub packets: u64,
    /// Bytes of data, without any header.
    pub bytes: u64,
}

impl Traffic {
    /// One more datagram.
    pub fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }
}

/// Where each worker leaves its snapshot.
#[derive(Default)]
pub struct Board {
    snapshots: Mutex<Vec<Snapshot>>,
}

impl Board {
    /// Replaces a worker's snapshot.
    pub fn post(&self, worker: usize, snapshot: Snapshot) {
        let mut snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshots.len() <= worker {
            snapshots.resize(worker + 1, Snapshot::default());
        }
        snapshots[worker] = snapshot;
    }

    /// One figure over all workers.
    #[must_use]
    pub fn sum(&self, of: fn(&Snapshot) -> u64) -> u64 {
        let snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.iter().map(of).sum()
    }

    /// All of it in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        let snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sum = |of: fn(&Snapshot) -> u64| snapshots.iter().map(of).sum::<u64>();
        let gauges = [
            ("allocations", "Allocations now.", sum(|s| s.allocations)),
            ("streams", "Streams over TCP and TLS now.", sum(|s| s.streams)),
            ("associations", "DTLS associations now.", sum(|s| s.associations)),
            (
                "certificate_ends_seconds",
                "When the certificate ends, in seconds since 1970; 0 without one.",
                snapshots.iter().map(|s| s.certificate_ends).min().unwrap_or(0),
            ),
        ];
        let counters = [
            (
                "allocations_made_total",
                "Allocations made.",
                sum(|s| s.counters.allocations),
            ),
            (
                "requests_succeeded_total",
                "Requests answered by success.",
                sum(|s| s.counters.succeeded),
            ),
            (
                "requests_failed_total",
                "Authenticated requests answered by an error.",
                sum(|s| s.counters.failed),
            ),
            (
                "unauthenticated_total",
                "Requests without or with wrong credentials.",
                sum(|s| s.counters.unauthenticated),
            ),
            (
                "limited_total",
                "Requests not answered because their network asks too much.",
                sum(|s| s.counters.limited),
            ),
            (
                "forbidden_peers_total",
                "Peers refused by the policy.",
                sum(|s| s.counters.forbidden),
            ),
            (
                "malformed_total",
                "Messages that were no STUN.",
                sum(|s| s.counters.malformed),
            ),
            (
                "over_quota_total",
                "Times data was dropped because an allocation relays too much.",
                sum(|s| s.counters.over_quota),
            ),
            (
                "dropped_total",
                "Messages that the kernel did not take.",
                sum(|s| s.dropped),
            ),
            (
                "to_peers_packets_total",
                "Datagrams from clients to peers.",
                sum(|s| s.to_peers.packets),
            ),
            (
                "to_peers_bytes_total",
                "Bytes from clients to peers.",
                sum(|s| s.to_peers.bytes),
            ),
            (
                "to_clients_packets_total",
                "Datagrams from peers to clients.",
                sum(|s| s.to_clients.packets),
            ),
            (
                "to_clients_bytes_total",
                "Bytes from peers to clients.",
                sum(|s| s.to_clients.bytes),
            ),
        ];
        let mut text = String::new();
        let all = gauges
            .map(|one| (one, "gauge"))
            .into_iter()
            .chain(counters.map(|one| (one, "counter")));
        for ((name, help, value), kind) in all {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP turn_{name} {help}\n# TYPE turn_{name} {kind}\nturn_{name} {value}\n"
            );
        }
        text
    }
}

/// Answers on an address, in a thread of its own.
pub fn serve(address: SocketAddr, board: Arc<Board>, orders: Arc<Orders>) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away in the middle is its own affair.
            let _ = answer(stream, &board, &orders);
        }
    })?;
    Ok(())
}

fn answer(mut stream: TcpStream, board: &Board, orders: &Orders) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 8192 {
        match stream.read(&mut part)? {
            0 => break,
            count => request.extend_from_slice(&part[..count]),
        }
    }
    let request = String::from_utf8_lossy(&request);
    let mut words = request.split_whitespace();
    let (status, body) = match (words.next(), words.next()) {
        (Some("GET"), Some("/metrics")) => ("200 OK", board.render()),
        (Some("GET"), Some("/healthz")) => ("200 OK", "ok\n".to_owned()),
        (Some("GET"), Some("/readyz")) if orders.phase() == Phase::Running => ("200 OK", "ok\n".to_owned()),
        (Some("GET"), Some("/readyz")) => ("503 Service Unavailable", "draining\n".to_owned()),
        (Some("GET"), _) => ("404 Not Found", "not found\n".to_owned()),
        _ => ("405 Method Not Allowed", "GET only\n".to_owned()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
