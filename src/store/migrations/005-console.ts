/**
 * Schema 5: the console. Sessions, tokens and recovery codes lie here as hashes only, and none of it holds an address.
 * The secret of a second factor must be readable to be checked, so it is as safe as this file (0600) and its backups.
 */
export const migration = {
  version: 5,
  sql: `
-- Whatever changes what an account may do raises it; a session of an older version is over.
ALTER TABLE user ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE totp (
  user TEXT PRIMARY KEY COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
  secret TEXT NOT NULL,
  last_step INTEGER NOT NULL,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
  user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
  hash BLOB NOT NULL,
  PRIMARY KEY (user, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
  user_version INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('code', 'enrol', 'full')),
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  proved_ms INTEGER NOT NULL,
  lang TEXT NOT NULL CHECK (lang IN ('vi', 'en')),
  device TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user);

CREATE TABLE api_token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  purpose TEXT NOT NULL,
  actions TEXT NOT NULL,
  by TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_day_ms INTEGER
) STRICT;

-- A room without a row is every teacher's; one with rows is theirs alone.
CREATE TABLE room_teacher (
  zone INTEGER NOT NULL REFERENCES zone (id) ON DELETE CASCADE,
  user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
  PRIMARY KEY (zone, user)
) STRICT, WITHOUT ROWID;
`,
};
