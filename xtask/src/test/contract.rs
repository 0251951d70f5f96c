//! Does the running service do what `docs/signalling.md` and `/openapi.json` say?

use std::fs;

use serde_json::Value;

use super::{unit, world::World};
use crate::{
    failure::{AtPath, Failure, Result, failure},
    http::{As, Client},
    paths, ports,
    process::{command, shown},
    relay, secrets,
    seed::Access,
    service::{self, Platform, Start, Variant, spin},
    setup::python,
};

const SCHEMATHESIS: &str = "4.32.5";

pub(super) fn suite(world: &mut World, platform: Platform) -> Result<()> {
    let mut tests = unit::runner(world);
    tests.args(["--package", "visavis-contract"]);
    world.stack(platform)?;
    world.describe(&mut tests);
    shown(&mut tests)
}

/// The same against the user's `spin`, for who has one.
pub(super) fn suite_on_spin(world: &mut World) -> Result<()> {
    if spin::installed() {
        suite(world, Platform::Spin)
    } else {
        println!("THERE IS NO `spin` ON PATH: the component was tested on the test host only");
        Ok(())
    }
}

/// Generated requests, valid and invalid, to every documented route.
pub(super) fn schemathesis(world: &mut World) -> Result<()> {
    let programs = python::ensure("schemathesis", SCHEMATHESIS)?;
    let root = world.root.clone();
    let stack = world.stack(Platform::Cloudflare)?;
    let service = stack.service.clone();
    let organisation = stack.seeded.organisation.clone();
    let access = Access::new(&service, &stack.operator_key, &stack.site, &stack.seeded)?;
    let description = format!("{service}/openapi.json");
    let documented = Client::new(&service).status("/openapi.json").map(|(_, text)| text);
    let paths = documented
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .map(|description| description["paths"].clone());
    if paths
        .as_ref()
        .and_then(Value::as_object)
        .is_none_or(serde_json::Map::is_empty)
    {
        return failure(format!("{description} describes no routes"));
    }
    let configuration = root.join("tests/contract/schemathesis.toml");
    if !configuration.is_file() {
        return Err(Failure::Sentence(format!("{} is missing", configuration.display())));
    }
    let mut schemathesis = command(programs.join("schemathesis"));
    world.describe(&mut schemathesis);
    schemathesis
        .env("VISAVIS_ORGANISATION", organisation)
        .env("VISAVIS_CALL", &access.call)
        .env("VISAVIS_VISITOR", &access.visitor)
        .env("VISAVIS_EXPERT", &access.expert)
        .env("VISAVIS_ADMINISTRATOR", &access.administrator);
    shown(
        schemathesis
            .arg("--config-file")
            .arg(configuration)
            .args(["run", &description])
            .current_dir(root),
    )
}

/// Do the ports do on a platform what the service expects of them?
pub(super) fn ports(world: &mut World, platform: Platform) -> Result<()> {
    let root = world.root.clone();
    let state = paths::target(&root).join(format!("xtask/ports-{}", std::process::id()));
    let tools = world.tools(platform)?;
    service::build(&root, tools, Variant::Conformance)?;
    let port = ports::free()?;
    fs::create_dir_all(state.join("logs")).at(&state)?;
    let mut settings = secrets::ensure(&state)?;
    settings.insert("PUBLIC_URL".into(), service::origin(port));
    settings.insert("RELAY_URLS".into(), relay::urls(port));
    let start = Start {
        variant: Variant::Conformance,
        state: &state,
        port,
        settings: &settings,
    };
    let running = service::start(&root, tools, &start)?;
    let (_, findings) = Client::new(&service::origin(port)).ask("POST", "/conformance", As::Anyone, None)?;
    drop(running);
    fs::remove_dir_all(&state).at(&state)?;

    let findings: Vec<(String, Option<String>)> = serde_json::from_value(findings)
        .map_err(|error| Failure::Sentence(format!("the findings are of another form: {error}")))?;
    let mut failed = 0;
    for (check, finding) in &findings {
        println!("{} {check}", if finding.is_some() { "FAILED" } else { "ok    " });
        if let Some(finding) = finding {
            println!("       {finding}");
            failed += 1;
        }
    }
    match (findings.len(), failed) {
        (0, _) => failure("no port was checked"),
        (_, 0) => Ok(()),
        (all, failed) => failure(format!("{failed} of {all} checks of the ports failed")),
    }
}
