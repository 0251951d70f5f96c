//! The TURN server: building it and starting it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    failure::Result,
    paths,
    process::{Service, command, quiet, step},
    secrets::write_private,
    setup::openssl,
};

/// Builds it and returns the binary.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    openssl::ensure()?;
    step("building the TURN server", || {
        quiet(
            command("cargo")
                // Without the canary, which takes longer to build than all else.
                .args([
                    "build",
                    "--release",
                    "--package",
                    "visavis-turn",
                    "--no-default-features",
                ])
                .current_dir(root),
        )
    })?;
    Ok(paths::target(root).join("release/visavis-turn"))
}

/// Starts it on a port of the loopback interface and waits until it listens.
pub(crate) fn start(binary: &Path, state: &Path, port: u16, secret: &str) -> Result<Service> {
    let file = state.join("relay.toml");
    write_private(&file, &configuration(port, secret))?;
    let mut relay = Service::start(
        "the TURN server",
        command(binary).arg("--config").arg(&file),
        &state.join("logs/relay.log"),
    )?;
    relay.wait_until(Duration::from_secs(10), |relay| {
        relay.said().lines().any(|line| line.contains("ready"))
    })?;
    Ok(relay)
}

/// What the service tells browsers about it.
pub(crate) fn urls(port: u16) -> String {
    [
        "stun:127.0.0.1:{port}",
        "turn:127.0.0.1:{port}?transport=udp",
        "turn:127.0.0.1:{port}?transport=tcp",
    ]
    .map(|url| url.replace("{port}", &port.to_string()))
    .join(",")
}

fn configuration(port: u16, secret: &str) -> String {
    // Base64 needs no escaping in TOML. Both sides of a local call are on the loopback interface.
    format!(
        "realm = \"visavis\"\n\
         secrets = [\"{secret}\"]\n\
         listen = [\"udp://127.0.0.1:{port}\", \"tcp://127.0.0.1:{port}\"]\n\
         relay = {{ address = \"127.0.0.1\", ports = \"49152-65535\" }}\n\
         peers = {{ allow = [\"127.0.0.0/8\"] }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::urls;

    #[test]
    fn the_urls_name_both_transports() {
        assert_eq!(
            urls(1),
            "stun:127.0.0.1:1,turn:127.0.0.1:1?transport=udp,turn:127.0.0.1:1?transport=tcp"
        );
    }
}
