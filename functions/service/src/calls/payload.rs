//! What two clients say to each other: carried, never read.

use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::ToSchema;

/// The most characters of a payload.
const LONGEST: usize = 64 * 1024;

/// 1 to 65536 characters of base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}$", min_length = 2, max_length = 65536)]
pub(crate) struct Payload(String);

impl Payload {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let payload = String::deserialize(deserializer)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        // RFC 4648 section 5: no whole number of bytes has a length of 4n + 1.
        let whole = payload.len() % 4 != 1;
        if (1..=LONGEST).contains(&payload.len()) && whole && payload.bytes().all(allowed) {
            Ok(Self(payload))
        } else {
            Err(D::Error::custom(
                "payload must be 1 to 65536 characters of base64url without padding",
            ))
        }
    }
}
