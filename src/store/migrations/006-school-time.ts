/**
 * Schema 6: school time, lists of sites that teachers keep, rooms handed over, causes of requests, what a lesson does beside
 * its profile. The bells below are usual examples of schools in Hà Nội, not a rule of law: every school sets its own.
 */
export const migration = {
  version: 6,
  sql: `
-- own: the school has set this level's bells itself.
CREATE TABLE bell_level (
  level TEXT PRIMARY KEY CHECK (level IN ('tieu-hoc', 'thcs', 'thpt')),
  weekdays TEXT NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO bell_level (level, weekdays, own) VALUES ('tieu-hoc', '[1,2,3,4,5]', 0), ('thcs', '[1,2,3,4,5,6]', 0), ('thpt', '[1,2,3,4,5,6]', 0);

CREATE TABLE bell (
  level TEXT NOT NULL REFERENCES bell_level (level),
  session TEXT NOT NULL CHECK (session IN ('sang', 'chieu', 'toi')),
  period INTEGER NOT NULL CHECK (period BETWEEN 1 AND 12),
  from_minute INTEGER NOT NULL CHECK (from_minute >= 0),
  to_minute INTEGER NOT NULL CHECK (to_minute > from_minute AND to_minute <= 1440),
  PRIMARY KEY (level, session, period)
) STRICT, WITHOUT ROWID;
INSERT INTO bell (level, session, period, from_minute, to_minute) VALUES
  ('tieu-hoc', 'sang', 1, 465, 500), ('tieu-hoc', 'sang', 2, 505, 540), ('tieu-hoc', 'sang', 3, 565, 600), ('tieu-hoc', 'sang', 4, 605, 640),
  ('tieu-hoc', 'chieu', 1, 840, 875), ('tieu-hoc', 'chieu', 2, 880, 915), ('tieu-hoc', 'chieu', 3, 935, 970),
  ('thcs', 'sang', 1, 435, 480), ('thcs', 'sang', 2, 485, 530), ('thcs', 'sang', 3, 550, 595), ('thcs', 'sang', 4, 600, 645), ('thcs', 'sang', 5, 650, 695),
  ('thcs', 'chieu', 1, 810, 855), ('thcs', 'chieu', 2, 860, 905), ('thcs', 'chieu', 3, 925, 970), ('thcs', 'chieu', 4, 975, 1020), ('thcs', 'chieu', 5, 1025, 1070),
  ('thpt', 'sang', 1, 420, 465), ('thpt', 'sang', 2, 470, 515), ('thpt', 'sang', 3, 535, 580), ('thpt', 'sang', 4, 585, 630), ('thpt', 'sang', 5, 635, 680),
  ('thpt', 'chieu', 1, 780, 825), ('thpt', 'chieu', 2, 830, 875), ('thpt', 'chieu', 3, 895, 940), ('thpt', 'chieu', 4, 945, 990), ('thpt', 'chieu', 5, 995, 1040);

-- Days are written as people write them in files, YYYY-MM-DD: text order is the order of time.
CREATE TABLE term (name TEXT PRIMARY KEY, from_day TEXT NOT NULL, to_day TEXT NOT NULL, CHECK (to_day >= from_day)) STRICT, WITHOUT ROWID;
CREATE TABLE holiday (from_day TEXT PRIMARY KEY, to_day TEXT NOT NULL, name TEXT NOT NULL, CHECK (to_day >= from_day)) STRICT, WITHOUT ROWID;
CREATE TABLE makeup_day (day TEXT PRIMARY KEY, follows INTEGER NOT NULL CHECK (follows BETWEEN 1 AND 7), name TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE site_list (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  owner TEXT NOT NULL COLLATE NOCASE,
  shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
  subject TEXT,
  grade INTEGER CHECK (grade BETWEEN 1 AND 12),
  entries TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  UNIQUE (owner, name)
) STRICT;

ALTER TABLE lesson ADD COLUMN kind TEXT NOT NULL DEFAULT 'profile' CHECK (kind IN ('profile', 'focus', 'pause', 'exam'));
-- The hosts as they stood when the lesson began: a list that somebody else edits must not change a room that is at work.
ALTER TABLE lesson ADD COLUMN entries TEXT NOT NULL DEFAULT '[]';
ALTER TABLE lesson ADD COLUMN list TEXT;
ALTER TABLE lesson ADD COLUMN learning INTEGER NOT NULL DEFAULT 0 CHECK (learning IN (0, 1));

-- A room handed over until a time; whose it is for good stands in room_teacher.
CREATE TABLE room_loan (
  user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
  zone INTEGER NOT NULL REFERENCES zone (id) ON DELETE CASCADE,
  until_ms INTEGER NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (user, zone)
) STRICT, WITHOUT ROWID;

-- Why what was asked for had been closed, counted when it was answered; no host, no room, no words of a pupil.
CREATE TABLE request_cause (
  day_ms INTEGER NOT NULL,
  category TEXT NOT NULL,
  list TEXT NOT NULL,
  approved INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day_ms, category, list)
) STRICT, WITHOUT ROWID;

ALTER TABLE request ADD COLUMN list TEXT;

CREATE INDEX audit_object ON audit (object, seq);
`,
};
