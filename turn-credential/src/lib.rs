//! The time-limited TURN credential that the service mints and the relay checks.
