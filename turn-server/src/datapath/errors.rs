//! ICMP errors that came back for what a socket sent, from the socket's error queue.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;

use super::names::{Name, name_length, read_name};
use super::set;

/// What a router or a host answered to a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IcmpError {
    /// Where the datagram was to go.
    pub destination: SocketAddr,
    /// The type, of ICMP or of its IPv6 form.
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// The next hop's MTU where the datagram was too long, otherwise 0.
    pub mtu: u32,
}

/// Lets the kernel queue errors on this socket. They are also reported once by the next call, which sends nothing then.
pub fn receive_errors(socket: BorrowedFd<'_>, v6: bool) {
    if v6 {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, 1);
    } else {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVERR, 1);
    }
}

/// The next queued error, `None` where it is not an ICMP one; `WouldBlock` when there is no more.
pub fn next_error(socket: BorrowedFd<'_>) -> io::Result<Option<IcmpError>> {
    // SAFETY: all-zero bytes are valid values of these plain C structures.
    let (mut name, mut header) = unsafe { (mem::zeroed::<Name>(), mem::zeroed::<libc::msghdr>()) };
    let mut control = [0_u64; 32];
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = name_length::<Name>();
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control);
    // SAFETY: the header points to a name and control room of this frame; no data is asked for.
    let received = unsafe {
        libc::recvmsg(
            socket.as_raw_fd(),
            &raw mut header,
            libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT,
        )
    };
    if received < 0 {
        return Err(io::Error::last_os_error());
    }
    let Some(destination) = read_name(&name) else {
        return Ok(None);
    };
    // SAFETY: the kernel wrote well-formed control messages into the room, and their length into `msg_controllen`.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(&raw const header);
        while let Some(one) = message.as_ref() {
            let kind = (one.cmsg_level, one.cmsg_type);
            if kind == (libc::IPPROTO_IP, libc::IP_RECVERR) || kind == (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) {
                let error = ptr::read_unaligned(libc::CMSG_DATA(message).cast::<libc::sock_extended_err>());
                let from_network = [libc::SO_EE_ORIGIN_ICMP, libc::SO_EE_ORIGIN_ICMP6].contains(&error.ee_origin);
                return Ok(from_network.then_some(IcmpError {
                    destination,
                    kind: error.ee_type,
                    code: error.ee_code,
                    mtu: error.ee_info,
                }));
            }
            message = libc::CMSG_NXTHDR(&raw const header, message);
        }
    }
    Ok(None)
}
