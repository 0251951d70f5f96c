//! A STUN and TURN relay (RFC 8489, RFC 8656).
//!
//! The [`server`] is the control plane: it takes the time and a message and says what is to be sent, has no socket and
//! no clock, and is tested without either. A [`worker`] is a thread that owns listening sockets, a server and all that
//! belongs to its allocations; the workers share nothing but the counters of the [`ledger`] and the reserved ports.
//! [`datapath`] is the only place with `unsafe` code.

pub mod acme;
pub mod address;
pub mod allocation;
pub mod authentication;
pub mod clock;
pub mod config;
pub mod connection;
pub mod datapath;
pub mod dtls;
pub mod framing;
pub mod integrity;
pub mod ledger;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod nonce;
pub mod orders;
pub mod peer_policy;
pub mod quota;
pub mod rate;
pub mod server;
pub mod table;
pub mod tls;
pub mod wheel;
pub mod worker;
