//! MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 under long-term keys (RFC 8489 sections 14.5, 14.6 and 9.2.2).
//!
//! `stun-types` ties the MD5 key to SHA-1 and the SHA-256 key to SHA-256; the standard lets PASSWORD-ALGORITHM choose
//! the key and the request's attribute the hash, so the few lines are here.

use hmac::{Hmac, Mac};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;
use stun_types::attribute::{AttributeStaticType, MessageIntegrity, MessageIntegritySha256, RawAttribute};
use stun_types::message::{Message, MessageHeader, MessageWrite, MessageWriteVec};
use zeroize::Zeroizing;

#[cfg(test)]
mod vectors;

/// How the key is made of the password (RFC 8489 section 18.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordAlgorithm {
    /// 0x0001
    Md5,
    /// 0x0002
    Sha256,
}

/// Which attribute protects a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Integrity {
    /// MESSAGE-INTEGRITY
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256
    Sha256,
}

/// A long-term key; wiped when dropped.
#[derive(Clone)]
pub struct Key {
    bytes: Zeroizing<[u8; 32]>,
    length: usize,
}

impl Key {
    /// The key of a user name and password, both already prepared as RFC 8265 says.
    #[must_use]
    pub fn derive(algorithm: PasswordAlgorithm, username: &str, realm: &str, password: &str) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        let parts = [username, ":", realm, ":", password];
        let length = match algorithm {
            PasswordAlgorithm::Md5 => {
                let mut hash = Md5::new();
                for part in parts {
                    hash.update(part);
                }
                bytes[..16].copy_from_slice(&hash.finalize());
                16
            }
            PasswordAlgorithm::Sha256 => {
                let mut hash = Sha256::new();
                for part in parts {
                    hash.update(part);
                }
                bytes.copy_from_slice(&hash.finalize());
                32
            }
        };
        Self { bytes, length }
    }

    /// A key as it is (short-term credentials; at most 32 bytes are used).
    #[cfg(test)]
    pub(crate) fn raw(key: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        bytes[..key.len()].copy_from_slice(key);
        Self {
            bytes,
            length: key.len(),
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn mac<M: Mac + hmac::KeyInit>(&self, parts: &[&[u8]]) -> M {
        #[expect(clippy::expect_used, reason = "RFC 2104 section 3: a key may have any length")]
        let mut mac = <M as hmac::KeyInit>::new_from_slice(self.bytes()).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

/// Which attribute a message is protected by; the stronger where it carries both.
#[must_use]
pub fn attribute_of(message: &Message<'_>) -> Option<Integrity> {
    if message.raw_attribute(MessageIntegritySha256::TYPE).is_some() {
        Some(Integrity::Sha256)
    } else if message.raw_attribute(MessageIntegrity::TYPE).is_some() {
        Some(Integrity::Sha1)
    } else {
        None
    }
}

/// Whether the message's strongest integrity attribute is right under the key, in constant time.
#[must_use]
pub fn verify(message: &Message<'_>, key: &Key) -> bool {
    let kind = match attribute_of(message) {
        Some(Integrity::Sha256) => MessageIntegritySha256::TYPE,
        Some(Integrity::Sha1) => MessageIntegrity::TYPE,
        None => return false,
    };
    let Some((offset, attribute)) = message.raw_attribute_and_offset(kind) else {
        return false;
    };
    // The MAC is over everything before the attribute, with a length as if the attribute were the last.
    let bytes = message.as_bytes();
    let value = &*attribute.value;
    let Ok(end) = u16::try_from(offset + 4 + value.len() - MessageHeader::LENGTH) else {
        return false;
    };
    let [high, low] = end.to_be_bytes();
    let parts: [&[u8]; 3] = [&bytes[..2], &[high, low], &bytes[4..offset]];
    if kind == MessageIntegrity::TYPE {
        value.len() == 20 && key.mac::<Hmac<Sha1>>(&parts).verify_slice(value).is_ok()
    } else {
        // May be cut short to a multiple of four of at least 16 bytes (section 14.6).
        (16..=32).contains(&value.len())
            && value.len() % 4 == 0
            && key.mac::<Hmac<Sha256>>(&parts).verify_truncated_left(value).is_ok()
    }
}

/// Adds the integrity attribute to a message that is complete but for a fingerprint.
pub fn sign(message: &mut MessageWriteVec, key: &Key, integrity: Integrity) {
    let value_length = match integrity {
        Integrity::Sha1 => 20,
        Integrity::Sha256 => 32,
    };
    let unsigned = message.len();
    let end = u16::try_from(unsigned + 4 + value_length - MessageHeader::LENGTH).unwrap_or(u16::MAX);
    let bytes = message.data();
    let [high, low] = end.to_be_bytes();
    let parts: [&[u8]; 3] = [&bytes[..2], &[high, low], &bytes[4..]];
    match integrity {
        Integrity::Sha1 => {
            let mac = key.mac::<Hmac<Sha1>>(&parts).finalize().into_bytes();
            message.push_attribute_unchecked(&RawAttribute::new(MessageIntegrity::TYPE, &mac));
        }
        Integrity::Sha256 => {
            let mac = key.mac::<Hmac<Sha256>>(&parts).finalize().into_bytes();
            message.push_attribute_unchecked(&RawAttribute::new(MessageIntegritySha256::TYPE, &mac));
        }
    }
}
