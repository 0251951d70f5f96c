//! What does a service do that is killed, locked, full, cut or out of time?

use super::{unit, world::World};
use crate::{
    failure::{Failure, Result},
    process::shown,
    service::{self, Platform, Variant},
    setup::Edge,
};

pub(super) fn suite(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let tools = world.tools(Platform::SpinTestHost)?;
    // With the route that traps.
    service::build(&root, tools, Variant::Conformance)?;
    let Edge::Spin { host: Some(host), .. } = &tools.edge else {
        return Err(Failure::Interrupted);
    };
    let host = host.clone();
    let mut tests = unit::runner(world);
    shown(
        tests
            .args(["--package", "visavis-faults"])
            .env("VISAVIS_SPIN_HOST", host)
            .env("VISAVIS_SPIN_MANIFEST", root.join("spin.toml"))
            .env("VISAVIS_SPIN_CRON_MANIFEST", root.join("spin-cron.toml")),
    )
}
