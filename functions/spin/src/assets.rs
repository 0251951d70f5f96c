//! The built pages, which `spin.toml` mounts read-only.

use std::{fs, io::ErrorKind};

use bytes::Bytes;
use visavis::ports::{Assets, PortError, PortResult};

/// Where `spin.toml` mounts them.
const FOLDER: &str = "/assets";

/// Files of [`FOLDER`]. The component sees no other file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MountedAssets;

impl Assets for MountedAssets {
    async fn read(&self, path: &str) -> PortResult<Option<Bytes>> {
        match fs::read(format!("{FOLDER}/{path}")) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PortError::Unavailable(format!("assets: {error}"))),
        }
    }
}
