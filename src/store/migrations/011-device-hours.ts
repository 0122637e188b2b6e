/** Migration 11: distinct devices of an hour for the whole school, so that the overview can leave out an hour in which one device was on alone. */
export const migration = {
  version: 11,
  sql: `
-- open: allowed, restricted or failed. Never by room, profile or category: an hour and a group together would point at a child.
CREATE TABLE device_hour (
  from_ms INTEGER NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('any', 'open', 'block')),
  devices INTEGER NOT NULL CHECK (devices >= 0),
  PRIMARY KEY (from_ms, action)
) STRICT, WITHOUT ROWID;
`,
} as const;
