//! Clients over DTLS, well-behaved ones and others.

use std::io::{self, ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream, SslVerifyMode};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use visavis_turn::dtls::hello::{HELLO_VERIFY_REQUEST, blank_client_hello};

use crate::process::{Relay, get, wait_until};

/// A Binding request.
const BINDING: [u8; 20] = [
    0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

/// A socket that knows the relay's DTLS listener, and how many datagrams its handshake may still read.
#[derive(Debug)]
struct Wire(UdpSocket, usize);

impl Wire {
    fn new(relay: &Relay) -> Self {
        let socket = UdpSocket::bind((relay.peers, 0)).unwrap();
        socket.connect((relay.address, 5349)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(socket, usize::MAX)
    }

    /// The answer to a datagram.
    fn ask(&self, datagram: &[u8]) -> Vec<u8> {
        self.0.send(datagram).unwrap();
        let mut answer = vec![0; 2000];
        let length = self.0.recv(&mut answer).unwrap();
        answer.truncate(length);
        answer
    }

    /// A complete handshake.
    fn handshake(self) -> SslStream<Self> {
        let mut stream = self.client();
        stream.connect().unwrap();
        stream
    }

    /// A handshake that ends after the client has shown its address.
    fn half_handshake(mut self) -> UdpSocket {
        self.1 = 1;
        let mut stream = self.client();
        stream.connect().unwrap_err();
        assert_eq!(stream.get_ref().1, 0);
        stream.get_ref().0.try_clone().unwrap()
    }

    fn client(self) -> SslStream<Self> {
        let mut context = SslContext::builder(SslMethod::dtls_client()).unwrap();
        context.set_verify(SslVerifyMode::NONE);
        let mut ssl = Ssl::new(&context.build()).unwrap();
        ssl.set_mtu(1200).unwrap();
        SslStream::new(ssl, self).unwrap()
    }
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.checked_sub(1).ok_or(ErrorKind::WouldBlock)?;
        self.0.recv(room)
    }
}

impl Write for Wire {
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        self.0.send(datagram)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A ClientHello with a cookie.
fn hello_with(cookie: &[u8]) -> Vec<u8> {
    let mut hello = blank_client_hello(1);
    // The second message of the handshake.
    hello[18] = 1;
    hello.splice(60..=60, [&[u8::try_from(cookie.len()).unwrap()], cookie].concat());
    let length = u8::try_from(hello.len() - 13).unwrap();
    (hello[12], hello[16], hello[24]) = (length, length - 12, length - 12);
    hello
}

/// The cookie in a HelloVerifyRequest.
fn cookie_of(answer: &[u8]) -> &[u8] {
    assert_eq!((answer[0], answer[13], answer.len()), (22, 3, HELLO_VERIFY_REQUEST));
    &answer[28..]
}

fn associations(relay: &Relay) -> u32 {
    let metrics = get(relay, "/metrics");
    let line = metrics.lines().find(|line| line.starts_with("turn_associations "));
    line.unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

const METRICS: &str = "metrics = \"{address}:9641\"\nworkers = 1\n";

#[test]
fn a_binding_request_is_answered_in_one_record() {
    let relay = Relay::start("");
    let mut stream = Wire::new(&relay).handshake();
    stream.write_all(&BINDING).unwrap();
    let mut answer = [0; 100];
    let length = stream.read(&mut answer).unwrap();
    assert_eq!((length, &answer[..2], &answer[8..20]), (32, &[1, 1][..], &BINDING[8..]));
}

#[test]
fn the_whole_chain_is_sent() {
    let relay = Relay::start("");
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let [root_key, middle_key, key] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let root = authority.clone().self_signed(&root_key).unwrap();
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, "in between");
    let by_root = Issuer::new(CertificateParams::new([]).unwrap(), &root_key);
    let middle = authority.clone().signed_by(&middle_key, &by_root).unwrap();
    let by_middle = Issuer::new(authority, &middle_key);
    let leaf = CertificateParams::new(["turn.example.org".to_owned()])
        .unwrap()
        .signed_by(&key, &by_middle)
        .unwrap();
    let path = |name: &str| relay.directory.join(name);
    std::fs::write(path("root.pem"), root.pem()).unwrap();
    std::fs::write(path("certificate.pem"), leaf.pem() + &middle.pem()).unwrap();
    std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    let verifies = || {
        let output = Command::new("openssl")
            .args(["s_client", "-dtls1_2", "-connect", &format!("{}:5349", relay.address)])
            .args([
                "-verify_return_error",
                "-verify_hostname",
                "turn.example.org",
                "-CAfile",
            ])
            .arg(path("root.pem"))
            .stdin(Stdio::null())
            .output()
            .expect("openssl is installed");
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("Verify return code: 0 (ok)")
    };
    assert!(!verifies(), "the old certificate is another's");
    relay.signal("HUP");
    wait_until(verifies);
}

#[test]
fn a_reload_leaves_running_sessions_alone() {
    let relay = Relay::start("");
    let mut stream = Wire::new(&relay).handshake();
    let certificate = || {
        let stream = Wire::new(&relay).handshake();
        stream.ssl().peer_certificate().unwrap().to_pem().unwrap()
    };
    let old = certificate();
    crate::process::write_certificate(&relay.directory);
    relay.signal("HUP");
    wait_until(|| certificate() != old);
    stream.write_all(&BINDING).unwrap();
    assert_eq!(stream.read(&mut [0; 100]).unwrap(), 32);
}

#[test]
fn nothing_is_kept_of_clients_that_have_not_shown_their_address() {
    let relay = Relay::start(&format!("{METRICS}quota = {{ unauthenticated_per_second = 0 }}"));
    let question = blank_client_hello(0);
    for _ in 0..200 {
        let wire = Wire::new(&relay);
        let answer = wire.ask(&question);
        assert!(answer.len() <= question.len());
        // Somebody else's cookie, or one that was made up, is as good as none.
        let cookie = cookie_of(&answer);
        let other = Wire::new(&relay);
        let question = hello_with(cookie);
        let answer = other.ask(&question);
        assert_ne!(cookie_of(&answer), cookie);
        assert!(answer.len() <= question.len());
    }
    // Counted at least once a second.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(associations(&relay), 0);
}

#[test]
fn a_network_gets_so_many_cookies_a_second() {
    let relay = Relay::start("workers = 1\nquota = { unauthenticated_per_second = 1 }");
    let wire = Wire::new(&relay);
    for _ in 0..100 {
        wire.0.send(&blank_client_hello(0)).unwrap();
    }
    wire.0.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let answers = (0..100).take_while(|_| wire.0.recv(&mut [0; 100]).is_ok()).count();
    // Five at once, and what may come while we look.
    assert!((5..60).contains(&answers), "{answers}");
}

#[test]
fn handshakes_that_do_not_go_on_are_bounded_and_given_up() {
    let relay = Relay::start(&format!(
        "{METRICS}streams = {{ partial = 5, handshakes_per_address = 2 }}"
    ));
    let clients = [(); 3].map(|()| Wire::new(&relay).half_handshake());
    wait_until(|| associations(&relay) == 2);
    wait_until(|| associations(&relay) == 0);
    let heard = clients.map(|client| {
        client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        std::iter::from_fn(|| client.recv(&mut [0; 2000]).ok()).sum::<usize>()
    });
    // A flight of less than 1000 bytes, sent again after one second and after two more at most.
    assert!(heard[0] > 0 && heard[0] < 3000, "{heard:?}");
    assert!(heard[1] > 0 && heard[1] < 3000, "{heard:?}");
    assert_eq!(heard[2], 0);
    // And there is room again.
    Wire::new(&relay).handshake();
}

#[test]
fn what_is_lost_is_sent_again() {
    let relay = Relay::start("");
    let client = Wire::new(&relay).half_handshake();
    let server_hello = || loop {
        let mut datagram = [0; 2000];
        client.recv(&mut datagram).unwrap();
        // The first of a flight.
        if datagram[13] == 2 {
            return datagram;
        }
    };
    let (first, again) = (server_hello(), server_hello());
    assert_eq!(first[25..60], again[25..60]);
    // Under a later record number.
    assert!(first[5..11] < again[5..11]);
}

#[test]
fn a_client_that_begins_anew_is_served_and_its_old_session_is_over() {
    let relay = Relay::start(METRICS);
    let stream = Wire::new(&relay).handshake();
    let again = Wire(stream.get_ref().0.try_clone().unwrap(), usize::MAX);
    let mut again = again.handshake();
    again.write_all(&BINDING).unwrap();
    assert_eq!(again.read(&mut [0; 100]).unwrap(), 32);
    wait_until(|| associations(&relay) == 1);
}

#[test]
fn forged_records_do_not_end_a_session() {
    let relay = Relay::start("");
    let mut stream = Wire::new(&relay).handshake();
    let wire = stream.get_ref().0.try_clone().unwrap();
    let forged: [&[u8]; 5] = [
        // An alert in the clear, one that claims to be encrypted, a ClientHello without a cookie, STUN in the clear.
        &[21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40],
        &[
            21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 26, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
            13, 14, 15, 16, 17, 18,
        ],
        &blank_client_hello(9),
        &BINDING,
        &[],
    ];
    for datagram in forged {
        wire.send(datagram).unwrap();
    }
    stream.write_all(&BINDING).unwrap();
    assert_eq!(stream.read(&mut [0; 100]).unwrap(), 32);
}

#[test]
fn an_idle_session_is_closed() {
    let relay = Relay::start(&format!("{METRICS}streams = {{ idle = 1 }}"));
    let mut stream = Wire::new(&relay).handshake();
    // The close_notify.
    match stream.read(&mut [0; 100]) {
        Ok(length) => assert_eq!(length, 0),
        Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock),
    }
    wait_until(|| associations(&relay) == 0);
}
