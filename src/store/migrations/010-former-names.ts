/** Schema 10: names a room has had. Pages left open, scripts and counts on their way still say them; whoever takes such a name anew ends it. */
export const migration = {
  version: 10,
  sql: `
CREATE TABLE zone_former (
  name TEXT PRIMARY KEY,
  zone INTEGER NOT NULL REFERENCES zone (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`,
} as const;
