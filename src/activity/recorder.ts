/**
 * The recorder, on the control thread: takes events from the proxy threads into a bounded buffer and writes them in batches.
 * Filtering never waits for it: a store that cannot write costs the oldest events, counted, and nothing else; it recovers by itself.
 * Whoever owns the clock calls `flush` every second.
 */
import { codeOf } from '../fault.js';
import type { Log } from '../log.js';
import type { DeviceCountRow, HourDevicesRow } from '../store/rows.js';
import { createDeviceCounter, type DeviceCounter } from './device-count.js';
import type { Event, EventNote } from './event.js';

export interface BatchSink {
  addBatch(events: readonly Event[], devices: readonly DeviceCountRow[], hours: readonly HourDevicesRow[]): void;
}

export interface RecorderOptions {
  readonly events: BatchSink;
  readonly log?: Pick<Log, 'warn' | 'info'>;
  /** Events held while the store cannot write; beyond it the oldest go. */
  readonly maxEvents?: number;
  /** Events that are written without waiting for the next second. */
  readonly flushEvents?: number;
  /** Monotonic milliseconds: a clock that jumps must not stop the log (security.md F27). */
  readonly monotonicMs?: () => number;
}

export interface Recorder {
  /** @param dropped events a proxy thread had no room for */
  take(notes: readonly EventNote[], dropped?: number): void;
  /** Writes what is held, unless the store failed a moment ago. Never throws. */
  flush(): void;
  /** Tries once more, whatever happened before; what then is left is lost and counted. */
  stop(): void;
  /** Events lost since the start, in the proxy threads or here. */
  dropped(): number;
  pending(): number;
  /** Code of the error that keeps events from being stored, or null. */
  trouble(): string | null;
}

const MAX_EVENTS = 100_000;
const FLUSH_EVENTS = 2_000;
/** Most events in one transaction: a long backlog must not stop the control thread for more than a few hundredths of a second at a time. */
const BATCH_EVENTS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

export function createRecorder(options: RecorderOptions): Recorder {
  const maxEvents = options.maxEvents ?? MAX_EVENTS;
  const flushEvents = options.flushEvents ?? FLUSH_EVENTS;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const devices: DeviceCounter = createDeviceCounter();
  let pending: Event[] = [];
  let dropped = 0;
  let trouble: string | null = null;
  let pauseMs = 0;
  let nextTryMs = -Infinity;

  const keepNewest = (): void => {
    if (pending.length <= maxEvents) return;
    // A tenth at a time, so that moving the rest is paid for once in many events.
    const excess = Math.min(pending.length, pending.length - maxEvents + Math.ceil(maxEvents / 10));
    dropped += countOf(pending.slice(0, excess));
    pending = pending.slice(excess);
  };

  const failed = (error: unknown): void => {
    const code = codeOf(error);
    if (trouble !== code) options.log?.warn('events not stored; the newest are kept until the store writes again', { part: 'store', code, count: pending.length });
    trouble = code;
    pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2));
    nextTryMs = monotonicMs() + pauseMs;
  };

  /** Writes a batch; one that breaks a rule of the schema is halved until the event that does so stands alone and is dropped. */
  const write = (batch: readonly Event[], rows: readonly DeviceCountRow[], hours: readonly HourDevicesRow[]): void => {
    try {
      options.events.addBatch(batch, rows, hours);
    } catch (error) {
      if (codeOf(error) !== 'constraint' || batch.length + rows.length + hours.length === 0) throw error;
      if (batch.length <= 1) {
        // Counts come again with the next batch; an event that can't be stored never will be.
        dropped += countOf(batch);
        return;
      }
      const half = batch.length >> 1;
      write(batch.slice(0, half), rows, hours);
      write(batch.slice(half), [], []);
    }
  };

  const drain = (): void => {
    try {
      do {
        const batch = pending.slice(0, BATCH_EVENTS);
        write(batch, devices.changed(), devices.changedHours());
        devices.stored();
        pending = batch.length === pending.length ? [] : pending.slice(batch.length);
      } while (pending.length > 0);
      if (trouble !== null) options.log?.info('events are stored again', { part: 'store', dropped });
      trouble = null;
      pauseMs = 0;
      nextTryMs = -Infinity;
    } catch (error) {
      failed(error);
    }
  };

  const flush = (): void => {
    if (monotonicMs() >= nextTryMs) drain();
  };

  return {
    take(notes, lost = 0) {
      dropped += lost;
      for (const { event, device } of notes) {
        pending.push(event);
        if (device !== null) devices.note(event, device);
      }
      if (pending.length >= flushEvents) flush();
      keepNewest();
    },
    flush,
    stop() {
      drain();
      dropped += countOf(pending);
      if (pending.length > 0) options.log?.warn('events lost at the end', { part: 'store', dropped, code: trouble ?? 'unknown' });
      pending = [];
    },
    dropped: () => dropped,
    pending: () => pending.length,
    trouble: () => trouble,
  };
}

function countOf(events: readonly Event[]): number {
  return events.reduce((sum, event) => sum + event.requests, 0);
}
