//! The whole of it on this machine: the service, the TURN server, a demo customer's site and its organisation.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::json;

use crate::{
    demo::Demo,
    failure::{AtPath, Failure, Result, failure},
    interrupt, ports,
    process::{Service, step},
    relay,
    secrets::{self, Settings},
    seed::{self, Seeded},
    service::{self, Platform, Start, Variant},
    setup::Tools,
};

/// The setting whose proxies are believed in `X-Forwarded-For`.
const PROXIES: &str = "TRUSTED_PROXIES";

/// Where a stack listens and keeps its state.
pub(crate) struct Place {
    /// The state folder.
    pub(crate) state: PathBuf,
    /// The service's port.
    pub(crate) port: u16,
    /// The demo site's port.
    pub(crate) demo_port: u16,
    /// The TURN server's port, UDP and TCP.
    pub(crate) relay_port: u16,
    /// Further settings of the service.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Place {
    /// Somewhere nobody else is, with rate limits so many times higher: everything there comes from one address, unless
    /// a test says from which.
    pub(crate) fn apart(platform: Platform, state: PathBuf, limits: u32) -> Result<Self> {
        let mut settings = vec![("LIMITS_FACTOR", limits.to_string())];
        if platform != Platform::Cloudflare {
            // Tests say who they are as a proxy would.
            settings.push((PROXIES, "127.0.0.1".into()));
        }
        Ok(Self {
            state,
            port: ports::free()?,
            demo_port: ports::free()?,
            relay_port: ports::free()?,
            settings,
        })
    }

    /// Empties the state folder.
    pub(crate) fn empty(&self) -> Result<()> {
        if self.state.exists() {
            let _held = self.hold()?;
            fs::remove_dir_all(&self.state).at(&self.state)?;
        }
        Ok(())
    }

    /// Keeps others away from the state folder until dropped.
    fn hold(&self) -> Result<File> {
        fs::create_dir_all(&self.state).at(&self.state)?;
        let path = self.state.join("lock");
        let file = File::create(&path).at(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => failure(format!(
                "another `cargo xtask up` uses {}: stop it first",
                self.state.display()
            )),
            Err(fs::TryLockError::Error(error)) => Err(Failure::Sentence(format!("{}: {error}", path.display()))),
        }
    }
}

/// A running stack; everything stops when it is dropped.
pub(crate) struct Stack {
    /// What was made in it.
    pub(crate) seeded: Seeded,
    /// The file that describes it to tests.
    pub(crate) ready: PathBuf,
    /// The service's origin.
    pub(crate) service: String,
    /// The demo site's address.
    pub(crate) site: String,
    /// The operator's key.
    pub(crate) operator_key: String,
    relay_secret: String,
    /// The service's settings.
    pub(crate) settings: Settings,
    services: Vec<Service>,
    _demo: Demo,
    _held: File,
}

impl Stack {
    /// Builds and starts everything.
    pub(crate) fn start(root: &Path, tools: &Tools, place: &Place) -> Result<Self> {
        let held = place.hold()?;
        ports::require(place.port, "--port", "the service")?;
        ports::require(place.demo_port, "--demo-port", "the demo site")?;
        ports::require(place.relay_port, "--relay-port", "the TURN server")?;
        let logs = place.state.join("logs");
        fs::create_dir_all(&logs).at(&logs)?;

        service::build(root, tools, Variant::Ordinary)?;
        let binary = relay::build(root)?;

        let mut settings = secrets::ensure(&place.state)?;
        let (relay_secret, operator_key) = (settings["RELAY_SECRET"].clone(), settings["OPERATOR_KEY"].clone());
        let origin = service::origin(place.port);
        settings.insert("PUBLIC_URL".into(), origin.clone());
        settings.insert("RELAY_URLS".into(), relay::urls(place.relay_port));
        settings.extend(
            place
                .settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );

        let relay = relay::start(&binary, &place.state, place.relay_port, &relay_secret)?;
        let service = service::start(
            root,
            tools,
            &Start {
                variant: Variant::Ordinary,
                state: &place.state,
                port: place.port,
                settings: &settings,
            },
        )?;
        let site = format!("http://127.0.0.1:{}", place.demo_port);
        let seeded = step("making the demo organisation", || {
            seed::seed(&origin, &operator_key, &site)
        })?;
        let demo = Demo::start(root, place.demo_port, &seeded.snippet)?;

        let ready = place.state.join("ready.json");
        let people: Vec<_> = seeded
            .people
            .iter()
            .map(|person| json!({"id": person.id, "name": person.name, "roles": person.roles, "sign_in_url": person.sign_in_url}))
            .collect();
        let description = json!({
            "service": origin,
            "process": service.process(),
            "site": site,
            "operator_key": operator_key,
            "relay": {"binary": binary, "secret": relay_secret, "address": format!("127.0.0.1:{}", place.relay_port)},
            "organisation": {"id": seeded.organisation, "name": seeded.name},
            "people": people,
        });
        secrets::write_private(&ready, &format!("{description:#}\n"))?;
        Ok(Self {
            seeded,
            ready,
            service: origin,
            site,
            operator_key,
            relay_secret,
            settings,
            services: vec![service, relay],
            _demo: demo,
            _held: held,
        })
    }

    /// Tells a program where it is.
    pub(crate) fn describe(&self, program: &mut Command) {
        program
            .env("VISAVIS_READY", &self.ready)
            .env("VISAVIS_BASE", &self.service)
            .env("VISAVIS_SITE", &self.site)
            .env("VISAVIS_OPERATOR_KEY", &self.operator_key)
            .env("VISAVIS_RELAY_SECRET", &self.relay_secret)
            .env("VISAVIS_TOKEN_KEY", &self.settings["TOKEN_KEY"]);
        if self.settings.contains_key(PROXIES) {
            program.env("VISAVIS_ADDRESS_HEADER", "x-forwarded-for");
        }
    }

    /// Fails when one of its programs has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.services.iter_mut().try_for_each(Service::check)
    }

    /// Watches until a signal comes or one of its programs ends.
    pub(crate) fn watch(&mut self) -> Result<()> {
        loop {
            self.check()?;
            interrupt::pause(Duration::from_millis(100))?;
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // What it described is gone. If the file is gone already, so much the better.
        let _ = fs::remove_file(&self.ready);
    }
}
