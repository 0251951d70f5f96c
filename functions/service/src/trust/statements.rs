//! The signed statements: site keys, successions, approvers, requests and certificates of devices, revocations
//! (`docs/handshake.md`, Encoding). A value of one of these types was signed by the key that it names.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::encoding::{Fields, Malformed, PublicKey};

/// The most keys of a revocation list.
const REVOKED: usize = 1024;

/// Why a signed statement is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementError {
    /// See [`Malformed`].
    Malformed,
    /// The signature is not that of the key which the statement names.
    Signature,
}

impl From<Malformed> for StatementError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

/// A kind of statement.
pub(super) trait Statement: Sized {
    /// The label that keeps its signatures from meaning something else elsewhere.
    const LABEL: &'static str;

    /// Reads the fields after the label.
    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed>;

    /// The key that must have signed it.
    fn signer(&self) -> PublicKey;

    /// Reads a signed statement: the statement followed by the 64 bytes of its Ed25519 signature (RFC 8032) over exactly
    /// these bytes.
    fn open(signed: &[u8]) -> Result<Self, StatementError> {
        let (message, signature) = signed.split_last_chunk::<64>().ok_or(Malformed)?;
        let mut fields = Fields::after(Self::LABEL, message)?;
        let statement = Self::read(&mut fields)?;
        fields.end()?;
        if verifies(statement.signer(), message, signature) {
            Ok(statement)
        } else {
            Err(StatementError::Signature)
        }
    }
}

/// Whether a signature is this key's: strictly, so that every client says the same. The key is the canonical encoding of
/// a point, and neither it nor the signature's is of small order, with which one signature fits several messages.
pub(super) fn verifies(key: PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    is_canonical(key)
        && VerifyingKey::from_bytes(&key.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// Whether a key is below p = 2^255 - 19, so that it stands for no other; the last bit is the sign (RFC 8032 section
/// 5.1.3).
fn is_canonical(PublicKey([first, middle @ .., last]): PublicKey) -> bool {
    last & 0x7f != 0x7f || first < 0xed || middle.iter().any(|byte| *byte != 0xff)
}

/// From when to when something holds, in seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) not_before: u64,
    pub(super) not_after: u64,
}

impl Window {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            not_before: fields.integer()?,
            not_after: fields.integer()?,
        })
    }
}

/// A site key, signed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SiteKey {
    pub(super) organisation: Uuid,
    pub(super) key: PublicKey,
    /// Seconds since 1970-01-01 UTC.
    pub(super) created: u64,
}

impl Statement for SiteKey {
    const LABEL: &'static str = "visavis/v1/site-key";

    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organisation: fields.id()?,
            key: fields.key()?,
            created: fields.integer()?,
        })
    }

    fn signer(&self) -> PublicKey {
        self.key
    }
}

/// A site key's word for the one that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Succession {
    pub(super) organisation: Uuid,
    pub(super) old: PublicKey,
    pub(super) new: PublicKey,
    pub(super) window: Window,
}

impl Statement for Succession {
    const LABEL: &'static str = "visavis/v1/succession";

    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organisation: fields.id()?,
            old: fields.key()?,
            new: fields.key()?,
            window: Window::read(fields)?,
        })
    }

    fn signer(&self) -> PublicKey {
        self.old
    }
}

/// A site key's word for an administrator's browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Approver {
    pub(super) organisation: Uuid,
    pub(super) site_key: PublicKey,
    pub(super) key: PublicKey,
    pub(super) person: Uuid,
    pub(super) window: Window,
}

impl Statement for Approver {
    const LABEL: &'static str = "visavis/v1/approver";

    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organisation: fields.id()?,
            site_key: fields.key()?,
            key: fields.key()?,
            person: fields.id()?,
            window: Window::read(fields)?,
        })
    }

    fn signer(&self) -> PublicKey {
        self.site_key
    }
}

/// What an expert's browser asks to be certified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceRequest {
    pub(super) organisation: Uuid,
    pub(super) expert: Uuid,
    pub(super) signing: PublicKey,
    pub(super) sealing: PublicKey,
}

impl Statement for DeviceRequest {
    const LABEL: &'static str = "visavis/v1/device-request";

    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organisation: fields.id()?,
            expert: fields.id()?,
            signing: fields.key()?,
            sealing: fields.key()?,
        })
    }

    fn signer(&self) -> PublicKey {
        self.signing
    }
}

/// An approver's word for an expert's browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) organisation: Uuid,
    pub(super) approver: PublicKey,
    pub(super) expert: Uuid,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) organisation_name: String,
    pub(super) signing: PublicKey,
    pub(super) sealing: PublicKey,
    pub(super) window: Window,
}

impl Statement for Device {
    const LABEL: &'static str = "visavis/v1/device";

    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organisation: fields.id()?,
            approver: fields.key()?,
            expert: fields.id()?,
            name: fields.text(1, 80)?.into(),
            title: fields.text(0, 80)?.into(),
            organisation_name: fields.text(1, 80)?.into(),
            signing: fields.key()?,
            sealing: fields.key()?,
            window: Window::read(fields)?,
        })
    }

    fn signer(&self) -> PublicKey {
        self.approver
    }
}

/// The keys that hold no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revocations {
    pub(super) organisation: Uuid,
    pub(super) issuer: PublicKey,
    pub(super) number: u64,
    pub(super) window: Window,
    pub(super) revoked: Vec<PublicKey>,
}

impl Statement for Revocations {
    const LABEL: &'static str = "visavis/v1/revocations";

    fn read(fields: &mut Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organisation: fields.id()?,
            issuer: fields.key()?,
            number: fields.integer()?,
            window: Window::read(fields)?,
            revoked: fields.keys(REVOKED)?,
        })
    }

    fn signer(&self) -> PublicKey {
        self.issuer
    }
}

/// The id of a device: the first 16 bytes of SHA-256 of its signing key; written in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct DeviceId(pub(super) [u8; 16]);

impl DeviceId {
    /// The id of the device that has this signing key.
    pub(super) fn of(signing: PublicKey) -> Self {
        let digest: [u8; 32] = Sha256::digest(signing.0).into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }

    /// The id as it is written, 22 characters; nothing where it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        BASE64URL.decode(text).ok()?.try_into().map(Self).ok()
    }
}

impl TryFrom<String> for DeviceId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a device's id has 22 characters of base64url")
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&BASE64URL.encode(self.0))
    }
}

#[cfg(test)]
#[path = "statements_tests.rs"]
mod tests;
