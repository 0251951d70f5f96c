//! The application's variables, by the names of the settings in lower case.

use std::collections::HashMap;

use spin_sdk::variables;
use visavis::{
    Config,
    ports::{PortError, PortResult, Settings},
};
use zeroize::Zeroizing;

/// What the variables said when the instance started.
pub(crate) struct Variables(HashMap<&'static str, Zeroizing<String>>);

impl Variables {
    /// Reads every setting that the service knows.
    pub(crate) async fn read() -> PortResult<Self> {
        let mut values = HashMap::new();
        for name in Config::SETTINGS {
            match variables::get(name.to_ascii_lowercase()).await {
                Ok(value) => {
                    values.insert(name, Zeroizing::new(value));
                }
                Err(variables::Error::Undefined(_)) => {}
                // What a provider says may quote the value.
                Err(_) => {
                    return Err(PortError::Unavailable(format!(
                        "the variable for {name} could not be read"
                    )));
                }
            }
        }
        Ok(Self(values))
    }
}

impl Settings for Variables {
    fn read(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| String::clone(value))
    }
}
