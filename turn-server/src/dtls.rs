//! DTLS 1.2 (RFC 6347) for clients that want their datagrams encrypted.
//!
//! The library ([`session`]) keeps a state from the first message on, so it does not see a client before the client has
//! shown that it receives at its address: [`hello`] answers a ClientHello with a [`cookie`], and remembers nothing.

pub mod cookie;
pub mod hello;
pub mod session;
