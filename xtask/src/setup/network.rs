//! Network namespaces and their firewalls, for the network suite.

use super::apt;
use crate::failure::{Result, failure};

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
    let programs = [
        ("ip", "iproute2"),
        ("nft", "nftables"),
        ("tcpdump", "tcpdump"),
        ("openssl", "openssl"),
        ("certutil", "libnss3-tools"),
    ];
    apt::ensure_programs(
        &programs,
        "`ip`, `nft`, `tcpdump`, `openssl` and `certutil` for the network suite",
    )
}
