-- Who is there, calls, and how often somebody asked. Times are milliseconds since 1970-01-01 UTC.
-- Sealed columns hold AES-256-GCM records.

-- Leases: who does not renew is gone at expires_at.
CREATE TABLE presence (
  organisation TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('visitor', 'expert')),
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('here', 'available', 'away', 'leaving')),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (organisation, role, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX presence_by_expiry ON presence (expires_at);

CREATE TABLE calls (
  id TEXT NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  visitor TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ringing', 'answered', 'ended', 'missed', 'declined', 'cancelled')),
  version INTEGER NOT NULL,
  media TEXT NOT NULL CHECK (media IN ('video', 'audio', 'chat')),
  wanted_expert TEXT,
  waits INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  rings_until INTEGER NOT NULL,
  answered_at INTEGER,
  ended_at INTEGER,
  ended_because TEXT CHECK (ended_because IN ('hung-up', 'visitor-gone', 'expert-gone')),
  expert TEXT,
  answer_digest BLOB,
  visitor_sealed BLOB NOT NULL,
  offer_sealed BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX calls_open ON calls (organisation, created_at) WHERE state IN ('ringing', 'answered');

CREATE INDEX calls_by_expert ON calls (expert) WHERE state = 'answered';

CREATE INDEX calls_by_end ON calls (ended_at) WHERE ended_at IS NOT NULL;

-- For whom a call rings or rang.
CREATE TABLE rings (
  call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  expert TEXT NOT NULL,
  declined INTEGER NOT NULL,
  PRIMARY KEY (call, expert)
) STRICT, WITHOUT ROWID;

CREATE INDEX rings_by_expert ON rings (expert);

-- Counters of fixed windows; the key is a keyed hash of who and what.
CREATE TABLE rate_limits (
  key BLOB NOT NULL PRIMARY KEY,
  ends_at INTEGER NOT NULL,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_limits_by_end ON rate_limits (ends_at);
