//! Signed statements as JSON carries them, and what is said where one is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    chain::Refused,
    encoding::PublicKey,
    statements::{Statement, StatementError},
};
use crate::{
    problem::{Problem, Slug},
    time::SECOND,
};

/// A signed statement: base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Za-z0-9_-]+$", min_length = 88, max_length = 2048)]
pub(super) struct Encoded(String);

impl Encoded {
    /// As it came.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The statement, if it is of this kind and signed by the key that it names; `name` is the field's name in the
    /// request.
    pub(super) fn open<S: Statement>(&self, name: &str) -> Result<S, Problem> {
        let bytes = BASE64URL.decode(&self.0).map_err(|_| StatementError::Malformed);
        bytes.and_then(|bytes| S::open(&bytes)).map_err(|error| match error {
            StatementError::Malformed => {
                let label = S::LABEL;
                Problem::malformed(format!(
                    "{name} is no signed statement {label} in base64url without padding."
                ))
            }
            StatementError::Signature => refused(name, "its signature is not that of the key which it names"),
        })
    }
}

/// A key as it is stored.
pub(super) fn key(text: &str) -> Option<PublicKey> {
    BASE64URL.decode(text).ok()?.try_into().map(PublicKey).ok()
}

/// A time of a statement, in milliseconds; beyond what databases hold exactly, 2^53 - 1, the last one that they do.
pub(super) fn milliseconds(seconds: u64) -> i64 {
    let last = (1 << 53) - 1;
    i64::try_from(seconds).map_or(last, |seconds| seconds.saturating_mul(SECOND).min(last))
}

/// The problem of a statement that is not good.
pub(super) fn refused(name: &str, why: &str) -> Problem {
    Problem::new(Slug::StatementRefused, format!("{name} is refused: {why}."))
}

/// The problem of a statement that does not hold.
pub(super) fn does_not_hold(name: &str, reason: Refused) -> Problem {
    let why = match reason {
        Refused::Organisation => "it is for another organisation",
        Refused::Chain => "the key that signed it may not; read /api/v1/trust for those that may",
        Refused::Expired => "its time is over; make a new one, and check this device's clock",
        Refused::NotYetValid => "its time has not begun; check this device's clock",
        Refused::Window => "it lasts longer than such a statement may, or ends before it begins",
        Refused::Number => "its number is too high; make one with the next number after that of the list that is there",
        Refused::Revoked => "a key in it was revoked; make new keys",
    };
    refused(name, why)
}
