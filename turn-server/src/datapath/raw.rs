//! Sends datagrams from any port of an address through one raw socket, and hears of the ICMP errors that come back: the
//! IP and UDP headers are written here (RFC 791, 8200, 768).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, Socket, Type};

use super::errors::IcmpError;
use super::set;
use crate::server::relaying::LONGEST_HEADER;

/// Payloads up to this are sent raw: with headers they fit every IPv6 link, and no sensible IPv4 one is smaller. The
/// kernel does not fragment what is sent raw.
pub const LONGEST_RAW: usize = 1280 - 40 - UDP_HEADER;

const UDP_HEADER: usize = 8;
const UDP: u8 = 17;
const HOPS: u8 = 64;

/// The datagrams of one source address.
#[derive(Debug)]
pub struct RawSocket {
    socket: Socket,
    source: IpAddr,
}

impl RawSocket {
    /// Needs `CAP_NET_RAW`.
    pub fn new(source: IpAddr, buffer: usize) -> io::Result<Self> {
        let domain = Domain::for_address(SocketAddr::new(source, 0));
        let kind = Type::RAW.nonblocking();
        let socket = Socket::new(domain, kind, Some(Protocol::from(libc::IPPROTO_RAW)))?;
        socket.set_send_buffer_size(buffer)?;
        // It never receives.
        socket.set_recv_buffer_size(0)?;
        if source.is_ipv6() {
            set(socket.as_fd(), libc::IPPROTO_IPV6, libc::IPV6_HDRINCL, 1);
        }
        Ok(Self { socket, source })
    }

    /// Writes the headers of a datagram.
    pub fn header<'r>(
        &self,
        port: u16,
        to: SocketAddr,
        data: &[u8],
        dont_fragment: bool,
        room: &'r mut [u8; LONGEST_HEADER],
    ) -> &'r [u8] {
        write_header(SocketAddr::new(self.source, port), to, data, dont_fragment, room)
    }

    /// Sends one datagram; lost where the kernel does not take it.
    pub fn send(&self, port: u16, to: SocketAddr, data: &[u8], dont_fragment: bool) {
        let mut room = [0; LONGEST_HEADER];
        let header = self.header(port, to, data, dont_fragment, &mut room);
        let parts = [io::IoSlice::new(header), io::IoSlice::new(data)];
        let _ = self.socket.send_to_vectored(&parts, &without_port(to).into());
    }
}

impl AsFd for RawSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Where a raw socket is told to send: for it the port stands for a protocol.
#[must_use]
pub fn without_port(to: SocketAddr) -> SocketAddr {
    SocketAddr::new(to.ip(), 0)
}

/// The kernel fills in the checksum of an IPv4 header.
fn write_header<'r>(
    from: SocketAddr,
    to: SocketAddr,
    data: &[u8],
    dont_fragment: bool,
    room: &'r mut [u8; LONGEST_HEADER],
) -> &'r [u8] {
    let length = UDP_HEADER + data.len();
    let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let (ip, mut sum) = match (from.ip(), to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = &mut room[..20];
            header[0] = 0x45;
            header[1] = 0;
            header[2..4].copy_from_slice(&short(20 + length));
            // An identification is needed where it may be fragmented only; the kernel makes one in the place of zero.
            header[4..6].fill(0);
            header[6..8].copy_from_slice(&[if dont_fragment { 0x40 } else { 0 }, 0]);
            header[8] = HOPS;
            header[9] = UDP;
            header[10..12].fill(0);
            header[12..16].copy_from_slice(&source.octets());
            header[16..20].copy_from_slice(&destination.octets());
            (20, sum(&source.octets()) + sum(&destination.octets()))
        }
        (source, destination) => {
            let [source, destination] = [source, destination].map(v6);
            let header = &mut room[..40];
            header[..4].copy_from_slice(&[0x60, 0, 0, 0]);
            header[4..6].copy_from_slice(&short(length));
            header[6] = UDP;
            header[7] = HOPS;
            header[8..24].copy_from_slice(&source.octets());
            header[24..40].copy_from_slice(&destination.octets());
            (40, sum(&source.octets()) + sum(&destination.octets()))
        }
    };
    let header = &mut room[ip..ip + UDP_HEADER];
    header[..2].copy_from_slice(&from.port().to_be_bytes());
    header[2..4].copy_from_slice(&to.port().to_be_bytes());
    header[4..6].copy_from_slice(&short(length));
    header[6..8].fill(0);
    // The pseudo-header has protocol and length; the sums are in this machine's order until the end.
    sum += u64::from(u16::from_be(u16::from(UDP))) + u64::from(u16::from_ne_bytes(short(length)));
    sum += self::sum(header) + self::sum(data);
    let checksum = match !fold(sum) {
        // Zero would say that there is none.
        0 => u16::MAX,
        checksum => checksum,
    };
    header[6..8].copy_from_slice(&checksum.to_ne_bytes());
    &room[..ip + UDP_HEADER]
}

fn v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// The sum of the Internet checksum (RFC 1071) in this machine's byte order, which only swaps the bytes of the result.
/// Wide, because the compiler makes vector instructions of it.
fn sum(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<4>();
    let mut total: u64 = blocks.iter().map(|block| u64::from(u32::from_ne_bytes(*block))).sum();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    total += u64::from(u32::from_ne_bytes(last));
    total
}

#[expect(clippy::cast_possible_truncation, reason = "folded until it fits")]
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Hears what routers and hosts answer to datagrams of one source address. Needs `CAP_NET_RAW`.
#[derive(Debug)]
pub struct IcmpSocket {
    socket: Socket,
    source: IpAddr,
}

/// Which types get through (`ICMP_FILTER`, a bit for each that does not), of those that TURN tells of.
const V4_TYPES: u32 = !(1 << 3 | 1 << 11);
const ICMP_FILTER: libc::c_int = 1;
const SOL_RAW: libc::c_int = 255;

impl IcmpSocket {
    /// Hears from now on.
    pub fn new(source: IpAddr) -> io::Result<Self> {
        let (domain, protocol) = if source.is_ipv4() {
            (Domain::IPV4, Protocol::ICMPV4)
        } else {
            (Domain::IPV6, Protocol::ICMPV6)
        };
        let socket = Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        socket.bind(&SocketAddr::new(source, 0).into())?;
        if source.is_ipv4() {
            set(socket.as_fd(), SOL_RAW, ICMP_FILTER, V4_TYPES.cast_signed());
        }
        Ok(Self { socket, source })
    }

    /// The next error, with the port that the datagram came from; `None` for anything else; `WouldBlock` when there is
    /// no more.
    pub fn next(&self) -> io::Result<Option<(u16, IcmpError)>> {
        let mut message = [0; 256];
        let length = rustix::io::read(&self.socket, &mut message)?;
        Ok(parse(self.source, &message[..length]))
    }
}

impl AsFd for IcmpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Reads an ICMP error (RFC 792, 4443) about a UDP datagram of ours. An IPv4 socket gives the IP header with it.
fn parse(source: IpAddr, message: &[u8]) -> Option<(u16, IcmpError)> {
    let icmp = match source {
        IpAddr::V4(_) => message.get(header_length(message)?..)?,
        IpAddr::V6(_) => message,
    };
    let (kind, code) = (*icmp.first()?, *icmp.get(1)?);
    let ours = match source {
        IpAddr::V4(_) => kind == 3 || kind == 11,
        IpAddr::V6(_) => (1..=3).contains(&kind),
    };
    let about = icmp.get(8..).filter(|_| ours)?;
    let mtu = match source {
        IpAddr::V4(_) => u32::from(u16::from_be_bytes(*icmp.get(6..)?.first_chunk()?)),
        IpAddr::V6(_) => u32::from_be_bytes(*icmp.get(4..)?.first_chunk()?),
    };
    let (from, to, protocol, udp): (IpAddr, IpAddr, u8, &[u8]) = match source {
        IpAddr::V4(_) => (
            Ipv4Addr::from(*about.get(12..)?.first_chunk::<4>()?).into(),
            Ipv4Addr::from(*about.get(16..)?.first_chunk::<4>()?).into(),
            *about.get(9)?,
            about.get(header_length(about)?..)?,
        ),
        IpAddr::V6(_) => (
            Ipv6Addr::from(*about.get(8..)?.first_chunk::<16>()?).into(),
            Ipv6Addr::from(*about.get(24..)?.first_chunk::<16>()?).into(),
            *about.get(6)?,
            about.get(40..)?,
        ),
    };
    if from != source || protocol != UDP {
        return None;
    }
    let port = u16::from_be_bytes(*udp.first_chunk()?);
    let peer = u16::from_be_bytes(*udp.get(2..)?.first_chunk()?);
    let too_long = match source {
        IpAddr::V4(_) => (kind, code) == (3, 4),
        IpAddr::V6(_) => kind == 2,
    };
    Some((
        port,
        IcmpError {
            destination: SocketAddr::new(to, peer),
            kind,
            code,
            mtu: if too_long { mtu } else { 0 },
        },
    ))
}

/// The length of an IPv4 header.
fn header_length(packet: &[u8]) -> Option<usize> {
    let length = usize::from(packet.first()? & 0xf) * 4;
    (length >= 20).then_some(length)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_known_datagram_has_its_known_checksum() {
        // The worked example of a UDP checksum over IPv4: 152.1.51.27 to 152.14.94.75, ports 41103 and 9876, "b7".
        let mut room = [0; LONGEST_HEADER];
        let header = write_header(
            address("152.1.51.27:41103"),
            address("152.14.94.75:9876"),
            b"b7",
            false,
            &mut room,
        );
        assert_eq!(header.len(), 28);
        // By hand: the sum of pseudo-header, header and data, each as 16-bit words.
        let words = [0x9801, 0x331b, 0x980e, 0x5e4b, 17, 10, 0xa08f, 0x2694, 10, 0x6237_u32];
        let mut sum: u32 = words.iter().sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        assert_eq!(u32::from(u16::from_be_bytes([header[26], header[27]])), !sum & 0xffff);
    }

    proptest! {
        /// Header and data with their checksum sum up to all ones (RFC 1071), whatever the length.
        #[test]
        fn checksums_are_right(
            data in prop::collection::vec(any::<u8>(), 0..1300),
            ports in any::<(u16, u16)>(),
            six in any::<bool>(),
            ends in any::<([u8; 16], [u8; 16])>(),
        ) {
            let ip = |octets: [u8; 16]| -> IpAddr {
                if six { octets.into() } else { <[u8; 4]>::try_from(&octets[..4]).unwrap().into() }
            };
            let (from, to) = (SocketAddr::new(ip(ends.0), ports.0), SocketAddr::new(ip(ends.1), ports.1));
            let mut room = [0; LONGEST_HEADER];
            let header = write_header(from, to, &data, true, &mut room).to_vec();
            let ip_length = if six { 40 } else { 20 };
            let addresses = if six { &header[8..40] } else { &header[12..20] };
            let udp = &header[ip_length..];
            let mut words: u32 = 17 + u32::from(u16::from_be_bytes([udp[4], udp[5]]));
            let mut bytes = [addresses, udp, &data].concat();
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            for pair in bytes.chunks(2) {
                words += u32::from(u16::from_be_bytes([pair[0], pair[1]]));
            }
            while words > 0xffff {
                words = (words & 0xffff) + (words >> 16);
            }
            prop_assert_eq!(words, 0xffff);
            prop_assert_eq!(usize::from(u16::from_be_bytes([udp[4], udp[5]])), 8 + data.len());
        }

        #[test]
        fn no_message_makes_the_parser_fail(
            message in prop::collection::vec(any::<u8>(), 0..200),
            six in any::<bool>(),
        ) {
            let source: IpAddr = if six { "2001:db8::1".parse().unwrap() } else { "198.51.100.1".parse().unwrap() };
            prop_assert!(parse(source, &message).is_none_or(|(_, error)| error.destination.is_ipv6() == six));
        }
    }

    fn raw(ip: IpAddr) -> Option<(RawSocket, IcmpSocket)> {
        match RawSocket::new(ip, 1 << 20).and_then(|raw| Ok((raw, IcmpSocket::new(ip)?))) {
            Ok(both) => Some(both),
            Err(error) => {
                eprintln!("NOT RUN: raw sockets need CAP_NET_RAW here: {error}");
                None
            }
        }
    }

    #[test]
    fn the_kernel_takes_what_is_written_and_answers_come_back_to_the_port() {
        for ip in ["127.90.14.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()] {
            let Some((raw, icmp)) = raw(ip) else {
                return;
            };
            let peer = UdpSocket::bind((ip, 0)).unwrap();
            peer.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            for data in [&b""[..], b"odd", b"even", &[7; LONGEST_RAW]] {
                raw.send(21_900, peer.local_addr().unwrap(), data, false);
                let mut buffer = [0; 2000];
                let (length, from) = peer.recv_from(&mut buffer).unwrap();
                assert_eq!((&buffer[..length], from), (data, SocketAddr::new(ip, 21_900)));
            }
            let closed = peer.local_addr().unwrap();
            drop(peer);
            raw.send(21_901, closed, b"nobody is there", false);
            std::thread::sleep(Duration::from_millis(50));
            let mut heard = Vec::new();
            while let Ok(next) = icmp.next() {
                heard.extend(next);
            }
            let error = heard
                .iter()
                .find(|(port, _)| *port == 21_901)
                .map(|(_, error)| *error)
                .unwrap();
            assert_eq!(error.destination, closed);
            let unreachable = if ip.is_ipv4() { (3, 3) } else { (1, 4) };
            assert_eq!((error.kind, error.code), unreachable);
        }
    }
}
