//! The credentials, from the environment or a file: what is on a command line everybody on the machine can read.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use zeroize::Zeroizing;

/// How long a credential made from a secret lasts, in seconds.
const LIFETIME: u64 = 600;
/// Whom it is made for, as the relay's quotas count.
const USER: &str = "canary";

/// What the relay is shown.
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password; wiped when dropped.
    pub password: Zeroizing<String>,
}

/// The file: TOML.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    username: Option<String>,
    password: Option<Zeroizing<String>>,
    secret: Option<Zeroizing<String>>,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing was said, or a half.
    #[error(
        "no credentials: set VISAVIS_TURN_SECRET, or VISAVIS_TURN_USERNAME and VISAVIS_TURN_PASSWORD, or give \
         --credentials FILE with `secret` or `username` and `password`"
    )]
    Missing,
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not TOML, or not of this form.
    #[error("{path}: {error}")]
    Malformed {
        /// Which.
        path: String,
        /// Where and why.
        error: Box<toml::de::Error>,
    },
}

impl Credentials {
    /// Those of a file, or of the environment.
    pub fn find(file: Option<&Path>) -> Result<Self, CredentialsError> {
        let File {
            username,
            password,
            secret,
        } = if let Some(path) = file {
            read(path)?
        } else {
            let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
            File {
                username: variable("VISAVIS_TURN_USERNAME"),
                password: variable("VISAVIS_TURN_PASSWORD").map(Zeroizing::new),
                secret: variable("VISAVIS_TURN_SECRET").map(Zeroizing::new),
            }
        };
        match (username, password, secret) {
            (Some(username), Some(password), None) => Ok(Self { username, password }),
            (None, None, Some(secret)) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let expiry = now.map_or(0, |since| since.as_secs()) + LIFETIME;
                let made = visavis_turn_credential::mint(&secret, USER, expiry);
                Ok(Self {
                    username: made.username,
                    password: Zeroizing::new(made.password),
                })
            }
            _ => Err(CredentialsError::Missing),
        }
    }
}

fn read(path: &Path) -> Result<File, CredentialsError> {
    let name = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| CredentialsError::Unreadable { path: name(), error })?;
    let text = Zeroizing::new(text);
    toml::from_str(&text).map_err(|mut error| {
        // The line it shows may hold the password.
        error.set_input(None);
        CredentialsError::Malformed {
            path: name(),
            error: Box::new(error),
        }
    })
}
