//! AES-256-GCM with a random nonce in front: `nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes)`.
//!
//! A key seals far fewer than 2^32 messages (NIST SP 800-38D section 8.3): mailbox keys live as long as a mailbox, data
//! keys are replaced.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};

use super::Key;
use crate::ports::{Entropy, PortError, PortResult};

const NONCE: usize = 12;

/// Seals under a key, bound to the associated data.
pub(super) fn seal(key: &Key, entropy: &impl Entropy, message: &[u8], aad: &[u8]) -> PortResult<Vec<u8>> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce)?;
    let cipher = Aes256Gcm::new((&**key).into());
    let sealed = cipher
        .encrypt(&nonce.into(), Payload { msg: message, aad })
        .map_err(|_| PortError::Unavailable("a message is too long to seal".into()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made, or nothing where key, associated data or content differ.
pub(super) fn open(key: &Key, sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    Aes256Gcm::new((&**key).into())
        .decrypt(nonce.into(), Payload { msg: sealed, aad })
        .ok()
}
