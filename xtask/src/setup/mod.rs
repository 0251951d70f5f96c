//! Everything a machine with only Rust and Node needs before it can build. The ordinary thing comes first; where that is
//! out of reach, a fallback; where that fails too, one sentence with the remedy.

pub(crate) mod apt;
pub(crate) mod browsers;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod wasm;

use std::{fs::File, path::Path};

use crate::failure::{AtPath, Result};

/// What building and starting the service needs.
pub(crate) struct Tools {
    /// Rust for the edge.
    pub(crate) wasm: wasm::Wasm,
    /// Node and the npm packages.
    pub(crate) node: node::Node,
}

impl Tools {
    /// Makes sure of them.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        Ok(Self {
            node: node::Node::ensure(root)?,
            wasm: wasm::Wasm::ensure(root)?,
        })
    }
}

/// Waits until no other run prepares the same thing; held until dropped.
fn lock(of: &Path) -> Result<File> {
    let path = of.with_added_extension("lock");
    let file = File::create(&path).at(&path)?;
    file.lock().at(&path)?;
    Ok(file)
}
