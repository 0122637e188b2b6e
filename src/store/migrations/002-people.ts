/** Schema 2: accounts, the one-time setup code and the audit trail. */
export const migration = {
  version: 2,
  sql: `
CREATE TABLE user (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  role TEXT NOT NULL CHECK (role IN ('it-admin', 'teacher', 'head', 'counsellor', 'auditor')),
  created_ms INTEGER NOT NULL,
  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setup_code (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  hash BLOB NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  before TEXT,
  after TEXT,
  hash TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Only what retention has released, oldest first and with its last hash remembered, may go.
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq > (SELECT value FROM meta WHERE key = 'audit-base-seq')
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq <> 1 + (SELECT value FROM meta WHERE key = 'audit-head-seq')
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
`,
};
