/**
 * Schema 3: events, their roll-ups, and device numbers. The closed shapes below are the last wall of privacy:
 * the only free text is a domain, and its CHECK takes neither an address nor a path. Zones are names an admin gave to rooms.
 */
export const migration = {
  version: 3,
  sql: `
-- One row for each combination ever seen (a few thousand), so that an event costs some 20 bytes.
CREATE TABLE facet (
  id INTEGER PRIMARY KEY,
  zone TEXT NOT NULL,
  profile TEXT NOT NULL CHECK (profile NOT GLOB '*[^a-z0-9-]*'),
  category TEXT NOT NULL CHECK (category NOT GLOB '*[^a-z0-9-]*'),
  action TEXT NOT NULL CHECK (action IN ('allow', 'block', 'restrict', 'fail')),
  layer TEXT NOT NULL CHECK (layer NOT GLOB '*[^a-z-]*'),
  reason TEXT NOT NULL CHECK (reason <> '' AND reason NOT GLOB '*[^a-z-]*'),
  channel TEXT NOT NULL CHECK (channel IN ('http', 'tunnel', 'websocket')),
  UNIQUE (zone, profile, category, action, layer, reason, channel)
) STRICT;

CREATE TABLE domain (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) <= 253 AND name NOT GLOB '*[^a-z0-9._-]*' AND name GLOB '*[a-z]*')
) STRICT;

-- domain 0: none kept.
CREATE TABLE event (
  minute INTEGER NOT NULL,
  facet INTEGER NOT NULL REFERENCES facet (id),
  domain INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK (n > 0),
  bytes_up INTEGER NOT NULL CHECK (bytes_up >= 0),
  bytes_down INTEGER NOT NULL CHECK (bytes_down >= 0),
  ms INTEGER NOT NULL CHECK (ms >= 0),
  PRIMARY KEY (minute, facet, domain)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_hour (
  from_ms INTEGER NOT NULL,
  facet INTEGER NOT NULL REFERENCES facet (id),
  requests INTEGER NOT NULL,
  bytes_up INTEGER NOT NULL,
  bytes_down INTEGER NOT NULL,
  PRIMARY KEY (from_ms, facet)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_day (
  from_ms INTEGER NOT NULL,
  facet INTEGER NOT NULL REFERENCES facet (id),
  requests INTEGER NOT NULL,
  bytes_up INTEGER NOT NULL,
  bytes_down INTEGER NOT NULL,
  PRIMARY KEY (from_ms, facet)
) STRICT, WITHOUT ROWID;

CREATE TABLE domain_day (
  day_ms INTEGER NOT NULL,
  domain INTEGER NOT NULL,
  action TEXT NOT NULL,
  category TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (day_ms, domain, action, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_day (
  day_ms INTEGER NOT NULL,
  profile TEXT NOT NULL,
  category TEXT NOT NULL,
  action TEXT NOT NULL,
  devices INTEGER NOT NULL CHECK (devices >= 0),
  PRIMARY KEY (day_ms, profile, category, action)
) STRICT, WITHOUT ROWID;

-- Before these the periods are no longer whole, so roll-ups can no longer be compared with what they cover.
INSERT INTO meta (key, value) VALUES ('events-gone-before', 0), ('hours-gone-before', 0), ('days-gone-before', 0);
`,
};
