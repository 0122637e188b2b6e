/** Migration 9: what was taken from the signed channel. Metadata and what came by it change in one transaction. */
export const migration = {
  version: 9,
  sql: `
ALTER TABLE list ADD COLUMN ends_ms INTEGER;

-- One row: which trust root it began from, how many times it was written, how it went.
CREATE TABLE channel (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  root_sha256 TEXT NOT NULL,
  rev INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;

-- Trusted TUF metadata (root, timestamp, snapshot, targets), byte for byte: what newer metadata is measured against.
CREATE TABLE channel_metadata (role TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Deny lists in eight bytes a line (tls/packed-deny.ts).
CREATE TABLE channel_deny (kind TEXT PRIMARY KEY CHECK (kind IN ('revoked', 'distrusted')), lines INTEGER NOT NULL, packed BLOB NOT NULL) STRICT;
`,
} as const;
