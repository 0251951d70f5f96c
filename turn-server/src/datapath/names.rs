//! Socket addresses as the kernel has them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ptr;

/// The room for an address of either family; the family field is at the same place in both.
pub(super) type Name = libc::sockaddr_in6;

#[expect(clippy::cast_possible_truncation, reason = "small constants")]
const V4: libc::sa_family_t = libc::AF_INET as libc::sa_family_t;
#[expect(clippy::cast_possible_truncation, reason = "small constants")]
const V6: libc::sa_family_t = libc::AF_INET6 as libc::sa_family_t;

/// The length of a C structure as the kernel wants it.
pub(super) fn name_length<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or_default()
}

pub(super) fn read_name(name: &Name) -> Option<SocketAddr> {
    match name.sin6_family {
        V4 => {
            // SAFETY: the family says that this is a `sockaddr_in`, which is smaller and no stricter in alignment.
            let v4 = unsafe { ptr::from_ref(name).cast::<libc::sockaddr_in>().read() };
            let ip = Ipv4Addr::from_bits(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        V6 => {
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(name.sin6_port), 0, name.sin6_scope_id).into())
        }
        _ => None,
    }
}

pub(super) fn write_name(name: &mut Name, address: SocketAddr) -> libc::socklen_t {
    match address {
        SocketAddr::V4(v4) => {
            let v4 = libc::sockaddr_in {
                sin_family: V4,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: v4.ip().to_bits().to_be(),
                },
                sin_zero: [0; 8],
            };
            // SAFETY: `Name` is larger than `sockaddr_in` and no less aligned.
            unsafe { ptr::from_mut(name).cast::<libc::sockaddr_in>().write(v4) };
            name_length::<libc::sockaddr_in>()
        }
        SocketAddr::V6(v6) => {
            *name = libc::sockaddr_in6 {
                sin6_family: V6,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr {
                    s6_addr: v6.ip().octets(),
                },
                sin6_scope_id: v6.scope_id(),
            };
            name_length::<Name>()
        }
    }
}
