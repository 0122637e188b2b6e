/**
 * Events on their way from a proxy thread to the recorder: batched, bounded, with today's token of the device beside each.
 * The address goes no further than the keyed hash made here (security.md §5.2). Refuses to know what an event says.
 *
 * Requests to one host differ in bytes and time only, so a batch is a few whole events ("shapes") and a column of numbers; what one
 * device asks for again and again is one row with a count. Cloning the events one by one costs 1.5 µs here and 3.3 µs on the control
 * thread each, a row each still 1.4 µs there (measured): a tenth of a blocked request.
 */
import { createHmac } from 'node:crypto';
import type { Event, EventNote } from '../activity/event.js';
import { toEvent, type EventTables, type Outcome } from '../activity/outcome.js';
import { MINUTE_MS } from '../local-time.js';
import type { Decision } from '../policy/decision.js';

/** A batch as it crosses threads: a row is shape, bytes up, bytes down, milliseconds, device (−1: none), requests. */
export interface PackedEvents {
  readonly shapes: readonly Event[];
  readonly numbers: Float64Array;
}

export interface EventBatch {
  /** @param snapshot the one that judged it */
  add(outcome: Outcome, snapshot: EventTables): void;
  setKey(key: Uint8Array): void;
  /** Today's token of a device. */
  tokenOf(address: string): number;
  /** The recorder has taken one batch over. */
  taken(): void;
  /** Sends what is there, however far the recorder has fallen behind. */
  flush(): void;
  close(): void;
}

export type SendEvents = (events: PackedEvents, dropped: number) => void;

const ROW = 6;
const FLUSH_MS = 250;
const BATCH = 512;
/** Notes held while the control thread is busy: half a minute of a busy school. Then the newest are dropped and counted. */
const MAX_HELD = 20_000;
/** Batches under way: a queue of messages has no bound of its own. */
const MAX_UNDER_WAY = 8;
const MAX_TOKENS = 10_000;

/** The first 53 bits of HMAC-SHA-256: a number that JavaScript holds exactly, and no two of 300 devices share it. */
export function deviceToken(key: Uint8Array, address: string): number {
  const digest = createHmac('sha256', key).update(address).digest();
  return digest.readUIntBE(0, 6) * 32 + ((digest[6] ?? 0) >> 3);
}

/** The recorder's side of `PackedEvents`. */
export function unpackEvents({ shapes, numbers }: PackedEvents): EventNote[] {
  const notes: EventNote[] = [];
  for (let at = 0; at + ROW <= numbers.length; at += ROW) {
    const shape = shapes[numbers[at] ?? -1];
    if (shape === undefined) continue;
    const device = numbers[at + 4] ?? -1;
    const event = { ...shape, bytesUp: numbers[at + 1] ?? 0, bytesDown: numbers[at + 2] ?? 0, ms: numbers[at + 3] ?? 0, requests: numbers[at + 5] ?? 0 };
    notes.push({ event, device: device < 0 ? null : device });
  }
  return notes;
}

interface Batch {
  readonly shapes: Event[];
  readonly numbers: Float64Array;
  rows: number;
}

/** What the last outcome under a decision became: the next one is the same but for its numbers. */
interface Known {
  readonly snapshot: EventTables;
  readonly zone: number;
  readonly minute: number;
  readonly reason: string;
  readonly failed: boolean;
  readonly channel: string;
  /** Null: such outcomes leave no event. */
  readonly shape: Event | null;
  /** Where the shape stands, and in which batch. */
  batch: Batch | null;
  index: number;
  /** Its last row in that batch. */
  at: number;
}

function newBatch(): Batch {
  return { shapes: [], numbers: new Float64Array(BATCH * ROW), rows: 0 };
}

export function createEventBatch(key: Uint8Array, send: SendEvents): EventBatch {
  let today = key;
  let current = newBatch();
  const full: Batch[] = [];
  let dropped = 0;
  let underWay = 0;
  const tokens = new Map<string, number>();
  const knownOf = new WeakMap<Decision, Known>();

  function tokenOf(address: string): number {
    if (address === '') return -1;
    let token = tokens.get(address);
    if (token === undefined) {
      token = deviceToken(today, address);
      if (tokens.size >= MAX_TOKENS) tokens.clear();
      tokens.set(address, token);
    }
    return token;
  }

  function knownFor(outcome: Outcome, snapshot: EventTables): Known {
    const { decision, zone, reason, failed, channel, startedMs } = outcome;
    const minute = Math.floor(startedMs / MINUTE_MS);
    const last = decision === null ? undefined : knownOf.get(decision);
    if (
      last !== undefined && last.snapshot === snapshot && last.zone === zone && last.minute === minute &&
      last.reason === reason && last.failed === failed && last.channel === channel
    ) return last;
    const known: Known = { snapshot, zone, minute, reason, failed, channel, shape: toEvent(outcome, snapshot), batch: null, index: 0, at: 0 };
    if (decision !== null) knownOf.set(decision, known);
    return known;
  }

  function dispatch(batch: Batch): void {
    underWay++;
    const lost = dropped;
    dropped = 0;
    send({ shapes: batch.shapes, numbers: batch.numbers.slice(0, batch.rows * ROW) }, lost);
  }

  function sendFull(mostUnderWay: number): void {
    while (underWay < mostUnderWay) {
      // Off the queue first: the receiver may answer before `send` returns.
      const batch = full.shift();
      if (batch === undefined) return;
      dispatch(batch);
    }
  }

  function sendAll(mostUnderWay: number): void {
    sendFull(mostUnderWay);
    if (full.length > 0 || underWay >= mostUnderWay || (current.rows === 0 && dropped === 0)) return;
    const batch = current;
    current = newBatch();
    dispatch(batch);
  }

  const timer = setInterval(() => sendAll(MAX_UNDER_WAY), FLUSH_MS);
  timer.unref();

  return {
    add(outcome, snapshot) {
      const known = knownFor(outcome, snapshot);
      if (known.shape === null) return;
      const { numbers } = current;
      const device = tokenOf(outcome.clientAddress);
      const last = known.at;
      if (known.batch === current && numbers[last + 4] === device) {
        numbers[last + 1] = (numbers[last + 1] ?? 0) + whole(outcome.bytesUp);
        numbers[last + 2] = (numbers[last + 2] ?? 0) + whole(outcome.bytesDown);
        numbers[last + 3] = (numbers[last + 3] ?? 0) + whole(outcome.ms);
        numbers[last + 5] = (numbers[last + 5] ?? 0) + 1;
        return;
      }
      if (full.length * BATCH + current.rows >= MAX_HELD) {
        dropped++;
        return;
      }
      if (known.batch !== current) {
        known.batch = current;
        known.index = current.shapes.push(known.shape) - 1;
      }
      const at = current.rows++ * ROW;
      known.at = at;
      numbers[at] = known.index;
      numbers[at + 1] = whole(outcome.bytesUp);
      numbers[at + 2] = whole(outcome.bytesDown);
      numbers[at + 3] = whole(outcome.ms);
      numbers[at + 4] = device;
      numbers[at + 5] = 1;
      if (current.rows < BATCH) return;
      full.push(current);
      current = newBatch();
      sendFull(MAX_UNDER_WAY);
    },
    setKey(next) {
      // Rows already written carry yesterday's tokens, and their minutes are yesterday's.
      today = next;
      tokens.clear();
    },
    tokenOf,
    taken() {
      if (underWay > 0) underWay--;
      sendFull(MAX_UNDER_WAY);
    },
    flush: () => sendAll(Infinity),
    close() {
      clearInterval(timer);
    },
  };
}

/** As toEvent does: whole, finite, not negative, whatever a jumping clock made of it. */
function whole(value: number): number {
  return value > 0 && value < Infinity ? Math.round(value) : 0;
}
