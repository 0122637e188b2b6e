/** Schema 4: what two people must agree on, wrong passwords counted, and hosts where TLS is not ended here. */
export const migration = {
  version: 4,
  sql: `
-- Which kinds there are is checked by the program, so that a new one needs no new table.
CREATE TABLE proposal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  change TEXT NOT NULL,
  base TEXT NOT NULL,
  reason TEXT NOT NULL,
  by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn', 'expired')),
  decided_by TEXT,
  decided_ms INTEGER,
  note TEXT,
  used_ms INTEGER,
  CHECK ((state = 'open') = (decided_ms IS NULL)),
  CHECK (used_ms IS NULL OR state = 'approved')
) STRICT;
CREATE UNIQUE INDEX proposal_open ON proposal (subject) WHERE state = 'open';
CREATE INDEX proposal_state ON proposal (state, expires_ms);

-- Known accounts by name; names that are none share a few numbered rows, for what was typed there may be a password.
CREATE TABLE login_count (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  fails INTEGER NOT NULL,
  last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tls_rejection (
  day_ms INTEGER NOT NULL,
  host TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (day_ms, host)
) STRICT, WITHOUT ROWID;

CREATE TABLE tls_exception (
  entry TEXT PRIMARY KEY,
  note TEXT,
  by TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
};
