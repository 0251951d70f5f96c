//! Datagrams in batches, for the load and the forwarder: `recvmmsg` and `sendmmsg`, with what the kernel tells and is
//! told of each datagram. IPv4 only.
#![allow(
    unsafe_code,
    reason = "no safe binding sends a batch whose datagrams have control messages of their own"
)]

use std::io::{self, IoSlice};
use std::mem;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd as _};
use std::ptr;

/// Room for the control messages of one datagram: where it was sent to or comes from, and the length of segments.
type Control = [u64; 8];

/// A socket that does not block. Its buffers get so many bytes where we may, and otherwise what the system allows.
pub(crate) fn open(address: SocketAddrV4, buffer: Option<i32>) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    if let Some(bytes) = buffer {
        let sizes = [
            (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
            (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
        ];
        for (forced, asked) in sizes {
            set(&socket, libc::SOL_SOCKET, forced, bytes).or_else(|_| set(&socket, libc::SOL_SOCKET, asked, bytes))?;
        }
    }
    Ok(socket)
}

/// Has the kernel tell which of our addresses each datagram was sent to.
pub(crate) fn receive_destinations(socket: &UdpSocket) -> io::Result<()> {
    set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)
}

/// Has the kernel tell which address and port each datagram was sent to, though nobody asks.
pub(crate) fn receive_original_destinations(socket: &UdpSocket) -> io::Result<()> {
    set(socket, libc::IPPROTO_IP, libc::IP_RECVORIGDSTADDR, 1)
}

/// Lets the kernel put runs of datagrams together.
pub(crate) fn receive_runs(socket: &UdpSocket) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, 1)
}

fn set(socket: &UdpSocket, level: i32, option: i32, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the kernel reads one integer.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            length_of::<libc::c_int>(),
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Slots that datagrams, or runs of them, are received into.
pub(crate) struct Inbox {
    /// Accessed only through its pointer, which the headers hold too; so are the next three.
    storage: Vec<u8>,
    names: Vec<libc::sockaddr_in>,
    parts: Vec<libc::iovec>,
    controls: Vec<Control>,
    headers: Vec<libc::mmsghdr>,
    length: usize,
}

impl Inbox {
    /// So many slots of so many bytes.
    pub(crate) fn new(slots: usize, length: usize) -> Self {
        // SAFETY: all-zero bytes are valid values of these plain C structures.
        let (name, part, header) = unsafe { (mem::zeroed(), mem::zeroed(), mem::zeroed()) };
        let mut inbox = Self {
            storage: vec![0; slots * length],
            names: vec![name; slots],
            parts: vec![part; slots],
            controls: vec![[0; 8]; slots],
            headers: vec![header; slots],
            length,
        };
        for slot in 0..slots {
            // SAFETY: each pointer stays within its vector, none of which grows or is replaced after this.
            unsafe {
                let part = inbox.parts.as_mut_ptr().add(slot);
                (*part).iov_base = inbox.storage.as_mut_ptr().add(slot * length).cast();
                (*part).iov_len = length;
                let header = &mut inbox.headers[slot].msg_hdr;
                header.msg_name = inbox.names.as_mut_ptr().add(slot).cast();
                header.msg_iov = part;
                header.msg_iovlen = 1;
                header.msg_control = inbox.controls.as_mut_ptr().add(slot).cast();
            }
            inbox.arm(slot);
        }
        inbox
    }

    fn arm(&mut self, slot: usize) {
        let header = &mut self.headers[slot].msg_hdr;
        header.msg_namelen = length_of::<libc::sockaddr_in>();
        header.msg_controllen = size_of::<Control>();
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.headers.len()
    }

    /// Receives what there is into the slots from `first` on; says how many were filled.
    pub(crate) fn receive(&mut self, socket: &UdpSocket, first: usize) -> usize {
        let headers = &mut self.headers[first..];
        // SAFETY: each header points to the name, part, control room and storage of its own slot, which live as long as
        // `self`; nothing that was lent of them is left while `self` is borrowed mutably.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                count(headers.len()),
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        // Nothing there, or an error that came back for an earlier datagram: both are none.
        usize::try_from(received).unwrap_or(0)
    }

    /// Makes slots ready to be received into again.
    pub(crate) fn clear(&mut self, slots: Range<usize>) {
        for slot in slots {
            self.arm(slot);
        }
    }

    /// What a slot holds.
    pub(crate) fn bytes(&self, slot: usize) -> &[u8] {
        let length = (self.headers[slot].msg_len as usize).min(self.length);
        // SAFETY: within the slot, all of whose bytes are initialised; the kernel writes only while `self` is borrowed
        // mutably.
        unsafe { std::slice::from_raw_parts(self.storage.as_ptr().add(slot * self.length), length) }
    }

    /// Where it comes from.
    pub(crate) fn source(&self, slot: usize) -> SocketAddrV4 {
        let name = &self.names[slot];
        SocketAddrV4::new(
            Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr)),
            u16::from_be(name.sin_port),
        )
    }

    /// Which of our addresses it was sent to.
    pub(crate) fn destination(&self, slot: usize) -> Option<Ipv4Addr> {
        let about: libc::in_pktinfo = self.control(slot, libc::IPPROTO_IP, libc::IP_PKTINFO)?;
        Some(Ipv4Addr::from(u32::from_be(about.ipi_addr.s_addr)))
    }

    /// The length of each of its datagrams but the last, which may be shorter.
    pub(crate) fn segment(&self, slot: usize) -> usize {
        let told: Option<libc::c_int> = self.control(slot, libc::SOL_UDP, libc::UDP_GRO);
        let told = told.and_then(|length| usize::try_from(length).ok());
        told.unwrap_or_else(|| self.bytes(slot).len()).max(1)
    }

    /// How many datagrams it holds.
    pub(crate) fn datagrams(&self, slot: usize) -> usize {
        self.bytes(slot).len().div_ceil(self.segment(slot)).max(1)
    }

    /// `T` is plain data, and not longer than what the kernel sends.
    fn control<T: Copy>(&self, slot: usize, level: i32, kind: i32) -> Option<T> {
        let header = &self.headers[slot].msg_hdr;
        // SAFETY: the kernel wrote well-formed control messages into the room that the header points to, and their
        // length beside it; the macros stay within it.
        unsafe {
            let mut control = libc::CMSG_FIRSTHDR(header);
            while let Some(message) = control.as_ref() {
                if (message.cmsg_level, message.cmsg_type) == (level, kind) {
                    return Some(libc::CMSG_DATA(control).cast::<T>().read_unaligned());
                }
                control = libc::CMSG_NXTHDR(header, control);
            }
        }
        None
    }
}

/// A datagram to be sent, or a run of them.
#[derive(Clone)]
pub(crate) struct Message {
    /// Its pieces, among all that are sent together.
    pub(crate) parts: Range<usize>,
    pub(crate) to: SocketAddrV4,
    /// One of our addresses; the socket's where it is left out.
    pub(crate) from: Option<Ipv4Addr>,
    /// The length of each datagram of a run.
    pub(crate) segment: Option<u16>,
}

/// What the kernel is told of a batch that is sent.
pub(crate) struct Outbox {
    headers: Vec<libc::mmsghdr>,
    names: Vec<libc::sockaddr_in>,
    controls: Vec<Control>,
}

impl Outbox {
    /// For up to so many messages at once.
    pub(crate) fn new(messages: usize) -> Self {
        // SAFETY: all-zero bytes are valid values of these plain C structures.
        let (header, name) = unsafe { (mem::zeroed(), mem::zeroed()) };
        Self {
            headers: vec![header; messages],
            names: vec![name; messages],
            controls: vec![[0; 8]; messages],
        }
    }

    /// Sends messages made of these parts; says how many the kernel took. (More than fit are cut off.)
    pub(crate) fn send(&mut self, socket: impl AsFd, parts: &[IoSlice<'_>], messages: &[Message]) -> usize {
        let socket = socket.as_fd();
        let slots = self.headers.iter_mut().zip(&mut self.names).zip(&mut self.controls);
        let mut filled = 0;
        for (((header, name), control), message) in slots.zip(messages) {
            name.sin_family = libc::sa_family_t::try_from(libc::AF_INET).unwrap_or_default();
            name.sin_port = message.to.port().to_be();
            name.sin_addr.s_addr = u32::from(*message.to.ip()).to_be();
            let parts = &parts[message.parts.clone()];
            let header = &mut header.msg_hdr;
            header.msg_name = ptr::from_mut(name).cast();
            header.msg_namelen = length_of::<libc::sockaddr_in>();
            // An `IoSlice` is an `iovec`, and the kernel only reads what is sent.
            header.msg_iov = parts.as_ptr().cast::<libc::iovec>().cast_mut();
            header.msg_iovlen = parts.len();
            describe(header, control, message);
            filled += 1;
        }
        let mut sent = 0;
        while sent < filled {
            let headers = &mut self.headers[sent..filled];
            // SAFETY: each header was just made to point to a name and control room of `self` and to the caller's
            // parts, all of which live and stay in place until the call returns.
            let more = unsafe {
                libc::sendmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    count(headers.len()),
                    libc::MSG_DONTWAIT,
                )
            };
            match usize::try_from(more) {
                Ok(more) if more > 0 => sent += more,
                _ => break,
            }
        }
        sent
    }
}

/// Writes the control messages of a message.
fn describe(header: &mut libc::msghdr, control: &mut Control, message: &Message) {
    header.msg_control = ptr::null_mut();
    header.msg_controllen = 0;
    if message.from.is_none() && message.segment.is_none() {
        return;
    }
    let base: *mut u8 = control.as_mut_ptr().cast();
    let mut used = 0;
    let mut write = |level: i32, kind: i32, data: &[u8]| {
        let length = count(data.len());
        // SAFETY: the room is aligned, and larger than the two control messages that there can be, with an
        // `in_pktinfo` and a `u16`.
        unsafe {
            let at = base.add(used);
            #[expect(clippy::cast_ptr_alignment, reason = "`CMSG_SPACE` is a multiple of the alignment")]
            at.cast::<libc::cmsghdr>().write(libc::cmsghdr {
                cmsg_len: libc::CMSG_LEN(length) as usize,
                cmsg_level: level,
                cmsg_type: kind,
            });
            let data_at = at.add(libc::CMSG_LEN(0) as usize);
            data_at.copy_from_nonoverlapping(data.as_ptr(), data.len());
            used += libc::CMSG_SPACE(length) as usize;
        }
    };
    if let Some(from) = message.from {
        // `in_pktinfo`: the interface (any), the source, and a field that counts when receiving only.
        let mut about = [0; size_of::<libc::in_pktinfo>()];
        about[4..8].copy_from_slice(&from.octets());
        write(libc::IPPROTO_IP, libc::IP_PKTINFO, &about);
    }
    if let Some(segment) = message.segment {
        write(libc::SOL_UDP, libc::UDP_SEGMENT, &segment.to_ne_bytes());
    }
    header.msg_control = base.cast();
    header.msg_controllen = used;
}

fn count(length: usize) -> libc::c_uint {
    libc::c_uint::try_from(length).unwrap_or(libc::c_uint::MAX)
}

fn length_of<T>() -> libc::socklen_t {
    count(size_of::<T>())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_run_arrives_with_its_source_its_destination_and_its_segments() {
        let (here, there) = (Ipv4Addr::new(127, 74, 1, 2), Ipv4Addr::new(127, 74, 1, 3));
        let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let (from, to) = (open(any, None).unwrap(), open(any, None).unwrap());
        receive_destinations(&to).unwrap();
        receive_runs(&to).unwrap();
        let message = Message {
            parts: 0..2,
            to: SocketAddrV4::new(there, to.local_addr().unwrap().port()),
            from: Some(here),
            segment: Some(4),
        };
        let parts = [IoSlice::new(b"onetwo"), IoSlice::new(b"three")];
        assert_eq!(Outbox::new(1).send(&from, &parts, &[message]), 1);
        let mut inbox = Inbox::new(8, 100);
        let begin = Instant::now();
        let mut received = 0;
        // As one run or singly, as the kernel likes.
        let mut text = Vec::new();
        while text.len() < 11 && begin.elapsed() < Duration::from_secs(20) {
            received += inbox.receive(&to, received);
            text = (0..received).flat_map(|slot| inbox.bytes(slot)).copied().collect();
        }
        assert_eq!(text, b"onetwothree");
        assert_eq!((0..received).map(|slot| inbox.datagrams(slot)).sum::<usize>(), 3);
        for slot in 0..received {
            assert_eq!(inbox.destination(slot), Some(there));
            assert_eq!(*inbox.source(slot).ip(), here);
        }
    }
}
