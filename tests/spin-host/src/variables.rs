//! Spin's variables, in both of the interfaces that components ask for.

use wasmtime::component::Accessor;

use crate::{
    Result,
    cron::bindings::fermyon::spin::variables as earlier,
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

impl earlier::Host for Instance {
    async fn get(&mut self, name: String) -> Result<std::result::Result<String, earlier::Error>> {
        let value = self.shared.variables.get(&name).cloned();
        Ok(value.ok_or(earlier::Error::Undefined(name)))
    }
}
