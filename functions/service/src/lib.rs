//! The whole Visavis service: routes, rules and SQL, once, for any runtime that implements the [`ports`].

pub mod ports;
