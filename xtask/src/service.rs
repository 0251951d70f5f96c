//! The service on this machine: building it for a platform, and starting it there with local storage.

pub(crate) mod cloudflare;
pub(crate) mod spin;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use crate::{
    failure::{Result, failure},
    http::Client,
    process::{Service, quiet, step},
    secrets::Settings,
    setup::{Edge, Tools},
};

/// What the service runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Workers, here on workerd.
    Cloudflare,
    /// Spin, by the user's `spin`.
    Spin,
    /// The project's own host for what Spin runs, for tests and for who has no `spin`.
    SpinTestHost,
}

impl Platform {
    /// All of them, the one that everything starts on first.
    const ALL: [Self; 3] = [Self::Cloudflare, Self::Spin, Self::SpinTestHost];

    /// This platform, or what stands in for it where the machine does not have it.
    pub(crate) fn or_stand_in(self) -> Self {
        if self == Self::Spin && !spin::installed() {
            Self::SpinTestHost
        } else {
            self
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cloudflare => "cloudflare",
            Self::Spin => "spin",
            Self::SpinTestHost => "spin-test-host",
        })
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.to_string() == name)
            .ok_or_else(|| {
                format!(
                    "the service runs on {}",
                    Self::ALL.map(|platform| platform.to_string()).join(", ")
                )
            })
    }
}

/// What is built of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// What is deployed.
    Ordinary,
    /// With the routes that test the ports, for tests only.
    Conformance,
}

impl Variant {
    /// The options of cargo for it.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Ordinary => &[],
            Self::Conformance => &["--features", "conformance"],
        }
    }
}

/// How a service starts.
pub(crate) struct Start<'a> {
    /// What was built.
    pub(crate) variant: Variant,
    /// The state folder, which has a folder `logs`.
    pub(crate) state: &'a Path,
    /// The port on the loopback interface.
    pub(crate) port: u16,
    /// Secrets and variables.
    pub(crate) settings: &'a Settings,
}

impl Start<'_> {
    /// Where databases lie.
    fn storage(&self) -> PathBuf {
        self.state.join("storage")
    }
}

/// Builds the pages and the adapter.
pub(crate) fn build(root: &Path, tools: &Tools, variant: Variant) -> Result<()> {
    step("building the pages", || {
        quiet(tools.node.node().arg("functions/web/build.mjs").current_dir(root))
    })?;
    build_adapter(root, tools, variant)
}

/// Builds the adapter alone.
pub(crate) fn build_adapter(root: &Path, tools: &Tools, variant: Variant) -> Result<()> {
    match &tools.edge {
        Edge::Cloudflare(workers) => cloudflare::build(root, workers, variant),
        Edge::Spin { compiler, .. } => spin::build(root, compiler, variant),
    }
}

/// Starts the built service and waits until it is healthy.
pub(crate) fn start(root: &Path, tools: &Tools, start: &Start) -> Result<Service> {
    let mut command = match &tools.edge {
        Edge::Cloudflare(_) => cloudflare::command(root, &tools.node, start)?,
        Edge::Spin { host, .. } => spin::command(root, host.as_deref(), start)?,
    };
    let client = Client::new(&origin(start.port));
    step("starting the service", || {
        let mut service = Service::start("the service", &mut command, &start.state.join("logs/service.log"))?;
        let mut last = None;
        let healthy = service.wait_until(Duration::from_mins(1), |_| {
            last = client.status("/healthz");
            last.as_ref().is_some_and(|(status, _)| *status == 200)
        });
        match (healthy, last) {
            (Ok(()), _) => Ok(service),
            (Err(_), Some((status, text))) => {
                failure(format!("the service answers GET /healthz with {status}: {text}"))
            }
            (Err(error), None) => Err(error),
        }
    })
}

/// Where browsers reach it. `localhost` is a secure context, and another origin than 127.0.0.1.
pub(crate) fn origin(port: u16) -> String {
    format!("http://localhost:{port}")
}
