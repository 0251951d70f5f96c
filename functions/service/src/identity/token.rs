//! Short-lived tokens, verified without a database read: `visavis1.<payload>.<mac>` (`docs/signalling.md`, Tokens).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    time::{HOUR, MINUTE, SECOND},
    vault::hmac,
};

const VERSION: &str = "visavis1";
/// No token of ours is longer; a longer one is not worth a hash.
const LONGEST: usize = 2048;

/// How long a visitor's token lasts, in milliseconds.
pub(crate) const VISITOR_LIFETIME: i64 = HOUR;
/// How long a token of staff lasts, in milliseconds.
pub(crate) const STAFF_LIFETIME: i64 = 10 * MINUTE;

/// What a token lets its holder be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// A visitor of an organisation's page, in one call.
    Visitor,
    /// Answers calls at the desk.
    Expert,
    /// Manages the organisation in the console.
    Administrator,
}

/// What a token says about its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) organisation: Uuid,
    /// The origin of the pages that may use the token.
    pub(crate) origin: String,
    pub(crate) role: Role,
    /// The visitor's or person's id.
    pub(crate) subject: Uuid,
    /// The call that a visitor's token is bound to; staff's have none.
    pub(crate) call: Option<Uuid>,
    /// Milliseconds since 1970-01-01 UTC, whole seconds.
    pub(crate) issued_at: i64,
    /// Milliseconds since 1970-01-01 UTC, whole seconds.
    pub(crate) expires_at: i64,
}

/// The claims as they are written in a token, times in seconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    #[serde(borrow)]
    key: std::borrow::Cow<'a, str>,
    organisation: Uuid,
    #[serde(borrow)]
    origin: std::borrow::Cow<'a, str>,
    role: Role,
    subject: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call: Option<Uuid>,
    issued_at: i64,
    expires_at: i64,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// Not one of ours, or changed on the way.
    Invalid,
    /// One of ours, but its time has passed.
    Expired,
}

/// The keys of tokens: the current one makes them, both verify.
pub(crate) struct TokenKeys {
    current: TokenKey,
    previous: Option<TokenKey>,
}

struct TokenKey {
    id: String,
    mac: Hmac<Sha256>,
}

/// The id of a key: the first 8 base64url characters of its SHA-256.
pub(crate) fn key_id(key: &[u8]) -> String {
    let mut id = BASE64URL.encode(Sha256::digest(key));
    id.truncate(8);
    id
}

impl TokenKey {
    fn new(key: &[u8]) -> Self {
        Self {
            id: key_id(key),
            mac: hmac(key),
        }
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        self.mac.clone().chain_update(signed.as_bytes())
    }
}

impl TokenKeys {
    /// The keys, of at least 32 bytes each.
    pub(crate) fn new(current: &[u8], previous: Option<&[u8]>) -> Self {
        Self {
            current: TokenKey::new(current),
            previous: previous.map(TokenKey::new),
        }
    }

    /// Makes a token.
    pub(crate) fn mint(&self, claims: &Claims) -> String {
        let payload = Payload {
            key: self.current.id.as_str().into(),
            organisation: claims.organisation,
            origin: claims.origin.as_str().into(),
            role: claims.role,
            subject: claims.subject,
            call: claims.call,
            issued_at: claims.issued_at / SECOND,
            expires_at: claims.expires_at / SECOND,
        };
        let Ok(payload) = serde_json::to_vec(&payload) else {
            unreachable!("the payload has text keys only")
        };
        let signed = format!("{VERSION}.{}", BASE64URL.encode(payload));
        let mac = self.current.mac(&signed).finalize().into_bytes();
        format!("{signed}.{}", BASE64URL.encode(mac))
    }

    /// The claims of a token that one of the keys made and that has not expired.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] before [`TokenError::Expired`]: an expired token is a genuine one.
    pub(crate) fn verify(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Invalid);
        }
        let (signed, mac) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
        let payload = signed
            .strip_prefix(VERSION)
            .and_then(|rest| rest.strip_prefix('.'))
            .ok_or(TokenError::Invalid)?;
        let payload = BASE64URL.decode(payload).map_err(|_| TokenError::Invalid)?;
        let payload: Payload<'_> = serde_json::from_slice(&payload).map_err(|_| TokenError::Invalid)?;
        let mac = BASE64URL.decode(mac).map_err(|_| TokenError::Invalid)?;
        let keys = [Some(&self.current), self.previous.as_ref()];
        let key = keys
            .into_iter()
            .flatten()
            .find(|key| key.id == payload.key)
            .ok_or(TokenError::Invalid)?;
        key.mac(signed).verify_slice(&mac).map_err(|_| TokenError::Invalid)?;
        let claims = Claims {
            organisation: payload.organisation,
            origin: payload.origin.into_owned(),
            role: payload.role,
            subject: payload.subject,
            call: payload.call,
            issued_at: payload.issued_at.saturating_mul(SECOND),
            expires_at: payload.expires_at.saturating_mul(SECOND),
        };
        if claims.expires_at <= now {
            Err(TokenError::Expired)
        } else {
            Ok(claims)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_467_600_000;

    fn keys() -> TokenKeys {
        TokenKeys::new(&[1; 32], Some(&[2; 32]))
    }

    fn claims() -> impl Strategy<Value = Claims> {
        let roles = prop_oneof![Just(Role::Visitor), Just(Role::Expert), Just(Role::Administrator)];
        let call = proptest::option::of(any::<u128>());
        (
            any::<u128>(),
            "https://[a-z]{1,20}(:[0-9]{1,4})?",
            roles,
            any::<u128>(),
            call,
            1..1_000_000_i64,
        )
            .prop_map(|(organisation, origin, role, subject, call, lifetime)| Claims {
                organisation: Uuid::from_u128(organisation),
                origin,
                role,
                subject: Uuid::from_u128(subject),
                call: call.map(Uuid::from_u128),
                issued_at: NOW,
                expires_at: NOW + lifetime * SECOND,
            })
    }

    proptest! {
        #[test]
        fn what_was_minted_verifies_until_it_expires(claims in claims()) {
            let token = keys().mint(&claims);
            prop_assert!(token.len() <= LONGEST);
            prop_assert_eq!(keys().verify(&token, claims.expires_at - 1), Ok(claims.clone()));
            prop_assert_eq!(keys().verify(&token, claims.expires_at), Err(TokenError::Expired));
        }

        #[test]
        fn a_changed_character_is_noticed(claims in claims(), place in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
            let token = keys().mint(&claims);
            let place = place.index(token.len());
            let changed = format!("{}{to}{}", &token[..place], &token[place + 1..]);
            prop_assume!(changed != token);
            prop_assert_eq!(keys().verify(&changed, NOW), Err(TokenError::Invalid));
        }

        #[test]
        fn anything_else_is_invalid(token in ".*") {
            prop_assert_eq!(keys().verify(&token, NOW), Err(TokenError::Invalid));
        }

        #[test]
        fn the_previous_key_verifies_and_a_foreign_one_does_not(claims in claims()) {
            let previous = TokenKeys::new(&[2; 32], None).mint(&claims);
            prop_assert_eq!(keys().verify(&previous, NOW), Ok(claims.clone()));
            let foreign = TokenKeys::new(&[3; 32], None).mint(&claims);
            prop_assert_eq!(keys().verify(&foreign, NOW), Err(TokenError::Invalid));
        }
    }

    /// A key's id is not enough: the mac must be that key's.
    #[test]
    fn a_foreign_key_under_a_known_id_is_noticed() {
        let claims = Claims {
            organisation: Uuid::nil(),
            origin: "https://a.example".into(),
            role: Role::Expert,
            subject: Uuid::nil(),
            call: None,
            issued_at: NOW,
            expires_at: NOW + HOUR,
        };
        let mut forger = TokenKeys::new(&[3; 32], None);
        forger.current.id.clone_from(&keys().current.id);
        assert_eq!(keys().verify(&forger.mint(&claims), NOW), Err(TokenError::Invalid));
    }
}
