//! Cookies that prove a client's address and that the server need not remember (RFC 6347 section 4.2.1).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::address::ClientAddress;

/// How long, in seconds, cookies are made alike. One is good in this time and in the next.
const PERIOD: u64 = 30;

/// What a cookie is: short, because it is sent to whoever asks.
pub type Cookie = [u8; 16];

/// Makes cookies and knows its own.
pub struct Cookies {
    key: Zeroizing<[u8; 32]>,
}

impl Cookies {
    /// A maker with its own random key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            key: Zeroizing::new(key),
        }
    }

    /// The cookie of a client's handshake, which is known by the random value in its ClientHello.
    #[must_use]
    pub fn issue(&self, client: ClientAddress, random: &[u8; 32], unix: u64) -> Cookie {
        self.mac(client, random, unix / PERIOD)
    }

    /// Whether a cookie is one of ours, for this client and handshake, and not too old.
    #[must_use]
    pub fn check(&self, cookie: &[u8], client: ClientAddress, random: &[u8; 32], unix: u64) -> bool {
        let now = unix / PERIOD;
        [now, now.wrapping_sub(1)].into_iter().any(|period| {
            bool::from(subtle::ConstantTimeEq::ct_eq(
                &self.mac(client, random, period)[..],
                cookie,
            ))
        })
    }

    fn mac(&self, client: ClientAddress, random: &[u8; 32], period: u64) -> Cookie {
        #[expect(clippy::expect_used, reason = "RFC 2104 section 3: a key may have any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("HMAC takes a key of any length");
        mac.update(&period.to_be_bytes());
        mac.update(random);
        mac.update(&client.0.port().to_be_bytes());
        match client.0.ip() {
            std::net::IpAddr::V4(ip) => mac.update(&ip.octets()),
            std::net::IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        let mut short = [0; 16];
        short.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> ClientAddress {
        ClientAddress(text.parse().unwrap())
    }

    #[test]
    fn a_cookie_is_good_for_its_client_its_handshake_and_a_while() {
        let cookies = Cookies::new([7; 32]);
        let made = client("192.0.2.1:5000");
        let cookie = cookies.issue(made, &[1; 32], 3000);
        let check =
            |cookie: &[u8], address, random: u8, unix| cookies.check(cookie, client(address), &[random; 32], unix);
        assert!(check(&cookie, "192.0.2.1:5000", 1, 3000));
        assert!(check(&cookie, "192.0.2.1:5000", 1, 3059));
        assert!(!check(&cookie, "192.0.2.1:5000", 1, 3060));
        assert!(!check(&cookie, "192.0.2.1:5000", 1, 2999));
        assert!(!check(&cookie, "192.0.2.1:5000", 2, 3000));
        assert!(!check(&cookie, "192.0.2.1:5001", 1, 3000));
        assert!(!check(&cookie, "192.0.2.2:5000", 1, 3000));
        assert!(!check(&cookie[..15], "192.0.2.1:5000", 1, 3000));
        assert!(!check(b"", "192.0.2.1:5000", 1, 3000));
        assert!(!Cookies::new([8; 32]).check(&cookie, made, &[1; 32], 3000));
    }
}
