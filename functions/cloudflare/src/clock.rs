//! Time and randomness as JavaScript has them.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use visavis::ports::{Clock, Entropy, PortError, PortResult};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Date, send::SendFuture};

/// `Date.now` and `setTimeout`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsClock;

impl Clock for JsClock {
    fn now(&self) -> i64 {
        now()
    }

    // Not `worker::Delay`: it keeps the waker of its first poll, and a streamed body is polled by another task for each
    // chunk.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static {
        SendFuture::new(async move {
            let timer = Promise::new(&mut |resolve, reject| {
                if set_timeout(&resolve, duration).is_err() {
                    // A promise that never settles would hang the caller.
                    let _ = reject.call0(&JsValue::UNDEFINED);
                }
            });
            // It is rejected only where there is no timer, and then there is nothing to wait for.
            let _ = JsFuture::from(timer).await;
        })
    }
}

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
}

fn set_timeout(callback: &Function, duration: Duration) -> Result<(), JsValue> {
    let set_timeout: Function = Reflect::get(&js_sys::global(), &"setTimeout".into())?.dyn_into()?;
    let milliseconds = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
    set_timeout.call2(&JsValue::UNDEFINED, callback, &milliseconds.into())?;
    Ok(())
}

/// `crypto.getRandomValues`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsEntropy;

impl Entropy for JsEntropy {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        getrandom::fill(buffer).map_err(|error| PortError::Unavailable(format!("random source: {error}")))
    }
}
