//! Putting an envelope into a mailbox: sealed for its reader, once for each id.

use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::{
    App,
    ports::{Clock as _, Mailboxes as _, Platform, PortError, PortResult},
    time::rfc3339,
    vault::mailbox::MailboxName,
};

/// How long to wait before each further attempt at a mailbox that does not answer.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// What a mailbox's reader finds when it opens an entry.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope<'a, B> {
    id: Uuid,
    at: String,
    #[serde(rename = "type")]
    kind: &'a str,
    call: Uuid,
    body: B,
}

/// The id of an envelope, the same each time for the same parts, so that a repeated one is appended once.
fn envelope_id(call: Uuid, kind: &str, mailbox: &MailboxName, of: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update(call.as_bytes())
        .chain_update(format!("{kind}\n{mailbox}\n{of}"))
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // RFC 9562 section 5.8.
    Builder::from_custom_bytes(bytes).into_uuid()
}

impl<P: Platform> App<P> {
    /// Puts an envelope about a call into a mailbox. Nothing is appended where one of the same kind and call, `of` the
    /// same thing, is there already. A platform that does not answer is asked again, twice.
    pub(crate) async fn post<B: Serialize + Sync>(
        &self,
        mailbox: &MailboxName,
        (kind, of): (&str, &str),
        call: Uuid,
        body: B,
    ) -> PortResult<()> {
        let id = envelope_id(call, kind, mailbox, of);
        let envelope = Envelope {
            id,
            at: rfc3339(self.now()),
            kind,
            call,
            body,
        };
        let sealed = self
            .config
            .vault
            .seal_envelope(self.platform.entropy(), mailbox, &envelope)?;
        drop(envelope);
        let (name, id) = (mailbox.to_string(), id.to_string());
        let mut pauses = PAUSES.into_iter();
        loop {
            match self.platform.mailboxes().append(&name, &id, sealed.clone()).await {
                Ok(_) => return Ok(()),
                Err(error @ PortError::Unavailable(_)) => match pauses.next() {
                    Some(pause) => self.platform.clock().sleep(pause).await,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }
}
