/**
 * Proves that the roll-ups equal the events they cover, and the days the hours, wherever both sides are still whole.
 * Events are read once, in the order they lie in, and only one day of sums is held: grouping two million rows in SQL sorts
 * them four times and took five times as long.
 */
import { DAY_MS, dayStart, HOUR_MS, hourStart, MINUTE_MS } from '../local-time.js';
import { metaNumber, type Connection } from './connection.js';

/** Enough to see what is wrong; a broken roll-up would name every row. */
const MOST = 50;

/** Sums of one period by what tells its rows apart. */
type Sums = Map<string, number[]>;
type Say = (problem: string) => void;

/** Differences as sentences with numbers only; [] when equal. */
export function verifyRollups(db: Connection): string[] {
  const problems: string[] = [];
  const say: Say = (problem) => {
    if (problems.length < MOST) problems.push(problem);
  };
  db.transaction(() => {
    const events = goneBefore(db, 'events-gone-before');
    const hours = goneBefore(db, 'hours-gone-before');
    const days = wholeFrom(goneBefore(db, 'days-gone-before'), dayStart, DAY_MS);
    const hourFrom = Math.max(wholeFrom(events, hourStart, HOUR_MS), wholeFrom(hours, hourStart, HOUR_MS));
    const dayFrom = Math.max(wholeFrom(events, dayStart, DAY_MS), days);
    againstEvents(db, hourFrom, dayFrom, say);
    againstHours(db, Math.max(wholeFrom(hours, dayStart, DAY_MS), days), say);
  })();
  return problems;
}

/** Time before which something is gone; when nothing is, the start of the epoch's local day, seven hours before it. */
function goneBefore(db: Connection, key: string): number {
  const ms = metaNumber(db, key);
  return ms === 0 ? dayStart(0) : ms;
}

/** First period that begins at or after `ms`: the one `ms` falls into has lost a part. */
function wholeFrom(ms: number, start: (ms: number) => number, length: number): number {
  return start(ms) === ms ? ms : start(ms) + length;
}

function againstEvents(db: Connection, hourFrom: number, dayFrom: number, say: Say): void {
  const hours = comparison(db, 'rollup_hour against event', 'SELECT from_ms, facet, requests, bytes_up, bytes_down FROM rollup_hour', 'from_ms', 1, hourFrom, say);
  const days = comparison(db, 'rollup_day against event', 'SELECT from_ms, facet, requests, bytes_up, bytes_down FROM rollup_day', 'from_ms', 1, dayFrom, say);
  const domains = comparison(db, 'domain_day against event', 'SELECT day_ms, domain, action, category, requests FROM domain_day', 'day_ms', 3, dayFrom, say);
  const facets = new Map(
    (db.prepare('SELECT id, action, category FROM facet').raw().all() as [number, string, string][]).map(([id, action, category]) => [id, `${action} ${category}`]),
  );
  const events = db
    .prepare('SELECT minute, facet, domain, n, bytes_up, bytes_down FROM event WHERE minute >= ? ORDER BY minute')
    .raw()
    .iterate(Math.min(hourFrom, dayFrom) / MINUTE_MS) as IterableIterator<[number, number, number, number, number, number]>;
  for (const [minute, facet, domain, n, up, down] of events) {
    const ms = minute * MINUTE_MS;
    const day = dayStart(ms);
    hours.add(hourStart(ms), `${facet}`, [n, up, down]);
    days.add(day, `${facet}`, [n, up, down]);
    if (domain !== 0) domains.add(day, `${domain} ${facets.get(facet)}`, [n]);
  }
  for (const each of [hours, days, domains]) each.finish();
}

function againstHours(db: Connection, from: number, say: Say): void {
  const days = comparison(db, 'rollup_day against rollup_hour', 'SELECT from_ms, facet, requests, bytes_up, bytes_down FROM rollup_day', 'from_ms', 1, from, say);
  const hours = db
    .prepare('SELECT from_ms, facet, requests, bytes_up, bytes_down FROM rollup_hour WHERE from_ms >= ? ORDER BY from_ms')
    .raw()
    .iterate(from) as IterableIterator<[number, number, number, number, number]>;
  for (const [ms, facet, ...numbers] of hours) days.add(dayStart(ms), `${facet}`, numbers);
  days.finish();
}

interface Comparison {
  /** Adds to a period; periods come in order, and the one before is then compared. */
  add(period: number, key: string, numbers: readonly number[]): void;
  finish(): void;
}

/**
 * Compares sums, period by period, with the rows a table keeps.
 * @param select columns: the period, then `keyLength` that tell rows apart, then the numbers
 */
function comparison(db: Connection, what: string, select: string, column: string, keyLength: number, from: number, say: Say): Comparison {
  const rowsOf = db.prepare(`${select} WHERE ${column} = ?`).raw();
  const periods = db.prepare(`SELECT DISTINCT ${column} FROM (${select}) WHERE ${column} >= ?`).pluck();
  const unseen = new Set(periods.all(from) as number[]);
  let current = NaN;
  let sums: Sums = new Map();

  const compare = (): void => {
    unseen.delete(current);
    for (const row of rowsOf.iterate(current) as IterableIterator<(number | string)[]>) {
      const key = row.slice(1, 1 + keyLength).join(' ');
      const covered = sums.get(key);
      sums.delete(key);
      const numbers = row.slice(1 + keyLength);
      if (covered === undefined) say(`${what}: kept, not covered: period ${current}, number ${row[1]}`);
      else if (numbers.some((value, i) => value !== covered[i])) {
        say(`${what}: kept otherwise than covered: period ${current}, number ${row[1]}, ${numbers.join('/')} for ${covered.join('/')}`);
      }
    }
    for (const [key, covered] of sums) say(`${what}: covered, not kept: period ${current}, number ${key.split(' ')[0]}, ${covered.join('/')}`);
  };

  return {
    add(period, key, numbers) {
      if (period < from) return;
      if (period !== current) {
        if (!Number.isNaN(current)) compare();
        current = period;
        sums = new Map();
      }
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, [...numbers]);
      else for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (numbers[i] ?? 0);
    },
    finish() {
      if (!Number.isNaN(current)) compare();
      for (const period of unseen) say(`${what}: kept, not covered: period ${period}`);
    },
  };
}
