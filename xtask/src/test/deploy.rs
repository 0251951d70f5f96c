//! Would it deploy?

use std::{fs, time::Duration};

use super::world::World;
use crate::{
    bench::gzipped,
    failure::{AtPath, Failure, Result, failure},
    paths, ports,
    process::{Service, shown},
    secrets::Settings,
    service::{self, Platform, Start, Variant, cloudflare, spin},
    setup::Edge,
};

/// What the component may weigh, gzipped: it is loaded at every cold start.
const COMPONENT_BYTES: u64 = 600_000;

/// The production environment of Cloudflare.
pub(super) fn cloudflare(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let tools = world.tools(Platform::Cloudflare)?;
    service::build(&root, tools, Variant::Ordinary)?;
    let state = paths::target(&root).join("xtask/deploy");
    shown(
        cloudflare::wrangler(&root, &tools.node, &state)
            .args(["deploy", "--dry-run", "--env", "production", "--outdir"])
            .arg(state.join("bundle")),
    )
}

/// The component for Spin: small enough, and refused without its secrets. That it asks for nothing but what Spin offers
/// the host finds out whenever it starts.
pub(super) fn spin(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let tools = world.tools(Platform::SpinTestHost)?;
    service::build(&root, tools, Variant::Ordinary)?;
    let bytes = gzipped(&spin::component(&root))?;
    println!("the component has {bytes} bytes, gzipped");
    if bytes > COMPONENT_BYTES {
        return failure(format!("the component has more than {COMPONENT_BYTES} bytes, gzipped"));
    }

    let Edge::Spin { host, .. } = &tools.edge else {
        return Err(Failure::Interrupted);
    };
    let state = paths::target(&root).join(format!("xtask/deploy-spin-{}", std::process::id()));
    fs::create_dir_all(&state).at(&state)?;
    let start = Start {
        variant: Variant::Ordinary,
        state: &state,
        port: ports::free()?,
        settings: &Settings::new(),
    };
    let mut command = spin::command(&root, host.as_deref(), &start)?;
    let mut refused = Service::start("the component without its secrets", &mut command, &state.join("log"))?;
    let ended = refused.wait_until(Duration::from_secs(20), |_| false);
    let said = refused.said();
    drop(refused);
    fs::remove_dir_all(&state).at(&state)?;
    match ended {
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        _ if said.contains("is required and has no value") => Ok(()),
        _ => failure(format!("started without its secrets, it said: {said}")),
    }
}
