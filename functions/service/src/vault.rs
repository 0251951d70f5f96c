//! Keys and sealing: nothing personal reaches a database or a mailbox in the clear.
//!
//! From the master key (`VAULT_KEY`) HKDF-SHA-256 (RFC 5869) derives one key for each purpose: wrapping data keys,
//! mailbox keys, keyed hashes. Records are sealed under their organisation's data key ([`record`]), envelopes under
//! their mailbox's key ([`mailbox`]). While a master key is replaced, the previous one still opens.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::identity::token::key_id;

mod aead;
pub(crate) mod mailbox;
pub(crate) mod record;

/// A key of AES-256 or HMAC-SHA-256, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The master keys: the current one seals, both open.
pub(crate) struct MasterKeys {
    current: MasterKey,
    previous: Option<MasterKey>,
}

/// What is derived from one master key.
struct MasterKey {
    /// Names the master key in stored records.
    id: String,
    wrapping: Key,
    mailboxes: Key,
    lookups: Hmac<Sha256>,
}

/// HKDF-SHA-256 of a uniformly random key, for one purpose.
fn derive(key: &[u8; 32], purpose: &[&[u8]]) -> Key {
    let mut derived = Zeroizing::new([0; 32]);
    let Ok(()) = Hkdf::<Sha256>::new(None, key).expand_multi_info(purpose, derived.as_mut_slice()) else {
        unreachable!("32 bytes are within HKDF-Expand's bound, RFC 5869 section 2.3")
    };
    derived
}

/// HMAC-SHA-256 under a key of any length (RFC 2104 section 3).
pub(crate) fn hmac(key: &[u8]) -> Hmac<Sha256> {
    let Ok(mac) = Hmac::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length, RFC 2104 section 3")
    };
    mac
}

impl MasterKey {
    fn new(key: &[u8; 32]) -> Self {
        Self {
            id: key_id(key),
            wrapping: derive(key, &[b"visavis/v1/wrapping"]),
            mailboxes: derive(key, &[b"visavis/v1/mailboxes"]),
            lookups: hmac(derive(key, &[b"visavis/v1/lookups"]).as_slice()),
        }
    }

    fn lookup(&self, purpose: &str, value: &[u8]) -> Vec<u8> {
        // The purpose never holds a zero byte, so that no two pairs run together.
        self.lookups
            .clone()
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(value)
            .finalize()
            .into_bytes()
            .to_vec()
    }
}

impl MasterKeys {
    /// The keys, of random bytes each.
    pub(crate) fn new(current: &[u8; 32], previous: Option<&[u8; 32]>) -> Self {
        Self {
            current: MasterKey::new(current),
            previous: previous.map(MasterKey::new),
        }
    }

    /// A keyed hash that stands for a value in the database, to be stored and looked up by. `purpose` keeps the hashes
    /// of different columns apart.
    pub(crate) fn lookup(&self, purpose: &str, value: &[u8]) -> Vec<u8> {
        self.current.lookup(purpose, value)
    }

    /// The same under the previous master key, for what was stored before the rotation; the current one's where there
    /// is no previous key.
    pub(crate) fn previous_lookup(&self, purpose: &str, value: &[u8]) -> Vec<u8> {
        self.previous.as_ref().unwrap_or(&self.current).lookup(purpose, value)
    }

    /// Names the current master key in stored records.
    pub(crate) fn current_id(&self) -> &str {
        &self.current.id
    }

    fn by_id(&self, id: &str) -> Option<&MasterKey> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.id == id)
    }
}
