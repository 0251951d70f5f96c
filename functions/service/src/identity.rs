//! Who is asking: tokens, sign-in links and sessions.

pub(crate) mod bearer;
pub(crate) mod token;
