//! Who is asking: tokens, sign-in links and sessions.

pub(crate) mod bearer;
pub(crate) mod key;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod token;
