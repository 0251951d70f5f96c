//! Everything a machine with only Rust and Node needs before it can build. The ordinary thing comes first; where that is
//! out of reach, a fallback; where that fails too, one sentence with the remedy.

pub(crate) mod apt;
pub(crate) mod browsers;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod openssl;
pub(crate) mod python;
pub(crate) mod wasm;
pub(crate) mod workers;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crate::{
    failure::{AtPath, Result},
    service::{self, Platform},
};

/// What building and starting the service on one platform needs.
pub(crate) struct Tools {
    /// Node and the npm packages.
    pub(crate) node: node::Node,
    /// What makes WebAssembly for the platform.
    pub(crate) edge: Edge,
}

/// What is particular to a platform.
pub(crate) enum Edge {
    /// Cloudflare's.
    Cloudflare(workers::Workers),
    /// Spin's.
    Spin {
        /// Rust for the component.
        compiler: wasm::Compiler,
        /// The test host, when it is to run the component instead of `spin`.
        host: Option<PathBuf>,
    },
}

impl Edge {
    /// Rust for the platform.
    pub(crate) fn compiler(&self) -> &wasm::Compiler {
        match self {
            Self::Cloudflare(workers) => &workers.compiler,
            Self::Spin { compiler, .. } => compiler,
        }
    }
}

impl Tools {
    /// Makes sure of them.
    pub(crate) fn ensure(root: &Path, platform: Platform) -> Result<Self> {
        Ok(Self {
            node: node::Node::ensure(root)?,
            edge: match platform {
                Platform::Cloudflare => Edge::Cloudflare(workers::Workers::ensure(root)?),
                Platform::Spin | Platform::SpinTestHost => Edge::Spin {
                    compiler: wasm::Compiler::ensure(wasm::Target::Component)?,
                    host: (platform == Platform::SpinTestHost)
                        .then(|| service::spin::build_test_host(root))
                        .transpose()?,
                },
            },
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
