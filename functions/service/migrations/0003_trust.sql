-- Who may speak for an organisation's experts: signed statements (docs/handshake.md), verified before they are stored;
-- what visitors leave; and who may join a call. Keys, device ids and statements are base64url. Times are milliseconds
-- since 1970-01-01 UTC. Sealed columns hold AES-256-GCM records.

CREATE TABLE site_keys (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  statement TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (organisation, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE successions (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  old_key TEXT NOT NULL,
  new_key TEXT NOT NULL,
  statement TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  PRIMARY KEY (organisation, old_key, new_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE approvers (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  site_key TEXT NOT NULL,
  person TEXT NOT NULL,
  statement TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  revoked INTEGER NOT NULL,
  PRIMARY KEY (organisation, key)
) STRICT, WITHOUT ROWID;

-- Requests, and what became of them.
CREATE TABLE devices (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  expert TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  signing_key TEXT NOT NULL,
  sealing_key TEXT NOT NULL,
  request TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  approver TEXT,
  certificate_sealed BLOB,
  not_after INTEGER,
  revoked INTEGER NOT NULL,
  PRIMARY KEY (organisation, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_by_expert ON devices (expert);

-- The list with the highest number; keys is a JSON array of what is on it.
CREATE TABLE revocations (
  organisation TEXT NOT NULL PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
  issuer TEXT NOT NULL,
  number INTEGER NOT NULL,
  statement TEXT NOT NULL,
  keys TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Checks that failed in a client.
CREATE TABLE alarms (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('visitor', 'expert')),
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (organisation, reason, side)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  id TEXT NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  visitor TEXT NOT NULL,
  expert TEXT REFERENCES people (id) ON DELETE CASCADE,
  payload_sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX messages_by_organisation ON messages (organisation, created_at);

CREATE INDEX messages_by_age ON messages (created_at);

-- Into which call, by whom; and as which visitor with which call it was accepted.
CREATE TABLE invitations (
  id TEXT NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  secret_hash BLOB NOT NULL UNIQUE,
  call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  expert TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  visitor TEXT,
  joining_call TEXT UNIQUE
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_by_call ON invitations (call);

-- A call that belongs to another one, and by which invitation.
ALTER TABLE calls ADD COLUMN parent TEXT;

ALTER TABLE calls ADD COLUMN invitation TEXT;

CREATE INDEX calls_by_parent ON calls (parent) WHERE parent IS NOT NULL;
