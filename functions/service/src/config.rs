//! The configuration: every setting of the service, read and judged once at the start.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{client_address::TrustedProxies, identity::token::TokenKeys, ports::Settings, vault::MasterKeys};

/// All settings of the service, each strong enough to serve.
pub struct Config {
    /// The service's own origin, `https://host[:port]`.
    pub(crate) public_url: String,
    /// The keys of tokens.
    pub(crate) tokens: TokenKeys,
    /// The keys of the vault.
    pub(crate) vault: MasterKeys,
    /// The relay.
    pub(crate) relay: RelayConfig,
    /// What the operator sends as bearer token.
    pub(crate) operator_key: Zeroizing<String>,
    /// What a timer sends as bearer token, where the platform has no scheduler; optional.
    pub(crate) tick_key: Option<Zeroizing<String>>,
    /// Whose `X-Forwarded-For` is believed.
    trusted_proxies: TrustedProxies,
    /// Multiplies every rate limit.
    pub(crate) limits_factor: u32,
    /// Whom to tell about a weakness, a `https:` or `mailto:` link; optional.
    pub(crate) security_contact: Option<String>,
}

/// The TURN servers, and the secret shared with them.
pub(crate) struct RelayConfig {
    /// The secret of the time-limited credentials.
    pub(crate) secret: Zeroizing<String>,
    /// `turn:`, `turns:` and `stun:` addresses (RFC 7064, RFC 7065).
    pub(crate) urls: Vec<String>,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Config {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Config")
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// Why the service does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A setting is not set.
    #[error("The setting {name} is missing. Set it to {expected}.")]
    Missing {
        /// The setting.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A setting is set, but not of the form it must have.
    #[error("The setting {name} is not of the right form. Set it to {expected}.")]
    Malformed {
        /// The setting.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A secret can be guessed.
    #[error("The setting {name} is weak: it is too short, a placeholder or not random. Set it to {expected}.")]
    Weak {
        /// The setting.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

const ORIGIN: &str =
    "the service's own origin, such as https://visavis.example, without a path (http only for localhost)";
const KEY: &str = "at least 32 random bytes in base64, such as `openssl rand -base64 32` makes";
const VAULT: &str = "exactly 32 random bytes in base64, such as `openssl rand -base64 32` makes";
const SECRET: &str = "at least 32 random characters, such as `openssl rand -base64 33` makes";
const RELAYS: &str = "the TURN servers' addresses, separated by commas, such as turn:turn.example:3478?transport=udp";

const PROXIES: &str =
    "the addresses or networks of your own proxies, separated by commas, such as 127.0.0.1,10.0.0.0/8";
const CONTACT: &str = "whom to tell about a weakness, a https: or mailto: link";
const FACTOR: &str = "a whole number from 1 to 100000 that multiplies every rate limit, or leave it out";

impl Config {
    /// The names of all settings.
    pub const SETTINGS: [&str; 12] = [
        "PUBLIC_URL",
        "TOKEN_KEY",
        "TOKEN_KEY_PREVIOUS",
        "VAULT_KEY",
        "VAULT_KEY_PREVIOUS",
        "RELAY_SECRET",
        "RELAY_URLS",
        "OPERATOR_KEY",
        "TICK_KEY",
        "TRUSTED_PROXIES",
        "SECURITY_CONTACT",
        "LIMITS_FACTOR",
    ];

    /// Reads all settings, and refuses a missing, malformed or weak one.
    ///
    /// # Errors
    /// The first setting that is not right, with what it must be.
    pub fn load(settings: &impl Settings) -> Result<Self, ConfigError> {
        let public_url = public_url(&required(settings, "PUBLIC_URL", ORIGIN)?).ok_or(ConfigError::Malformed {
            name: "PUBLIC_URL",
            expected: ORIGIN,
        })?;
        let tokens = TokenKeys::new(
            &key(&required(settings, "TOKEN_KEY", KEY)?, "TOKEN_KEY", KEY)?,
            optional(settings, "TOKEN_KEY_PREVIOUS")
                .map(|value| key(&value, "TOKEN_KEY_PREVIOUS", KEY))
                .transpose()?
                .as_deref()
                .map(Vec::as_slice),
        );
        let vault = MasterKeys::new(
            &*vault_key(&required(settings, "VAULT_KEY", VAULT)?, "VAULT_KEY")?,
            optional(settings, "VAULT_KEY_PREVIOUS")
                .map(|value| vault_key(&value, "VAULT_KEY_PREVIOUS"))
                .transpose()?
                .as_deref(),
        );
        let relay = RelayConfig {
            secret: secret(required(settings, "RELAY_SECRET", SECRET)?, "RELAY_SECRET")?,
            urls: relay_urls(&required(settings, "RELAY_URLS", RELAYS)?).ok_or(ConfigError::Malformed {
                name: "RELAY_URLS",
                expected: RELAYS,
            })?,
        };
        let operator_key = secret(required(settings, "OPERATOR_KEY", SECRET)?, "OPERATOR_KEY")?;
        let tick_key = optional(settings, "TICK_KEY")
            .map(|value| secret(value, "TICK_KEY"))
            .transpose()?;
        let trusted_proxies = match optional(settings, "TRUSTED_PROXIES") {
            None => TrustedProxies::default(),
            Some(value) => TrustedProxies::parse(&value).ok_or(ConfigError::Malformed {
                name: "TRUSTED_PROXIES",
                expected: PROXIES,
            })?,
        };
        let security_contact = optional(settings, "SECURITY_CONTACT")
            .map(|value| {
                let url = url::Url::parse(value.trim())
                    .ok()
                    .filter(|url| matches!(url.scheme(), "https" | "mailto"));
                url.map(String::from).ok_or(ConfigError::Malformed {
                    name: "SECURITY_CONTACT",
                    expected: CONTACT,
                })
            })
            .transpose()?;
        let limits_factor = match optional(settings, "LIMITS_FACTOR") {
            None => 1,
            Some(value) => parse_factor(&value).ok_or(ConfigError::Malformed {
                name: "LIMITS_FACTOR",
                expected: FACTOR,
            })?,
        };
        Ok(Self {
            public_url,
            tokens,
            vault,
            relay,
            operator_key,
            tick_key,
            trusted_proxies,
            limits_factor,
            security_contact,
        })
    }

    /// The operator's proxies, for platforms that do not tell the client's address by themselves.
    #[must_use]
    pub fn trusted_proxies(&self) -> TrustedProxies {
        self.trusted_proxies.clone()
    }
}

fn optional(settings: &impl Settings, name: &str) -> Option<Zeroizing<String>> {
    settings
        .read(name)
        .map(Zeroizing::new)
        .filter(|value| !value.trim().is_empty())
}

fn required(
    settings: &impl Settings,
    name: &'static str,
    expected: &'static str,
) -> Result<Zeroizing<String>, ConfigError> {
    optional(settings, name).ok_or(ConfigError::Missing { name, expected })
}

/// Random bytes: at least 32, of which at least 16 differ. (32 random bytes have fewer than 16 different ones with a
/// probability below 2^-60.)
fn key(value: &str, name: &'static str, expected: &'static str) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let bytes = STANDARD
        .decode(value.trim())
        .map(Zeroizing::new)
        .map_err(|_| ConfigError::Malformed { name, expected })?;
    if bytes.len() < 32 || !varied(&bytes, 16) {
        return Err(ConfigError::Weak { name, expected });
    }
    Ok(bytes)
}

fn vault_key(value: &str, name: &'static str) -> Result<Zeroizing<[u8; 32]>, ConfigError> {
    let bytes = key(value, name, VAULT)?;
    let bytes: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| ConfigError::Malformed { name, expected: VAULT })?;
    Ok(Zeroizing::new(bytes))
}

/// Random characters: at least 32, of which at least 8 differ, and not a placeholder that somebody forgot.
fn secret(value: Zeroizing<String>, name: &'static str) -> Result<Zeroizing<String>, ConfigError> {
    const PLACEHOLDERS: [&str; 6] = ["changeme", "change-me", "change_me", "placeholder", "replace", "secret"];
    let lower = Zeroizing::new(value.to_ascii_lowercase());
    let placeholder = PLACEHOLDERS.iter().any(|word| lower.contains(word)) || lower.starts_with('<');
    if value.len() < 32 || !varied(value.as_bytes(), 8) || placeholder {
        return Err(ConfigError::Weak { name, expected: SECRET });
    }
    Ok(value)
}

/// Whether at least so many different bytes occur.
fn varied(bytes: &[u8], least: usize) -> bool {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count() >= least
}

/// The origin of an address without path, query, fragment or user; `http` only on the machine itself.
fn public_url(value: &str) -> Option<String> {
    let url = url::Url::parse(value.trim()).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
    (bare && secure).then(|| url.origin().ascii_serialization())
}

fn parse_factor(value: &str) -> Option<u32> {
    value
        .trim()
        .parse()
        .ok()
        .filter(|factor| (1..=100_000).contains(factor))
}

fn relay_urls(value: &str) -> Option<Vec<String>> {
    let urls: Vec<_> = value
        .split(',')
        .map(str::trim)
        .filter(|url| !url.is_empty())
        .map(String::from)
        .collect();
    let known = |url: &String| {
        let rest = ["turn:", "turns:", "stun:", "stuns:"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
    };
    (!urls.is_empty() && urls.iter().all(known)).then_some(urls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Setting, settings};

    fn with(name: &'static str, value: &str) -> Result<Config, ConfigError> {
        let mut settings = settings();
        settings.0.insert(name, value.into());
        Config::load(&settings)
    }

    #[test]
    fn full_settings_load() {
        let config = Config::load(&settings()).unwrap();
        assert_eq!(config.public_url, "https://visavis.example");
        assert_eq!(config.relay.urls.len(), 3);
        assert_eq!(config.limits_factor, 1);
    }

    #[test]
    fn a_missing_setting_is_named() {
        for name in [
            "PUBLIC_URL",
            "TOKEN_KEY",
            "VAULT_KEY",
            "RELAY_SECRET",
            "RELAY_URLS",
            "OPERATOR_KEY",
        ] {
            let mut missing = settings();
            missing.0.remove(name);
            let mut empty = settings();
            empty.0.insert(name, " ".into());
            for settings in [missing, empty] {
                let error = Config::load(&settings).unwrap_err();
                assert!(
                    matches!(error, ConfigError::Missing { name: named, .. } if named == name),
                    "{error}"
                );
                assert!(
                    error
                        .to_string()
                        .starts_with(&format!("The setting {name} is missing. Set it to ")),
                    "{error}"
                );
            }
        }
        assert!(matches!(
            Config::load(&Setting::default()),
            Err(ConfigError::Missing { name: "PUBLIC_URL", .. })
        ));
    }

    #[test]
    fn every_setting_that_is_read_is_listed() {
        struct Asked(std::cell::RefCell<Vec<String>>, Setting);
        impl Settings for Asked {
            fn read(&self, name: &str) -> Option<String> {
                self.0.borrow_mut().push(name.to_owned());
                self.1.read(name)
            }
        }
        let asked = Asked(std::cell::RefCell::default(), settings());
        Config::load(&asked).unwrap();
        let mut asked = asked.0.into_inner();
        asked.sort();
        let mut listed = Config::SETTINGS.to_vec();
        listed.sort_unstable();
        assert_eq!(asked, listed);
    }

    #[test]
    fn a_weak_secret_is_named() {
        let short = STANDARD.encode([7; 16]);
        let equal = STANDARD.encode([7; 32]);
        for (name, value) in [
            ("TOKEN_KEY", short.as_str()),
            ("TOKEN_KEY", &equal),
            ("TOKEN_KEY_PREVIOUS", &equal),
            ("VAULT_KEY", &short),
            ("VAULT_KEY", &equal),
            ("VAULT_KEY_PREVIOUS", &equal),
            ("RELAY_SECRET", "2b7e151628aed2a6"),
            ("RELAY_SECRET", &"a".repeat(40)),
            ("RELAY_SECRET", "please-change-me-0123456789abcdefghij"),
            ("OPERATOR_KEY", "<the operator's key, 32 characters or more>"),
            ("TICK_KEY", "tick"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(
                matches!(error, ConfigError::Weak { name: named, .. } if named == name),
                "{name}: {error}"
            );
            assert!(!error.to_string().contains(value), "an error must not show a secret");
        }
    }

    #[test]
    fn a_malformed_setting_is_named() {
        for (name, value) in [
            ("PUBLIC_URL", "visavis.example"),
            ("PUBLIC_URL", "http://visavis.example"),
            ("PUBLIC_URL", "https://visavis.example/path"),
            ("PUBLIC_URL", "https://user@visavis.example"),
            ("TOKEN_KEY", "not base64!"),
            ("VAULT_KEY", &STANDARD.encode((0..48).collect::<Vec<u8>>())),
            ("RELAY_URLS", "https://turn.example"),
            ("RELAY_URLS", ","),
            ("TRUSTED_PROXIES", "proxy.example"),
            ("SECURITY_CONTACT", "javascript:x"),
            ("LIMITS_FACTOR", "0"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(
                matches!(error, ConfigError::Malformed { name: named, .. } if named == name),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn local_addresses_need_no_tls() {
        for address in [
            "http://localhost:8787",
            "http://127.0.0.1:8787",
            "https://visavis.example:8443",
        ] {
            assert_eq!(with("PUBLIC_URL", address).unwrap().public_url, address);
        }
    }
}
