//! Port 443 shared with a web server by ALPN.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use openssl::pkey::PKey;
use openssl::ssl::{AlpnError, SslAcceptor, SslConnector, SslMethod, SslStream, SslVerifyMode, select_next_proto};
use openssl::x509::X509;

use crate::process::Relay;

/// A Binding request.
const BINDING: [u8; 20] = [
    0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
];

/// A web server that sends back what it gets, and tells the header that comes before TLS.
fn web_server(address: Ipv4Addr, header_length: usize) -> (SocketAddr, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let made = rcgen::generate_simple_self_signed(["www.example.org".to_owned()]).unwrap();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor
        .set_certificate(&X509::from_der(made.cert.der()).unwrap())
        .unwrap();
    let key = PKey::private_key_from_der(&made.signing_key.serialize_der()).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_alpn_select_callback(|_, offered| {
        select_next_proto(b"\x02h2\x08http/1.1", offered).ok_or(AlpnError::ALERT_FATAL)
    });
    let acceptor = Arc::new(acceptor.build());
    let (tell, headers) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, acceptor, tell) = (stream.unwrap(), Arc::clone(&acceptor), tell.clone());
            std::thread::spawn(move || {
                let mut header = vec![0; header_length];
                stream.read_exact(&mut header).unwrap();
                tell.send(header).unwrap();
                let mut stream = acceptor.accept(stream).unwrap();
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    stream.write_all(&buffer[..count]).unwrap();
                }
            });
        }
    });
    (at, headers)
}

fn stream(relay: &Relay) -> TcpStream {
    let stream = TcpStream::connect((relay.address, 5349)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// A client that offers these protocols, as lengths and names.
fn client(stream: TcpStream, protocols: &[u8]) -> Option<SslStream<TcpStream>> {
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    if !protocols.is_empty() {
        connector.set_alpn_protos(protocols).unwrap();
    }
    connector.build().connect("www.example.org", stream).ok()
}

fn is_the_relay(stream: &mut SslStream<TcpStream>) -> bool {
    stream.write_all(&BINDING).unwrap();
    let mut answer = [0; 20];
    stream.read_exact(&mut answer).unwrap();
    answer[..2] == [1, 1]
}

fn shared(proxy_protocol: bool, header_length: usize) -> (Relay, Receiver<Vec<u8>>) {
    let mut headers = None;
    let relay = Relay::start_after(4096, |place| {
        let (upstream, told) = web_server(place.peers, header_length);
        headers = Some(told);
        format!("share = {{ upstream = \"{upstream}\", proxy_protocol = {proxy_protocol} }}")
    });
    (relay, headers.unwrap())
}

#[test]
fn who_names_stun_or_nothing_meets_the_relay_and_the_others_the_web_server() {
    let (relay, _headers) = shared(false, 0);
    for (protocols, chosen) in [
        (&b""[..], None),
        (b"\x09stun.turn", Some(&b"stun.turn"[..])),
        (b"\x12stun.nat-discovery", Some(b"stun.nat-discovery")),
        (b"\x08http/1.1\x09stun.turn", Some(b"stun.turn")),
    ] {
        let mut client = client(stream(&relay), protocols).unwrap();
        assert_eq!(client.ssl().selected_alpn_protocol(), chosen);
        assert!(is_the_relay(&mut client));
    }
    for (protocols, chosen) in [(&b"\x02h2\x08http/1.1"[..], &b"h2"[..]), (b"\x08http/1.1", b"http/1.1")] {
        let mut client = client(stream(&relay), protocols).unwrap();
        assert_eq!(client.ssl().selected_alpn_protocol(), Some(chosen));
        // The web server's, not the relay's.
        assert!(
            client.ssl().peer_certificate().unwrap().subject_alt_names().unwrap()[0].dnsname()
                == Some("www.example.org")
        );
        let data: Vec<u8> = (0..200_000u32).map(|number| number.to_le_bytes()[0]).collect();
        let mut heard = vec![0; 2000];
        for part in data.chunks(2000) {
            client.write_all(part).unwrap();
            client.read_exact(&mut heard[..part.len()]).unwrap();
            assert_eq!(&heard[..part.len()], part);
        }
    }
}

#[test]
fn the_web_server_is_told_where_the_client_is() {
    let (relay, headers) = shared(true, 28);
    let stream = stream(&relay);
    let port = stream.local_addr().unwrap().port();
    let mut client = client(stream, b"\x08http/1.1").unwrap();
    client.write_all(b"hello").unwrap();
    let header = headers.recv().unwrap();
    assert_eq!(header[..16], *b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C");
    assert_eq!(header[16..20], [127, 0, 0, 1]);
    assert_eq!(header[20..24], relay.address.octets());
    assert_eq!(header[24..26], port.to_be_bytes());
    assert_eq!(header[26..28], 5349u16.to_be_bytes());
}

#[test]
fn without_a_share_and_without_a_web_server_they_are_refused() {
    let relay = Relay::start("");
    assert!(client(stream(&relay), b"\x08http/1.1").is_none());
    assert!(is_the_relay(&mut client(stream(&relay), b"").unwrap()));
    // Nobody listens there.
    let relay = Relay::start("share = { upstream = \"127.0.0.1:9\" }");
    assert!(client(stream(&relay), b"\x08http/1.1").is_none());
    assert!(is_the_relay(&mut client(stream(&relay), b"").unwrap()));
}

#[test]
fn a_first_message_is_understood_however_it_is_cut() {
    let (relay, _headers) = shared(false, 0);
    for (protocols, relays) in [(&b"\x09stun.turn"[..], true), (b"\x08http/1.1", false)] {
        // Between the client and the relay, a wire that carries a few bytes at a time.
        let wire = TcpListener::bind((relay.peers, 0)).unwrap();
        let client_end = TcpStream::connect(wire.local_addr().unwrap()).unwrap();
        let (near, _) = wire.accept().unwrap();
        let far = stream(&relay);
        far.set_nodelay(true).unwrap();
        let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        std::thread::spawn(move || {
            let mut few = [0; 100];
            while let Ok(count @ 1..) = from.read(&mut few) {
                to.write_all(&few[..count]).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let (mut from, mut to) = (far, near);
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let mut client = client(client_end, protocols).unwrap();
        if relays {
            assert!(is_the_relay(&mut client));
        } else {
            client.write_all(b"hello").unwrap();
            let mut heard = [0; 5];
            client.read_exact(&mut heard).unwrap();
            assert_eq!(&heard, b"hello");
        }
    }
}

#[test]
fn a_first_message_without_an_end_is_not_waited_for() {
    let relay = Relay::start("streams = { idle = 600, partial = 600 }");
    let mut stream = stream(&relay);
    // Records of a ClientHello that claims to be as long as can be.
    let record = [&[22, 3, 1, 16, 0][..], &[1, 0, 0xFF, 0xF0], &vec![0; 4092]].concat();
    let next = [&[22, 3, 1, 16, 0][..], &vec![0; 4096]].concat();
    let _ = stream.write_all(&record);
    for _ in 0..6 {
        let _ = stream.write_all(&next);
    }
    let ended = match stream.read(&mut [0; 10]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    assert!(ended);
}
