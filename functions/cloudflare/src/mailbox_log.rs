//! The entries of one mailbox, in the SQLite of its Durable Object.
//!
//! Every function is synchronous, so nothing interleaves with it, and the writes of one turn are committed together.

use visavis::ports::{Entry, Page, mailbox_limits, milliseconds};
use worker::{SqlStorage, SqlStorageValue};

/// The entries, contiguous from the oldest to the last, and what remains of the ones dropped.
#[derive(Debug, Clone)]
pub(crate) struct Log(pub(crate) SqlStorage);

/// What became of an append.
pub(crate) enum Append {
    /// The entry is at this place. `into_empty` says that it is the only one, so its age decides when to look again.
    At {
        /// The place.
        sequence: u64,
        /// Whether the mailbox was empty before.
        into_empty: bool,
    },
    /// The same id is at this place already.
    Repeated(u64),
}

/// The bounds of what is kept.
struct Span {
    oldest: Option<Oldest>,
    /// The last sequence given out, 0 at the beginning.
    last: u64,
}

struct Oldest {
    sequence: u64,
    at: i64,
}

impl Log {
    /// Appends an entry, or says where it is already.
    pub(crate) fn append(&self, id: &str, sealed: String, now: i64) -> worker::Result<Append> {
        self.create()?;
        if let Some(sequence) = self.integer("SELECT sequence FROM entries WHERE id = ?", vec![id.into()])? {
            return Ok(Append::Repeated(to_unsigned(sequence)));
        }
        self.drop_outdated(now)?;
        let span = self.span()?;
        let sequence = span.last + 1;
        let first_kept = sequence.saturating_sub(mailbox_limits::ENTRIES - 1);
        if span.oldest.as_ref().is_some_and(|oldest| oldest.sequence < first_kept) {
            self.execute(
                "DELETE FROM entries WHERE sequence < ?",
                vec![to_signed(first_kept).into()],
            )?;
        }
        // Never earlier than the entry before, whatever the clock does: entries are dropped from the front only.
        self.execute(
            "INSERT INTO entries (sequence, id, at, sealed)
             VALUES (?1, ?2, max(?3, coalesce((SELECT at FROM entries WHERE sequence = ?1 - 1), 0)), ?4)",
            vec![to_signed(sequence).into(), id.into(), now.into(), sealed.into()],
        )?;
        Ok(Append::At {
            sequence,
            into_empty: span.oldest.is_none(),
        })
    }

    /// Reads at most `limit` deliveries after a cursor.
    pub(crate) fn read(&self, after: u64, limit: usize, now: i64) -> worker::Result<Page> {
        if !self.exists()? {
            return Ok(Page::new(after, 0, limit, []));
        }
        self.note_use(now)?;
        self.drop_outdated(now)?;
        let rows = self.execute(
            "SELECT sequence, sealed FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?",
            vec![to_signed(after).into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
        )?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let [SqlStorageValue::Integer(sequence), SqlStorageValue::String(sealed)] =
                <[_; 2]>::try_from(row).map_err(|_| "a row of another width")?
            else {
                return Err("a row of another form".into());
            };
            entries.push(Entry {
                sequence: to_unsigned(sequence),
                sealed,
            });
        }
        Ok(Page::new(after, self.span()?.last, limit, entries))
    }

    /// Drops what is too old and says when to look again, as a time; nothing if the whole mailbox can be forgotten.
    pub(crate) fn tidy(&self, has_listeners: bool, now: i64) -> worker::Result<Option<i64>> {
        if !self.exists()? {
            return Ok(None);
        }
        if has_listeners {
            self.note_use(now)?;
        }
        self.drop_outdated(now)?;
        if let Some(oldest) = self.span()?.oldest {
            return Ok(Some(oldest.at + milliseconds(mailbox_limits::AGE)));
        }
        let forget_at = self.used_at()? + milliseconds(mailbox_limits::FORGOTTEN_AFTER);
        Ok((has_listeners || forget_at > now)
            .then_some(forget_at.max(now + milliseconds(mailbox_limits::USE_NOTED_EVERY))))
    }

    /// Lets time pass, for a test.
    #[cfg(feature = "conformance")]
    pub(crate) fn age_by(&self, milliseconds: i64) -> worker::Result<()> {
        self.execute("UPDATE entries SET at = at - ?", vec![milliseconds.into()])?;
        self.execute("UPDATE mailbox SET used_at = used_at - ?", vec![milliseconds.into()])?;
        Ok(())
    }

    fn create(&self) -> worker::Result<()> {
        self.execute(
            "CREATE TABLE IF NOT EXISTS entries (
                 sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, sealed TEXT NOT NULL
             ) STRICT",
            vec![],
        )?;
        // One row, written only when entries are dropped and when use is noted: an append is one written entry.
        self.execute(
            "CREATE TABLE IF NOT EXISTS mailbox (
                 one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL, used_at INTEGER NOT NULL
             ) STRICT",
            vec![],
        )?;
        Ok(())
    }

    /// A mailbox exists from its first append; reading one that does not stores nothing.
    fn exists(&self) -> worker::Result<bool> {
        Ok(self
            .integer("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'", vec![])?
            .is_some())
    }

    fn span(&self) -> worker::Result<Span> {
        let oldest = self
            .execute("SELECT sequence, at FROM entries ORDER BY sequence LIMIT 1", vec![])?
            .pop();
        let oldest = match oldest.as_deref() {
            Some([SqlStorageValue::Integer(sequence), SqlStorageValue::Integer(at)]) => Some(Oldest {
                sequence: to_unsigned(*sequence),
                at: *at,
            }),
            _ => None,
        };
        let last = if oldest.is_some() {
            "SELECT max(sequence) FROM entries"
        } else {
            "SELECT last FROM mailbox"
        };
        Ok(Span {
            oldest,
            last: self.integer(last, vec![])?.map_or(0, to_unsigned),
        })
    }

    fn used_at(&self) -> worker::Result<i64> {
        Ok(self.integer("SELECT used_at FROM mailbox", vec![])?.unwrap_or(0))
    }

    fn note_use(&self, now: i64) -> worker::Result<()> {
        if self.used_at()? + milliseconds(mailbox_limits::USE_NOTED_EVERY) <= now {
            self.remember(self.span()?.last, now)?;
        }
        Ok(())
    }

    fn drop_outdated(&self, now: i64) -> worker::Result<()> {
        let cutoff = now - milliseconds(mailbox_limits::AGE);
        let span = self.span()?;
        if span.oldest.is_some_and(|oldest| oldest.at <= cutoff) {
            // First, so that no sequence is given out twice should the next statement fail.
            self.remember(span.last, now)?;
            self.execute("DELETE FROM entries WHERE at <= ?", vec![cutoff.into()])?;
        }
        Ok(())
    }

    fn remember(&self, last: u64, used_at: i64) -> worker::Result<()> {
        self.execute(
            "INSERT INTO mailbox (one, last, used_at) VALUES (1, ?1, ?2)
             ON CONFLICT DO UPDATE SET last = ?1, used_at = ?2",
            vec![to_signed(last).into(), used_at.into()],
        )?;
        Ok(())
    }

    fn integer(&self, sql: &str, parameters: Vec<SqlStorageValue>) -> worker::Result<Option<i64>> {
        Ok(match self.execute(sql, parameters)?.first().map(Vec::as_slice) {
            Some([SqlStorageValue::Integer(value)]) => Some(*value),
            _ => None,
        })
    }

    fn execute(&self, sql: &str, parameters: Vec<SqlStorageValue>) -> worker::Result<Vec<Vec<SqlStorageValue>>> {
        self.0.exec(sql, parameters)?.raw().collect()
    }
}

/// Sequences count from 1 and stay below 2^53.
fn to_unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or(0)
}

fn to_signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
