//! The bytes of a stream, in clear or through TLS, and what waits to be written.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use rustls::ServerConnection;

use super::greeting::{Front, Greeted, Greeting};

/// What is read at once, in bytes.
const READ: usize = 16 << 10;

/// One end of a connection; never waits.
pub(super) struct Pipe {
    pub(super) socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
    /// As long as the client has not said what it wants.
    greeting: Option<Box<Greeting>>,
    output: Vec<u8>,
    /// How much of `output` is written.
    written: usize,
}

impl Pipe {
    pub(super) fn new(socket: TcpStream, secure: bool) -> Self {
        Self {
            socket,
            tls: None,
            greeting: secure.then(|| Box::new(Greeting::new())),
            output: Vec::new(),
            written: 0,
        }
    }

    /// Whether TLS is not agreed on yet.
    pub(super) fn is_handshaking(&self) -> bool {
        self.greeting.is_some() || self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Whether the client has not said what it wants.
    pub(super) fn is_greeting(&self) -> bool {
        self.greeting.is_some()
    }

    /// Reads what the client wants. `None`: the stream is over.
    pub(super) fn greet(&mut self, front: &Front) -> io::Result<Option<Greeted>> {
        let Some(greeting) = &mut self.greeting else {
            return Ok(Some(Greeted::Later));
        };
        let mut buffer = [0; READ];
        let count = match self.socket.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(Some(Greeted::Later));
            }
            Err(error) => return Err(error),
        };
        let greeted = greeting.take(&buffer[..count], front)?;
        if !matches!(greeted, Greeted::Later) {
            self.greeting = None;
        }
        Ok(Some(greeted))
    }

    /// Goes on through TLS.
    pub(super) fn secure(&mut self, mut tls: Box<ServerConnection>) -> io::Result<()> {
        let state = tls.process_new_packets().map_err(io::Error::other);
        while tls.wants_write() {
            tls.write_tls(&mut self.output)?;
        }
        self.tls = Some(tls);
        state.map(|_| ())
    }

    /// Tells the client something before the stream is given up, if it can be told at once.
    pub(super) fn farewell(&mut self, bytes: &[u8]) {
        let _ = self.socket.write(bytes);
    }

    /// What waits to be written, in bytes.
    pub(super) fn backlog(&self) -> usize {
        self.output.len() - self.written
    }

    /// Reads what there is, up to a bound, behind what is in `input`. Whether the stream goes on.
    pub(super) fn read(&mut self, input: &mut Vec<u8>) -> io::Result<bool> {
        let mut buffer = [0; READ];
        let count = match self.socket.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        input.try_reserve(count)?;
        let Some(tls) = &mut self.tls else {
            input.extend_from_slice(&buffer[..count]);
            return Ok(true);
        };
        let mut rest = &buffer[..count];
        let mut open = true;
        while !rest.is_empty() {
            tls.read_tls(&mut rest)?;
            let state = tls.process_new_packets().map_err(io::Error::other);
            // Also an alert, before the stream is given up.
            while tls.wants_write() {
                tls.write_tls(&mut self.output)?;
            }
            let state = match state {
                Ok(state) => state,
                Err(error) => {
                    let _ = self.flush();
                    return Err(error);
                }
            };
            let start = input.len();
            input.resize(start + state.plaintext_bytes_to_read(), 0);
            tls.reader().read_exact(&mut input[start..])?;
            open &= !state.peer_has_closed();
        }
        Ok(open)
    }

    /// Puts a message behind what waits: its header, the rest, and padding up to a multiple of four (RFC 8656 section
    /// 12.5). Through TLS it is one record: some clients take one for one message.
    pub(super) fn send(&mut self, header: &[u8], rest: &[u8]) -> io::Result<()> {
        const ZEROS: [u8; 3] = [0; 3];
        let length = header.len() + rest.len();
        let padding = &ZEROS[..length.next_multiple_of(4) - length];
        let parts = [header, rest, padding];
        self.output.try_reserve(length + padding.len())?;
        let Some(tls) = &mut self.tls else {
            for part in parts {
                self.output.extend_from_slice(part);
            }
            return Ok(());
        };
        let written = tls.writer().write_vectored(&parts.map(IoSlice::new))?;
        while tls.wants_write() {
            tls.write_tls(&mut self.output)?;
        }
        // All that waited was just taken out, so there was room for a message.
        if written == length + padding.len() {
            Ok(())
        } else {
            Err(io::ErrorKind::WriteZero.into())
        }
    }

    /// Puts bytes behind what waits, as they are.
    pub(super) fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            self.output.extend_from_slice(bytes);
            return Ok(());
        };
        tls.writer().write_all(bytes)?;
        while tls.wants_write() {
            tls.write_tls(&mut self.output)?;
        }
        Ok(())
    }

    /// Says that nothing more will come. Whether that is written; the rest of the stream goes on.
    pub(super) fn end(&mut self) -> io::Result<bool> {
        if let Some(tls) = &mut self.tls {
            // Once only, however often it is said.
            tls.send_close_notify();
            while tls.wants_write() {
                tls.write_tls(&mut self.output)?;
            }
        }
        let written = self.flush()?;
        if written {
            self.socket.shutdown(Shutdown::Write)?;
        }
        Ok(written)
    }

    /// Writes what can be written. Whether that was all.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        while self.written < self.output.len() {
            match self.socket.write(&self.output[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // A stream that is quiet holds no buffer.
        (self.output, self.written) = (Vec::new(), 0);
        Ok(true)
    }
}
