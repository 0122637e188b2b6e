/** Schema 1: what bears on verdicts, who may change it, and the record of changes. */
export const migration = {
  version: 1,
  sql: `
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('generation', 1), ('audit-base-seq', 0), ('audit-base-hash', ''), ('audit-head-seq', 0), ('audit-head-hash', '');

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE zone (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  profile TEXT NOT NULL,
  cidrs TEXT NOT NULL,
  macs TEXT NOT NULL,
  port INTEGER UNIQUE,
  login_name TEXT,
  login_hash TEXT,
  timetable TEXT NOT NULL,
  CHECK ((login_name IS NULL) = (login_hash IS NULL))
) STRICT;

CREATE TABLE lesson (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  zone INTEGER NOT NULL REFERENCES zone (id) ON DELETE CASCADE,
  profile TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  by TEXT NOT NULL,
  CHECK (until_ms >= from_ms)
) STRICT;
CREATE INDEX lesson_zone ON lesson (zone, until_ms);

CREATE TABLE opening (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  zone INTEGER NOT NULL REFERENCES zone (id) ON DELETE CASCADE,
  entry TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  by TEXT NOT NULL,
  reason TEXT,
  CHECK (until_ms >= from_ms)
) STRICT;
CREATE INDEX opening_zone ON opening (zone, until_ms);

CREATE TABLE rule (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  layer TEXT NOT NULL CHECK (layer IN ('emergency', 'school-allow', 'school-block', 'city-allow', 'city-block')),
  entry TEXT NOT NULL,
  profiles TEXT,
  note TEXT,
  by TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rule_once ON rule (layer, entry, coalesce(profiles, ''));

CREATE TABLE cell (
  profile TEXT NOT NULL,
  category TEXT NOT NULL,
  cell TEXT NOT NULL CHECK (cell IN ('X', 'K', 'H', 'M')),
  reason TEXT NOT NULL,
  by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (profile, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE list (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  category TEXT,
  profiles TEXT,
  shield INTEGER NOT NULL CHECK (shield IN (0, 1)),
  origin TEXT NOT NULL CHECK (origin IN ('shipped', 'imported', 'city')),
  source TEXT NOT NULL,
  license TEXT,
  current INTEGER REFERENCES list_version (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE list_version (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  list INTEGER NOT NULL REFERENCES list (id) ON DELETE CASCADE,
  version TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  entries INTEGER NOT NULL,
  added_ms INTEGER NOT NULL,
  packed BLOB NOT NULL,
  UNIQUE (list, version)
) STRICT;

CREATE TABLE request (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ref TEXT NOT NULL UNIQUE,
  zone TEXT,
  profile TEXT NOT NULL,
  host TEXT NOT NULL,
  category TEXT,
  reason TEXT,
  at_ms INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'expired')),
  answered_ms INTEGER,
  by TEXT,
  answer TEXT
) STRICT;
CREATE INDEX request_state ON request (state, at_ms);

-- Counted by the day a request came in, so that received = approved + rejected + expired + still open, always,
-- and the counts outlive the requests themselves.
CREATE TABLE request_day (
  day_ms INTEGER PRIMARY KEY,
  received INTEGER NOT NULL DEFAULT 0,
  approved INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0
) STRICT;
`,
};
