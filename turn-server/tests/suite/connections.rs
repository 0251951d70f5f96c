//! Allocations for TCP (RFC 6062) with real connections, over TCP and TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};
use stun_types::attribute::{AttributeStaticType as _, AttributeWrite as _, RawAttribute};
use turn_types::attribute as turn;
use turn_types::message as method;

use crate::client::{Answer, signed};
use crate::process::{Relay, get, wait_until};

trait Stream: Read + Write {
    /// Sends no more.
    fn end(&mut self);
}

impl Stream for TcpStream {
    fn end(&mut self) {
        self.shutdown(Shutdown::Write).unwrap();
    }
}

impl Stream for SslStream<TcpStream> {
    fn end(&mut self) {
        SslStream::shutdown(self).unwrap();
        self.get_ref().shutdown(Shutdown::Write).unwrap();
    }
}

/// A stream to the relay, with the credentials of `user1`.
struct Client {
    stream: Box<dyn Stream>,
    nonce: String,
    transaction: u128,
}

impl Client {
    fn new(relay: &Relay, tls: bool) -> Self {
        let port = if tls { 5349 } else { 3478 };
        let stream = TcpStream::connect((relay.address, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        Self {
            stream: if tls {
                Box::new(connector.build().connect("turn.example.org", stream).unwrap())
            } else {
                Box::new(stream)
            },
            nonce: String::new(),
            transaction: 0,
        }
    }

    fn with_allocation(relay: &Relay, tls: bool) -> (Self, SocketAddr) {
        let mut client = Self::new(relay, tls);
        let transport = RawAttribute::new(turn::RequestedTransport::TYPE, &[6, 0, 0, 0]);
        let answer = client.request(method::ALLOCATE, &[transport]);
        assert_eq!(answer.error(), None);
        let relayed = answer.relayed();
        (client, relayed)
    }

    /// The next message that comes.
    fn next(&mut self) -> Answer {
        let mut message = vec![0; 20];
        self.stream.read_exact(&mut message).unwrap();
        let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
        message.resize(20 + length, 0);
        self.stream.read_exact(&mut message[20..]).unwrap();
        Answer(message)
    }

    fn request(&mut self, method: stun_types::message::Method, attributes: &[RawAttribute<'_>]) -> Answer {
        loop {
            self.transaction += 1;
            let request = signed(method, self.transaction, &self.nonce, attributes);
            self.stream.write_all(&request).unwrap();
            let answer = self.next();
            match (answer.error(), answer.nonce()) {
                (Some(438), Some(nonce)) if nonce != self.nonce => self.nonce = nonce,
                _ => return answer,
            }
        }
    }

    fn permit(&mut self, peer: Ipv4Addr) {
        let answer = self.request(method::CREATE_PERMISSION, &[address((peer, 0).into())]);
        assert_eq!(answer.error(), None);
    }

    fn connect(&mut self, peer: SocketAddr) -> Answer {
        self.request(method::CONNECT, &[address(peer)])
    }

    /// Becomes a data connection.
    fn bind(mut self, id: u32) -> Box<dyn Stream> {
        let id = RawAttribute::new(turn::ConnectionId::TYPE, &id.to_be_bytes()).into_owned();
        let answer = self.request(method::CONNECTION_BIND, &[id]);
        assert_eq!(answer.error(), None);
        self.stream
    }
}

fn address(peer: SocketAddr) -> RawAttribute<'static> {
    // Of an IPv4 address the transaction is no part.
    turn::XorPeerAddress::new(peer, 0.into()).to_raw().into_owned()
}

fn id(answer: &Answer) -> u32 {
    assert_eq!(answer.error(), None);
    answer.message().attribute::<turn::ConnectionId>().unwrap().id()
}

/// A peer that listens.
fn listener(relay: &Relay) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((relay.peers, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A client's data connection and its peer's end.
fn connected(relay: &Relay, tls: bool) -> (Client, Box<dyn Stream>, TcpStream) {
    let (listener, address) = listener(relay);
    let (mut control, relayed) = Client::with_allocation(relay, tls);
    let id = id(&control.connect(address));
    let (peer, from) = listener.accept().unwrap();
    assert_eq!(from, relayed);
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    (control, Client::new(relay, tls).bind(id), peer)
}

fn exchange(client: &mut dyn Stream, peer: &mut TcpStream) {
    let mut heard = [0; 5];
    client.write_all(b"hello").unwrap();
    peer.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello");
    peer.write_all(b"world").unwrap();
    client.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"world");
}

/// Whether the other end closes.
fn closed(stream: &mut dyn Read) -> bool {
    match stream.read(&mut [0; 100]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

#[test]
fn a_client_connects_to_peers_from_its_relayed_address_whatever_worker_it_meets() {
    let relay = Relay::start("workers = 2");
    for tls in [false, true] {
        let (mut control, relayed) = Client::with_allocation(&relay, tls);
        let mut open: Vec<_> = (0..6)
            .map(|_| {
                let (listener, address) = listener(&relay);
                let id = id(&control.connect(address));
                let (mut peer, from) = listener.accept().unwrap();
                assert_eq!(from, relayed);
                // Sent before the client is there.
                peer.write_all(b"early").unwrap();
                let mut client = Client::new(&relay, tls).bind(id);
                let mut heard = [0; 5];
                client.read_exact(&mut heard).unwrap();
                assert_eq!(&heard, b"early");
                (client, peer)
            })
            .collect();
        for (client, peer) in &mut open {
            exchange(&mut **client, peer);
        }
    }
}

#[test]
fn peers_with_a_permission_connect_to_a_client() {
    let relay = Relay::start("");
    let (mut control, relayed) = Client::with_allocation(&relay, false);
    assert!(
        closed(&mut TcpStream::connect(relayed).unwrap()),
        "without a permission"
    );
    control.permit(Ipv4Addr::LOCALHOST);
    let mut peer = TcpStream::connect(relayed).unwrap();
    let attempt = control.next();
    let told = attempt.message().attribute::<turn::XorPeerAddress>().unwrap();
    assert_eq!(
        told.addr(attempt.message().transaction_id()),
        peer.local_addr().unwrap()
    );
    let mut client = Client::new(&relay, false).bind(id(&attempt));
    exchange(&mut *client, &mut peer);
}

#[test]
fn two_clients_of_the_relay_meet() {
    let relay = Relay::start("workers = 2");
    let (mut one, _) = Client::with_allocation(&relay, false);
    let (mut other, relayed) = Client::with_allocation(&relay, true);
    other.permit(relay.address);
    let answer = one.connect(relayed);
    let attempt = other.next();
    let mut here = Client::new(&relay, false).bind(id(&answer));
    let mut there = Client::new(&relay, true).bind(id(&attempt));
    here.write_all(b"hello").unwrap();
    let mut heard = [0; 5];
    there.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello");
}

#[test]
fn a_peer_that_refuses_is_447() {
    let relay = Relay::start("");
    let (mut control, _) = Client::with_allocation(&relay, false);
    let (listener, address) = listener(&relay);
    drop(listener);
    assert_eq!(control.connect(address).error(), Some(447));
    // And the next may be tried.
    let (_listener, address) = self::listener(&relay);
    assert_eq!(control.connect(address).error(), None);
}

#[test]
fn a_forbidden_peer_is_not_connected_to() {
    let relay = Relay::start("");
    let (mut control, _) = Client::with_allocation(&relay, false);
    for peer in ["10.0.0.1:80", "169.254.169.254:80"] {
        assert_eq!(control.connect(peer.parse().unwrap()).error(), Some(403));
    }
}

#[test]
fn an_end_in_one_direction_leaves_the_other() {
    let relay = Relay::start("");
    for tls in [false, true] {
        let (_control, mut client, mut peer) = connected(&relay, tls);
        client.write_all(b"request").unwrap();
        client.end();
        let mut request = Vec::new();
        peer.read_to_end(&mut request).unwrap();
        assert_eq!(request, b"request");
        peer.write_all(b"answer").unwrap();
        drop(peer);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"answer");
    }
    let (_control, mut client, mut peer) = connected(&relay, false);
    peer.end();
    assert_eq!(client.read(&mut [0; 10]).unwrap(), 0);
    client.write_all(b"still").unwrap();
    let mut heard = [0; 5];
    peer.read_exact(&mut heard).unwrap();
    drop(client);
    assert!(closed(&mut peer));
}

#[test]
fn connections_end_with_their_allocation() {
    let relay = Relay::start("workers = 2");
    let (control, mut client, mut peer) = connected(&relay, false);
    exchange(&mut *client, &mut peer);
    drop(control);
    assert!(closed(&mut client));
    assert!(closed(&mut peer));
}

#[test]
fn what_the_other_does_not_read_is_not_taken() {
    let relay =
        Relay::start("metrics = \"{address}:9641\"\nquota = { bytes_per_second = 0, user_bytes_per_second = 0 }");
    for tls in [false, true] {
        let (_control, mut client, peer) = connected(&relay, tls);
        // A peer that does not read: only buffers fill, the kernels' and a bounded one of the relay's.
        let mut sender = peer.try_clone().unwrap();
        sender.set_nonblocking(true).unwrap();
        let mut sent: usize = 0;
        let mut since = 0;
        while since < 20 {
            if let Ok(count) = sender.write(&[7; 16_384]) {
                (sent, since) = (sent + count, 0);
            } else {
                since += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(sent < 64 << 20);
        }
        let memory = memory_of(&relay);
        assert!(memory < 200 << 20, "{memory}");
        // All of it arrives once it is asked for.
        drop((sender, peer));
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).unwrap();
        assert_eq!(heard.len(), sent);
        assert!(heard.iter().all(|byte| *byte == 7));
    }
}

#[test]
fn what_is_beyond_the_quota_waits() {
    let relay = Relay::start("quota = { bytes_per_second = 100_000 }");
    let (_control, mut client, mut peer) = connected(&relay, false);
    let data = vec![7; 250_000];
    let begin = std::time::Instant::now();
    let writer = std::thread::spawn(move || {
        peer.write_all(&data).unwrap();
        data.len()
    });
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    assert_eq!(heard.len(), writer.join().unwrap());
    // A second's worth at once, and the rest a second's worth each second.
    assert!(begin.elapsed() > Duration::from_secs(1));
}

#[test]
fn streams_that_are_bound_are_counted_and_given_back() {
    let relay = Relay::start("metrics = \"{address}:9641\"");
    let streams = |count| wait_until(|| get(&relay, "/metrics").contains(&format!("\nturn_streams {count}\n")));
    let (control, client, peer) = connected(&relay, false);
    streams(2);
    drop((client, peer));
    streams(1);
    drop(control);
    streams(0);
}

/// What the relay has resident, in bytes.
fn memory_of(relay: &Relay) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", relay.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}
