-- Mailboxes and what is in them. Times are milliseconds since 1970-01-01 UTC.

-- Every change replaces the row, which so gets a number above all earlier ones: whoever remembers the last number that it
-- saw finds by one look what has changed since, in any mailbox.
CREATE TABLE mailboxes (
  changed INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  -- The last sequence given out.
  last INTEGER NOT NULL,
  -- How many listeners there have been.
  listeners INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT;

CREATE INDEX mailboxes_by_use ON mailboxes (used_at);

CREATE TABLE mailbox_entries (
  mailbox TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (mailbox, sequence),
  UNIQUE (mailbox, id)
) STRICT;

CREATE INDEX mailbox_entries_by_age ON mailbox_entries (at);
