//! Many datagrams with one system call, without copying: `recvmmsg` and `sendmmsg` over the same buffers.
//!
//! This is the one module with `unsafe` code. The kernel is handed pointers into buffers that a [`Batch`] owns; the
//! batch keeps them where they are, and keeps what is queued for sending from being received into. Everything outside
//! works with slot numbers and ranges that are checked here.
#![allow(
    unsafe_code,
    reason = "recvmmsg and sendmmsg have no safe binding that keeps the buffers in place"
)]

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ops::Range;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;

use crate::server::relaying::LONGEST_HEADER;

/// The room for an address of either family; the family field is at the same place in both.
type Name = libc::sockaddr_in6;

/// Slots that datagrams are received into, and the queue of what is to be sent from them.
pub struct Batch {
    /// Each slot: [`LONGEST_HEADER`] bytes of room, then the datagram.
    storage: Box<[u8]>,
    slot_length: usize,
    names: Box<[Name]>,
    receive_parts: Box<[libc::iovec]>,
    receive_headers: Box<[libc::mmsghdr]>,
    /// Slots below are filled, and may be queued.
    used: usize,
    send_names: Box<[Name]>,
    send_parts: Box<[libc::iovec]>,
    send_headers: Box<[libc::mmsghdr]>,
    queued: usize,
    /// Datagrams the kernel did not take.
    dropped: u64,
}

// SAFETY: the raw pointers all point into boxes that the batch owns and that move with it.
unsafe impl Send for Batch {}

impl Batch {
    /// A batch of so many slots for datagrams of at most `longest` bytes.
    #[must_use]
    pub fn new(slots: usize, longest: usize) -> Self {
        let slot_length = (LONGEST_HEADER + longest).next_multiple_of(64);
        let empty = libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        };
        // SAFETY: all-zero bytes are valid values of these plain C structures.
        let (name, header) = unsafe { (mem::zeroed::<Name>(), mem::zeroed::<libc::mmsghdr>()) };
        Self {
            storage: vec![0; slots * slot_length].into(),
            slot_length,
            names: vec![name; slots].into(),
            receive_parts: vec![empty; slots].into(),
            receive_headers: vec![header; slots].into(),
            used: 0,
            send_names: vec![name; slots].into(),
            send_parts: vec![empty; slots].into(),
            send_headers: vec![header; slots].into(),
            queued: 0,
            dropped: 0,
        }
    }

    /// How many more datagrams can be received before [`Batch::clear`].
    #[must_use]
    pub fn free(&self) -> usize {
        self.names.len() - self.used
    }

    /// Forgets what was received. What is queued and not flushed is forgotten too.
    pub fn clear(&mut self) {
        self.used = 0;
        self.queued = 0;
    }

    /// Receives what there is, without waiting, into free slots; says which.
    pub fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<Range<usize>> {
        let first = self.used;
        let last = self.names.len();
        for slot in first..last {
            let start = slot * self.slot_length + LONGEST_HEADER;
            let room = &mut self.storage[start..(slot + 1) * self.slot_length];
            self.receive_parts[slot] = libc::iovec {
                iov_base: room.as_mut_ptr().cast(),
                iov_len: room.len(),
            };
            let header = &mut self.receive_headers[slot].msg_hdr;
            header.msg_name = ptr::from_mut(&mut self.names[slot]).cast();
            header.msg_namelen = name_length::<Name>();
            header.msg_iov = &raw mut self.receive_parts[slot];
            header.msg_iovlen = 1;
        }
        if first == last {
            return Ok(first..first);
        }
        let headers = &mut self.receive_headers[first..last];
        // SAFETY: each header points to a name, a part and a buffer of its own slot, which live as long as `self` and
        // are borrowed mutably here; no queued message refers to a slot from `used` on.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                u32::try_from(headers.len()).unwrap_or(u32::MAX),
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        self.used = first + received;
        Ok(first..self.used)
    }

    /// Where the datagram in a slot came from.
    #[must_use]
    pub fn source(&self, slot: usize) -> Option<SocketAddr> {
        read_name(&self.names[slot])
    }

    /// The datagram in a slot.
    #[must_use]
    pub fn datagram(&self, slot: usize) -> &[u8] {
        let start = slot * self.slot_length + LONGEST_HEADER;
        &self.storage[start..start + self.length(slot)]
    }

    /// How long the datagram in a slot is.
    #[must_use]
    pub fn length(&self, slot: usize) -> usize {
        self.receive_headers[slot].msg_len as usize
    }

    /// Fills a datagram up to a multiple of four with zeros; says where it ends then.
    pub fn pad(&mut self, slot: usize) -> usize {
        let start = slot * self.slot_length + LONGEST_HEADER;
        let length = self.length(slot);
        let end = length.next_multiple_of(4).min(self.slot_length - LONGEST_HEADER);
        self.storage[start + length..start + end].fill(0);
        end
    }

    /// The room right before a slot's datagram.
    pub fn room(&mut self, slot: usize) -> &mut [u8; LONGEST_HEADER] {
        let start = slot * self.slot_length;
        let (room, _) = self.storage[start..]
            .split_first_chunk_mut()
            .unwrap_or_else(|| unreachable!("a slot is longer"));
        room
    }

    /// Queues a part of a slot to be sent: the last `header` bytes of its room, then `data` of its datagram. Each slot
    /// can be queued once.
    pub fn queue(&mut self, slot: usize, header: usize, data: Range<usize>, to: SocketAddr) {
        let bytes = slot * self.slot_length + LONGEST_HEADER;
        assert!(slot < self.used && header <= LONGEST_HEADER && self.queued < self.send_headers.len());
        let bytes = if header > 0 {
            bytes - header..bytes + data.end
        } else {
            bytes + data.start..bytes + data.end
        };
        let bytes = &mut self.storage[bytes];
        let at = self.queued;
        self.send_parts[at] = libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        let length = write_name(&mut self.send_names[at], to);
        let message = &mut self.send_headers[at].msg_hdr;
        message.msg_name = ptr::from_mut(&mut self.send_names[at]).cast();
        message.msg_namelen = length;
        message.msg_iov = &raw mut self.send_parts[at];
        message.msg_iovlen = 1;
        self.queued += 1;
    }

    /// Whether something is queued.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.queued > 0
    }

    /// Sends what is queued. A datagram that the kernel does not take (its buffer is full, the peer cannot be reached)
    /// is lost, as datagrams are; the others go on.
    pub fn flush(&mut self, socket: BorrowedFd<'_>) {
        let mut next = 0;
        while next < self.queued {
            let headers = &mut self.send_headers[next..self.queued];
            // SAFETY: each header points to a name and a part of this batch, which point to filled slots; all live as
            // long as `self`, borrowed here.
            let sent = unsafe {
                libc::sendmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    u32::try_from(headers.len()).unwrap_or(u32::MAX),
                    libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
                )
            };
            match usize::try_from(sent) {
                Ok(sent) if sent > 0 => next += sent,
                _ => match io::Error::last_os_error().kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        self.dropped += (self.queued - next) as u64;
                        break;
                    }
                    _ => {
                        self.dropped += 1;
                        next += 1;
                    }
                },
            }
        }
        self.queued = 0;
    }
}

fn name_length<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or_default()
}

fn read_name(name: &Name) -> Option<SocketAddr> {
    match i32::from(name.sin6_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a `sockaddr_in`, which is smaller and no stricter in alignment.
            let v4 = unsafe { ptr::from_ref(name).cast::<libc::sockaddr_in>().read() };
            let ip = Ipv4Addr::from_bits(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(name.sin6_port), 0, name.sin6_scope_id).into())
        }
        _ => None,
    }
}

fn write_name(name: &mut Name, address: SocketAddr) -> libc::socklen_t {
    match address {
        SocketAddr::V4(v4) => {
            // SAFETY: `Name` is larger than `sockaddr_in` and no less aligned; the write initialises what is read.
            unsafe {
                ptr::from_mut(name)
                    .cast::<libc::sockaddr_in>()
                    .write(libc::sockaddr_in {
                        sin_family: libc::AF_INET as libc::sa_family_t,
                        sin_port: v4.port().to_be(),
                        sin_addr: libc::in_addr {
                            s_addr: v4.ip().to_bits().to_be(),
                        },
                        sin_zero: [0; 8],
                    });
            }
            name_length::<libc::sockaddr_in>()
        }
        SocketAddr::V6(v6) => {
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = v6.port().to_be();
            name.sin6_flowinfo = 0;
            name.sin6_addr = libc::in6_addr {
                s6_addr: v6.ip().octets(),
            };
            name.sin6_scope_id = v6.scope_id();
            name_length::<Name>()
        }
    }
}
