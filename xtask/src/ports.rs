//! Ports of this machine.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use crate::failure::{Failure, Result, failure};

/// A port that nobody uses now, for TCP and UDP.
pub(crate) fn free() -> Result<u16> {
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| Failure::Sentence(format!("no free port: {error}")))?
            .port();
        if UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
}

/// Fails when a port is in use.
pub(crate) fn require(port: u16, option: &str, what: &str) -> Result<()> {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
        || UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_err();
    if taken {
        failure(format!(
            "port {port} for {what} is in use: stop what uses it or choose another with {option} N"
        ))
    } else {
        Ok(())
    }
}
