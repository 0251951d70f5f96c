//! The long-term credential mechanism (RFC 8489 section 9.2) over time-limited and configured credentials.

use std::collections::HashMap;

use stun_types::attribute::{
    AttributeStaticType, Nonce, PasswordAlgorithm as PasswordAlgorithmAttribute, PasswordAlgorithms, RawAttribute,
    Realm, Userhash, Username,
};
use stun_types::message::{Message, MessageWrite, MessageWriteVec};
use zeroize::Zeroizing;

use crate::address::ClientAddress;
use crate::clock::Now;
use crate::integrity::{self, Integrity, Key, PasswordAlgorithm};
use crate::nonce::{Nonces, Verdict};

/// The value of PASSWORD-ALGORITHMS: SHA-256 first, as the server prefers it, without parameters (section 14.11).
const ALGORITHMS: [u8; 8] = [0, 2, 0, 0, 0, 1, 0, 0];

/// A user name may be this long, in bytes (section 14.3: less than 509).
const LONGEST_USERNAME: usize = 508;

/// Who may use the relay.
pub struct Authenticator {
    realm: String,
    secrets: Vec<Zeroizing<String>>,
    users: HashMap<String, Zeroizing<String>>,
    userhashes: HashMap<[u8; 32], String>,
    nonces: Nonces,
}

/// Whom a request comes from, and how its answer is protected.
pub struct Identity {
    /// As the client sent it: an allocation may only be used with the user name it was made with.
    pub username: String,
    /// Where in the user name the user begins, as quotas count: after the expiry.
    user_from: usize,
    /// Signs the answer.
    pub key: Key,
    /// With this attribute.
    pub integrity: Integrity,
}

impl Identity {
    /// As quotas count.
    #[must_use]
    pub fn user(&self) -> &str {
        self.username.get(self.user_from..).unwrap_or(&self.username)
    }
}

/// Why a request is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// 401: credentials are missing or wrong.
    Unauthenticated,
    /// 438: the nonce is not one of ours, not for this client, or too old.
    StaleNonce,
    /// 400: the attributes do not go together.
    Malformed,
}

impl Authenticator {
    /// Credentials are derived from the `secrets`, or looked up among `users`.
    #[must_use]
    pub fn new(
        realm: String,
        secrets: Vec<Zeroizing<String>>,
        users: HashMap<String, Zeroizing<String>>,
        nonce_key: [u8; 32],
    ) -> Self {
        let userhashes = users
            .keys()
            .map(|name| (Userhash::compute(name, &realm), name.clone()))
            .collect();
        // A user hash cannot be turned back into a time-limited user name: only offer it where every user is known.
        let nonces = Nonces::new(nonce_key, secrets.is_empty() && !users.is_empty());
        Self {
            realm,
            secrets,
            users,
            userhashes,
            nonces,
        }
    }

    /// Section 9.2.4, receiving a request.
    pub fn authenticate(&self, now: Now, client: ClientAddress, message: &Message<'_>) -> Result<Identity, Refusal> {
        // "If the request does not contain a MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256": 401.
        let Some(integrity) = integrity::attribute_of(message) else {
            return Err(Refusal::Unauthenticated);
        };
        // "If the message contains [one] but is missing USERNAME or USERHASH, REALM or NONCE": 400.
        let text = |kind| {
            message
                .raw_attribute(kind)
                .map(|raw| String::from_utf8(raw.value.to_vec()))
        };
        let (Some(realm), Some(nonce)) = (text(Realm::TYPE), text(Nonce::TYPE)) else {
            return Err(Refusal::Malformed);
        };
        let nonce = nonce.map_err(|_| Refusal::Malformed)?;
        let username = self.username(message)?;
        // "If the NONCE starts with the nonce cookie with the Password algorithms bit set": the algorithms go together.
        let algorithm = if Nonces::negotiates_algorithms(&nonce) {
            chosen_algorithm(message)?
        } else {
            PasswordAlgorithm::Md5
        };
        // "If the value of the USERNAME or USERHASH is not valid": 401.
        let username = username.ok_or(Refusal::Unauthenticated)?;
        if realm.as_deref() != Ok(&self.realm) {
            return Err(Refusal::Unauthenticated);
        }
        // "Using the password associated with the username, compute the value for the message integrity": 401.
        let (user_from, passwords) = self.passwords(&username, now);
        let key = passwords
            .iter()
            .map(|password| Key::derive(algorithm, &username, &self.realm, password))
            .find(|key| integrity::verify(message, key))
            .ok_or(Refusal::Unauthenticated)?;
        // "If the NONCE is no longer valid": 438; 401 where the integrity is wrong as well.
        if self.nonces.check(&nonce, client, now.unix) == Verdict::Stale {
            return Err(Refusal::StaleNonce);
        }
        Ok(Identity {
            username,
            user_from,
            key,
            integrity,
        })
    }

    /// Adds to a 401 or 438 what the client needs for its next try (sections 9.2.4 and 9.2.5).
    pub fn challenge(&self, now: Now, client: ClientAddress, response: &mut MessageWriteVec) {
        let nonce = self.nonces.issue(client, now.unix);
        response.push_attribute_unchecked(&RawAttribute::new(Realm::TYPE, self.realm.as_bytes()));
        response.push_attribute_unchecked(&RawAttribute::new(Nonce::TYPE, nonce.as_bytes()));
        response.push_attribute_unchecked(&RawAttribute::new(PasswordAlgorithms::TYPE, &ALGORITHMS));
    }

    /// The user name said or meant, `None` when a hash is nobody's.
    fn username(&self, message: &Message<'_>) -> Result<Option<String>, Refusal> {
        if let Some(raw) = message.raw_attribute(Username::TYPE) {
            let name = String::from_utf8(raw.value.to_vec()).map_err(|_| Refusal::Malformed)?;
            return if name.len() > LONGEST_USERNAME {
                Err(Refusal::Malformed)
            } else {
                Ok(Some(name))
            };
        }
        let raw = message.raw_attribute(Userhash::TYPE).ok_or(Refusal::Malformed)?;
        let hash: [u8; 32] = raw.value[..].try_into().map_err(|_| Refusal::Malformed)?;
        Ok(self.userhashes.get(&hash).cloned())
    }

    /// Every password that the user name may have, and where the user begins in it.
    fn passwords(&self, username: &str, now: Now) -> (usize, Vec<Zeroizing<String>>) {
        if let Some(password) = self.users.get(username) {
            return (0, vec![password.clone()]);
        }
        match visavis_turn_credential::verify(
            username,
            now.unix,
            &self.secrets.iter().map(|s| s.as_str()).collect::<Vec<_>>(),
        ) {
            Ok(verified) => (username.len() - verified.username.user.len(), verified.passwords),
            Err(_) => (0, Vec::new()),
        }
    }
}

/// Section 9.2.4: neither attribute means MD5; otherwise both, the list as the server sent it and the choice from it.
fn chosen_algorithm(message: &Message<'_>) -> Result<PasswordAlgorithm, Refusal> {
    let list = message.raw_attribute(PasswordAlgorithms::TYPE);
    let choice = message.raw_attribute(PasswordAlgorithmAttribute::TYPE);
    match (list, choice) {
        (None, None) => Ok(PasswordAlgorithm::Md5),
        (Some(list), Some(choice)) if list.value[..] == ALGORITHMS => match choice.value[..] {
            [0, 1, 0, 0] => Ok(PasswordAlgorithm::Md5),
            [0, 2, 0, 0] => Ok(PasswordAlgorithm::Sha256),
            _ => Err(Refusal::Malformed),
        },
        _ => Err(Refusal::Malformed),
    }
}
