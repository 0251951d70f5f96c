//! Random secrets that are handed out once and stored as a hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::ports::{Entropy, PortResult};

/// 32 random bytes in base64url, 43 characters; wiped when dropped.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// A new secret.
    pub(crate) fn new(entropy: &impl Entropy) -> PortResult<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(Zeroizing::new(BASE64URL.encode(bytes.as_slice()))))
    }

    /// The secret, for its holder only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }
}

/// What is stored of a secret that somebody sent. A plain hash is enough for 256 random bits, and outlives every key.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    Sha256::new()
        .chain_update("visavis/v1/secret/")
        .chain_update(secret)
        .finalize()
        .to_vec()
}
