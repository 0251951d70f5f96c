-- Site keys that an administrator has given up as lost or stolen: never taken again, and kept for whoever asks why pages
-- refuse calls. Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE retirements (
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  because TEXT NOT NULL CHECK (because IN ('lost', 'stolen')),
  person TEXT NOT NULL,
  retired_at INTEGER NOT NULL,
  PRIMARY KEY (organisation, key)
) STRICT, WITHOUT ROWID;
