//! The certificate that clients' streams and datagrams are secured with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::ssl::SslContext;
use openssl::x509::X509;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::dtls::session;

/// What a client may say it wants to speak (RFC 7443). One that says nothing is taken as well.
pub(crate) const PROTOCOLS: [&[u8]; 2] = [b"stun.turn", b"stun.nat-discovery"];

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
    /// A file cannot be read.
    #[error("tls: {path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// What was read is not PEM.
    #[error("tls: neither a certificate nor a private key in PEM form: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// The certificate and the key do not go together, or are of a kind that is not supported.
    #[error("tls: the certificate and the key cannot be used: {0}")]
    Refused(#[from] rustls::Error),
    /// The same, with DTLS.
    #[error("tls: the certificate and the key cannot be used with DTLS: {0}")]
    RefusedForDatagrams(#[from] ErrorStack),
}

/// What handshakes are made with from now on.
#[derive(Clone)]
pub struct Secured {
    /// Over TCP.
    pub tls: Arc<ServerConfig>,
    /// Over UDP.
    pub dtls: SslContext,
    /// When the certificate ends, in seconds since 1970.
    pub ends: u64,
}

impl CertificateFiles {
    /// Reads the files.
    pub fn read(&self) -> Result<Secured, CertificateError> {
        Secured::new(&file(&self.certificate)?, &Zeroizing::new(file(&self.key)?))
    }
}

/// A time in a certificate, in seconds since 1970.
pub(crate) fn seconds(time: &Asn1TimeRef) -> Result<u64, ErrorStack> {
    let since = Asn1Time::from_unix(0)?.diff(time)?;
    let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
    Ok(u64::try_from(seconds).unwrap_or_default())
}

fn file(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|error| CertificateError::File {
        path: path.display().to_string(),
        error,
    })
}

impl Secured {
    /// With a certificate and those between it and the root, and its private key, PEM. TLS 1.3 is preferred, with the
    /// hybrid post-quantum key exchange; 1.2 is the least.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let certificates = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>()?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_single_cert(certificates, PrivateKeyDer::from_pem_slice(key)?)?;
        tls.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(Self {
            tls: Arc::new(tls),
            dtls: session::context(chain, key)?,
            ends: seconds(X509::from_pem(chain)?.not_after())?,
        })
    }
}
