//! Signed statements (`docs/handshake.md`, Encoding), written with nothing of what reads them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signer as _, SigningKey};
use uuid::Uuid;

/// An Ed25519 key.
#[derive(Clone)]
pub struct Key(SigningKey);

impl Key {
    /// The key of this seed.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public key in base64url.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64URL.encode(self.public())
    }

    /// The statement of these fields, the label first, and its signature.
    #[must_use]
    pub fn sign(&self, fields: &[&[u8]]) -> Vec<u8> {
        let message = statement(fields);
        let signature = self.0.sign(&message).to_bytes();
        [message, signature.to_vec()].concat()
    }
}

/// A statement without a signature.
#[must_use]
pub fn statement(fields: &[&[u8]]) -> Vec<u8> {
    let mut statement = Vec::new();
    for field in fields {
        statement.extend(u16::try_from(field.len()).unwrap().to_be_bytes());
        statement.extend(*field);
    }
    statement
}

/// From when to when, in seconds.
pub type Times = (u64, u64);

/// `visavis/v1/site-key`
#[must_use]
pub fn site_key(key: &Key, organisation: Uuid, created: u64) -> Vec<u8> {
    key.sign(&[
        b"visavis/v1/site-key",
        organisation.as_bytes(),
        &key.public(),
        &created.to_be_bytes(),
    ])
}

/// `visavis/v1/succession`
#[must_use]
pub fn succession(old: &Key, organisation: Uuid, new: &Key, (not_before, not_after): Times) -> Vec<u8> {
    old.sign(&[
        b"visavis/v1/succession",
        organisation.as_bytes(),
        &old.public(),
        &new.public(),
        &not_before.to_be_bytes(),
        &not_after.to_be_bytes(),
    ])
}

/// `visavis/v1/approver`
#[must_use]
pub fn approver(
    site_key: &Key,
    organisation: Uuid,
    approver: &Key,
    person: Uuid,
    (not_before, not_after): Times,
) -> Vec<u8> {
    site_key.sign(&[
        b"visavis/v1/approver",
        organisation.as_bytes(),
        &site_key.public(),
        &approver.public(),
        person.as_bytes(),
        &not_before.to_be_bytes(),
        &not_after.to_be_bytes(),
    ])
}

/// `visavis/v1/device-request`
#[must_use]
pub fn device_request(signing: &Key, organisation: Uuid, expert: Uuid, sealing: &[u8; 32]) -> Vec<u8> {
    signing.sign(&[
        b"visavis/v1/device-request",
        organisation.as_bytes(),
        expert.as_bytes(),
        &signing.public(),
        sealing,
    ])
}

/// What a device certificate says.
#[derive(Clone, Debug)]
pub struct DeviceFields {
    /// The organisation.
    pub organisation: Uuid,
    /// The expert.
    pub expert: Uuid,
    /// The expert's name.
    pub name: String,
    /// The expert's title.
    pub title: String,
    /// The organisation's name.
    pub organisation_name: String,
    /// The signing key.
    pub signing: [u8; 32],
    /// The sealing key.
    pub sealing: [u8; 32],
    /// From when to when.
    pub times: Times,
}

/// `visavis/v1/device`
#[must_use]
pub fn device(approver: &Key, device: &DeviceFields) -> Vec<u8> {
    let (not_before, not_after) = device.times;
    approver.sign(&[
        b"visavis/v1/device",
        device.organisation.as_bytes(),
        &approver.public(),
        device.expert.as_bytes(),
        device.name.as_bytes(),
        device.title.as_bytes(),
        device.organisation_name.as_bytes(),
        &device.signing,
        &device.sealing,
        &not_before.to_be_bytes(),
        &not_after.to_be_bytes(),
    ])
}

/// `visavis/v1/revocations`; the keys in the order that they are given.
#[must_use]
pub fn revocations(
    issuer: &Key,
    organisation: Uuid,
    number: u64,
    (not_before, not_after): Times,
    revoked: &[[u8; 32]],
) -> Vec<u8> {
    issuer.sign(&[
        b"visavis/v1/revocations",
        organisation.as_bytes(),
        &issuer.public(),
        &number.to_be_bytes(),
        &not_before.to_be_bytes(),
        &not_after.to_be_bytes(),
        &revoked.concat(),
    ])
}
