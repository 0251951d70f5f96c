//! Nonces that the server need not remember: a time and a MAC over it and the client's address (RFC 8489 section 9.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::address::ClientAddress;

/// How long a nonce is good for, in seconds.
const LIFETIME: u64 = 3600;

/// The nonce cookie of RFC 8489 section 9.2 ("obMatJos2").
const COOKIE: &str = "obMatJos2";

/// First of the security feature bits: password algorithms are negotiated.
const PASSWORD_ALGORITHMS: u8 = 0x80;
/// Second of the security feature bits: USERHASH may stand in for USERNAME.
const USERNAME_ANONYMITY: u8 = 0x40;

/// Makes nonces and knows its own.
pub struct Nonces {
    key: Zeroizing<[u8; 32]>,
    features: u8,
}

/// What became of a nonce that a client sent back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// One of ours, for this client, still good.
    Good,
    /// Anything else: answered by 438 with a fresh one.
    Stale,
}

impl Nonces {
    /// A maker with its own random key; `userhash` says whether USERHASH is understood.
    #[must_use]
    pub fn new(key: [u8; 32], userhash: bool) -> Self {
        let features = PASSWORD_ALGORITHMS | if userhash { USERNAME_ANONYMITY } else { 0 };
        Self {
            key: Zeroizing::new(key),
            features,
        }
    }

    /// A nonce for this client: cookie, features, four bytes of time and eight of MAC. It is short because it is sent
    /// to whoever asks.
    #[must_use]
    pub fn issue(&self, client: ClientAddress, unix: u64) -> String {
        let time = truncated(unix);
        let mut body = [0; 12];
        body[..4].copy_from_slice(&time);
        body[4..].copy_from_slice(&self.mac(client, time));
        let mut nonce = String::with_capacity(29);
        nonce.push_str(COOKIE);
        STANDARD.encode_string([self.features, 0, 0], &mut nonce);
        STANDARD.encode_string(body, &mut nonce);
        nonce
    }

    /// Checks a nonce. The features are not under the MAC but compared: a middleman who clears a bit gets 438.
    #[must_use]
    pub fn check(&self, nonce: &str, client: ClientAddress, unix: u64) -> Verdict {
        let checked = || {
            let rest = nonce.strip_prefix(COOKIE)?;
            let (features, body) = rest.split_at_checked(4)?;
            let features = STANDARD.decode(features).ok()?;
            let body: [u8; 12] = STANDARD.decode(body).ok()?.try_into().ok()?;
            let (time, mac) = body.split_first_chunk::<4>()?;
            let issued = u64::from(u32::from_be_bytes(*time));
            let genuine = subtle::ConstantTimeEq::ct_eq(&self.mac(client, *time)[..], mac);
            let fresh = unix.wrapping_sub(issued) & u64::from(u32::MAX) <= LIFETIME;
            (bool::from(genuine) && features == [self.features, 0, 0] && fresh).then_some(())
        };
        if checked().is_some() {
            Verdict::Good
        } else {
            Verdict::Stale
        }
    }

    /// Whether a nonce claims that password algorithms are negotiated.
    #[must_use]
    pub fn negotiates_algorithms(nonce: &str) -> bool {
        let features = nonce.strip_prefix(COOKIE).and_then(|rest| rest.get(..4));
        features
            .and_then(|features| STANDARD.decode(features).ok())
            .is_some_and(|bits| bits[0] & PASSWORD_ALGORITHMS != 0)
    }

    fn mac(&self, client: ClientAddress, time: [u8; 4]) -> [u8; 8] {
        #[expect(clippy::expect_used, reason = "RFC 2104 section 3: a key may have any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("HMAC takes a key of any length");
        mac.update(&time);
        match client.0.ip() {
            std::net::IpAddr::V4(ip) => mac.update(&ip.octets()),
            std::net::IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&client.0.port().to_be_bytes());
        let mut short = [0; 8];
        short.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        short
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low 32 bits suffice to measure an hour"
)]
fn truncated(unix: u64) -> [u8; 4] {
    (unix as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> ClientAddress {
        ClientAddress(text.parse().unwrap())
    }

    #[test]
    fn a_nonce_is_good_for_its_client_and_an_hour() {
        let nonces = Nonces::new([7; 32], false);
        let nonce = nonces.issue(client("192.0.2.1:5000"), 1_800_000_000);
        let check = |address, unix| nonces.check(&nonce, client(address), unix);
        assert_eq!(check("192.0.2.1:5000", 1_800_000_000), Verdict::Good);
        assert_eq!(check("192.0.2.1:5000", 1_800_003_600), Verdict::Good);
        assert_eq!(check("192.0.2.1:5000", 1_800_003_601), Verdict::Stale);
        assert_eq!(check("192.0.2.1:5000", 1_799_999_999), Verdict::Stale);
        assert_eq!(check("192.0.2.1:5001", 1_800_000_000), Verdict::Stale);
        assert_eq!(check("192.0.2.2:5000", 1_800_000_000), Verdict::Stale);
    }

    #[test]
    fn every_character_of_a_nonce_counts() {
        let nonces = Nonces::new([7; 32], false);
        let nonce = nonces.issue(client("[2001:db8::1]:5000"), 1_800_000_000);
        for at in 0..nonce.len() {
            let mut bytes = nonce.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                nonces.check(&changed, client("[2001:db8::1]:5000"), 1_800_000_000),
                Verdict::Stale,
                "{at}"
            );
        }
    }

    #[test]
    fn anything_else_is_stale() {
        let nonces = Nonces::new([7; 32], true);
        for nonce in [
            "",
            "obMatJos2",
            "obMatJos2gAAA",
            "obMatJos2AAAA????",
            "é",
            "obMatJos2é€é",
        ] {
            assert_eq!(
                nonces.check(nonce, client("192.0.2.1:5000"), 0),
                Verdict::Stale,
                "{nonce}"
            );
        }
    }
}
