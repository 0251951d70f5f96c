//! Sends what a batch has queued, and singly what the kernel does not take as a run.

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;

use super::{Batch, Sending, count};

impl Batch {
    /// Sends what is queued. A datagram that the kernel does not take (its buffer is full, the peer cannot be reached)
    /// is lost, as datagrams are; the others go on.
    pub fn flush(&mut self, socket: BorrowedFd<'_>) {
        for (header, sending) in self.send_headers.iter_mut().zip(&mut self.sending[..self.queued]) {
            let parts = &mut self.parts[sending.first_part..sending.first_part + sending.parts];
            describe(&mut header.msg_hdr, sending, parts);
        }
        let mut next = 0;
        let mut tried = None;
        while next < self.queued {
            let sent = send(socket, &mut self.send_headers[next..self.queued]);
            match usize::try_from(sent) {
                Ok(sent) if sent > 0 => next += sent,
                _ => {
                    let error = io::Error::last_os_error();
                    match error.raw_os_error() {
                        Some(libc::EINTR) => {}
                        Some(libc::EAGAIN) => {
                            self.dropped += (self.queued - next) as u64;
                            break;
                        }
                        // Perhaps an error that came back for an earlier datagram, and is told now: once more.
                        _ if tried != Some(next) => tried = Some(next),
                        code => {
                            self.send_singly(socket, next, code);
                            next += 1;
                        }
                    }
                }
            }
        }
        self.unqueue();
    }

    /// Sends the segments of a message one by one after the kernel refused the run.
    pub(super) fn send_singly(&mut self, socket: BorrowedFd<'_>, at: usize, code: Option<i32>) {
        let Sending {
            first_part,
            parts,
            segment,
            segments,
            ..
        } = self.sending[at];
        if segments < 2 {
            self.dropped += 1;
            return;
        }
        // An interface without checksum offload refuses all runs; a path with a small MTU only this one.
        if code == Some(libc::EIO) {
            self.segmentation = false;
        }
        let mut rest = first_part..first_part + parts;
        while !rest.is_empty() {
            // As many parts as make one segment.
            let mut taken = 0;
            let mut bytes = 0;
            while taken < rest.len() && bytes < segment {
                bytes += self.parts[rest.start + taken].iov_len;
                taken += 1;
            }
            let sending = &mut self.sending[at];
            sending.segments = 1;
            describe(
                &mut self.send_headers[at].msg_hdr,
                sending,
                &mut self.parts[rest.start..rest.start + taken],
            );
            // SAFETY: as in `flush`.
            let sent = unsafe {
                libc::sendmsg(
                    socket.as_raw_fd(),
                    &raw const self.send_headers[at].msg_hdr,
                    libc::MSG_DONTWAIT,
                )
            };
            if sent < 0 {
                self.dropped += 1;
            }
            rest.start += taken;
        }
    }
}

/// Hands messages to the kernel; how many it took, or less than none.
fn send(socket: BorrowedFd<'_>, headers: &mut [libc::mmsghdr]) -> libc::c_int {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // One datagram in one part, as most are that go to peers: the plain call costs less.
    if let [one] = headers
        && one.msg_hdr.msg_iovlen == 1
        && one.msg_hdr.msg_controllen == 0
    {
        let message = &one.msg_hdr;
        // SAFETY: the header was just made to point to a name and one part of the batch, and the part to a filled slot
        // or head; all live in place as long as the batch, which the caller has borrowed mutably.
        let sent = unsafe {
            let part = *message.msg_iov;
            libc::sendto(
                socket.as_raw_fd(),
                part.iov_base,
                part.iov_len,
                flags,
                message.msg_name.cast(),
                message.msg_namelen,
            )
        };
        return if sent < 0 { -1 } else { 1 };
    }
    // SAFETY: each header was just made to point to a name, parts and control room of the batch, and the parts to filled
    // slots and heads; all live in place as long as the batch, which the caller has borrowed mutably.
    unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count(headers.len()), flags) }
}

/// Fills in a header for the kernel.
fn describe(header: &mut libc::msghdr, sending: &mut Sending, parts: &mut [libc::iovec]) {
    header.msg_name = (&raw mut sending.name).cast();
    header.msg_namelen = sending.name_length;
    header.msg_iov = parts.as_mut_ptr();
    header.msg_iovlen = parts.len();
    if sending.segments < 2 {
        header.msg_control = ptr::null_mut();
        header.msg_controllen = 0;
        return;
    }
    header.msg_control = (&raw mut sending.control).cast();
    let segment = u16::try_from(sending.segment).unwrap_or(u16::MAX);
    // SAFETY: the room is aligned, zeroed and larger than one control message with a `u16`.
    unsafe {
        header.msg_controllen = libc::CMSG_SPACE(2) as usize;
        let control = libc::CMSG_FIRSTHDR(header);
        (*control).cmsg_level = libc::SOL_UDP;
        (*control).cmsg_type = libc::UDP_SEGMENT;
        (*control).cmsg_len = libc::CMSG_LEN(2) as usize;
        libc::CMSG_DATA(control).cast::<u16>().write_unaligned(segment);
    }
}
