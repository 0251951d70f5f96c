//! The time-limited TURN credential that the service mints and the relay checks.
//!
//! The form is that of draft-uberti-behave-turn-rest-00 section 2.2, which every TURN server knows: the user name is
//! `<expiry in Unix seconds>:<user>`, the password base64 of HMAC-SHA-1 over the user name under a secret that both
//! sides hold. Nothing is stored anywhere. The service calls [`mint`]; the relay calls [`verify`] with the user name of
//! a request and tries the passwords it gets on the request's MESSAGE-INTEGRITY. Two secrets live side by side while
//! one replaces the other.
//!
//! ```
//! use visavis_turn_credential::{mint, verify};
//!
//! let credential = mint("the old secret", "a call", 1_800_000_000);
//! let verified = verify(&credential.username, 1_799_999_999, &["the new secret", "the old secret"])?;
//! assert_eq!(verified.username.user, "a call");
//! assert!(verified.accepts(&credential.password));
//! # Ok::<(), visavis_turn_credential::Refusal>(())
//! ```

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// What a client is given for the relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// `<expiry in Unix seconds>:<user>`.
    pub username: String,
    /// Base64 with padding, 28 characters.
    pub password: String,
}

/// The password stays out of logs.
impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A user name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Username<'a> {
    /// When the credential ends, in Unix seconds.
    pub expires_at: u64,
    /// Whom it was made for; not empty. It may hold colons.
    pub user: &'a str,
}

/// Why a user name is of no use. To the client both are the same: 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not `<expiry>:<user>`.
    #[error("the user name is not of the form <expiry>:<user>")]
    Malformed,
    /// The expiry has come.
    #[error("the credential has expired")]
    Expired,
}

/// A user name that is well formed and has not expired, with the passwords that prove that it is genuine.
pub struct Verified<'a> {
    /// The parts of the user name.
    pub username: Username<'a>,
    /// The password under each live secret, in their order. They are wiped when dropped.
    pub passwords: Vec<Zeroizing<String>>,
}

impl Verified<'_> {
    /// Whether a password is one of the valid ones, in a time that depends on neither their content nor which it is.
    #[must_use]
    pub fn accepts(&self, password: &str) -> bool {
        self.passwords
            .iter()
            .fold(Choice::from(0), |found, valid| {
                found | valid.as_bytes().ct_eq(password.as_bytes())
            })
            .into()
    }
}

/// Only the parts of the user name: the passwords stay out of logs.
impl fmt::Debug for Verified<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verified")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Makes a credential for a user (not empty) that ends at `expires_at`, in Unix seconds.
#[must_use]
pub fn mint(secret: &str, user: &str, expires_at: u64) -> Credential {
    let username = format!("{expires_at}:{user}");
    let password = password(secret, &username);
    Credential { username, password }
}

/// Takes a user name apart, or nothing when it is not one that [`mint`] makes: an expiry in plain decimal digits, a
/// colon, and a user that is not empty.
#[must_use]
pub fn parse(username: &str) -> Option<Username<'_>> {
    let (expiry, user) = username.split_once(':')?;
    // `u64::from_str` alone would take a leading `+` or zeros: one credential, one spelling.
    let canonical = expiry.bytes().all(|byte| byte.is_ascii_digit()) && (expiry == "0" || !expiry.starts_with('0'));
    if !canonical || user.is_empty() {
        return None;
    }
    Some(Username {
        expires_at: expiry.parse().ok()?,
        user,
    })
}

/// The password of a user name under a secret.
#[must_use]
pub fn password(secret: &str, username: &str) -> String {
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "RFC 2104 section 3: a key may have any length"
    )]
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Checks the form and the expiry of a user name at `now` (Unix seconds) and derives its password under every live
/// secret.
///
/// # Errors
/// [`Refusal`] when the user name is malformed or its expiry is not after `now`.
pub fn verify<'a>(username: &'a str, now: u64, secrets: &[impl AsRef<str>]) -> Result<Verified<'a>, Refusal> {
    let parsed = parse(username).ok_or(Refusal::Malformed)?;
    if parsed.expires_at <= now {
        return Err(Refusal::Expired);
    }
    let passwords = secrets
        .iter()
        .map(|secret| Zeroizing::new(password(secret.as_ref(), username)))
        .collect();
    Ok(Verified {
        username: parsed,
        passwords,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Computed with `openssl dgst -sha1 -hmac` and Python's hmac, over a short secret and one longer than SHA-1's block.
    #[test]
    fn agrees_with_other_implementations() {
        assert_eq!(
            password("north", "1433895918:ninefingers"),
            "jy8hTxmOO7UtEKXqSkSlvakPVYA="
        );
        let credential = mint(&"k".repeat(100), "0199a1b2-0000-7000-8000-000000000001", 1_700_000_000);
        assert_eq!(credential.username, "1700000000:0199a1b2-0000-7000-8000-000000000001");
        assert_eq!(credential.password, "nP1/+EVfX0WUzk2hXKla/uRhA+w=");
    }

    #[test]
    fn ends_at_its_expiry() {
        let Credential { username, .. } = mint("secret", "user", 100);
        assert!(verify(&username, 99, &["secret"]).is_ok());
        assert_eq!(verify(&username, 100, &["secret"]).unwrap_err(), Refusal::Expired);
    }

    #[test]
    fn refuses_what_mint_does_not_make() {
        for username in [
            "",
            ":",
            "1",
            "1:",
            ":user",
            "+1:user",
            "01:user",
            "-1:user",
            " 1:user",
            "1 :user",
            "x:user",
            "18446744073709551616:user",
            "１:user",
        ] {
            assert_eq!(
                verify(username, 0, &["secret"]).unwrap_err(),
                Refusal::Malformed,
                "{username:?}"
            );
        }
    }

    #[test]
    fn shows_no_password_in_debug_output() {
        let credential = mint("secret", "user", 100);
        let verified = verify(&credential.username, 0, &["secret"]).unwrap();
        assert!(!format!("{credential:?} {verified:?}").contains(&credential.password));
    }

    proptest! {
        #[test]
        fn what_is_minted_is_verified(user in ".+", expires_at in 1_u64.., secret in ".*") {
            let credential = mint(&secret, &user, expires_at);
            let verified = verify(&credential.username, expires_at - 1, &[&secret]).unwrap();
            prop_assert_eq!(verified.username, Username { expires_at, user: &user });
            prop_assert!(verified.accepts(&credential.password));
        }

        #[test]
        fn any_live_secret_does_and_no_other(secrets in prop::collection::vec("[a-z]{8,80}", 1..4), other in "[A-Z]{8,80}") {
            for secret in &secrets {
                let credential = mint(secret, "user", 100);
                prop_assert!(verify(&credential.username, 0, &secrets).unwrap().accepts(&credential.password));
            }
            let forged = mint(&other, "user", 100);
            prop_assert!(!verify(&forged.username, 0, &secrets).unwrap().accepts(&forged.password));
        }

        #[test]
        fn a_password_is_of_one_user_name(first in "[0-9a-f]{1,40}", second in "[0-9a-f]{1,40}", expires_at in 1_u64..) {
            prop_assume!(first != second);
            let credential = mint("secret", &first, expires_at);
            let other = format!("{expires_at}:{second}");
            prop_assert!(!verify(&other, 0, &["secret"]).unwrap().accepts(&credential.password));
        }

        #[test]
        fn parses_anything_without_panicking_and_only_canonical_names(username in ".*") {
            if let Some(Username { expires_at, user }) = parse(&username) {
                prop_assert_eq!(format!("{expires_at}:{user}"), username);
            }
        }
    }
}
