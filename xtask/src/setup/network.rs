//! Network namespaces and their firewalls, for the network suite.

use super::apt;
use crate::{
    failure::{Result, failure},
    paths,
};

/// Makes sure that they can be made.
pub(crate) fn ensure() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return failure(
            "the network suite needs Linux: run it in a virtual machine, or `cargo xtask test` with the other parts",
        );
    }
    if !rustix::process::geteuid().is_root() {
        return failure("the network suite makes network namespaces, which only root may: run it as root");
    }
    let missing: Vec<&str> = [("ip", "iproute2"), ("nft", "nftables")]
        .into_iter()
        .filter(|(program, _)| paths::on_path(program).is_none())
        .map(|(_, package)| package)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        apt::ensure(&missing, "`ip` and `nft` for the network suite")
    }
}
