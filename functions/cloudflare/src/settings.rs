//! Secrets and variables of the Worker's environment.

use visavis::ports::Settings;
use worker::Env;

/// Reads `[vars]` and `wrangler secret put` values alike.
pub(crate) struct EnvSettings<'a>(pub(crate) &'a Env);

impl Settings for EnvSettings<'_> {
    fn read(&self, name: &str) -> Option<String> {
        self.0.var(name).ok().map(|value| value.to_string())
    }
}
