/**
 * Distinct devices of a day, by profile × category × action, counted in memory from keyed tokens and handed on as bare numbers.
 * The tokens are worth nothing without the day's key, which lives in memory and dies with the day; they are never written,
 * so a restart counts from nothing again and the store keeps the larger number (security.md §5.2 rule 1: an undercount is accepted).
 */
import type { DeviceCountRow } from '../store/rows.js';
import type { Event } from './event.js';
import { dayStart, MINUTE_MS } from '../local-time.js';

/** Action of the row that counts a profile's devices over all categories and actions; its category is null. */
export const ANY_ACTION = 'any';

/** Some 300 devices × 40 categories × 3 actions; a flood of addresses beyond that is not a school. */
const MAX_TOKENS = 200_000;
const DAYS_KEPT = 2;

interface Cell {
  readonly row: Omit<DeviceCountRow, 'devices'>;
  readonly tokens: Set<number>;
  changed: boolean;
}

export interface DeviceCounter {
  note(event: Event, device: number): void;
  /** Today's numbers of the cells that grew since `stored()`. */
  changed(): DeviceCountRow[];
  /** The last `changed()` has been written. */
  stored(): void;
  /** Tokens held. */
  size(): number;
}

export function createDeviceCounter(options: { readonly maxTokens?: number } = {}): DeviceCounter {
  const maxTokens = options.maxTokens ?? MAX_TOKENS;
  const days = new Map<number, Map<string, Cell>>();
  let size = 0;

  const cellsOf = (dayMs: number): Map<string, Cell> | null => {
    const known = days.get(dayMs);
    if (known !== undefined) return known;
    const oldest = Math.min(...days.keys());
    if (days.size >= DAYS_KEPT) {
      // A straggler of a day already let go; its number stands as stored.
      if (dayMs < oldest) return null;
      for (const cell of days.get(oldest)?.values() ?? []) size -= cell.tokens.size;
      days.delete(oldest);
    }
    const cells = new Map<string, Cell>();
    days.set(dayMs, cells);
    return cells;
  };

  const add = (cells: Map<string, Cell>, key: string, row: Cell['row'], device: number): void => {
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
      const cells = cellsOf(dayMs);
      if (cells === null) return;
      const { profile, category, action } = event;
      add(cells, `${profile} ${category ?? ''} ${action}`, { dayMs, profile, category, action }, device);
      add(cells, `${profile}  ${ANY_ACTION}`, { dayMs, profile, category: null, action: ANY_ACTION }, device);
    },
    changed() {
      const rows: DeviceCountRow[] = [];
      for (const cells of days.values()) {
        for (const cell of cells.values()) if (cell.changed) rows.push({ ...cell.row, devices: cell.tokens.size });
      }
      return rows;
    },
    stored() {
      for (const cells of days.values()) for (const cell of cells.values()) cell.changed = false;
    },
    size: () => size,
  };
}
