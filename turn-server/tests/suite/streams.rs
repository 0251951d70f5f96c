//! Clients over TCP that do not behave.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::process::Relay;

/// A Binding request.
const BINDING: [u8; 20] = [
    0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

fn connect(relay: &Relay) -> TcpStream {
    TcpStream::connect((relay.address, 3478)).unwrap()
}

/// Reads until the relay closes; gives up where it never does.
fn closed(mut stream: TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn requests_are_answered_in_order_however_they_are_cut() {
    let relay = Relay::start("");
    let mut stream = connect(&relay);
    let two = [BINDING, BINDING].concat();
    for part in two.chunks(7) {
        stream.write_all(part).unwrap();
        stream.flush().unwrap();
    }
    for _ in 0..2 {
        let mut answer = [0; 32];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer[..2], [1, 1]);
        assert_eq!(answer[8..20], BINDING[8..]);
    }
}

#[test]
fn what_is_not_stun_is_closed_at_once() {
    let relay = Relay::start("streams = { idle = 600, partial = 600 }");
    for nonsense in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC],
        &[0; 20],
    ] {
        let mut stream = connect(&relay);
        stream.write_all(nonsense).unwrap();
        assert!(closed(stream));
    }
}

#[test]
fn a_long_message_before_an_allocation_is_not_waited_for() {
    let relay = Relay::start("streams = { idle = 600, partial = 600 }");
    let mut stream = connect(&relay);
    stream.write_all(&[0, 3, 0xFF, 0xF0, 0x21, 0x12, 0xA4, 0x42]).unwrap();
    assert!(closed(stream));
}

#[test]
fn half_a_message_and_an_idle_stream_are_closed_in_the_end() {
    let relay = Relay::start("streams = { idle = 1, partial = 1 }");
    let mut half = connect(&relay);
    half.write_all(&BINDING[..10]).unwrap();
    let idle = connect(&relay);
    assert!(closed(half));
    assert!(closed(idle));
}

#[test]
fn streams_are_bounded_for_each_address() {
    let relay = Relay::start("workers = 1\nstreams = { per_address = 3 }");
    let mut held: Vec<_> = (0..3).map(|_| connect(&relay)).collect();
    // Answered, so accepted.
    for stream in &mut held {
        stream.write_all(&BINDING).unwrap();
        stream.read_exact(&mut [0; 32]).unwrap();
    }
    assert!(closed(connect(&relay)));
    drop(held);
}

#[test]
fn a_tls_handshake_that_does_not_go_on_is_closed() {
    let relay = Relay::start("streams = { partial = 1 }");
    let mut stream = TcpStream::connect((relay.address, 5349)).unwrap();
    // The beginning of a ClientHello.
    stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC]).unwrap();
    assert!(closed(stream));
}

#[test]
fn without_descriptors_it_waits_and_goes_on() {
    let relay = Relay::start_with_descriptors("workers = 1", 40);
    let held: Vec<_> = (0..60).map(|_| connect(&relay)).collect();
    // None of those that are beyond is answered before the others go.
    let mut beyond = connect(&relay);
    beyond.write_all(&BINDING).unwrap();
    drop(held);
    beyond.read_exact(&mut [0; 32]).unwrap();
}

#[test]
fn streams_are_bounded_for_each_network() {
    let relay = Relay::start("workers = 1\nstreams = { per_address = 2, per_network = 3 }");
    let [one, two, three, _] = relay.address.octets();
    let connect = |last: u8| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        let from = SocketAddr::from(([one, two, three, last], 0));
        socket.bind(&from.into()).unwrap();
        socket.connect(&SocketAddr::from((relay.address, 3478)).into()).unwrap();
        TcpStream::from(socket)
    };
    let mut held: Vec<_> = [1, 1, 2].map(connect).into();
    for stream in &mut held {
        stream.write_all(&BINDING).unwrap();
        stream.read_exact(&mut [0; 32]).unwrap();
    }
    assert!(closed(connect(3)));
}

#[test]
fn who_asks_and_does_not_read_is_closed() {
    let relay = Relay::start("streams = { idle = 600, partial = 600 }\nquota = { unauthenticated_per_second = 0 }");
    let mut stream = connect(&relay);
    let many = BINDING.repeat(1000);
    // The relay's answers fill the buffers of both ends, then what it holds itself.
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let error = (0..100_000)
        .find_map(|_| stream.write_all(&many).err())
        .expect("an end");
    assert!(
        [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()),
        "{error}"
    );
}
