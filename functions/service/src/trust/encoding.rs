//! The encoding of statements: a label and fields, each `uint16 length ‖ bytes` (`docs/handshake.md`, Encoding).
//!
//! There is one encoding of each statement, so whatever differs from it in one byte is refused.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use uuid::Uuid;

/// The bytes are not those of the statement that they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A public key of Ed25519 or X25519, 32 bytes; written in base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PublicKey(pub(super) [u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64URL.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

/// What is left of the fields of a statement.
#[derive(Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields after the label, which must be this one.
    pub(super) fn after(label: &str, statement: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Self(statement);
        if fields.bytes()? == label.as_bytes() {
            Ok(fields)
        } else {
            Err(Malformed)
        }
    }

    /// The next field, of any length.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let (length, rest) = self.0.split_first_chunk::<2>().ok_or(Malformed)?;
        let (field, rest) = rest
            .split_at_checked(u16::from_be_bytes(*length).into())
            .ok_or(Malformed)?;
        self.0 = rest;
        Ok(field)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.bytes()?.try_into().map_err(|_| Malformed)
    }

    /// An id: 16 bytes.
    pub(super) fn id(&mut self) -> Result<Uuid, Malformed> {
        self.array().map(Uuid::from_bytes)
    }

    /// A key: 32 bytes.
    pub(super) fn key(&mut self) -> Result<PublicKey, Malformed> {
        self.array().map(PublicKey)
    }

    /// An integer: 8 bytes, at most 2^53 - 1.
    pub(super) fn integer(&mut self) -> Result<u64, Malformed> {
        let integer = self.array().map(u64::from_be_bytes)?;
        if integer < 1 << 53 { Ok(integer) } else { Err(Malformed) }
    }

    /// UTF-8 of so many characters (Unicode scalar values), none of them a control character.
    pub(super) fn text(&mut self, shortest: usize, longest: usize) -> Result<&'a str, Malformed> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)?;
        let length = text.chars().count();
        if (shortest..=longest).contains(&length) && !text.chars().any(char::is_control) {
            Ok(text)
        } else {
            Err(Malformed)
        }
    }

    /// Keys without anything between them, at most `most`, ascending, no key twice.
    pub(super) fn keys(&mut self, most: usize) -> Result<Vec<PublicKey>, Malformed> {
        let (keys, rest) = self.bytes()?.as_chunks::<32>();
        if rest.is_empty() && keys.len() <= most && keys.is_sorted_by(|before, after| before < after) {
            Ok(keys.iter().copied().map(PublicKey).collect())
        } else {
            Err(Malformed)
        }
    }

    /// Nothing is left over.
    pub(super) fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}
