/**
 * Events and their roll-ups, written together: a batch is one transaction, so the roll-ups always equal the events they cover.
 * Equal events (minute, facet, domain) are one row with a count. Refuses to know who made a request: no column could say.
 */
import { dayStart, hourStart, MINUTE_MS } from '../local-time.js';
import type { Event } from '../activity/event.js';
import type { Connection } from './connection.js';
import { retention, type RetentionOptions } from './retention.js';
import type { DeviceCountRow, DomainRow, EventStore, HourDevicesRow, RollupRow } from './rows.js';
import { verifyRollups } from './verify.js';
import { formerNames } from './zone-names.js';

/** A batch waits this long for the write lock: the recorder keeps what failed, and the control thread must not stand still. */
const BATCH_BUSY_MS = 250;

interface Sum {
  n: number;
  up: number;
  down: number;
  ms: number;
}

interface PeriodSum extends Sum {
  readonly from: number;
  readonly facet: number;
}

/** What a batch holds of one facet: rows by minute and domain. */
interface Facet {
  readonly id: number;
  readonly action: string;
  readonly category: string;
  readonly rows: Map<number, Sum & { readonly minute: number; readonly domain: number }>;
}

interface StoredRollup {
  readonly from_ms: number;
  readonly zone: string;
  readonly profile: string;
  readonly category: string;
  readonly action: string;
  readonly layer: string;
  readonly reason: string;
  readonly channel: string;
  readonly requests: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
}

export function createEvents(db: Connection, options: RetentionOptions): EventStore {
  const addFacet = db.prepare(
    'INSERT INTO facet (zone, profile, category, action, layer, reason, channel) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const getFacet = db
    .prepare('SELECT id FROM facet WHERE zone = ? AND profile = ? AND category = ? AND action = ? AND layer = ? AND reason = ? AND channel = ?')
    .pluck();
  const addDomain = db.prepare('INSERT INTO domain (name) VALUES (?)');
  const getDomain = db.prepare('SELECT id FROM domain WHERE name = ?').pluck();
  const addEvent = db.prepare(
    `INSERT INTO event (minute, facet, domain, n, bytes_up, bytes_down, ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET n = n + excluded.n, bytes_up = bytes_up + excluded.bytes_up, bytes_down = bytes_down + excluded.bytes_down, ms = ms + excluded.ms`,
  );
  const addRollup = (table: 'rollup_hour' | 'rollup_day') =>
    db.prepare(
      `INSERT INTO ${table} (from_ms, facet, requests, bytes_up, bytes_down) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, bytes_up = bytes_up + excluded.bytes_up, bytes_down = bytes_down + excluded.bytes_down`,
    );
  const addHour = addRollup('rollup_hour');
  const addDay = addRollup('rollup_day');
  const addDomainDay = db.prepare(
    `INSERT INTO domain_day (day_ms, domain, action, category, requests) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET requests = requests + excluded.requests`,
  );
  const addDevices = db.prepare(
    `INSERT INTO device_day (day_ms, profile, category, action, devices) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET devices = max(devices, excluded.devices)`,
  );
  const addHourDevices = db.prepare(
    'INSERT INTO device_hour (from_ms, action, devices) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET devices = max(devices, excluded.devices)',
  );
  const rollups = (table: 'rollup_hour' | 'rollup_day') =>
    db.prepare(
      `SELECT r.from_ms, f.zone, f.profile, f.category, f.action, f.layer, f.reason, f.channel, r.requests, r.bytes_up, r.bytes_down
       FROM ${table} r JOIN facet f ON f.id = r.facet WHERE r.from_ms >= ? AND r.from_ms < ? ORDER BY r.from_ms, r.facet`,
    );
  const hours = rollups('rollup_hour');
  const days = rollups('rollup_day');
  const domains = db.prepare(
    `SELECT d.day_ms AS dayMs, n.name AS domain, d.action, nullif(d.category, '') AS category, d.requests
     FROM domain_day d JOIN domain n ON n.id = d.domain WHERE d.day_ms >= ? AND d.day_ms < ? ORDER BY d.day_ms, n.name, d.action, d.category`,
  );
  const devices = db.prepare(
    `SELECT day_ms AS dayMs, profile, nullif(category, '') AS category, action, devices
     FROM device_day WHERE day_ms >= ? AND day_ms < ? ORDER BY day_ms, profile, category, action`,
  );

  const hourDevices = db.prepare('SELECT from_ms AS fromMs, action, devices FROM device_hour WHERE from_ms >= ? AND from_ms < ? ORDER BY from_ms, action');

  const facetOf = (event: Event, nowCalled: ReadonlyMap<string, string>): number => {
    const key = [event.zone === null ? '' : (nowCalled.get(event.zone) ?? event.zone), event.profile, event.category ?? '', event.action, event.layer ?? '', event.reason, event.channel] as const;
    const found = getFacet.get(...key);
    return Number(found ?? addFacet.run(...key).lastInsertRowid);
  };
  const domainOf = (name: string | null): number =>
    name === null || !STORABLE_DOMAIN.test(name) ? 0 : Number(getDomain.get(name) ?? addDomain.run(name).lastInsertRowid);

  const write = (events: readonly Event[], counts: readonly DeviceCountRow[], hourCounts: readonly HourDevicesRow[]): void => {
    // What was counted under a room's old name a moment ago is the room's (zone-rename.ts).
    const nowCalled = formerNames(db);
    const facets = new Map<string, Facet>();
    const domainIds = new Map<string | null, number>([[null, 0]]);
    for (const event of events) {
      const facetKey = `${event.profile} ${event.category ?? ''} ${event.action} ${event.layer ?? ''} ${event.reason} ${event.channel} ${event.zone ?? ''}`;
      let facet = facets.get(facetKey);
      if (facet === undefined) facets.set(facetKey, (facet = { id: facetOf(event, nowCalled), action: event.action, category: event.category ?? '', rows: new Map() }));
      let domain = domainIds.get(event.domain);
      if (domain === undefined) domainIds.set(event.domain, (domain = domainOf(event.domain)));
      // Minutes take 25 bits until 2033 and 26 after, domains stay under 2^26: one exact number, and a third of the time of a string.
      const key = event.minute * 2 ** 26 + domain;
      let sum = facet.rows.get(key);
      if (sum === undefined) facet.rows.set(key, (sum = { n: 0, up: 0, down: 0, ms: 0, minute: event.minute, domain }));
      sum.n += event.requests;
      sum.up += event.bytesUp;
      sum.down += event.bytesDown;
      sum.ms += event.ms;
    }
    const hourSums = new Map<string, PeriodSum>();
    const daySums = new Map<string, PeriodSum>();
    const domainSums = new Map<string, { day: number; domain: number; action: string; category: string; n: number }>();
    for (const { id, action, category, rows } of facets.values()) {
      for (const row of rows.values()) {
        addEvent.run(row.minute, id, row.domain, row.n, row.up, row.down, row.ms);
        const day = dayStart(row.minute * MINUTE_MS);
        addTo(hourSums, hourStart(row.minute * MINUTE_MS), id, row);
        addTo(daySums, day, id, row);
        if (row.domain === 0) continue;
        const key = `${day} ${row.domain} ${action} ${category}`;
        const sum = domainSums.get(key);
        if (sum === undefined) domainSums.set(key, { day, domain: row.domain, action, category, n: row.n });
        else sum.n += row.n;
      }
    }
    for (const sum of hourSums.values()) addHour.run(sum.from, sum.facet, sum.n, sum.up, sum.down);
    for (const sum of daySums.values()) addDay.run(sum.from, sum.facet, sum.n, sum.up, sum.down);
    for (const sum of domainSums.values()) addDomainDay.run(sum.day, sum.domain, sum.action, sum.category, sum.n);
    for (const row of counts) addDevices.run(row.dayMs, row.profile, row.category ?? '', row.action, row.devices);
    for (const row of hourCounts) addHourDevices.run(row.fromMs, row.action, row.devices);
  };

  return {
    addBatch(events, counts, hourCounts = []) {
      if (events.length + counts.length + hourCounts.length === 0) return;
      // NORMAL: a power cut may cost the last second's counts, never the database; a school's old disk is spared a flush a second.
      db.pragma('synchronous = NORMAL');
      db.pragma(`busy_timeout = ${Math.min(BATCH_BUSY_MS, options.busyMs)}`);
      try {
        db.transaction(write).immediate(events, counts, hourCounts);
      } finally {
        db.pragma('synchronous = FULL');
        db.pragma(`busy_timeout = ${options.busyMs}`);
      }
    },
    hours: (fromMs, toMs) => (hours.all(fromMs, toMs) as StoredRollup[]).map(toRow),
    days: (fromMs, toMs) => (days.all(fromMs, toMs) as StoredRollup[]).map(toRow),
    domains: (fromMs, toMs) => domains.all(fromMs, toMs) as DomainRow[],
    devices: (fromMs, toMs) => devices.all(fromMs, toMs) as DeviceCountRow[],
    hourDevices: (fromMs, toMs) => hourDevices.all(fromMs, toMs) as HourDevicesRow[],
    expire: retention(db, options),
    verify: () => verifyRollups(db),
  };
}

/** The CHECK of the table said beforehand: one odd name must not hold back a whole batch for ever. */
const STORABLE_DOMAIN = /^(?=.*[a-z])[a-z0-9._-]{1,253}$/;

function addTo(sums: Map<string, PeriodSum>, from: number, facet: number, row: Sum): void {
  const key = `${from} ${facet}`;
  const sum = sums.get(key);
  if (sum === undefined) {
    sums.set(key, { from, facet, n: row.n, up: row.up, down: row.down, ms: row.ms });
    return;
  }
  sum.n += row.n;
  sum.up += row.up;
  sum.down += row.down;
}

function toRow(row: StoredRollup): RollupRow {
  return {
    fromMs: row.from_ms,
    zone: row.zone === '' ? null : row.zone,
    profile: row.profile,
    category: row.category === '' ? null : row.category,
    action: row.action,
    layer: row.layer === '' ? null : row.layer,
    reason: row.reason,
    channel: row.channel,
    requests: row.requests,
    bytesUp: row.bytes_up,
    bytesDown: row.bytes_down,
  };
}
