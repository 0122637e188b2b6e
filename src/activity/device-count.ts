/**
 * Distinct devices of a day, by profile × category × action, and of an hour for the whole school, counted in memory from keyed tokens and handed on as bare numbers.
 * The tokens are worth nothing without the day's key, which lives in memory and dies with the day; they are never written,
 * so a restart counts from nothing again and the store keeps the larger number (security.md §5.2 rule 1: an undercount is accepted).
 */
import type { DeviceCountRow, HourDevicesRow } from '../store/rows.js';
import type { Event } from './event.js';
import { dayStart, hourStart, MINUTE_MS } from '../local-time.js';

/** Action of the row that counts a profile's devices over all categories and actions; its category is null. */
export const ANY_ACTION = 'any';

/** Some 300 devices × 40 categories × 3 actions; a flood of addresses beyond that is not a school. */
const MAX_TOKENS = 200_000;
const DAYS_KEPT = 2;
/** A tunnel's event comes when it ends, for the minute in which it began; a day of hours of 300 devices is 20,000 tokens. */
const HOURS_KEPT = 24;

interface Cell<Row> {
  readonly row: Omit<Row, 'devices'>;
  readonly tokens: Set<number>;
  changed: boolean;
}

export interface DeviceCounter {
  note(event: Event, device: number): void;
  /** Today's numbers of the cells that grew since `stored()`. */
  changed(): DeviceCountRow[];
  /** The same of the hours. */
  changedHours(): HourDevicesRow[];
  /** The last `changed()` and `changedHours()` have been written. */
  stored(): void;
  /** Tokens held. */
  size(): number;
}

export function createDeviceCounter(options: { readonly maxTokens?: number } = {}): DeviceCounter {
  const maxTokens = options.maxTokens ?? MAX_TOKENS;
  const days = new Map<number, Map<string, Cell<DeviceCountRow>>>();
  const hours = new Map<number, Map<string, Cell<HourDevicesRow>>>();
  let size = 0;

  const cellsOf = <Row>(spans: Map<number, Map<string, Cell<Row>>>, startMs: number, kept: number): Map<string, Cell<Row>> | null => {
    const known = spans.get(startMs);
    if (known !== undefined) return known;
    const oldest = Math.min(...spans.keys());
    if (spans.size >= kept) {
      // A straggler of a day already let go; its number stands as stored.
      if (startMs < oldest) return null;
      for (const cell of spans.get(oldest)?.values() ?? []) size -= cell.tokens.size;
      spans.delete(oldest);
    }
    const cells = new Map<string, Cell<Row>>();
    spans.set(startMs, cells);
    return cells;
  };

  const add = <Row>(cells: Map<string, Cell<Row>>, key: string, row: Cell<Row>['row'], device: number): void => {
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = { row, tokens: new Set(), changed: false }));
    if (size >= maxTokens || cell.tokens.has(device)) return;
    cell.tokens.add(device);
    cell.changed = true;
    size += 1;
  };

  return {
    note(event, device) {
      const dayMs = dayStart(event.minute * MINUTE_MS);
      const { profile, category, action } = event;
      const fromMs = hourStart(event.minute * MINUTE_MS);
      // What is intimate is given the first minute of its day, and must not make the hour after midnight look busy.
      const hourCells = event.minute * MINUTE_MS === dayMs ? null : cellsOf(hours, fromMs, HOURS_KEPT);
      if (hourCells !== null) for (const of of ['any', action === 'block' ? 'block' : 'open'] as const) add(hourCells, of, { fromMs, action: of }, device);
      const cells = cellsOf(days, dayMs, DAYS_KEPT);
      if (cells === null) return;
      add(cells, `${profile} ${category ?? ''} ${action}`, { dayMs, profile, category, action }, device);
      add(cells, `${profile}  ${ANY_ACTION}`, { dayMs, profile, category: null, action: ANY_ACTION }, device);
    },
    changed: () => grown(days).map(({ row, tokens }) => ({ ...row, devices: tokens.size })),
    changedHours: () => grown(hours).map(({ row, tokens }) => ({ ...row, devices: tokens.size })),
    stored() {
      for (const cell of [...grown(days), ...grown(hours)]) cell.changed = false;
    },
    size: () => size,
  };
}

function grown<Row>(spans: ReadonlyMap<number, ReadonlyMap<string, Cell<Row>>>): Cell<Row>[] {
  return [...spans.values()].flatMap((cells) => [...cells.values()].filter(({ changed }) => changed));
}
