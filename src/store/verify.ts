/**
 * Proves that the roll-ups equal the events they cover, and the days the hours, wherever both sides are still whole.
 * Each side is read once, in order, and merged: two million rows take seconds, and nothing is held.
 */
import { DAY_MS, dayStart, HOUR_MS, hourStart, MINUTE_MS } from '../activity/rollup.js';
import { metaNumber, type Connection } from './connection.js';

/** A key in order, then the numbers that must agree; the first of them counts requests. */
type Row = readonly (number | string)[];

/** Enough to see what is wrong; a broken roll-up would name every row. */
const MOST = 50;

/** Differences as sentences with numbers only; [] when equal. */
export function verifyRollups(db: Connection): string[] {
  return db.transaction(() => {
    const events = goneBefore(db, 'events-gone-before');
    const hours = goneBefore(db, 'hours-gone-before');
    const days = wholeFrom(goneBefore(db, 'days-gone-before'), dayStart, DAY_MS);
    const hourFrom = Math.max(wholeFrom(events, hourStart, HOUR_MS), wholeFrom(hours, hourStart, HOUR_MS));
    const dayFrom = Math.max(wholeFrom(events, dayStart, DAY_MS), days);
    const dayHourFrom = Math.max(wholeFrom(hours, dayStart, DAY_MS), days);
    return [
      ...compare('rollup_hour against event', 2, kept(db, 'rollup_hour', hourFrom), fromEvents(db, HOUR_OF_MINUTE, hourFrom)),
      ...compare('rollup_day against event', 2, kept(db, 'rollup_day', dayFrom), fromEvents(db, DAY_OF_MINUTE, dayFrom)),
      ...compare('rollup_day against rollup_hour', 2, kept(db, 'rollup_day', dayHourFrom), fromHours(db, dayHourFrom)),
      ...compare('domain_day against event', 4, keptDomains(db, dayFrom), domainsOfEvents(db, dayFrom)),
    ].slice(0, MOST);
  })();
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

/** Integer division truncates toward zero; no stored time lies more than seven hours before the epoch, so that is the floor. */
const floorOf = (ms: string, length: number, offset: number): string => `((${ms} + ${offset}) / ${length} * ${length} - ${offset})`;
const OFFSET_MS = -dayStart(0);
const HOUR_OF_MINUTE = floorOf(`minute * ${MINUTE_MS}`, HOUR_MS, 0);
const DAY_OF_MINUTE = floorOf(`minute * ${MINUTE_MS}`, DAY_MS, OFFSET_MS);
const DAY_OF_HOUR = floorOf('from_ms', DAY_MS, OFFSET_MS);

function rows(db: Connection, sql: string, ...values: number[]): IterableIterator<Row> {
  return db.prepare(sql).raw().iterate(...values) as IterableIterator<Row>;
}

function kept(db: Connection, table: 'rollup_hour' | 'rollup_day', from: number): IterableIterator<Row> {
  return rows(db, `SELECT from_ms, facet, requests, bytes_up, bytes_down FROM ${table} WHERE from_ms >= ? ORDER BY from_ms, facet`, from);
}

function fromEvents(db: Connection, period: string, from: number): IterableIterator<Row> {
  return rows(
    db,
    `SELECT ${period} AS period, facet, sum(n), sum(bytes_up), sum(bytes_down) FROM event WHERE minute >= ? GROUP BY period, facet ORDER BY period, facet`,
    from / MINUTE_MS,
  );
}

function fromHours(db: Connection, from: number): IterableIterator<Row> {
  return rows(
    db,
    `SELECT ${DAY_OF_HOUR} AS period, facet, sum(requests), sum(bytes_up), sum(bytes_down) FROM rollup_hour WHERE from_ms >= ?
     GROUP BY period, facet ORDER BY period, facet`,
    from,
  );
}

function keptDomains(db: Connection, from: number): IterableIterator<Row> {
  return rows(db, 'SELECT day_ms, domain, action, category, requests FROM domain_day WHERE day_ms >= ? ORDER BY day_ms, domain, action, category', from);
}

function domainsOfEvents(db: Connection, from: number): IterableIterator<Row> {
  return rows(
    db,
    `SELECT ${DAY_OF_MINUTE} AS period, domain, action, category, sum(n) FROM event JOIN facet ON facet.id = event.facet
     WHERE domain <> 0 AND minute >= ? GROUP BY period, domain, action, category ORDER BY period, domain, action, category`,
    from / MINUTE_MS,
  );
}

/** Merges two ordered sides. @param keyLength leading columns that name a row */
function compare(what: string, keyLength: number, kept: IterableIterator<Row>, covered: IterableIterator<Row>): string[] {
  const problems: string[] = [];
  const say = (row: Row, how: string): void => {
    if (problems.length < MOST) problems.push(`${what}: ${how}: period ${row[0]}, number ${row[1]}, requests ${row[keyLength]}`);
  };
  let a = kept.next();
  let b = covered.next();
  while (a.done !== true || b.done !== true) {
    const order = a.done === true ? 1 : b.done === true ? -1 : byKey(a.value, b.value, keyLength);
    if (order === 0 && !sameNumbers(a.value as Row, b.value as Row, keyLength)) say(a.value as Row, 'kept otherwise than covered');
    if (order < 0) say(a.value as Row, 'kept, not covered');
    if (order > 0) say(b.value as Row, 'covered, not kept');
    if (order <= 0) a = kept.next();
    if (order >= 0) b = covered.next();
  }
  return problems;
}

function byKey(a: Row, b: Row, length: number): number {
  for (let i = 0; i < length; i++) {
    const [left, right] = [a[i] ?? 0, b[i] ?? 0];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function sameNumbers(a: Row, b: Row, from: number): boolean {
  for (let i = from; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
