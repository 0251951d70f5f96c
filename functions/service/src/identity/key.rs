//! Keys that the operator holds, sent as bearer tokens.

use http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;

use crate::problem::{Problem, Slug};

/// Lets a request go on that carries the key of this setting.
pub(crate) fn require(headers: &HeaderMap, setting: &str, key: &str) -> Result<(), Problem> {
    let missing = || {
        let detail = format!("Send the operator's key: authorization: Bearer <{setting}>.");
        Problem::new(Slug::TokenMissing, detail)
    };
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(missing)?;
    let (scheme, given) = given.split_once(' ').ok_or_else(missing)?;
    let right = given.trim().as_bytes().ct_eq(key.as_bytes());
    if scheme.eq_ignore_ascii_case("bearer") && bool::from(right) {
        Ok(())
    } else {
        let detail = format!("This is not the operator's key. Check {setting}.");
        Err(Problem::new(Slug::TokenInvalid, detail))
    }
}
