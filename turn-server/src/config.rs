//! The configuration file, read and checked as a whole before anything starts.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::acme::{Acme, Challenge};
use crate::address::{Family, RelayPort};
use crate::allocation::ChannelNumber;
use crate::authentication::Authenticator;
use crate::log::Log;
use crate::peer_policy::PeerPolicy;
use crate::quota::Quota;
use crate::server::Rules;
use crate::tls::CertificateFiles;
use crate::worker::greeting::Share;
use crate::worker::streams::StreamLimits;

/// A REST secret has at least this many characters.
const SHORTEST_SECRET: usize = 32;

/// Everything that can be set. `docs/relay.md` explains each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The authentication realm.
    pub realm: String,
    /// Live secrets of time-limited credentials, any of which is good.
    #[serde(default)]
    pub secrets: Vec<Zeroizing<String>>,
    /// Fixed user names and passwords.
    #[serde(default)]
    pub users: HashMap<String, Zeroizing<String>>,
    /// Where clients are heard.
    pub listen: Vec<Listen>,
    /// The certificate for TLS and DTLS.
    #[serde(default)]
    pub tls: Option<CertificateFiles>,
    /// Or where it comes from.
    #[serde(default)]
    pub acme: Option<Acme>,
    /// With whom TLS listeners are shared.
    #[serde(default)]
    pub share: Option<Share>,
    /// Where relayed addresses are.
    pub relay: Relay,
    /// Who may be reached.
    #[serde(default)]
    pub peers: Peers,
    /// How much each may hold.
    #[serde(default)]
    pub quota: Quota,
    /// How long and how many streams are held.
    #[serde(default)]
    pub streams: StreamLimits,
    /// The longest lifetime of an allocation, in seconds.
    #[serde(default = "hour")]
    pub longest_lifetime: u32,
    /// Take the channel numbers of RFC 5766 as well, up to 0x7FFF.
    #[serde(default)]
    pub rfc5766_channels: bool,
    /// What SIGTERM does.
    #[serde(default)]
    pub drain: Drain,
    /// Where counters are told, by HTTP.
    #[serde(default)]
    pub metrics: Option<SocketAddr>,
    /// What is said on standard error.
    #[serde(default)]
    pub log: Log,
    /// Threads; one for each core unless said.
    #[serde(default)]
    pub workers: Option<usize>,
}

/// A listening socket: `udp://address:port`, `tcp://…`, `tls://…` or `dtls://…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Listen {
    /// What is spoken there.
    pub transport: Transport,
    /// The address.
    pub address: SocketAddr,
}

/// What a listener speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// STUN in datagrams.
    Udp,
    /// STUN on a stream.
    Tcp,
    /// STUN on a stream through TLS.
    Tls,
    /// STUN in datagrams through DTLS.
    Dtls,
}

/// The relayed addresses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// One address, or one of each family.
    #[serde(deserialize_with = "one_or_more")]
    pub address: Vec<IpAddr>,
    /// What clients and peers are told instead, where a one-to-one NAT stands before the relay.
    #[serde(default, deserialize_with = "one_or_more")]
    pub advertise: Vec<IpAddr>,
    /// `first-last`.
    pub ports: Ports,
    /// Peers may be reached over TCP as well (RFC 6062).
    #[serde(default)]
    pub tcp: bool,
    /// How its ports are served.
    #[serde(default)]
    pub path: DataPath,
}

/// A range of ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Ports {
    /// The first.
    pub first: RelayPort,
    /// The last.
    pub last: RelayPort,
}

/// The operator's lists over the default ones.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Peers {
    /// Reachable although refused by default.
    pub allow: Vec<IpNet>,
    /// Never reachable.
    pub deny: Vec<IpNet>,
}

/// How relayed ports are served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataPath {
    /// Each by a socket of its own; needs no privilege.
    #[default]
    Sockets,
    /// All by a few sockets of each worker; needs `CAP_NET_ADMIN`, `CAP_BPF` and `CAP_NET_RAW`.
    Shared,
}

/// How the relay ends.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drain {
    /// How long allocations may go on after SIGTERM, in seconds.
    pub seconds: u32,
    /// Where new clients are sent meanwhile; one of each family at most.
    pub alternates: Vec<SocketAddr>,
}

/// What is wrong with a configuration, with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not TOML, or not of this form; the message names line and column.
    #[error("{0}")]
    Malformed(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("{0}")]
    Refused(String),
}

impl Config {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.display().to_string(),
            error,
        })?;
        Self::parse(&Zeroizing::new(text))
    }

    /// Checks a file's text.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |text: &str| Err(ConfigError::Refused(text.to_owned()));
        if self.realm.is_empty() || self.realm.len() > 127 {
            return refuse("realm: give a name of 1 to 127 bytes, such as your domain");
        }
        if self.secrets.is_empty() && self.users.is_empty() {
            return refuse("secrets: give at least one, or nobody can use the relay");
        }
        if self.secrets.iter().any(|secret| weak(secret)) {
            return refuse("secrets: each needs at least 32 characters, not all alike; try `openssl rand -base64 32`");
        }
        if self
            .users
            .iter()
            .any(|(name, password)| name.is_empty() || password.is_empty())
        {
            return refuse("users: neither a name nor a password may be empty");
        }
        if self.listen.is_empty() {
            return refuse("listen: give at least one, such as \"udp://192.0.2.1:3478\"");
        }
        let secured = |listen: &Listen| matches!(listen.transport, Transport::Tls | Transport::Dtls);
        if self.tls.is_none() && self.acme.is_none() && self.listen.iter().any(secured) {
            return refuse("tls: give certificate and key, or acme, or no tls:// and dtls:// listeners");
        }
        let over_tls = self.listen.iter().any(|listen| listen.transport == Transport::Tls);
        if let Some(acme) = &self.acme {
            if self.tls.is_some() {
                return refuse("acme: give either tls or acme, not both");
            }
            if acme.challenge == Challenge::TlsAlpn && !over_tls {
                return refuse("acme.challenge: tls-alpn-01 needs a tls:// listener that is reached at port 443");
            }
            acme.check().or_else(refuse)?;
        }
        if let Some(share) = &self.share {
            if !over_tls {
                return refuse("share: needs a tls:// listener");
            }
            if self.listen.iter().any(|listen| listen.address == share.upstream) {
                return refuse("share.upstream: give the web server's address, not the relay's own");
            }
        }
        let families: Vec<Family> = self.relay.address.iter().map(|ip| Family::of(*ip)).collect();
        match families[..] {
            [_] => {}
            [one, other] if one != other => {}
            _ => return refuse("relay.address: give one address, or one IPv4 and one IPv6 address in a list"),
        }
        if self
            .relay
            .address
            .iter()
            .any(|ip| ip.is_unspecified() || ip.is_multicast())
        {
            return refuse("relay.address: give the address that peers reach this machine at, not a wildcard");
        }
        for advertised in &self.relay.advertise {
            let family = Family::of(*advertised);
            let count = self
                .relay
                .advertise
                .iter()
                .filter(|ip| Family::of(**ip) == family)
                .count();
            if count > 1 || !families.contains(&family) {
                return refuse("relay.advertise: give at most one for each family that relay.address has");
            }
        }
        if self.longest_lifetime < 600 {
            return refuse("longest_lifetime: RFC 8656 wants at least 600 seconds");
        }
        if self.workers == Some(0) {
            return refuse("workers: at least 1, or leave it out for one for each core");
        }
        Ok(())
    }

    /// The rules of the control plane.
    #[must_use]
    pub fn rules(&self, nonce_key: [u8; 32]) -> Rules {
        let relay = self.relay.address.iter().chain(&self.relay.advertise).copied();
        let listeners = self.listen.iter().map(|listen| listen.address.ip());
        Rules {
            authenticator: Authenticator::new(self.realm.clone(), self.secrets.clone(), self.users.clone(), nonce_key),
            peers: PeerPolicy::new(
                self.peers.allow.clone(),
                self.peers.deny.clone(),
                relay.collect(),
                listeners.filter(|ip| !ip.is_unspecified()).collect(),
                (self.relay.ports.first, self.relay.ports.last),
            ),
            tcp: self.relay.tcp,
            quota: self.quota,
            longest_lifetime: Duration::from_secs(self.longest_lifetime.into()),
            alternates: self.drain.alternates.clone(),
            last_channel: if self.rfc5766_channels {
                ChannelNumber::LAST_BEFORE
            } else {
                ChannelNumber::LAST
            },
        }
    }
}

impl Ports {
    /// All of them.
    #[must_use]
    pub fn range(self) -> RangeInclusive<u16> {
        self.first.0..=self.last.0
    }
}

impl TryFrom<String> for Ports {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let read = || {
            let (first, last) = text.split_once('-')?;
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (first >= 1024 && first <= last).then_some(Self {
                first: RelayPort(first),
                last: RelayPort(last),
            })
        };
        read().ok_or("give ports as \"first-last\", from 1024 on, such as \"49152-65535\"")
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (scheme, address) = text.split_once("://")?;
            let transport = match scheme {
                "udp" => Transport::Udp,
                "tcp" => Transport::Tcp,
                "tls" => Transport::Tls,
                "dtls" => Transport::Dtls,
                _ => return None,
            };
            Some(Self {
                transport,
                address: address.parse().ok()?,
            })
        };
        read().ok_or_else(|| {
            format!("\"{text}\": give udp://, tcp://, tls:// or dtls:// and address:port, IPv6 in brackets")
        })
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Dtls => "dtls",
        };
        write!(formatter, "{scheme}://{}", self.address)
    }
}

fn weak(secret: &str) -> bool {
    let first = secret.chars().next();
    secret.chars().count() < SHORTEST_SECRET || secret.chars().all(|character| Some(character) == first)
}

fn hour() -> u32 {
    3600
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(IpAddr),
        More(Vec<IpAddr>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(one) => vec![one],
        OneOrMore::More(more) => more,
    })
}
