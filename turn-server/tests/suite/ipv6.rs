//! Clients over IPv6, by each transport, with peers over IPv6 and IPv4.

use std::net::{Ipv6Addr, UdpSocket};
use std::process::Command;

use crate::process::Relay;

#[test]
fn clients_over_ipv6_are_served_by_each_transport() {
    // There is one IPv6 loopback address only: ports that no other test's process has.
    let port = 10_000 + u16::try_from(std::process::id() % 5_000).unwrap() * 4;
    let (secure, peer) = (port + 1, port + 2);
    let relay = Relay::start(&format!(
        "rfc5766_channels = true\n\
         listen = [\"udp://[::1]:{port}\", \"tcp://[::1]:{port}\", \"tls://[::1]:{secure}\", \"dtls://[::1]:{secure}\"]"
    ));
    relay.echo();
    let echo = UdpSocket::bind((Ipv6Addr::LOCALHOST, peer)).unwrap();
    std::thread::spawn(move || {
        let mut room = [0; 2048];
        while let Ok((length, from)) = echo.recv_from(&mut room) {
            let _ = echo.send_to(&room[..length], from);
        }
    });
    let ipv4 = relay.peers.to_string();
    for transport in ["", "-t", "-S", "-t -S"] {
        for (family, address, peer) in [("-x", "::1", peer), ("-X", &*ipv4, 34_998)] {
            let port = if transport.contains("-S") { secure } else { port };
            let output = Command::new("turnutils_uclient")
                .args(transport.split_whitespace())
                .args([family, "-c", "-u", "user1", "-w", "test", "-n", "3", "-z", "5"])
                .args(["-p", &port.to_string(), "-e", address, "-r", &peer.to_string(), "::1"])
                .output()
                .expect("coturn's tools are installed (Debian: coturn)");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && text.contains("Total lost packets 0 (0.000000%)"),
                "{transport} {family}: {text}"
            );
        }
    }
}
