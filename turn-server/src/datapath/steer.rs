//! Steers the datagrams for a whole range of ports to a few sockets: a small program at the kernel's socket look-up
//! (`sk_lookup`) finds the worker that a port belongs to in a table that this process writes to without a system call.
//!
//! Only ports that are claimed are steered; all others go where they would go anyway. What the program does is undone by
//! the kernel when this process ends, however it ends.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

use socket2::{Domain, Protocol, Socket, Type};

/// Nobody's.
const FREE: u64 = 0;
/// Claimed, and not steered yet: higher than any worker.
const HELD: u64 = u32::MAX as u64;

// Commands, types and flags of bpf(2).
const MAP_CREATE: libc::c_int = 0;
const MAP_UPDATE_ELEM: libc::c_int = 2;
const PROG_LOAD: libc::c_int = 5;
const LINK_CREATE: libc::c_int = 28;
const MAP_TYPE_ARRAY: u32 = 2;
const MAP_TYPE_SOCKMAP: u32 = 15;
const PROG_TYPE_SK_LOOKUP: u32 = 30;
const ATTACH_SK_LOOKUP: u32 = 36;
const F_MMAPABLE: u32 = 1 << 10;

// Helper functions that programs of this type may call.
const MAP_LOOKUP_ELEM: i32 = 1;
const SK_RELEASE: i32 = 86;
const SK_ASSIGN: i32 = 124;

/// A range of ports of one address whose datagrams go to the workers' sockets.
#[derive(Debug)]
pub struct Steering {
    address: IpAddr,
    first: u16,
    /// One for each port: [`FREE`], [`HELD`], or the worker's number and one.
    owners: Owners,
    sockets: OwnedFd,
    /// The program is attached as long as this is open.
    _link: OwnedFd,
}

impl Steering {
    /// Attaches to this network namespace. Fails without `CAP_NET_ADMIN` and `CAP_BPF`, and on kernels before 5.9.
    pub fn attach(address: IpAddr, first: u16, last: u16, workers: usize) -> io::Result<Self> {
        let ports = u32::from(last.saturating_sub(first)) + 1;
        let owners = Owners::new(ports)?;
        let workers = u32::try_from(workers).map_err(io::Error::other)?;
        let sockets = bpf(MAP_CREATE, &[word(MAP_TYPE_SOCKMAP, 4), word(4, workers)])?;
        let program = program(address, first, ports, &owners.map, &sockets);
        let license = c"Apache-2.0";
        let mut attributes = [0; 16];
        attributes[0] = word(
            PROG_TYPE_SK_LOOKUP,
            u32::try_from(program.len()).map_err(io::Error::other)?,
        );
        attributes[1] = program.as_ptr() as u64;
        attributes[2] = license.as_ptr() as u64;
        // `expected_attach_type`, at byte 68.
        attributes[8] = word(0, ATTACH_SK_LOOKUP);
        let loaded = bpf(PROG_LOAD, &attributes)?;
        let namespace = std::fs::File::open("/proc/self/ns/net")?;
        let link = bpf(
            LINK_CREATE,
            &[
                word(number(loaded.as_fd()), number(namespace.as_fd())),
                word(ATTACH_SK_LOOKUP, 0),
            ],
        )?;
        Ok(Self {
            address,
            first,
            owners,
            sockets,
            _link: link,
        })
    }

    /// The address whose ports are steered.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The first port.
    #[must_use]
    pub fn first(&self) -> u16 {
        self.first
    }

    /// How many ports.
    #[must_use]
    pub fn ports(&self) -> usize {
        self.owners.ports as usize
    }

    /// Gives a worker's datagrams to a socket.
    pub fn join(&self, worker: usize, socket: BorrowedFd<'_>) -> io::Result<()> {
        let key = u32::try_from(worker).map_err(io::Error::other)?;
        let value = number(socket);
        let attributes = [
            word(number(self.sockets.as_fd()), 0),
            ptr::from_ref(&key) as u64,
            ptr::from_ref(&value) as u64,
            0,
        ];
        bpf_call(MAP_UPDATE_ELEM, &attributes).map(|_| ())
    }

    /// Takes a port that nobody has, neither here nor elsewhere on this machine. It is not steered yet.
    #[must_use]
    pub fn claim(&self, port: u16) -> bool {
        let Some(owner) = self.owner(port) else {
            return false;
        };
        let free = owner.compare_exchange(FREE, HELD, Ordering::AcqRel, Ordering::Relaxed);
        let ours = free.is_ok();
        if ours && !self.unused_elsewhere(port) {
            owner.store(FREE, Ordering::Release);
            return false;
        }
        ours
    }

    /// Steers a claimed port to a worker.
    pub fn give(&self, port: u16, worker: usize) {
        if let Some(owner) = self.owner(port) {
            owner.store(worker as u64 + 1, Ordering::Release);
        }
    }

    /// Lets a claimed port go.
    pub fn release(&self, port: u16) {
        if let Some(owner) = self.owner(port) {
            owner.store(FREE, Ordering::Release);
        }
    }

    fn owner(&self, port: u16) -> Option<&AtomicU64> {
        self.owners.at(port.checked_sub(self.first)?)
    }

    /// Whether no other socket is bound there: the program would take its datagrams away.
    fn unused_elsewhere(&self, port: u16) -> bool {
        let address = SocketAddr::new(self.address, port);
        Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))
            .and_then(|socket| socket.bind(&address.into()))
            .is_ok()
    }
}

/// The table of owners, in memory that the kernel's program reads too.
#[derive(Debug)]
struct Owners {
    map: OwnedFd,
    memory: NonNull<AtomicU64>,
    ports: u32,
}

// SAFETY: the memory is shared with the kernel and holds atomics only.
unsafe impl Send for Owners {}
// SAFETY: as above.
unsafe impl Sync for Owners {}

impl Owners {
    fn new(ports: u32) -> io::Result<Self> {
        let map = bpf(
            MAP_CREATE,
            &[word(MAP_TYPE_ARRAY, 4), word(8, ports), word(F_MMAPABLE, 0)],
        )?;
        // SAFETY: a new mapping of the map's values, at an address that the kernel chooses.
        let memory = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length(ports),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                map.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let memory = NonNull::new(memory.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Self { map, memory, ports })
    }

    fn at(&self, index: u16) -> Option<&AtomicU64> {
        // SAFETY: within the mapping, which lives as long as `self`; eight aligned bytes for each port.
        (u32::from(index) < self.ports).then(|| unsafe { self.memory.add(usize::from(index)).as_ref() })
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with this length, and not used after.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), length(self.ports)) };
    }
}

fn length(ports: u32) -> usize {
    ports as usize * size_of::<AtomicU64>()
}

/// "Is it UDP to this address and a port of the range? Then look up the port's owner and the owner's socket."
fn program(address: IpAddr, first: u16, ports: u32, owners: &OwnedFd, sockets: &OwnedFd) -> Vec<u64> {
    // Offsets into `struct bpf_sk_lookup`.
    const FAMILY: i16 = 8;
    const PROTOCOL: i16 = 12;
    const LOCAL_IP4: i16 = 40;
    const LOCAL_IP6: i16 = 44;
    const LOCAL_PORT: i16 = 60;

    let mut code = Code::default();
    code.push(0xbf, 6, 1, 0, 0); // r6 = the context
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    code.expect(FAMILY, family);
    code.expect(PROTOCOL, libc::IPPROTO_UDP);
    match address {
        IpAddr::V4(ip) => code.expect(LOCAL_IP4, i32::from_ne_bytes(ip.octets())),
        IpAddr::V6(ip) => {
            for (offset, part) in (LOCAL_IP6..).step_by(4).zip(ip.octets().chunks_exact(4)) {
                code.expect(offset, i32::from_ne_bytes([part[0], part[1], part[2], part[3]]));
            }
        }
    }
    code.push(0x61, 2, 6, LOCAL_PORT, 0); // r2 = the port
    code.push(0x17, 2, 0, 0, i32::from(first)); // r2 -= first
    code.leave(0x35, 2, i32::try_from(ports).unwrap_or(0)); // r2 >= ports, also where it was below the first
    code.look_up(owners);
    code.push(0x79, 2, 0, 0, 0); // r2 = the owner
    code.leave(0x15, 2, 0); // r2 == FREE
    code.push(0x07, 2, 0, 0, -1); // r2 -= 1
    code.look_up(sockets);
    code.push(0xbf, 7, 0, 0, 0); // r7 = the socket
    code.push(0xbf, 1, 6, 0, 0);
    code.push(0xbf, 2, 7, 0, 0);
    code.push(0xb7, 3, 0, 0, 0);
    code.push(0x85, 0, 0, 0, SK_ASSIGN);
    code.push(0xbf, 1, 7, 0, 0);
    code.push(0x85, 0, 0, 0, SK_RELEASE);
    code.finish()
}

/// Instructions of the kernel's virtual machine (RFC 9669).
#[derive(Default)]
struct Code {
    instructions: Vec<u64>,
    /// Jumps to the end.
    leaving: Vec<usize>,
}

impl Code {
    fn push(&mut self, operation: u8, destination: u8, source: u8, offset: i16, immediate: i32) {
        let [low, high] = offset.to_le_bytes();
        let [a, b, c, d] = immediate.to_le_bytes();
        let registers = source << 4 | destination;
        self.instructions
            .push(u64::from_le_bytes([operation, registers, low, high, a, b, c, d]));
    }

    /// A conditional jump to the end, with register and constant.
    fn leave(&mut self, operation: u8, register: u8, constant: i32) {
        self.leaving.push(self.instructions.len());
        self.push(operation, register, 0, 0, constant);
    }

    /// Leaves unless a word of the context is this; compares 32 bits.
    fn expect(&mut self, offset: i16, value: i32) {
        self.push(0x61, 2, 6, offset, 0);
        self.leave(0x56, 2, value);
    }

    /// r0 = what a map has under r2; leaves where there is nothing.
    fn look_up(&mut self, map: &OwnedFd) {
        self.push(0x63, 10, 2, -4, 0); // on the stack
        self.push(0x18, 1, 1, 0, map.as_raw_fd()); // r1 = the map, in two instructions
        self.push(0, 0, 0, 0, 0);
        self.push(0xbf, 2, 10, 0, 0);
        self.push(0x07, 2, 0, 0, -4);
        self.push(0x85, 0, 0, 0, MAP_LOOKUP_ELEM);
        self.leave(0x15, 0, 0);
    }

    /// Ends with "go on", whether a socket was assigned or not.
    fn finish(mut self) -> Vec<u64> {
        let end = self.instructions.len();
        for at in self.leaving {
            let distance = i16::try_from(end - at - 1).unwrap_or_default();
            self.instructions[at] |= u64::from(distance.cast_unsigned()) << 16;
        }
        self.instructions.push(0xb7 | 1 << 32); // r0 = SK_PASS
        self.instructions.push(0x95);
        self.instructions
    }
}

/// Two neighbouring 32-bit fields, in this machine's order.
fn word(low: u32, high: u32) -> u64 {
    let (low, high) = (u64::from(low), u64::from(high));
    if cfg!(target_endian = "little") {
        low | high << 32
    } else {
        high | low << 32
    }
}

fn number(descriptor: BorrowedFd<'_>) -> u32 {
    descriptor.as_raw_fd().cast_unsigned()
}

/// A command of bpf(2) that gives a descriptor.
fn bpf(command: libc::c_int, attributes: &[u64]) -> io::Result<OwnedFd> {
    let descriptor = bpf_call(command, attributes)?;
    // SAFETY: the kernel has just made it, and for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn bpf_call(command: libc::c_int, attributes: &[u64]) -> io::Result<i32> {
    // SAFETY: the kernel reads as many bytes as it is told; pointers among them are to memory that the caller holds
    // during the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command,
            attributes.as_ptr(),
            libc::c_ulong::try_from(size_of_val(attributes)).unwrap_or(0),
        )
    };
    i32::try_from(result)
        .ok()
        .filter(|result| *result >= 0)
        .ok_or_else(io::Error::last_os_error)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};
    use std::time::Duration;

    use super::*;

    /// Says so, loudly, where the kernel does not let us.
    fn attach(address: IpAddr, first: u16, last: u16) -> Option<Steering> {
        match Steering::attach(address, first, last, 2) {
            Ok(steering) => Some(steering),
            Err(error) => {
                eprintln!("NOT RUN: steering needs CAP_NET_ADMIN and CAP_BPF here: {error}");
                None
            }
        }
    }

    fn receiver(ip: IpAddr) -> UdpSocket {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        socket
    }

    #[test]
    fn only_claimed_and_given_ports_are_steered_each_to_its_worker() {
        for ip in [IpAddr::V4(Ipv4Addr::new(127, 90, 13, 1)), "::1".parse().unwrap()] {
            let Some(steering) = attach(ip, 21_000, 21_009) else {
                return;
            };
            let sockets = [receiver(ip), receiver(ip)];
            for (worker, socket) in sockets.iter().enumerate() {
                steering.join(worker, socket.as_fd()).unwrap();
            }
            assert!(steering.claim(21_000) && steering.claim(21_009) && steering.claim(21_005));
            steering.give(21_000, 0);
            steering.give(21_009, 1);
            let sender = UdpSocket::bind((ip, 0)).unwrap();
            for port in [21_000, 21_001, 21_005, 21_009, 21_010, 20_999] {
                let _ = sender.send_to(&port.to_string().into_bytes(), (ip, port));
            }
            let mut buffer = [0; 16];
            for (socket, expected) in sockets.iter().zip(["21000", "21009"]) {
                let length = socket.recv(&mut buffer).unwrap();
                assert_eq!(&buffer[..length], expected.as_bytes());
                socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
                assert!(socket.recv(&mut buffer).is_err(), "nothing else comes");
            }
            steering.release(21_000);
            let _ = sender.send_to(b"late", (ip, 21_000));
            assert!(
                sockets[0].recv(&mut buffer).is_err(),
                "a port that was let go of is not steered"
            );
        }
    }

    #[test]
    fn a_port_is_claimed_once_and_never_one_that_somebody_else_has() {
        let ip = IpAddr::V4(Ipv4Addr::new(127, 90, 13, 2));
        let Some(steering) = attach(ip, 21_020, 21_029) else {
            return;
        };
        assert!(steering.claim(21_020));
        assert!(!steering.claim(21_020));
        steering.release(21_020);
        assert!(steering.claim(21_020));
        let _other = UdpSocket::bind((ip, 21_021)).unwrap();
        assert!(!steering.claim(21_021), "a socket is bound there");
        assert!(!steering.claim(21_019) && !steering.claim(21_030), "out of the range");
    }
}
