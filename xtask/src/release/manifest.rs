//! The release manifest: every asset with its hash and size, as JSON, with an Ed25519 signature beside it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{
    Signature, Signer as _, SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha384};

use crate::failure::{AtPath as _, Failure, Result};

/// Written into the manifest; another one is not read.
const FORMAT: &str = "visavis release 1";

/// What a release serves.
pub(crate) struct Manifest {
    /// What it was built from.
    commit: String,
    /// By the path below the folder of the built pages.
    pub(crate) assets: BTreeMap<String, Asset>,
}

/// One file of a release.
pub(crate) struct Asset {
    /// `sha384-…`, as in subresource integrity.
    pub(crate) integrity: String,
    /// Its size.
    pub(crate) bytes: u64,
}

/// A manifest that does not count, and why.
pub(crate) struct Wrong(pub(super) String);

/// The hash of some bytes, as subresource integrity writes it.
pub(crate) fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(Sha384::digest(bytes)))
}

impl Manifest {
    /// Reads the built pages. Their own `manifest.json` is for the service and is not served.
    pub(super) fn of(pages: &Path, commit: &str) -> Result<Self> {
        let mut assets = BTreeMap::new();
        for path in files(pages)? {
            let bytes = fs::read(pages.join(&path)).at(&pages.join(&path))?;
            if path != "manifest.json" {
                assets.insert(
                    path,
                    Asset {
                        integrity: integrity(&bytes),
                        bytes: bytes.len() as u64,
                    },
                );
            }
        }
        Ok(Self {
            commit: commit.into(),
            assets,
        })
    }

    /// Writes `manifest.json` into a folder.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let assets: BTreeMap<&String, Value> = self
            .assets
            .iter()
            .map(|(path, asset)| (path, json!({ "integrity": asset.integrity, "bytes": asset.bytes })))
            .collect();
        let json = json!({
            "format": FORMAT,
            "version": env!("CARGO_PKG_VERSION"),
            "commit": self.commit,
            "assets": assets,
        });
        let file = folder.join("manifest.json");
        fs::write(&file, format!("{json:#}\n")).at(&file)?;
        Ok(file)
    }

    /// Reads a manifest, but not before its signature (`FILE.sig`, 64 bytes) was found to be of the key.
    pub(super) fn signed(file: &Path, key: &Path) -> Result<Self> {
        let bytes = fs::read(file).at(file)?;
        let signature = fs::read(signature_of(file)).at(&signature_of(file))?;
        let key = fs::read_to_string(key).at(key)?;
        Ok(Self::checked(&bytes, &signature, &key)?)
    }

    fn checked(bytes: &[u8], signature: &[u8], key: &str) -> std::result::Result<Self, Wrong> {
        let key = VerifyingKey::from_public_key_pem(key)
            .map_err(|error| Wrong(format!("the key is no Ed25519 public key in PEM: {error}")))?;
        Signature::from_slice(signature)
            .and_then(|signature| key.verify_strict(bytes, &signature))
            .map_err(|_| Wrong("the manifest's signature is not of this key: do not trust this manifest".into()))?;
        Self::parse(bytes).ok_or_else(|| Wrong(format!("the manifest is not of the format “{FORMAT}”")))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(bytes).ok()?;
        if json["format"] != FORMAT {
            return None;
        }
        let asset = |(path, asset): (&String, &Value)| {
            let integrity = asset["integrity"].as_str()?.to_owned();
            let bytes = asset["bytes"].as_u64()?;
            Some((path.clone(), Asset { integrity, bytes }))
        };
        Some(Self {
            commit: json["commit"].as_str()?.into(),
            assets: json["assets"].as_object()?.iter().map(asset).collect::<Option<_>>()?,
        })
    }
}

/// Signs a manifest with an Ed25519 private key (PKCS#8 in PEM).
pub(super) fn sign(file: &Path, key: &Path) -> Result<PathBuf> {
    let pem = fs::read_to_string(key).at(key)?;
    let key = SigningKey::from_pkcs8_pem(&pem).map_err(|error| {
        Failure::Sentence(format!(
            "{}: no Ed25519 private key in PEM without a passphrase ({error}); one with a passphrase signs with openssl",
            key.display()
        ))
    })?;
    let bytes = fs::read(file).at(file)?;
    let out = signature_of(file);
    fs::write(&out, key.sign(&bytes).to_bytes()).at(&out)?;
    Ok(out)
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// The paths of all files below a folder, with `/` between.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        let entry = entry.at(folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(files(&entry.path())?.into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            found.push(name);
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use ed25519_dalek::pkcs8::{EncodePublicKey as _, spki::der::pem::LineEnding};

    use super::*;

    const TEXT: &[u8] =
        br#"{"format":"visavis release 1","version":"0","commit":"c","assets":{"a.js":{"integrity":"sha384-x","bytes":3}}}"#;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn public(key: &SigningKey) -> String {
        key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap()
    }

    #[test]
    fn a_manifest_counts_with_the_signature_of_the_key() {
        let signature = key().sign(TEXT).to_bytes();
        let manifest = Manifest::checked(TEXT, &signature, &public(&key())).ok().unwrap();
        assert_eq!(manifest.assets["a.js"].bytes, 3);
    }

    #[test]
    fn a_changed_manifest_or_another_key_does_not_count() {
        let signature = key().sign(TEXT).to_bytes();
        let mut changed = TEXT.to_vec();
        let at = changed.iter().position(|byte| *byte == b'3').unwrap();
        changed[at] = b'4';
        assert!(Manifest::checked(&changed, &signature, &public(&key())).is_err());
        let other = SigningKey::from_bytes(&[8; 32]);
        assert!(Manifest::checked(TEXT, &signature, &public(&other)).is_err());
        assert!(Manifest::checked(TEXT, &signature[..63], &public(&key())).is_err());
    }

    #[test]
    fn another_format_is_not_read() {
        let text = br#"{"format":"visavis release 2","commit":"c","assets":{}}"#;
        let signature = key().sign(text).to_bytes();
        assert!(Manifest::checked(text, &signature, &public(&key())).is_err());
    }
}
