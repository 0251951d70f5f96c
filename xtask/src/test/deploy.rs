//! Would the production environment deploy?

use super::world::World;
use crate::{
    failure::Result,
    process::shown,
    service::{self, Platform, Variant, cloudflare},
};

pub(super) fn dry_run(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let tools = world.tools(Platform::Cloudflare)?;
    service::build(&root, tools, Variant::Ordinary)?;
    let state = crate::paths::target(&root).join("xtask/deploy");
    shown(
        cloudflare::wrangler(&root, &tools.node, &state)
            .args(["deploy", "--dry-run", "--env", "production", "--outdir"])
            .arg(state.join("bundle")),
    )
}
