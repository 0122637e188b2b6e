/** Migration 8: a password that an administrator gives is good once, until a day. */
export const migration = {
  version: 8,
  sql: `
ALTER TABLE user ADD COLUMN one_time_until INTEGER;
`,
} as const;
