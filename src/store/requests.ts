/**
 * Requests to open a page. Rows hold a host and perhaps a pupil's words, so they go when their time is over and neither
 * enters the audit trail; the counts by day stay for the report.
 */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { PolicyStore, RequestCounts, RequestRow } from './rows.js';
import { StoreError } from './store-error.js';
import { categoryCode, entryText, nameText, note as noteText, profileId, text, timeMs } from './values.js';
import { dayStart } from '../activity/rollup.js';

/** Open requests a school can look through; more is somebody playing with the button. */
const MAX_OPEN = 2_000;

type RequestPart = Pick<PolicyStore, 'requests' | 'addRequest' | 'answerRequest' | 'requestCounts'>;

export function createRequests(db: Connection, changer: Changer): RequestPart {
  const columns = 'id, ref, zone, profile, host, category, reason, at_ms AS atMs, state, answered_ms AS answeredMs, by, answer';
  const all = db.prepare(`SELECT ${columns} FROM request ORDER BY id`);
  const byState = db.prepare(`SELECT ${columns} FROM request WHERE state = ? ORDER BY id`);
  const byId = db.prepare(`SELECT ${columns} FROM request WHERE id = ?`);
  const open = db.prepare("SELECT count(*) FROM request WHERE state = 'open'").pluck();
  const taken = db.prepare('SELECT 1 FROM request WHERE ref = ?').pluck();
  const insert = db.prepare('INSERT INTO request (ref, zone, profile, host, category, reason, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const update = db.prepare('UPDATE request SET state = ?, answered_ms = ?, by = ?, answer = ? WHERE id = ?');
  const received = db.prepare(
    'INSERT INTO request_day (day_ms, received) VALUES (?, 1) ON CONFLICT (day_ms) DO UPDATE SET received = received + 1',
  );
  const counts = db.prepare(
    `SELECT total(received) AS received, total(approved) AS approved, total(rejected) AS rejected, total(expired) AS expired
     FROM request_day WHERE day_ms >= ? AND day_ms < ?`,
  );

  return {
    requests: (state) => (state === undefined ? all.all() : byState.all(state)) as RequestRow[],
    addRequest(request) {
      nameText(request.ref, 40);
      if (request.zone !== null) nameText(request.zone);
      profileId(request.profile);
      entryText(request.host);
      if (request.category !== null) categoryCode(request.category);
      noteText(request.reason);
      const atMs = timeMs(request.atMs);
      return db
        .transaction(() => {
          if (Number(open.get()) >= MAX_OPEN) {
            throw new StoreError('too-many', 'Đang có quá nhiều yêu cầu chưa trả lời.', 'There are too many unanswered requests.');
          }
          if (taken.get(request.ref) !== undefined) {
            throw new StoreError('ref-taken', 'Mã yêu cầu này đã có.', 'This request reference is already in use.');
          }
          const id = insert.run(
            request.ref, request.zone, request.profile, request.host, request.category, request.reason, atMs,
          ).lastInsertRowid;
          received.run(dayStart(atMs));
          return byId.get(id) as RequestRow;
        })
        .immediate();
    },
    answerRequest(id, state, answer, nowMs, actor) {
      if (answer !== null) text(answer, 1_000);
      return changer.change(false, actor, (note) => {
        const row = byId.get(id) as RequestRow | undefined;
        if (row === undefined) throw new StoreError('unknown-request', 'Không có yêu cầu đó.', 'There is no such request.');
        if (row.state !== 'open') {
          throw new StoreError('already-answered', 'Yêu cầu này đã được trả lời.', 'This request has already been answered.');
        }
        update.run(state, timeMs(nowMs), actor.name, answer, id);
        db.prepare(`UPDATE request_day SET ${state} = ${state} + 1 WHERE day_ms = ?`).run(dayStart(row.atMs));
        note('request.answer', row.ref, 'open', state);
        return byId.get(id) as RequestRow;
      });
    },
    requestCounts(fromMs, toMs) {
      const row = counts.get(fromMs, toMs) as Omit<RequestCounts, 'open'>;
      return { ...row, open: row.received - row.approved - row.rejected - row.expired };
    },
  };
}
