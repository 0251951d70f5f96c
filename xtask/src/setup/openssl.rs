//! OpenSSL's headers and library, which the relay's DTLS is built on.

use super::apt;
use crate::{
    failure::Result,
    process::{answer, command},
};

/// Makes sure that a compiler finds them.
pub(crate) fn ensure() -> Result<()> {
    // Said by hand: the `openssl-sys` crate looks there first.
    if std::env::var_os("OPENSSL_DIR").is_some()
        || answer(command("pkg-config").args(["--exists", "openssl"])).is_some()
    {
        return Ok(());
    }
    apt::ensure(&["libssl-dev", "pkg-config"], "OpenSSL, for the relay's DTLS,")
}
