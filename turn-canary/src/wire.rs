//! A way to the relay: UDP, TCP, TLS or DTLS, which never waits.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use openssl::ssl::SslContext;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::dtls;
use crate::url::{Transport, TurnUrl};

/// Where systems keep the certificates that they trust.
const TRUSTED: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];
/// The longest message that is read.
const LONGEST: usize = 65_536;

/// One connection to the relay.
pub struct Wire {
    socket: Socket,
    /// Of a stream: what came and is not a whole message yet.
    input: Vec<u8>,
    /// What waits to be written.
    output: Vec<u8>,
}

enum Socket {
    Udp(UdpSocket),
    Dtls(Box<dtls::Session>),
    Tcp(TcpStream),
    Tls(TcpStream, Box<ClientConnection>),
}

/// Whom to trust over TLS and DTLS.
pub struct Trust {
    tls: Arc<ClientConfig>,
    dtls: SslContext,
}

impl Trust {
    /// The certificates of a file, or of the system.
    pub fn read(authorities: Option<&Path>) -> io::Result<Self> {
        let path = match authorities {
            Some(path) => path,
            None => TRUSTED
                .iter()
                .map(Path::new)
                .find(|path| path.exists())
                .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no trusted certificates: give --ca FILE"))?,
        };
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?;
        roots.add_parsable_certificates(certificates.flatten());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // RFC 7443.
        config.alpn_protocols = vec![b"stun.turn".to_vec()];
        Ok(Self {
            tls: Arc::new(config),
            dtls: dtls::trust(path)?,
        })
    }
}

impl Wire {
    /// Connects; over TCP and DTLS within so long.
    pub fn open(url: &TurnUrl, trust: &Trust, patience: Duration) -> io::Result<Self> {
        let server = url.resolve()?;
        let socket = match url.transport {
            Transport::Udp | Transport::Dtls => {
                let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(any)?;
                socket.connect(server)?;
                if url.transport == Transport::Dtls {
                    let session = dtls::Session::open(socket, &trust.dtls, &url.host, patience)?;
                    Socket::Dtls(Box::new(session))
                } else {
                    socket.set_nonblocking(true)?;
                    Socket::Udp(socket)
                }
            }
            Transport::Tcp | Transport::Tls => {
                let stream = TcpStream::connect_timeout(&server, patience)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                if url.transport == Transport::Tcp {
                    Socket::Tcp(stream)
                } else {
                    let name = ServerName::try_from(url.host.clone()).map_err(io::Error::other)?;
                    let tls = ClientConnection::new(Arc::clone(&trust.tls), name).map_err(io::Error::other)?;
                    Socket::Tls(stream, Box::new(tls))
                }
            }
        };
        Ok(Self {
            socket,
            input: Vec::new(),
            output: Vec::new(),
        })
    }

    /// This end.
    pub fn local(&self) -> io::Result<SocketAddr> {
        match &self.socket {
            Socket::Udp(socket) => socket.local_addr(),
            Socket::Dtls(session) => session.socket().local_addr(),
            Socket::Tcp(stream) | Socket::Tls(stream, _) => stream.local_addr(),
        }
    }

    /// Whether something waits to be written.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        !self.output.is_empty() || matches!(&self.socket, Socket::Tls(_, tls) if tls.wants_write())
    }

    /// Sends a message. A datagram that the system does not take is lost.
    pub fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.socket {
            Socket::Udp(socket) => match socket.send(message) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                _ => Ok(()),
            },
            Socket::Dtls(session) => session.send(message),
            Socket::Tcp(_) => {
                self.output.extend_from_slice(message);
                self.flush()
            }
            Socket::Tls(_, tls) => {
                tls.writer().write_all(message)?;
                self.flush()
            }
        }
    }

    /// Writes what can be written.
    pub fn flush(&mut self) -> io::Result<()> {
        let (stream, output) = match &mut self.socket {
            Socket::Udp(_) | Socket::Dtls(_) => return Ok(()),
            Socket::Tcp(stream) => (stream, &mut self.output),
            Socket::Tls(stream, tls) => {
                while tls.wants_write() {
                    tls.write_tls(&mut self.output)?;
                }
                (stream, &mut self.output)
            }
        };
        while !output.is_empty() {
            match stream.write(output) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => drop(output.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next whole message, if there is one.
    pub fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Socket::Udp(socket) = &self.socket {
            let mut room = vec![0; LONGEST];
            return match socket.recv(&mut room) {
                Ok(count) => {
                    room.truncate(count);
                    Ok(Some(room))
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
                Err(error) => Err(error),
            };
        }
        if let Socket::Dtls(session) = &mut self.socket {
            return session.receive();
        }
        if let Some(message) = self.cut() {
            return Ok(Some(message));
        }
        self.read()?;
        Ok(self.cut())
    }

    /// Reads what there is of a stream.
    fn read(&mut self) -> io::Result<()> {
        let mut room = [0; 16 << 10];
        let (Socket::Tcp(stream) | Socket::Tls(stream, _)) = &mut self.socket else {
            return Ok(());
        };
        let count = match stream.read(&mut room) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        let Socket::Tls(_, tls) = &mut self.socket else {
            self.input.extend_from_slice(&room[..count]);
            return Ok(());
        };
        let mut rest = &room[..count];
        while !rest.is_empty() {
            tls.read_tls(&mut rest)?;
            let state = tls.process_new_packets().map_err(io::Error::other)?;
            let start = self.input.len();
            self.input.resize(start + state.plaintext_bytes_to_read(), 0);
            tls.reader().read_exact(&mut self.input[start..])?;
        }
        self.flush()
    }

    /// Cuts the first message off (RFC 8656 section 12.5): ChannelData is padded, and both begin with their length.
    fn cut(&mut self) -> Option<Vec<u8>> {
        let [first, _, high, low, ..] = *self.input.as_slice() else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let total = if first & 0xC0 == 0x40 {
            4 + length.next_multiple_of(4)
        } else {
            20 + length
        };
        (self.input.len() >= total).then(|| self.input.drain(..total).collect())
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Socket::Udp(socket) => socket.as_fd(),
            Socket::Dtls(session) => session.as_fd(),
            Socket::Tcp(stream) | Socket::Tls(stream, _) => stream.as_fd(),
        }
    }
}
