-- Organisations, their people, and who is signed in. Times are milliseconds since 1970-01-01 UTC.
-- Sealed columns hold AES-256-GCM records; lookup and hash columns stand for values that are not stored.

CREATE TABLE organisations (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  accent TEXT NOT NULL,
  contact TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE origins (
  origin TEXT NOT NULL,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  PRIMARY KEY (origin, organisation)
) STRICT, WITHOUT ROWID;

CREATE INDEX origins_by_organisation ON origins (organisation);

CREATE TABLE data_keys (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  master_key TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (organisation, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
  id TEXT NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  name_sealed BLOB NOT NULL,
  title_sealed BLOB,
  email_sealed BLOB NOT NULL,
  email_lookup BLOB NOT NULL,
  expert INTEGER NOT NULL,
  administrator INTEGER NOT NULL,
  active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  signed_in_at INTEGER,
  UNIQUE (organisation, email_lookup)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in_links (
  secret_hash BLOB NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL,
  used_by BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_links_by_person ON sign_in_links (person);

CREATE TABLE sessions (
  secret_hash BLOB NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_person ON sessions (person);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Content security policy violations: of an organisation's pages, or ('') of the service's own.
CREATE TABLE reports (
  id TEXT NOT NULL PRIMARY KEY,
  organisation TEXT NOT NULL,
  directive TEXT NOT NULL,
  blocked TEXT NOT NULL,
  page TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  UNIQUE (organisation, directive, blocked, page)
) STRICT, WITHOUT ROWID;

CREATE INDEX reports_by_age ON reports (organisation, last_at);
