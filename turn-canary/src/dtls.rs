//! DTLS to the relay, by the library that the relay has it from.

use std::io::{self, Read, Write};
use std::net::{IpAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use openssl::error::ErrorStack;
use openssl::ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslStream, SslVerifyMode, SslVersion};

/// The longest datagram of a handshake: passes wherever IPv6 does (1280) and leaves room for tunnels.
const MTU: u32 = 1200;
/// The longest record (RFC 6347 section 4.1).
const LONGEST: usize = 16_384;
/// How long a handshake listens before the library is asked whether something is to be sent again.
const TURN: Duration = Duration::from_millis(100);

/// Trusts the certificates of a file.
pub(crate) fn trust(authorities: &Path) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::dtls_client())?;
    context.set_min_proto_version(Some(SslVersion::DTLS1_2))?;
    context.set_verify(SslVerifyMode::PEER);
    context.set_ca_file(authorities)?;
    // RFC 7443.
    context.set_alpn_protos(b"\x09stun.turn")?;
    Ok(context.build())
}

/// A session whose handshake is complete, and which never waits.
pub(crate) struct Session(SslStream<Datagrams>);

impl Session {
    /// Makes the handshake with the relay of this name or address, within so long.
    pub(crate) fn open(socket: UdpSocket, trust: &SslContext, host: &str, patience: Duration) -> io::Result<Self> {
        let prepare = || {
            let mut ssl = Ssl::new(trust)?;
            ssl.set_mtu(MTU)?;
            if let Ok(ip) = host.parse::<IpAddr>() {
                ssl.param_mut().set_ip(ip)?;
            } else {
                ssl.set_hostname(host)?;
                ssl.param_mut().set_host(host)?;
            }
            Ok::<_, ErrorStack>(ssl)
        };
        socket.set_read_timeout(Some(TURN))?;
        let mut stream = SslStream::new(prepare()?, Datagrams(socket))?;
        let begin = Instant::now();
        while let Err(error) = stream.connect() {
            if error.code() != ErrorCode::WANT_READ {
                return Err(failed(error));
            }
            if begin.elapsed() > patience {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        stream.get_ref().0.set_nonblocking(true)?;
        Ok(Self(stream))
    }

    /// This end.
    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.0.get_ref().0
    }

    /// Sends a message. One that the system does not take is lost.
    pub(crate) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self.0.ssl_write(message) {
            Err(error) if error.code() != ErrorCode::WANT_WRITE => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// The next message, if there is one.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut room = vec![0; LONGEST];
        match self.0.ssl_read(&mut room) {
            Ok(count) => {
                room.truncate(count);
                Ok(Some(room))
            }
            Err(error) if error.code() == ErrorCode::WANT_READ => Ok(None),
            Err(error) if error.code() == ErrorCode::ZERO_RETURN => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => Err(failed(error)),
        }
    }
}

impl AsFd for Session {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

fn failed(error: openssl::ssl::Error) -> io::Error {
    error.into_io_error().unwrap_or_else(io::Error::other)
}

/// What the library reads from and writes to.
struct Datagrams(UdpSocket);

impl Read for Datagrams {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.recv(room)
    }
}

impl Write for Datagrams {
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        self.0.send(datagram)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
