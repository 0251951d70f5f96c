//! Directory, sign-in, console, pages, reports and the header policy through the whole router.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod console;
mod messages;
mod pages;
mod policy;
mod reports;
mod routes;
mod schedule;
mod sign_in;
mod support;
mod tokens;
mod trust;
