//! Does the running service do what `docs/signalling.md` and `/openapi.json` say?

use serde_json::Value;

use super::{unit, world::World};
use crate::{
    failure::{Failure, Result, failure},
    http::Client,
    process::{command, shown},
    seed::Access,
    setup::python,
};

const SCHEMATHESIS: &str = "4.32.5";

pub(super) fn suite(world: &mut World) -> Result<()> {
    let mut tests = unit::runner(world);
    tests.args(["--package", "visavis-contract"]);
    world.stack()?;
    world.describe(&mut tests);
    shown(&mut tests)
}

/// Generated requests, valid and invalid, to every documented route.
pub(super) fn schemathesis(world: &mut World) -> Result<()> {
    let programs = python::ensure("schemathesis", SCHEMATHESIS)?;
    let root = world.root.clone();
    let stack = world.stack()?;
    let service = stack.service.clone();
    let access = Access::new(&service, &stack.site, &stack.seeded)?;
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
