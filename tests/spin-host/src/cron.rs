//! What Spin's cron trigger does whenever it is time: a new instance of the component, and one call.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use wasmtime::{Store, component::Linker, error::Context as _, format_err};

use crate::{
    Result,
    instance::{self, Instance, Shared},
    manifest::Application,
    options::Options,
};

#[allow(missing_docs, clippy::pedantic, reason = "generated")]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "timer",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

use bindings::{Error, Metadata, Timer, spin::cron::cron_types};

// Nothing but types.
impl cron_types::Host for Instance {}

/// Calls the component now, without waiting for the time that its manifest names.
pub(crate) async fn call(options: &Options, application: &Application) -> Result<()> {
    let (engine, component) = instance::component(application)?;
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Timer::add_to_linker::<_, Instance>(&mut linker, |instance| instance)?;
    let shared = Arc::new(Shared::of(options, application));
    let mut store = Store::new(&engine, Instance::new(&shared)?);
    let timer = Timer::instantiate_async(&mut store, &component, &linker).await?;
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let called = store
        .run_concurrent(async |accessor| timer.call_handle_cron_event(accessor, Metadata { timestamp }).await)
        .await?;
    called
        .context("the component trapped")?
        .map_err(|Error::Other(why)| format_err!("the component failed: {why}"))
}
