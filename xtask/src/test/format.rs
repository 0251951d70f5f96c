//! Is everything laid out as the formatters would?

use super::world::World;
use crate::{failure::Result, process::shown};

pub(super) fn rust(world: &mut World) -> Result<()> {
    shown(world.cargo().args(["fmt", "--all", "--check"]))
}

pub(super) fn scripts(world: &mut World) -> Result<()> {
    let root = world.root.clone();
    shown(
        world
            .node()?
            .tool("biome")
            .args(["format", "--error-on-warnings"])
            .current_dir(root),
    )
}
