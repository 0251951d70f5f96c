//! One client's handshake and records, by OpenSSL.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::rc::Rc;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    AlpnError, ErrorCode, Ssl, SslContext, SslMethod, SslMode, SslOptions, SslSessionCacheMode, SslStream, SslVersion,
    select_next_proto,
};
use openssl::x509::X509;

use super::hello::blank_client_hello;

/// The longest datagram of a handshake: passes wherever IPv6 does (1280) and leaves room for tunnels.
const MTU: u32 = 1200;
/// The longest record (RFC 6347 section 4.1).
pub const LONGEST: usize = 16_384;
/// RFC 7443, as lengths and names.
const PROTOCOLS: &[u8] = b"\x09stun.turn\x12stun.nat-discovery";
/// Forward secret and authenticated ones only.
const CIPHERS: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// What handshakes are made with from now on; running sessions keep theirs.
///
/// The whole chain is sent. The client is asked for no certificate, sessions are not resumed (that would need a state,
/// or a key to rotate) and not renegotiated.
pub fn context(chain: &[u8], key: &[u8]) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::dtls_server())?;
    context.set_min_proto_version(Some(SslVersion::DTLS1_2))?;
    context.set_cipher_list(CIPHERS)?;
    context.set_groups_list("X25519:P-256:P-384")?;
    context.set_options(
        SslOptions::COOKIE_EXCHANGE | SslOptions::NO_QUERY_MTU | SslOptions::NO_RENEGOTIATION | SslOptions::NO_TICKET,
    );
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_mode(SslMode::RELEASE_BUFFERS);
    let mut certificates = X509::stack_from_pem(chain)?.into_iter();
    if let Some(certificate) = certificates.next() {
        context.set_certificate(&certificate)?;
    }
    for certificate in certificates {
        context.add_extra_chain_cert(certificate)?;
    }
    let key = PKey::private_key_from_pem(key)?;
    context.set_private_key(&key)?;
    context.check_private_key()?;
    // Cookies are made and checked before a session begins; this one goes to nobody.
    context.set_cookie_generate_cb(|_, room| {
        room[..1].fill(0);
        Ok(1)
    });
    context.set_cookie_verify_cb(|_, _| true);
    // One that offers something else is taken as well, and told nothing, like one that offers nothing.
    context.set_alpn_select_callback(|_, offered| select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK));
    Ok(context.build())
}

/// The session is over: the client closed it, or broke the protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed;

/// A handshake that goes on, and the records after it.
pub struct Session {
    stream: SslStream<Wire>,
    established: bool,
}

impl Session {
    /// Begins with a client that has proven its address; the record number is that of the ClientHello that did, which is
    /// to be [`Session::put`] next.
    pub fn new(context: &SslContext, socket: Rc<UdpSocket>, to: SocketAddr, sequence: u64) -> Result<Self, ErrorStack> {
        let mut ssl = Ssl::new(context)?;
        ssl.set_mtu(MTU)?;
        let wire = Wire {
            socket,
            to,
            input: blank_client_hello(sequence.saturating_sub(1)),
            unread: true,
            muted: true,
        };
        let mut stream = SslStream::new(ssl, wire)?;
        // Answers with a HelloVerifyRequest, as ours has been answered already, and waits for the cookie.
        let _ = stream.accept();
        stream.get_mut().muted = false;
        Ok(Self {
            stream,
            established: false,
        })
    }

    /// Whether the handshake is complete.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.established
    }

    /// Takes a datagram. What it brings is to be asked for until there is nothing more.
    pub fn put(&mut self, datagram: &[u8]) {
        let wire = self.stream.get_mut();
        wire.input.clear();
        wire.input.extend_from_slice(datagram);
        // The library would take an empty one for the end.
        wire.unread = !datagram.is_empty();
    }

    /// The next message that the client sent, if there is one. Called without a datagram, it sends again what a
    /// handshake has waited for in vain.
    pub fn next(&mut self, room: &mut [u8; LONGEST]) -> Result<Option<usize>, Closed> {
        if !self.established {
            match self.stream.accept() {
                Ok(()) => self.established = true,
                Err(error) => return pending(&error),
            }
        }
        match self.stream.ssl_read(room) {
            Ok(length) => Ok(Some(length)),
            Err(error) => pending(&error),
        }
    }

    /// Sends a message in one record.
    pub fn send(&mut self, message: &[u8]) {
        if self.established && message.len() <= LONGEST {
            // Lost where it fails, as datagrams are.
            let _ = self.stream.ssl_write(message);
        }
    }

    /// Tells the client that this was all.
    pub fn close(mut self) {
        if self.established {
            let _ = self.stream.shutdown();
        }
    }
}

fn pending(error: &openssl::ssl::Error) -> Result<Option<usize>, Closed> {
    if error.code() == ErrorCode::WANT_READ {
        Ok(None)
    } else {
        Err(Closed)
    }
}

/// What the library reads from and writes to: the datagram that just came, and the listener.
struct Wire {
    socket: Rc<UdpSocket>,
    to: SocketAddr,
    input: Vec<u8>,
    unread: bool,
    muted: bool,
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if !self.unread {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.unread = false;
        let length = self.input.len().min(room.len());
        room[..length].copy_from_slice(&self.input[..length]);
        self.input = Vec::new();
        Ok(length)
    }
}

impl Write for Wire {
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        if !self.muted {
            // Lost where the kernel does not take it: what matters is sent again.
            let _ = self.socket.send_to(datagram, self.to);
        }
        Ok(datagram.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
