//! Sealed envelopes: what lies in a mailbox, for its reader only (`docs/signalling.md`, Mailboxes).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Serialize;
use uuid::Uuid;

use super::{Key, MasterKeys, aead, derive};
use crate::{
    identity::token::Role,
    ports::{Entropy, PortResult},
};

/// The name of a mailbox: `<organisation>/<role>/<subject>`; staff of either role have role `staff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MailboxName {
    organisation: Uuid,
    role: &'static str,
    subject: Uuid,
}

impl MailboxName {
    /// The mailbox of whoever holds a token of that role.
    pub(crate) fn new(organisation: Uuid, role: Role, subject: Uuid) -> Self {
        let role = match role {
            Role::Visitor => "visitor",
            Role::Expert | Role::Administrator => "staff",
        };
        Self {
            organisation,
            role,
            subject,
        }
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.organisation, self.role, self.subject)
    }
}

/// What a client needs to read its mailbox; given with its token.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct MailboxAccess {
    /// The mailbox's name, the associated data of every entry.
    pub(crate) name: String,
    /// The AES-256-GCM key of every entry, base64url without padding.
    pub(crate) key: String,
}

impl MasterKeys {
    /// The key of a mailbox.
    fn mailbox_key(&self, mailbox: &MailboxName) -> Key {
        derive(
            &self.current.mailboxes,
            &[b"visavis/v1/mailbox/", mailbox.to_string().as_bytes()],
        )
    }

    /// What the owner of a mailbox needs to read it.
    pub(crate) fn mailbox_access(&self, mailbox: &MailboxName) -> MailboxAccess {
        MailboxAccess {
            name: mailbox.to_string(),
            key: BASE64URL.encode(self.mailbox_key(mailbox)),
        }
    }

    /// Seals an envelope for a mailbox: base64url of `nonce ‖ ciphertext ‖ tag`.
    pub(crate) fn seal_envelope(
        &self,
        entropy: &impl Entropy,
        mailbox: &MailboxName,
        envelope: &impl Serialize,
    ) -> PortResult<String> {
        let message = serde_json::to_vec(envelope)
            .map_err(|error| crate::ports::PortError::Unavailable(format!("an envelope is not JSON: {error}")))?;
        let sealed = aead::seal(
            &self.mailbox_key(mailbox),
            entropy,
            &message,
            mailbox.to_string().as_bytes(),
        )?;
        Ok(BASE64URL.encode(sealed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ports::Platform as _, testing::Memory};

    /// What a client does with an entry, by nothing but its access.
    fn open(access: &MailboxAccess, sealed: &str) -> Option<Vec<u8>> {
        let key: [u8; 32] = BASE64URL.decode(&access.key).ok()?.try_into().ok()?;
        aead::open(&Key::new(key), &BASE64URL.decode(sealed).ok()?, access.name.as_bytes())
    }

    proptest! {
        #[test]
        fn an_envelope_opens_with_its_mailboxs_access_only(text in ".*", organisation: u128, subject: u128) {
            let masters = MasterKeys::new(&[1; 32], None);
            let mailbox = |role| MailboxName::new(Uuid::from_u128(organisation), role, Uuid::from_u128(subject));
            let staff = mailbox(Role::Expert);
            let memory = Memory::new();
            let sealed = masters.seal_envelope(memory.entropy(), &staff, &text).unwrap();
            let expected = serde_json::to_vec(&text).unwrap();
            prop_assert_eq!(open(&masters.mailbox_access(&staff), &sealed), Some(expected.clone()));
            prop_assert_eq!(open(&masters.mailbox_access(&mailbox(Role::Administrator)), &sealed), Some(expected));
            prop_assert_eq!(open(&masters.mailbox_access(&mailbox(Role::Visitor)), &sealed), None);
            let foreign = MasterKeys::new(&[2; 32], None).mailbox_access(&staff);
            prop_assert_eq!(open(&foreign, &sealed), None);
        }
    }
}
