//! What the relay shows to those who look for a way in.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use crate::client::Client;
use crate::process::{Relay, get};

/// CVE-2018-4059 (a telnet console), CVE-2018-4056 (an administration page): every listener was asked for.
#[test]
fn it_listens_where_it_was_told_and_nowhere_else() {
    let relay = Relay::start("metrics = \"{address}:9641\"");
    let mine: BTreeSet<String> = std::fs::read_dir(format!("/proc/{}/fd", relay.id()))
        .unwrap()
        .filter_map(|entry| {
            let target = std::fs::read_link(entry.unwrap().path()).ok()?;
            let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned();
            Some(inode)
        })
        .collect();
    let mut found = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let text = std::fs::read_to_string(format!("/proc/{}/net/{table}", relay.id())).unwrap();
        for line in text.lines().skip(1) {
            let words: Vec<_> = line.split_whitespace().collect();
            if mine.contains(words[9]) {
                let (ip, port) = words[1].split_once(':').unwrap();
                let ip = Ipv4Addr::from_bits(u32::from_str_radix(ip, 16).unwrap().swap_bytes());
                found.insert((table, ip, u16::from_str_radix(port, 16).unwrap()));
            }
        }
    }
    let here = relay.address;
    let streams = [3478, 5349, 9641].map(|port| ("tcp", here, port));
    let datagrams = [3478, 5349].map(|port| ("udp", here, port));
    assert_eq!(found, streams.into_iter().chain(datagrams).collect());
}

/// CVE-2025-69217: relayed ports and nonces could be guessed from those before.
#[test]
fn the_next_port_and_the_next_nonce_cannot_be_guessed() {
    let relay = Relay::start("");
    let mut clients: Vec<_> = (0..64).map(|_| Client::new(&relay)).collect();
    let answers: Vec<_> = clients.iter_mut().map(Client::allocate).collect();
    let ports: Vec<_> = answers.iter().map(|answer| answer.relayed().port()).collect();
    let near = ports.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 100).count();
    assert!(near < 8, "{ports:?}");
    // The same client gets another nonce from another process, so the key is not the program's.
    let nonces: BTreeSet<_> = clients
        .iter()
        .map(|client| client.nonce.split_at(13).1.to_owned())
        .collect();
    assert_eq!(nonces.len(), 64);
}

/// CVE-2020-6061 and CVE-2020-6062: HTTP requests that read out of bounds or through a null pointer.
#[test]
fn whatever_is_asked_of_the_metrics_is_answered_or_closed() {
    let relay = Relay::start("metrics = \"{address}:9641\"");
    let long = vec![b'A'; 100_000];
    let requests: [&[u8]; 8] = [
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST /logon HTTP/1.1\r\nContent-Length: -1\r\n\r\nuname=a&pwd=b",
        b"POST / HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
        &long,
    ];
    for request in requests {
        let mut stream = TcpStream::connect((relay.address, 9641)).unwrap();
        // Closed before all of it was taken, perhaps.
        let _ = stream.write_all(request);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 40"), "{answer}");
    }
    assert!(get(&relay, "/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
}

/// coturn's `dos_attack.sh` and `invalid_flood.sh`: whatever comes, those who behave are served.
#[test]
fn in_a_flood_of_nonsense_the_others_are_served() {
    let relay = Relay::start("");
    let mut client = Client::new(&relay);
    let relayed = client.allocate().relayed();
    let flood = Client::new(&relay);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..20_000_u32 {
        let mut bytes = Vec::new();
        for _ in 0..4 + round % 12 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            bytes.extend_from_slice(&seed.to_be_bytes());
        }
        // Plain nonsense, channels that nobody bound, and messages whose header passes.
        match round % 4 {
            0 => {}
            1 => bytes[0] = 0x40 | bytes[0] & 0x0F,
            _ => {
                let length = u16::try_from((bytes.len() - 20) & !3).unwrap();
                bytes.truncate(20 + usize::from(length));
                bytes[..2].copy_from_slice(&[0, [1, 3, 4, 8, 9, 0x16][round as usize % 6]]);
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
                bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
            }
        }
        flood.socket.send(&bytes).unwrap();
        // Also at the relayed address, where no permission is.
        if round % 100 == 0 {
            flood.socket.send(&[0x40; 3]).unwrap();
            std::net::UdpSocket::bind((relay.peers, 0))
                .unwrap()
                .send_to(&bytes, relayed)
                .unwrap();
        }
    }
    assert_eq!(client.bind(0x4000, (relay.peers, 34_998).into()).error(), None);
    assert_eq!(client.end().error(), None);
    assert!(relay.terminate().success());
}
