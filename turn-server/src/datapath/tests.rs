//! Batches over loopback: what goes in comes out, single and in runs.

use std::net::UdpSocket;
use std::os::fd::AsFd as _;

use super::*;

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    receive_runs(socket.as_fd());
    socket
}

/// Waits for the first datagram, then takes what there is.
fn receive(batch: &mut Batch, socket: &UdpSocket) -> Range<usize> {
    socket.peek(&mut [0]).unwrap();
    batch.receive(socket.as_fd()).unwrap()
}

fn receive_one(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; LONGEST];
    let length = socket.recv(&mut buffer).unwrap();
    buffer.truncate(length);
    buffer
}

/// Overwrites what a slot holds.
fn fill(batch: &mut Batch, slot: usize, bytes: &[u8]) {
    // SAFETY: within the slot, and borrowed mutably.
    unsafe {
        ptr::copy(
            bytes.as_ptr(),
            batch.storage.add(slot * SLOT + LONGEST_HEADER),
            bytes.len(),
        );
    };
}

#[test]
fn addresses_of_both_families_come_back() {
    for address in ["192.0.2.1:1", "[2001:db8::1]:65535", "[fe80::1%7]:9"] {
        let address: SocketAddr = address.parse().unwrap();
        // SAFETY: all-zero bytes are a valid value.
        let mut name = unsafe { mem::zeroed() };
        write_name(&mut name, address);
        assert_eq!(read_name(&name), Some(address));
    }
    // SAFETY: as above.
    assert_eq!(read_name(&unsafe { mem::zeroed() }), None);
}

#[test]
fn a_header_is_put_before_and_taken_off_without_touching_the_data() {
    let (client, relay, peer) = (socket(), socket(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let mut batch = Batch::new(4);
    client.send_to(b"HEADdata", relay.local_addr().unwrap()).unwrap();
    for slot in receive(&mut batch, &relay) {
        assert_eq!(batch.source(slot), Some(client.local_addr().unwrap()));
        assert_eq!(batch.bytes(slot, 0..8), b"HEADdata");
        batch.queue(slot, b"", 4..8, false, peer.local_addr().unwrap());
    }
    batch.flush(relay.as_fd());
    assert_eq!(receive_one(&peer), b"data");
    batch.clear();
    client.send_to(b"data5", relay.local_addr().unwrap()).unwrap();
    for slot in receive(&mut batch, &relay) {
        batch.queue(slot, b"header", 0..5, true, peer.local_addr().unwrap());
    }
    batch.flush(relay.as_fd());
    assert_eq!(receive_one(&peer), b"headerdata5\0\0\0");
    assert_eq!(batch.dropped, 0);
}

#[test]
fn a_run_arrives_as_the_datagrams_it_was_made_of() {
    let (client, relay, peer) = (socket(), socket(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let mut sender = Batch::new(64);
    // Five datagrams of equal length, a shorter one, a longer one, an empty one.
    let sent: Vec<Vec<u8>> = [8, 8, 8, 8, 8, 3, 9, 0]
        .iter()
        .zip(b'a'..)
        .map(|(length, byte)| vec![byte; *length])
        .collect();
    for datagram in &sent {
        client.send_to(datagram, relay.local_addr().unwrap()).unwrap();
    }
    let mut slots = 0;
    while slots < sent.len() {
        for slot in receive(&mut sender, &relay) {
            slots += 1;
            for data in sender.datagrams(slot) {
                sender.queue(slot, b"head", data, false, peer.local_addr().unwrap());
            }
        }
    }
    // The run with the shorter one as its end, and the longer one with the empty one.
    assert_eq!(sender.queued, 2);
    sender.flush(relay.as_fd());
    for datagram in &sent {
        assert_eq!(receive_one(&peer), [b"head", &datagram[..]].concat());
    }
}

#[test]
fn a_run_that_was_put_together_is_told_apart_and_gets_its_headers() {
    let (client, relay, peer) = (socket(), socket(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let mut batch = Batch::new(8);
    client.send_to(b"0", relay.local_addr().unwrap()).unwrap();
    let slot = receive(&mut batch, &relay).start;
    // From one slot as if it had come in three pieces: sent as one message, received by a socket that takes runs.
    let taker = socket();
    fill(&mut batch, slot, b"aaaabbbbcc");
    for range in [0..4, 4..8, 8..10] {
        batch.queue(slot, b"", range, false, taker.local_addr().unwrap());
    }
    assert_eq!(batch.queued, 1);
    batch.flush(relay.as_fd());
    batch.clear();
    let mut received = Vec::new();
    while received.len() < 3 {
        for slot in receive(&mut batch, &taker) {
            for data in batch.datagrams(slot) {
                received.push(batch.bytes(slot, data.clone()).to_vec());
                batch.queue(slot, b"head", data, false, peer.local_addr().unwrap());
            }
        }
    }
    assert_eq!(received, [&b"aaaa"[..], b"bbbb", b"cc"]);
    batch.flush(taker.as_fd());
    for data in received {
        assert_eq!(receive_one(&peer), [b"head", &data[..]].concat());
    }
}

#[test]
fn a_run_that_is_refused_goes_singly() {
    let (relay, peer) = (socket(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let mut batch = Batch::new(4);
    peer.send_to(b"x", relay.local_addr().unwrap()).unwrap();
    let slot = receive(&mut batch, &relay).start;
    fill(&mut batch, slot, b"aabbcc");
    for range in [0..2, 2..4, 4..6] {
        batch.queue(slot, b"h", range, false, peer.local_addr().unwrap());
    }
    // As the kernel does where the interface cannot: refuse the run.
    batch.send_singly(relay.as_fd(), 0, Some(libc::EIO));
    for data in [b"haa", b"hbb", b"hcc"] {
        assert_eq!(receive_one(&peer), data);
    }
    assert!(!batch.segmentation);
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let (client, relay, peer) = (socket(), socket(), socket());
    let mut batch = Batch::new(1);
    client.send_to(b"12", relay.local_addr().unwrap()).unwrap();
    let slot = receive(&mut batch, &relay).start;
    assert_eq!(batch.free(), 0);
    assert_eq!(batch.receive(relay.as_fd()).unwrap(), 1..1);
    batch.queue(slot, b"", 0..1, false, peer.local_addr().unwrap());
    batch.queue(slot, b"", 0..2, false, client.local_addr().unwrap());
    assert_eq!(batch.dropped, 1);
}

#[test]
fn an_error_that_comes_back_is_read_and_keeps_nothing_from_being_sent() {
    let (relay, peer) = (socket(), UdpSocket::bind("127.0.0.1:0").unwrap());
    errors::receive_errors(relay.as_fd(), false);
    // A port that was just given back.
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    relay.send_to(b"anyone?", nobody).unwrap();
    let mut batch = Batch::new(4);
    peer.send_to(b"data", relay.local_addr().unwrap()).unwrap();
    // The error is told once, in place of what there is to receive.
    let slot = loop {
        match batch.receive(relay.as_fd()) {
            Ok(slots) if !slots.is_empty() => break slots.start,
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused),
        }
    };
    relay.send_to(b"anyone?", nobody).unwrap();
    batch.queue(slot, b"", 0..4, false, peer.local_addr().unwrap());
    batch.flush(relay.as_fd());
    assert_eq!(receive_one(&peer), b"data");
    let error = errors::next_error(relay.as_fd()).unwrap().unwrap();
    assert_eq!((error.destination, error.kind, error.code), (nobody, 3, 3));
}
