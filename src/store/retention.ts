/**
 * The end of what was kept: rows go in one transaction, overwritten (secure_delete), and the write-ahead log that still
 * holds their old pages is emptied. What left is remembered, so that `verify` compares only what is still whole.
 */
import { DAY_MS, dayStart, MINUTE_MS } from '../local-time.js';
import type { AuditWriter } from './audit.js';
import { metaNumber, type Connection } from './connection.js';
import type { EventStore } from './rows.js';

export interface RetentionOptions {
  readonly audit: AuditWriter;
  readonly busyMs: number;
  /** Removes what `restore` set aside, once its events would be past their time. */
  readonly removeAside: (beforeMs: number) => void;
}

export function retention(db: Connection, { audit, busyMs, removeAside }: RetentionOptions): EventStore['expire'] {
  const raise = (key: string, to: number): void => {
    if (to > metaNumber(db, key)) db.prepare('UPDATE meta SET value = ? WHERE key = ?').run(to, key);
  };
  /** Deletes and tells how far deletion really reached: a clock gone astray must not mark years to come as gone. */
  const drop = (table: string, column: string, before: number, mark: string | null, unit: number): number => {
    const last = db.prepare(`SELECT max(${column}) FROM ${table} WHERE ${column} < ?`).pluck().get(before);
    if (typeof last !== 'number') return 0;
    if (mark !== null) raise(mark, (last + 1) * unit);
    return db.prepare(`DELETE FROM ${table} WHERE ${column} < ?`).run(before).changes;
  };

  /**
   * Names that no event and no day shows any more. Every event of a day whose domain counts still stand is in them, so only
   * the events of the day that is half gone need reading, not a month of them.
   */
  const dropNames = (): number => {
    const half = dayStart(metaNumber(db, 'events-gone-before') - 1) + DAY_MS;
    return db
      .prepare('DELETE FROM domain WHERE id NOT IN (SELECT domain FROM domain_day UNION SELECT domain FROM event WHERE minute < ?)')
      .run(half / MINUTE_MS).changes;
  };

  return (limits) => {
    const rows = db
      .transaction(() => {
        let gone = drop('event', 'minute', Math.ceil(limits.eventsBeforeMs / MINUTE_MS), 'events-gone-before', MINUTE_MS);
        // A day that has begun to lose its events loses its domains: no name outlives the events that showed it.
        gone += drop('domain_day', 'day_ms', metaNumber(db, 'events-gone-before'), null, 1);
        gone += drop('rollup_hour', 'from_ms', limits.hoursBeforeMs, 'hours-gone-before', 1);
        gone += drop('device_hour', 'from_ms', limits.hoursBeforeMs, null, 1);
        gone += drop('rollup_day', 'from_ms', limits.daysBeforeMs, 'days-gone-before', 1);
        gone += drop('device_day', 'day_ms', limits.daysBeforeMs, null, 1);
        gone += drop('request_day', 'day_ms', limits.daysBeforeMs, null, 1);
        gone += drop('request_cause', 'day_ms', limits.daysBeforeMs, null, 1);
        gone += drop('room_loan', 'until_ms', limits.eventsBeforeMs, null, 1);
        gone += drop('request', 'at_ms', limits.requestsBeforeMs, null, 1);
        gone += drop('help_ticket', 'touched_ms', limits.ticketsBeforeMs ?? limits.eventsBeforeMs, null, 1);
        gone += drop('lesson', 'until_ms', limits.eventsBeforeMs, null, 1);
        gone += drop('opening', 'until_ms', limits.eventsBeforeMs, null, 1);
        gone += drop('tls_rejection', 'day_ms', limits.rejectionsBeforeMs ?? limits.eventsBeforeMs, null, 1);
        gone += drop('login_count', 'last_ms', limits.eventsBeforeMs, null, 1);
        if (limits.auditBeforeMs !== undefined) {
          gone += db.prepare("DELETE FROM proposal WHERE state <> 'open' AND decided_ms < ?").run(limits.auditBeforeMs).changes;
          gone += audit.release(limits.auditBeforeMs);
        }
        if (gone > 0) gone += dropNames();
        return gone;
      })
      .immediate();
    removeAside(limits.eventsBeforeMs);
    emptyLog(db, busyMs);
    return rows;
  };
}

/**
 * Moves everything into the main file and cuts the log to nothing. A reader elsewhere may hold it: that is not waited for,
 * the next call tries again.
 */
function emptyLog(db: Connection, busyMs: number): void {
  db.pragma('busy_timeout = 250');
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.pragma(`busy_timeout = ${busyMs}`);
  }
}
