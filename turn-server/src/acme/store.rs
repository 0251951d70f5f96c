//! What is kept on disk: the account's key, and the certificate with its key in one file, so that they are replaced
//! together. Readable by the relay's user only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use instant_acme::AccountCredentials;
use openssl::x509::X509;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::tls::seconds;

/// A certificate with those between it and the root, and its key.
pub struct Bundle {
    /// All of it, PEM.
    pub pem: Zeroizing<Vec<u8>>,
    /// From when to when, in seconds since 1970.
    pub validity: (u64, u64),
    /// The names it is for.
    names: Vec<String>,
    /// The authority's key and the serial number (RFC 9773 section 4.1), where it says so.
    pub(super) identifier: Option<(Vec<u8>, Vec<u8>)>,
}

/// Why something cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be read or written.
    #[error("acme.store: {path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The account's file is not one.
    #[error("acme.store: {path}: {error}; remove it to have a new account")]
    Account {
        /// Which.
        path: String,
        /// Why.
        error: serde_json::Error,
    },
    /// The certificate cannot be read.
    #[error("acme: the certificate cannot be read: {0}")]
    Certificate(#[from] openssl::error::ErrorStack),
}

impl Bundle {
    /// Reads what the authority gave, or what was kept.
    pub fn read(pem: Zeroizing<Vec<u8>>) -> Result<Self, StoreError> {
        let certificate = X509::from_pem(&pem)?;
        let names = certificate.subject_alt_names().into_iter().flatten();
        // As in DER: a zero before where the number would read as a negative one.
        let mut serial = certificate.serial_number().to_bn()?.to_vec();
        if serial.first().is_none_or(|first| first & 0x80 != 0) {
            serial.insert(0, 0);
        }
        let authority = certificate.authority_key_id().map(|key| key.as_slice().to_vec());
        Ok(Self {
            validity: (seconds(certificate.not_before())?, seconds(certificate.not_after())?),
            names: names.filter_map(|name| name.dnsname().map(str::to_owned)).collect(),
            identifier: authority.map(|authority| (authority, serial)),
            pem,
        })
    }

    /// Whether it is for all of these names and no other.
    #[must_use]
    pub fn is_for(&self, domains: &[String]) -> bool {
        let sorted = |names: &[String]| {
            let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        sorted(&self.names) == sorted(domains)
    }
}

#[derive(Serialize, Deserialize)]
struct KeptAccount {
    directory: String,
    credentials: AccountCredentials,
}

/// A directory.
pub(super) struct Store(PathBuf);

impl Store {
    pub(super) fn new(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The certificate, if there is one.
    pub(super) fn bundle(&self) -> Result<Option<Bundle>, StoreError> {
        self.read("certificate.pem")?.map(Bundle::read).transpose()
    }

    pub(super) fn keep_bundle(&self, bundle: &Bundle) -> Result<(), StoreError> {
        self.replace("certificate.pem", &bundle.pem)
    }

    /// The account at an authority, if there is one.
    pub(super) fn account(&self, directory: &str) -> Result<Option<AccountCredentials>, StoreError> {
        let Some(text) = self.read("account.json")? else {
            return Ok(None);
        };
        let kept: KeptAccount = serde_json::from_slice(&text).map_err(|error| StoreError::Account {
            path: self.0.join("account.json").display().to_string(),
            error,
        })?;
        Ok((kept.directory == directory).then_some(kept.credentials))
    }

    pub(super) fn keep_account(&self, directory: &str, credentials: AccountCredentials) -> Result<(), StoreError> {
        let kept = KeptAccount {
            directory: directory.to_owned(),
            credentials,
        };
        let text = serde_json::to_vec(&kept)
            .map(Zeroizing::new)
            .map_err(|error| StoreError::Account {
                path: self.0.join("account.json").display().to_string(),
                error,
            })?;
        self.replace("account.json", &text)
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file(&path, error)),
        }
    }

    /// Replaces a file as a whole: whoever reads it, also after a loss of power, finds the old or the new one.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (path, next) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let write = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
            let _ = fs::remove_file(&next);
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&next)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&next, &path)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| file(&path, error))
    }
}

fn file(path: &Path, error: io::Error) -> StoreError {
    StoreError::File {
        path: path.display().to_string(),
        error,
    }
}
