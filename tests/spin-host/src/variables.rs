//! `spin:variables`.

use wasmtime::component::Accessor;

use crate::{
    Result,
    instance::{
        Instance,
        bindings::spin::variables::variables::{Error, Host, HostWithStore},
    },
};

impl Host for Instance {}

impl<T: Send> HostWithStore<T> for Instance {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<std::result::Result<String, Error>> {
        let value = accessor.with(|mut store| store.get().shared.variables.get(&name).cloned());
        Ok(value.ok_or(Error::Undefined(name)))
    }
}
