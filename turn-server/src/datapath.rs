//! Many datagrams with one system call, without copying: `recvmmsg` and `sendmmsg` over the same buffers, and runs of
//! equal length as one message where the kernel can take them apart (UDP generic receive and segmentation offload).
//!
//! This is the one module with `unsafe` code. The kernel is handed pointers into buffers that a [`Batch`] owns; the
//! batch keeps them where they are, and keeps what is queued for sending from being received into. Everything outside
//! works with slot numbers and ranges that are checked here.
#![allow(
    unsafe_code,
    reason = "no safe binding receives and sends in batches from the same buffers"
)]

pub mod errors;
mod names;
pub mod raw;
mod sending;
pub mod steer;

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;

use crate::server::relaying::LONGEST_HEADER;
use names::{Name, name_length, read_name, write_name};
use raw::without_port;

/// The longest run the kernel gives or takes at once.
const LONGEST: usize = 65_536;
/// The segments of one message; the kernel's bound is 64.
const MOST_SEGMENTS: usize = 64;
/// The bytes of one message of several segments; the kernel's bound is 65,535 with headers.
const MOST_BYTES: usize = 64_000;
/// Parts of all messages that are queued: a slot may hold a run of many.
const PARTS: usize = 4096;
/// Headers that found no room before their data.
const HEADS: usize = 2048;

/// Room for the control messages of one datagram: the length of segments, and where it was sent to.
type Control = [u64; 10];

/// Slots that datagrams are received into, and the queue of what is to be sent from them.
pub struct Batch {
    /// The slots, one after the other: [`LONGEST_HEADER`] bytes of room, then what was received. A box taken apart: all
    /// access goes through this pointer, which the kernel's structures hold too.
    storage: *mut u8,
    slots: usize,
    receiving: Box<[Receiving]>,
    receive_headers: Box<[libc::mmsghdr]>,
    /// Slots below are filled, and may be queued.
    used: usize,
    sending: Box<[Sending]>,
    send_headers: Box<[libc::mmsghdr]>,
    parts: Box<[libc::iovec]>,
    queued: usize,
    queued_parts: usize,
    heads: Box<[[u8; LONGEST_HEADER]]>,
    used_heads: usize,
    /// Off once an interface has shown that it cannot.
    segmentation: bool,
    /// Datagrams the kernel did not take.
    pub dropped: u64,
}

/// What the kernel fills in beside the data.
struct Receiving {
    name: Name,
    part: libc::iovec,
    control: Control,
}

/// A message to be sent: one datagram, or a run to be cut into segments.
#[derive(Clone, Copy)]
struct Sending {
    name: Name,
    name_length: libc::socklen_t,
    to: Option<SocketAddr>,
    first_part: usize,
    parts: usize,
    /// The length of each segment but the last, which may be shorter.
    segment: usize,
    segments: usize,
    bytes: usize,
    control: Control,
}

// SAFETY: the raw pointers all point into memory that the batch owns alone and that moves with it.
unsafe impl Send for Batch {}

/// The length of a slot. Not a power of two, or all slots would share the same few lines of the processor's cache.
const SLOT: usize = (LONGEST_HEADER + LONGEST).next_multiple_of(64);

/// What a datagram is padded with.
static ZEROS: [u8; 4] = [0; 4];

impl Batch {
    /// A batch that takes so many datagrams or runs of them.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        let empty = libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        };
        // SAFETY: all-zero bytes are valid values of these plain C structures.
        let (name, header) = unsafe { (mem::zeroed::<Name>(), mem::zeroed::<libc::mmsghdr>()) };
        let storage: Box<[u8]> = vec![0; slots * SLOT].into();
        let idle = Sending {
            name,
            name_length: 0,
            to: None,
            first_part: 0,
            parts: 0,
            segment: 0,
            segments: 0,
            bytes: 0,
            control: [0; 10],
        };
        let receiving = std::iter::repeat_with(|| Receiving {
            name,
            part: empty,
            control: [0; 10],
        });
        let mut batch = Self {
            storage: Box::into_raw(storage).cast(),
            slots,
            receiving: receiving.take(slots).collect(),
            receive_headers: vec![header; slots].into(),
            used: 0,
            sending: vec![idle; slots].into(),
            send_headers: vec![header; slots].into(),
            parts: vec![empty; PARTS].into(),
            queued: 0,
            queued_parts: 0,
            heads: vec![[0; LONGEST_HEADER]; HEADS].into(),
            used_heads: 0,
            segmentation: true,
            dropped: 0,
        };
        for slot in 0..slots {
            batch.arm(slot);
        }
        batch
    }

    /// Prepares a slot for the kernel.
    fn arm(&mut self, slot: usize) {
        let receiving = &mut self.receiving[slot];
        receiving.part = libc::iovec {
            // SAFETY: within the storage, which has `slots` times `SLOT` bytes.
            iov_base: unsafe { self.storage.add(slot * SLOT + LONGEST_HEADER) }.cast(),
            iov_len: LONGEST,
        };
        let header = &mut self.receive_headers[slot].msg_hdr;
        header.msg_name = (&raw mut receiving.name).cast();
        header.msg_namelen = name_length::<Name>();
        header.msg_iov = &raw mut receiving.part;
        header.msg_iovlen = 1;
        header.msg_control = (&raw mut receiving.control).cast();
        header.msg_controllen = size_of::<Control>();
    }

    /// How many more datagrams can be received before [`Batch::clear`].
    #[must_use]
    pub fn free(&self) -> usize {
        self.slots - self.used
    }

    /// Forgets what was received. What is queued and not flushed is forgotten too.
    pub fn clear(&mut self) {
        for slot in 0..self.used {
            self.arm(slot);
        }
        self.used = 0;
        self.unqueue();
    }

    fn unqueue(&mut self) {
        self.queued = 0;
        self.queued_parts = 0;
        self.used_heads = 0;
    }

    /// Receives what there is, without waiting, into free slots; says which.
    pub fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<Range<usize>> {
        let first = self.used;
        let headers = &mut self.receive_headers[first..];
        if headers.is_empty() {
            return Ok(first..first);
        }
        // SAFETY: each header was armed with pointers to its own slot's name, part, control room and storage, which
        // live in place as long as `self`, borrowed mutably here; nothing queued refers to a slot from `used` on.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                count(headers.len()),
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        self.used = first + received;
        Ok(first..self.used)
    }

    /// Where a slot's datagrams came from.
    #[must_use]
    pub fn source(&self, slot: usize) -> Option<SocketAddr> {
        read_name(&self.receiving[slot].name)
    }

    /// How many bytes a slot holds.
    #[must_use]
    pub fn length(&self, slot: usize) -> usize {
        (self.receive_headers[slot].msg_len as usize).min(LONGEST)
    }

    /// Where the datagrams of a slot are in it: one, or a run that the kernel put together.
    pub fn datagrams(&self, slot: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let length = self.length(slot);
        let step = self.received_segment(slot).unwrap_or(length).max(1);
        // An empty datagram is one too.
        let starts = (0..length.max(1)).step_by(step);
        starts.map(move |start| start..(start + step).min(length))
    }

    fn received_segment(&self, slot: usize) -> Option<usize> {
        let size: libc::c_int = self.control(slot, &[(libc::SOL_UDP, libc::UDP_GRO)])?;
        usize::try_from(size).ok().filter(|size| *size > 0)
    }

    /// The port that a slot's datagrams were sent to, on a socket with [`receive_destinations`].
    #[must_use]
    pub fn destination_port(&self, slot: usize) -> Option<u16> {
        let kinds = [
            (libc::IPPROTO_IP, libc::IP_ORIGDSTADDR),
            (libc::IPPROTO_IPV6, libc::IPV6_ORIGDSTADDR),
        ];
        // The family and the port begin the addresses of either family.
        let [_, port]: [u16; 2] = self.control(slot, &kinds)?;
        Some(u16::from_be(port))
    }

    /// The data of a control message that came with a slot, of one of these kinds. `T` is plain data, and not longer
    /// than what the kernel sends.
    fn control<T: Copy>(&self, slot: usize, kinds: &[(libc::c_int, libc::c_int)]) -> Option<T> {
        let header = &self.receive_headers[slot].msg_hdr;
        if header.msg_controllen < size_of::<libc::cmsghdr>() {
            return None;
        }
        // SAFETY: the kernel wrote well-formed control messages into the room that the header points to, and their
        // length into `msg_controllen`; the macros stay within it.
        unsafe {
            let mut control = libc::CMSG_FIRSTHDR(header);
            while let Some(message) = control.as_ref() {
                if kinds.contains(&(message.cmsg_level, message.cmsg_type)) {
                    return Some(libc::CMSG_DATA(control).cast::<T>().read_unaligned());
                }
                control = libc::CMSG_NXTHDR(header, control);
            }
        }
        None
    }

    /// A part of what a slot holds.
    ///
    /// # Panics
    /// When the slot was not received into, or the range is longer than it.
    #[must_use]
    pub fn bytes(&self, slot: usize, range: Range<usize>) -> &[u8] {
        assert!(slot < self.used && range.start <= range.end && range.end <= LONGEST);
        // SAFETY: within the slot, whose bytes are initialised; the kernel only writes to slots from `used` on, and
        // only while `self` is borrowed mutably.
        unsafe {
            std::slice::from_raw_parts(
                self.storage.add(slot * SLOT + LONGEST_HEADER + range.start),
                range.len(),
            )
        }
    }

    /// Queues a part of a slot, with a header before it, and zeros behind it up to a multiple of four where `padded`.
    /// The slot's first datagram takes the header into the room before it; the others' headers are put in between by
    /// reference. A full queue ([`Batch::has_room`]) drops it.
    ///
    /// # Panics
    /// When the slot was not received into, or the range or the header is longer than can be.
    pub fn queue(&mut self, slot: usize, header: &[u8], data: Range<usize>, padded: bool, to: SocketAddr) {
        self.queue_as(slot, header, data, padded, to, false);
    }

    /// Queues a slot's only datagram for a raw socket, with the headers of IP and UDP before it.
    ///
    /// # Panics
    /// As [`Batch::queue`].
    pub fn queue_raw(&mut self, slot: usize, header: &[u8], data: Range<usize>, to: SocketAddr) {
        self.queue_as(slot, header, data, false, without_port(to), true);
    }

    fn queue_as(&mut self, slot: usize, header: &[u8], data: Range<usize>, padded: bool, to: SocketAddr, alone: bool) {
        assert!(slot < self.used && header.len() <= LONGEST_HEADER && data.start <= data.end && data.end <= LONGEST);
        if !self.has_room() {
            self.dropped += 1;
            return;
        }
        let padding = if padded {
            data.len().next_multiple_of(4) - data.len()
        } else {
            0
        };
        let length = header.len() + data.len() + padding;
        let first_part = self.queued_parts;
        let end = LONGEST_HEADER + data.end;
        if alone || data.start == 0 || header.is_empty() {
            let start = LONGEST_HEADER + data.start - header.len();
            // SAFETY: within the slot, of which nothing is borrowed while `self` is borrowed mutably.
            let room = unsafe { std::slice::from_raw_parts_mut(self.storage.add(slot * SLOT + start), header.len()) };
            room.copy_from_slice(header);
            self.part(slot, start..end);
        } else {
            let head = &mut self.heads[self.used_heads][..header.len()];
            self.used_heads += 1;
            head.copy_from_slice(header);
            self.parts[self.queued_parts] = libc::iovec {
                iov_base: head.as_mut_ptr().cast(),
                iov_len: head.len(),
            };
            self.queued_parts += 1;
            self.part(slot, LONGEST_HEADER + data.start..end);
        }
        if padding > 0 {
            // The kernel only reads what is sent.
            self.parts[self.queued_parts] = libc::iovec {
                iov_base: ZEROS.as_ptr().cast_mut().cast(),
                iov_len: padding,
            };
            self.queued_parts += 1;
        }
        let parts = self.queued_parts - first_part;
        // Goes on with the run before it, or begins a new message.
        if self.segmentation
            && !alone
            && let Some(last) = self.sending[..self.queued].last_mut()
            && last.to == Some(to)
            && length > 0
            && length <= last.segment
            && last.bytes == last.segment * last.segments
            && last.segments < MOST_SEGMENTS
            && last.bytes + length <= MOST_BYTES
        {
            last.parts += parts;
            last.segments += 1;
            last.bytes += length;
            return;
        }
        let sending = &mut self.sending[self.queued];
        sending.name_length = write_name(&mut sending.name, to);
        sending.to = Some(to);
        (sending.first_part, sending.parts) = (first_part, parts);
        (sending.segment, sending.segments, sending.bytes) = (length, 1, length);
        self.queued += 1;
    }

    fn part(&mut self, slot: usize, range: Range<usize>) {
        // SAFETY: within the slot, as `queue` has checked.
        let base = unsafe { self.storage.add(slot * SLOT + range.start) };
        self.parts[self.queued_parts] = libc::iovec {
            iov_base: base.cast(),
            iov_len: range.len(),
        };
        self.queued_parts += 1;
    }

    /// Whether one more can be queued before a flush.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.queued < self.sending.len() && self.queued_parts + 3 <= PARTS && self.used_heads < HEADS
    }

    /// Whether something is queued.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.queued > 0
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // SAFETY: made from a box of this length in `new`, and not used after.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(self.storage, self.slots * SLOT)) });
    }
}

fn count(length: usize) -> libc::c_uint {
    libc::c_uint::try_from(length).unwrap_or(libc::c_uint::MAX)
}

/// Lets the kernel put runs of datagrams together on this socket; without it they come one by one.
pub fn receive_runs(socket: BorrowedFd<'_>) {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, 1);
}

/// Has the kernel tell where each datagram was sent to.
pub fn receive_destinations(socket: BorrowedFd<'_>, v6: bool) {
    if v6 {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVORIGDSTADDR, 1);
    } else {
        set(socket, libc::IPPROTO_IP, libc::IP_RECVORIGDSTADDR, 1);
    }
}

/// Whether IPv4 datagrams from this socket may be fragmented on their way.
pub fn set_dont_fragment(socket: BorrowedFd<'_>, on: bool) {
    let mode = if on {
        libc::IP_PMTUDISC_DO
    } else {
        libc::IP_PMTUDISC_DONT
    };
    set(socket, libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, mode);
}

fn set(socket: BorrowedFd<'_>, level: i32, option: i32, value: libc::c_int) {
    // SAFETY: the kernel reads one integer. An option it does not have changes nothing.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            name_length::<libc::c_int>(),
        );
    }
}

#[cfg(test)]
mod tests;
