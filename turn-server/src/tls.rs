//! The certificate that streams are secured with, read from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;

/// What a client may say it wants to speak (RFC 7443). One that says nothing is taken as well.
const PROTOCOLS: [&[u8]; 2] = [b"stun.turn", b"stun.nat-discovery"];

/// Where the certificate is.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFiles {
    /// The certificate and those between it and the root, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or is not PEM.
    #[error("tls: {path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not go together, or are of a kind that is not supported.
    #[error("tls: the certificate and the key cannot be used: {0}")]
    Refused(#[from] rustls::Error),
}

impl CertificateFiles {
    /// Reads the files. TLS 1.3 is preferred, with the hybrid post-quantum key exchange; 1.2 is the least.
    pub fn read(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |error| CertificateError::File {
                path: path.clone(),
                error,
            }
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed(&self.certificate))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(failed(&self.key))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Arc::new(config))
    }
}
