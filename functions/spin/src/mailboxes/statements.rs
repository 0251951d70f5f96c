//! The SQL of the mailboxes. Nothing is written by who only reads.

use visavis::ports::{Entry, Page, PortError, PortResult, Rows, Statement, Value, mailbox_limits, milliseconds};

/// Appends an entry, unless its id is there, drops what is too much, and says in the last result where the entry is.
pub(super) fn append(mailbox: &str, id: &str, sealed: String, now: i64) -> Vec<Statement> {
    vec![
        Statement {
            sql: "INSERT OR REPLACE INTO mailboxes (name, last, listeners, used_at) \
                  SELECT ?1, last + 1, listeners, ?3 FROM (SELECT coalesce(max(last), 0) AS last, \
                  coalesce(max(listeners), 0) AS listeners FROM mailboxes WHERE name = ?1) \
                  WHERE NOT EXISTS (SELECT 1 FROM mailbox_entries WHERE mailbox = ?1 AND id = ?2)",
            parameters: vec![mailbox.into(), id.into(), now.into()],
        },
        // Never earlier than the entry before, whatever the clock does: entries are dropped from the front only.
        Statement {
            sql: "INSERT INTO mailbox_entries (mailbox, sequence, id, at, sealed) \
                  SELECT ?1, last, ?2, max(?3, coalesce((SELECT at FROM mailbox_entries \
                  WHERE mailbox = ?1 AND sequence = last - 1), 0)), ?4 FROM mailboxes WHERE name = ?1 \
                  AND NOT EXISTS (SELECT 1 FROM mailbox_entries WHERE mailbox = ?1 AND id = ?2)",
            parameters: vec![mailbox.into(), id.into(), now.into(), sealed.into()],
        },
        Statement {
            sql: "DELETE FROM mailbox_entries WHERE mailbox = ?1 \
                  AND sequence <= (SELECT last FROM mailboxes WHERE name = ?1) - ?2",
            parameters: vec![mailbox.into(), signed(mailbox_limits::ENTRIES).into()],
        },
        Statement {
            sql: "SELECT sequence FROM mailbox_entries WHERE mailbox = ?1 AND id = ?2",
            parameters: vec![mailbox.into(), id.into()],
        },
    ]
}

/// What one read of a mailbox finds.
pub(super) struct Found {
    pub(super) page: Page,
    listeners: i64,
    used_at: i64,
}

/// Reads the state of a mailbox and what comes after a cursor, in one glance.
pub(super) fn find(mailbox: &str, after: u64, limit: usize, now: i64) -> Statement {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Statement {
        sql: "SELECT m.last, m.listeners, m.used_at, e.sequence, e.sealed FROM mailboxes m \
              LEFT JOIN mailbox_entries e ON e.mailbox = m.name AND e.sequence > ?2 AND e.at > ?3 \
              WHERE m.name = ?1 ORDER BY e.sequence LIMIT max(?4, 1)",
        parameters: vec![
            mailbox.into(),
            signed(after).into(),
            (now - milliseconds(mailbox_limits::AGE)).into(),
            limit.into(),
        ],
    }
}

impl Found {
    pub(super) fn of(rows: Rows, after: u64, limit: usize) -> PortResult<Self> {
        // A mailbox that does not exist has had nothing, and nobody forgets it.
        let (mut last, mut listeners, mut used_at) = (0, 0, i64::MAX);
        let mut entries = Vec::with_capacity(rows.rows.len());
        for row in rows.rows {
            let [last_value, listeners_value, used_value, sequence, sealed] =
                <[Value; 5]>::try_from(row).map_err(|_| unexpected())?;
            last = last_value.integer().map_or(last, unsigned);
            listeners = listeners_value.integer().unwrap_or(listeners);
            used_at = used_value.integer().unwrap_or(used_at);
            if let (Some(sequence), Value::Text(sealed)) = (sequence.integer(), sealed) {
                entries.push(Entry {
                    sequence: unsigned(sequence),
                    sealed,
                });
            }
        }
        Ok(Self {
            page: Page::new(after, last, limit, entries),
            listeners,
            used_at,
        })
    }

    /// Whether so many newer listeners have come that there is no room for the one who came at this place.
    pub(super) fn is_replaced(&self, place: i64) -> bool {
        self.listeners - place >= i64::try_from(mailbox_limits::LISTENERS).unwrap_or(i64::MAX)
    }

    /// Whether the mailbox is to be told that it has a reader.
    pub(super) fn should_note_use(&self, now: i64) -> bool {
        self.used_at <= now - milliseconds(mailbox_limits::USE_NOTED_EVERY)
    }
}

/// Notes that somebody reads.
pub(super) fn note_use(mailbox: &str, now: i64) -> Statement {
    Statement {
        sql: "UPDATE mailboxes SET used_at = ?2 WHERE name = ?1",
        parameters: vec![mailbox.into(), now.into()],
    }
}

/// Notes that somebody listens, and returns the listener's place among all there have been.
pub(super) fn note_listener(mailbox: &str, now: i64) -> Statement {
    Statement {
        sql: "INSERT OR REPLACE INTO mailboxes (name, last, listeners, used_at) \
              SELECT ?1, coalesce(max(last), 0), coalesce(max(listeners), 0) + 1, ?2 FROM mailboxes \
              WHERE name = ?1 RETURNING listeners",
        parameters: vec![mailbox.into(), now.into()],
    }
}

/// Which mailboxes have changed after a change, or else the last change there is.
pub(super) fn changes(head: Option<i64>) -> Statement {
    match head {
        Some(head) => Statement {
            sql: "SELECT changed, name FROM mailboxes WHERE changed > ?1 ORDER BY changed",
            parameters: vec![head.into()],
        },
        None => Statement {
            sql: "SELECT coalesce(max(changed), 0), NULL FROM mailboxes",
            parameters: Vec::new(),
        },
    }
}

/// The names of the mailboxes, and the last change.
pub(super) fn changed(rows: Rows, head: Option<i64>) -> (Vec<String>, i64) {
    let mut last = head.unwrap_or(0);
    let mut names = Vec::with_capacity(rows.rows.len());
    for mut row in rows.rows {
        if let Some(Value::Text(name)) = row.pop() {
            names.push(name);
        }
        last = row.first().and_then(Value::integer).unwrap_or(last);
    }
    (names, last)
}

/// Drops entries that are too old, and forgets mailboxes that have no reader any more.
pub(super) fn delete_outdated(now: i64) -> Vec<Statement> {
    vec![
        Statement {
            sql: "DELETE FROM mailbox_entries WHERE at <= ?1",
            parameters: vec![(now - milliseconds(mailbox_limits::AGE)).into()],
        },
        Statement {
            sql: "DELETE FROM mailboxes WHERE used_at <= ?1 \
                  AND NOT EXISTS (SELECT 1 FROM mailbox_entries WHERE mailbox = name)",
            parameters: vec![(now - milliseconds(mailbox_limits::FORGOTTEN_AFTER)).into()],
        },
    ]
}

/// The number that a statement returned.
pub(super) fn number(rows: &Rows) -> Option<i64> {
    rows.rows.first()?.first()?.integer()
}

/// The database answered with something else than was asked for.
pub(super) fn unexpected() -> PortError {
    PortError::Unavailable("SQLite: an answer of another form".into())
}

/// Sequences count from 1 and stay below 2^53.
fn unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or(0)
}

fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
