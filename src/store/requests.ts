/**
 * Requests to open a page. Rows hold a host and perhaps a pupil's words, so they go when their time is over and neither
 * enters the audit trail; the counts by day stay for the report.
 */
import type { Changer, Note } from './change.js';
import type { Connection } from './connection.js';
import { insertOpening } from './lessons.js';
import { insertRule } from './rules.js';
import type { Actor, PolicyStore, RequestCounts, RequestRow } from './rows.js';
import { StoreError } from './store-error.js';
import { categoryCode, entryText, nameText, note as noteText, profileId, text, timeMs } from './values.js';
import { zoneCalled } from './zone-names.js';
import { dayStart } from '../local-time.js';

/** Open requests a school can look through; more is somebody playing with the button. */
const MAX_OPEN = 2_000;

type RequestPart = Pick<PolicyStore, 'requests' | 'addRequest' | 'answerRequest' | 'approveRequest' | 'undoAnswer' | 'requestCounts' | 'requestCauses'>;

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

  const causes = db.prepare(
    `SELECT category, list, sum(approved) AS approved, sum(rejected) AS rejected FROM request_cause WHERE day_ms >= ? AND day_ms < ?
     GROUP BY category, list HAVING sum(approved) + sum(rejected) > 0 ORDER BY approved DESC, category, list`,
  );
  const listOf = db.prepare('SELECT list FROM request WHERE id = ?').pluck();

  /** Answers within the caller's transaction. */
  const answerWithin = (id: number, state: 'approved' | 'rejected' | 'expired', answer: string | null, nowMs: number, actor: Actor, list: string | null, note: Note): RequestRow => {
    if (answer !== null) text(answer, 1_000);
    const row = byId.get(id) as RequestRow | undefined;
    if (row === undefined) throw new StoreError('unknown-request', 'Không có yêu cầu đó.', 'There is no such request.');
    if (row.state !== 'open') throw new StoreError('already-answered', 'Yêu cầu này đã được trả lời.', 'This request has already been answered.');
    update.run(state, timeMs(nowMs), actor.name, answer, id);
    db.prepare(`UPDATE request_day SET ${state} = ${state} + 1 WHERE day_ms = ?`).run(dayStart(row.atMs));
    if (state !== 'expired') {
      db.prepare('UPDATE request SET list = ? WHERE id = ?').run(list, id);
      db.prepare(`INSERT INTO request_cause (day_ms, category, list, ${state}) VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET ${state} = ${state} + 1`).run(dayStart(row.atMs), row.category ?? '', list ?? '');
    }
    note('request.answer', row.ref, 'open', state);
    return byId.get(id) as RequestRow;
  };
  const uncount = (row: RequestRow, state: 'approved' | 'rejected'): void => {
    const list = listOf.get(row.id);
    db.prepare(`UPDATE request_cause SET ${state} = ${state} - 1 WHERE day_ms = ? AND category = ? AND list = ? AND ${state} > 0`)
      .run(dayStart(row.atMs), row.category ?? '', typeof list === 'string' ? list : '');
  };

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
          // the page may not know a new name yet
          const zone = request.zone === null ? null : (zoneCalled(db, request.zone)?.name ?? request.zone);
          const id = insert.run(
            request.ref, zone, request.profile, request.host, request.category, request.reason, atMs,
          ).lastInsertRowid;
          received.run(dayStart(atMs));
          return byId.get(id) as RequestRow;
        })
        .immediate();
    },
    answerRequest: (id, state, answer, nowMs, actor, list) => changer.change(false, actor, (note) => answerWithin(id, state, answer, nowMs, actor, list ?? null, note)),
    approveRequest(id, grant, answer, nowMs, actor, list) {
      return changer.change(true, actor, (note) => {
        const request = answerWithin(id, 'approved', answer, nowMs, actor, list ?? null, note);
        if (grant.type === 'rule') {
          const rule = insertRule(db, { layer: 'school-allow', entry: grant.entry, profiles: grant.profiles, note: grant.note, by: actor.name, atMs: nowMs });
          note('rule.add', `${rule.layer} ${rule.entry}`, null, rule);
          return { request, opening: null, rule };
        }
        const opening = insertOpening(db, { zone: grant.zone, entry: grant.entry, fromMs: nowMs, untilMs: grant.untilMs, by: actor.name, reason: grant.reason });
        note('opening.add', opening.zone, null, opening);
        return { request, opening, rule: null };
      });
    },
    undoAnswer: ({ request, opening, rule }, nowMs, actor) => changer.change(true, actor, (note) => {
      const row = byId.get(request.id) as RequestRow | undefined;
      if (row === undefined || row.state !== request.state || row.answeredMs !== request.answeredMs || row.state === 'open') {
        throw new StoreError('changed-since', 'Yêu cầu này đã có thay đổi khác, nên không hoàn tác được.', 'This request has changed since: it cannot be undone.');
      }
      update.run('open', null, null, null, row.id);
      db.prepare(`UPDATE request_day SET ${row.state} = ${row.state} - 1 WHERE day_ms = ?`).run(dayStart(row.atMs));
      if (row.state !== 'expired') uncount(row, row.state);
      if (opening !== null) db.prepare('UPDATE opening SET until_ms = max(from_ms, ?) WHERE id = ? AND until_ms > ?').run(nowMs, opening.id, nowMs);
      if (rule !== null) db.prepare('DELETE FROM rule WHERE id = ?').run(rule.id);
      note('request.reopen', row.ref, row.state, 'open');
      return byId.get(row.id) as RequestRow;
    }),
    requestCauses: (fromMs, toMs) => (causes.all(fromMs, toMs) as { category: string; list: string; approved: number; rejected: number }[]).map((row) => ({
      category: row.category === '' ? null : row.category, list: row.list === '' ? null : row.list, approved: row.approved, rejected: row.rejected,
    })),
    requestCounts(fromMs, toMs) {
      const row = counts.get(fromMs, toMs) as Omit<RequestCounts, 'open'>;
      return { ...row, open: row.received - row.approved - row.rejected - row.expired };
    },
  };
}
