//! What the authority is to be shown, by whoever it asks: a worker (tls-alpn-01) or the little server for http-01.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

/// The protocol that a validating authority asks for (RFC 8737 section 4).
pub const PROTOCOL: &[u8] = b"acme-tls/1";

/// The challenges that wait to be asked for.
#[derive(Default)]
pub struct Challenges(Mutex<Open>);

#[derive(Default)]
struct Open {
    by_name: HashMap<String, Arc<ServerConfig>>,
    by_token: HashMap<String, String>,
}

impl Challenges {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handshake for a name is to show the digest of a key authorization, in a certificate of its own (section 3).
    pub(super) fn show_in_handshake(&self, name: &str, digest: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
        let mut parameters = rcgen::CertificateParams::new([name.to_owned()])?;
        parameters.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
        let key = rcgen::KeyPair::generate()?;
        let certificate = parameters.self_signed(&key)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = provider.key_provider.load_private_key(key)?;
        let shown = CertifiedKey::new(vec![certificate.der().clone()], key);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            // Unchecked: the extension that says what it is for is critical, and nobody's but the authority's to know.
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        self.lock().by_name.insert(name.to_owned(), Arc::new(config));
        Ok(())
    }

    /// A file under a token is to show a key authorization.
    pub(super) fn show_in_file(&self, token: &str, authorization: &str) {
        self.lock().by_token.insert(token.to_owned(), authorization.to_owned());
    }

    /// Nothing is to be shown any more.
    pub(super) fn clear(&self) {
        *self.lock() = Open::default();
    }

    /// What a handshake for a name is to be made with.
    #[must_use]
    pub fn handshake(&self, name: &str) -> Option<Arc<ServerConfig>> {
        self.lock().by_name.get(name).cloned()
    }

    /// What is in the file of a token.
    pub(super) fn file(&self, token: &str) -> Option<String> {
        self.lock().by_token.get(token).cloned()
    }
}
