//! Instances of the component: what each may reach, and how many requests it takes before it gives way to the next.
//!
//! Instances are shared and reused as Spin's are, so what goes wrong in one ends every request and stream in it.

use std::{
    collections::{HashMap, HashSet},
    fs,
    future::{Future, pending},
    path::{self, Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant as Moment},
};

use tokio::time::Sleep;
use wasmtime::{
    Cache, CacheConfig, Config, Engine, Store, StoreContextMut,
    component::{Component, GuestTaskId, HasData, Linker, ResourceTable},
    error::Context as _,
};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    handler::{self, HandlerState, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus},
    p3::bindings::ServicePre,
};

use crate::{
    Result, clock::OffsetClock, manifest::Application, options::Options, outbound::Outbound, sqlite::Connection,
};

#[allow(missing_docs, clippy::pedantic, reason = "generated")]
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "host",
        imports: { default: async | trappable },
    });
}

/// What an instance that has nothing to do is kept for.
const IDLE: Duration = Duration::from_secs(1);

/// What all instances share.
pub(crate) struct Shared {
    /// The component's variables.
    pub(crate) variables: HashMap<String, String>,
    /// The databases it may open.
    pub(crate) databases: HashSet<String>,
    /// Where they lie.
    pub(crate) state: PathBuf,
    mounts: Vec<(PathBuf, String)>,
    outbound: Outbound,
    clock: Option<PathBuf>,
}

impl Shared {
    /// What an application says, and where the command line puts it.
    pub(crate) fn of(options: &Options, application: &Application) -> Self {
        Self {
            variables: application.variables.clone(),
            databases: application.databases.clone(),
            state: options.state.clone(),
            mounts: application.mounts.clone(),
            outbound: application.outbound.clone(),
            clock: options.clock.clone(),
        }
    }
}

/// The host's side of an instance.
pub(crate) struct Instance {
    /// Handles that the component holds.
    pub(crate) table: ResourceTable,
    /// What all instances share.
    pub(crate) shared: Arc<Shared>,
    /// Its connections, by handle.
    pub(crate) connections: HashMap<u32, Arc<Connection>>,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
}

impl Instance {
    /// A new one, with what it may reach.
    pub(crate) fn new(shared: &Arc<Shared>) -> Result<Self> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.inherit_stdout().inherit_stderr();
        for (folder, place) in &shared.mounts {
            wasi.preopened_dir(folder, place, FsPerms::ReadOnly)
                .with_context(|| format!("{}", folder.display()))?;
        }
        if let Some(file) = &shared.clock {
            wasi.wall_clock(OffsetClock(file.clone()));
        }
        Ok(Self {
            table: ResourceTable::new(),
            shared: Arc::clone(shared),
            connections: HashMap::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: shared.outbound.clone(),
        })
    }
}

impl HasData for Instance {
    type Data<'a> = &'a mut Self;
}

impl WasiView for Instance {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Instance {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }
}

/// Makes instances.
pub(crate) struct Factory {
    service: ServicePre<Instance>,
    shared: Arc<Shared>,
    limits: Limits,
}

/// When an instance takes another request.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    reuse: usize,
    concurrent: usize,
}

/// Compiles the component, which fails when it asks for what this host does not offer, and prepares its instances.
pub(crate) fn handler(options: &Options, application: &Application) -> Result<ProxyHandler<Factory>> {
    fs::create_dir_all(&options.state).with_context(|| format!("{}", options.state.display()))?;
    let (engine, component) = component(application)?;
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    bindings::Host_::add_to_linker::<_, Instance>(&mut linker, |instance| instance)?;
    Ok(ProxyHandler::new(Factory {
        service: ServicePre::new(linker.instantiate_pre(&component)?)?,
        shared: Arc::new(Shared::of(options, application)),
        limits: Limits {
            reuse: options.reuse,
            concurrent: options.concurrent,
        },
    }))
}

/// Compiles the component of an application.
pub(crate) fn component(application: &Application) -> Result<(Engine, Component)> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.cache(Some(compiled(&application.component)?));
    let engine = Engine::new(&config)?;
    let component = Component::from_file(&engine, &application.component)
        .with_context(|| format!("{} cannot be loaded", application.component.display()))?;
    Ok((engine, component))
}

/// Where compiled components are kept, beside their sources: the next start is quick.
fn compiled(component: &Path) -> Result<Cache> {
    let mut cache = CacheConfig::new();
    let folder = path::absolute(component)?.with_file_name("compiled");
    cache.with_directory(folder);
    Cache::new(cache)
}

impl HandlerState for Factory {
    type StoreData = Instance;
    type WorkerExpiration = Expiration;
    type WorkerState = Limits;

    async fn instantiate(&self) -> Result<handler::Instance<Instance, Expiration, Limits>> {
        let instance = Instance::new(&self.shared)?;
        let mut store = Store::new(self.service.engine(), instance);
        let proxy = Proxy::P3(self.service.instantiate_async(&mut store).await?);
        Ok(handler::Instance {
            store,
            proxy,
            view: Instance::http,
            expiration: Expiration(Box::pin(tokio::time::sleep(IDLE))),
            state: self.limits,
        })
    }
}

impl WorkerState for Limits {
    type StoreData = Instance;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.reuse {
            ShouldAccept::Never
        } else if concurrent >= self.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _store: StoreContextMut<'_, Instance>,
        (): (),
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        // As in Spin, a request may take as long as it wants.
        Box::pin(pending())
    }

    fn drop(&self, _store: Store<Instance>, result: Result<()>) {
        if let Err(error) = result {
            eprintln!("an instance ended with everything in it: {error:?}");
        }
    }
}

/// Ends an instance that has been idle for a while.
pub(crate) struct Expiration(Pin<Box<Sleep>>);

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>, status: WorkerStatus, since: Moment) -> Poll<()> {
        if status != WorkerStatus::Idle {
            return Poll::Pending;
        }
        let end = (since + IDLE).into();
        if self.0.deadline() != end {
            self.0.as_mut().reset(end);
        }
        self.0.as_mut().poll(context)
    }
}
