/** Proves that the roll-ups equal the events they cover, and the days the hours, wherever both sides are still whole. */
import { DAY_MS, dayStart, HOUR_MS, hourStart, MINUTE_MS } from '../activity/rollup.js';
import { metaNumber, type Connection } from './connection.js';

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
      ...compare(db, 'rollup_hour', hourFrom, fromEvents(HOUR_OF_MINUTE, hourFrom), 'rollup_hour against event'),
      ...compare(db, 'rollup_day', dayFrom, fromEvents(DAY_OF_MINUTE, dayFrom), 'rollup_day against event'),
      ...compare(db, 'rollup_day', dayHourFrom, fromHours(dayHourFrom), 'rollup_day against rollup_hour'),
      ...domains(db, dayFrom),
    ];
  })();
}

/** Time before which something is gone; when nothing is, the start of the epoch’s local day, seven hours before it. */
function goneBefore(db: Connection, key: string): number {
  const ms = metaNumber(db, key);
  return ms === 0 ? dayStart(0) : ms;
}

/** First period that begins at or after `ms`: the one `ms` falls into has lost a part. */
function wholeFrom(ms: number, start: (ms: number) => number, length: number): number {
  return start(ms) === ms ? ms : start(ms) + length;
}

const floorOf = (ms: string, length: number, offset: number): string =>
  // Integer division truncates toward zero; epoch times are after 1970, so that is the floor.
  `((${ms} + ${offset}) / ${length} * ${length} - ${offset})`;
const OFFSET_MS = 7 * HOUR_MS;
const HOUR_OF_MINUTE = floorOf(`minute * ${MINUTE_MS}`, HOUR_MS, 0);
const DAY_OF_MINUTE = floorOf(`minute * ${MINUTE_MS}`, DAY_MS, OFFSET_MS);
const DAY_OF_HOUR = floorOf('from_ms', DAY_MS, OFFSET_MS);

const fromEvents = (period: string, from: number): string =>
  `SELECT ${period} AS from_ms, facet, sum(n) AS requests, sum(bytes_up) AS bytes_up, sum(bytes_down) AS bytes_down
   FROM event WHERE minute >= ${from / MINUTE_MS} GROUP BY 1, 2`;
const fromHours = (from: number): string =>
  `SELECT ${DAY_OF_HOUR} AS from_ms, facet, sum(requests) AS requests, sum(bytes_up) AS bytes_up, sum(bytes_down) AS bytes_down
   FROM rollup_hour WHERE from_ms >= ${from} GROUP BY 1, 2`;

function compare(db: Connection, table: 'rollup_hour' | 'rollup_day', from: number, source: string, what: string): string[] {
  const kept = `SELECT from_ms, facet, requests, bytes_up, bytes_down FROM ${table} WHERE from_ms >= ${from}`;
  return [
    ...differences(db, `SELECT from_ms, facet, requests FROM (${kept} EXCEPT ${source})`, `${what}: kept, not covered`),
    ...differences(db, `SELECT from_ms, facet, requests FROM (${source} EXCEPT ${kept})`, `${what}: covered, not kept`),
  ];
}

function differences(db: Connection, sql: string, what: string): string[] {
  return (db.prepare(`${sql} LIMIT 20`).all() as { from_ms: number; facet: number; requests: number }[]).map(
    (row) => `${what}: period ${row.from_ms}, facet ${row.facet}, requests ${row.requests}`,
  );
}

function domains(db: Connection, from: number): string[] {
  const kept = `SELECT day_ms, domain, action, category, requests FROM domain_day WHERE day_ms >= ${from}`;
  const source = `SELECT ${DAY_OF_MINUTE} AS day_ms, domain, action, category, sum(n) AS requests
    FROM event JOIN facet ON facet.id = event.facet WHERE domain <> 0 AND minute >= ${from / MINUTE_MS} GROUP BY 1, 2, 3, 4`;
  const pick = 'SELECT day_ms AS from_ms, domain AS facet, requests FROM';
  return [
    ...differences(db, `${pick} (${kept} EXCEPT ${source})`, 'domain_day against event: kept, not covered'),
    ...differences(db, `${pick} (${source} EXCEPT ${kept})`, 'domain_day against event: covered, not kept'),
  ];
}
