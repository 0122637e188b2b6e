/** Schema 7: what a pupil leaves for the counsellor. No room, no address, no account: nothing but what was chosen to be written. */
export const migration = {
  version: 7,
  sql: `
CREATE TABLE help_ticket (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ref TEXT NOT NULL UNIQUE,
  message TEXT NOT NULL,
  contact TEXT,
  at_ms INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
  answer TEXT,
  by TEXT,
  -- last change: retention counts from here
  touched_ms INTEGER NOT NULL
) STRICT;
`,
};
