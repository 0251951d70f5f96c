//! Signed statements (`docs/handshake.md`, Encoding), in the base64url in which JSON carries them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A day, in seconds.
pub const DAY: u64 = 86_400;

/// Seconds since 1970-01-01 UTC.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
        .as_secs()
}

/// A random Ed25519 key.
#[derive(Debug, Clone)]
pub struct Key(SigningKey);

impl Key {
    /// A new key.
    #[allow(clippy::new_without_default, reason = "each one is another")]
    pub fn new() -> Self {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        seed[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public key in base64url.
    pub fn text(&self) -> String {
        BASE64URL.encode(self.public())
    }

    /// The id of the device that has this signing key.
    pub fn device_id(&self) -> String {
        BASE64URL.encode(&Sha256::digest(self.public())[..16])
    }

    fn sign(&self, label: &str, fields: &[&[u8]]) -> String {
        let mut statement = Vec::new();
        for field in [label.as_bytes()].iter().chain(fields) {
            statement.extend(u16::try_from(field.len()).expect("a short field").to_be_bytes());
            statement.extend(*field);
        }
        let signature = self.0.sign(&statement).to_bytes();
        statement.extend(signature);
        BASE64URL.encode(statement)
    }

    /// This site key's own statement.
    pub fn site_key(&self, organisation: Uuid) -> String {
        let fields: [&[u8]; 3] = [organisation.as_bytes(), &self.public(), &now().to_be_bytes()];
        self.sign("visavis/v1/site-key", &fields)
    }

    /// This site key's word for the next one, for so many days.
    pub fn succession(&self, organisation: Uuid, next: &Key, days: u64) -> String {
        let (from, to) = window(days);
        let fields: [&[u8]; 5] = [organisation.as_bytes(), &self.public(), &next.public(), &from, &to];
        self.sign("visavis/v1/succession", &fields)
    }

    /// This site key's word for an administrator's browser, for so many days.
    pub fn approver(&self, organisation: Uuid, approver: &Key, person: Uuid, days: u64) -> String {
        let (from, to) = window(days);
        let (own, key) = (self.public(), approver.public());
        let fields: [&[u8]; 6] = [organisation.as_bytes(), &own, &key, person.as_bytes(), &from, &to];
        self.sign("visavis/v1/approver", &fields)
    }

    /// What this device asks with.
    pub fn device_request(&self, organisation: Uuid, expert: Uuid, sealing: &[u8; 32]) -> String {
        let fields: [&[u8]; 4] = [organisation.as_bytes(), expert.as_bytes(), &self.public(), sealing];
        self.sign("visavis/v1/device-request", &fields)
    }

    /// This approver's word for a device, for so many days.
    pub fn device(
        &self,
        organisation: Uuid,
        expert: (Uuid, &str),
        device: &Key,
        sealing: &[u8; 32],
        days: u64,
    ) -> String {
        let (from, to) = window(days);
        let (person, name) = expert;
        let fields: [&[u8]; 10] = [
            organisation.as_bytes(),
            &self.public(),
            person.as_bytes(),
            name.as_bytes(),
            b"",
            b"Contract Ltd",
            &device.public(),
            sealing,
            &from,
            &to,
        ];
        self.sign("visavis/v1/device", &fields)
    }

    /// A revocation list of this issuer, for so many days.
    pub fn revocations(&self, organisation: Uuid, number: u64, revoked: &[&Key], days: u64) -> String {
        let (from, to) = window(days);
        let mut keys: Vec<_> = revoked.iter().map(|key| key.public()).collect();
        keys.sort_unstable();
        let (own, number, keys) = (self.public(), number.to_be_bytes(), keys.concat());
        let fields: [&[u8]; 6] = [organisation.as_bytes(), &own, &number, &from, &to, &keys];
        self.sign("visavis/v1/revocations", &fields)
    }
}

/// From now for so many days.
fn window(days: u64) -> ([u8; 8], [u8; 8]) {
    (now().to_be_bytes(), (now() + days * DAY).to_be_bytes())
}
