//! Would the production environment deploy?

use super::world::World;
use crate::{failure::Result, process::shown, service};

pub(super) fn dry_run(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    let tools = world.tools()?;
    service::build(&root, tools)?;
    let state = crate::paths::target(&root).join("xtask/deploy");
    shown(
        service::wrangler(&root, tools, &state)
            .args(["deploy", "--dry-run", "--env", "production", "--outdir"])
            .arg(state.join("bundle")),
    )
}
