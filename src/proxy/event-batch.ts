/**
 * Events on their way from a proxy thread to the recorder: batched, bounded, with today's token of the device beside each.
 * The address goes no further than the keyed hash made here (security.md §5.2). Refuses to know what an event says.
 */
import { createHmac } from 'node:crypto';
import type { Event, EventNote } from '../activity/event.js';

export interface EventBatch {
  add(event: Event, clientAddress: string): void;
  setKey(key: Uint8Array): void;
  /** The recorder has taken one batch over. */
  taken(): void;
  /** Sends what is there, however far the recorder has fallen behind. */
  flush(): void;
  close(): void;
}

export type SendEvents = (notes: readonly EventNote[], dropped: number) => void;

const FLUSH_MS = 250;
const BATCH = 512;
/** Notes held while the control thread is busy: about half a minute of a busy school. Then the newest are dropped and counted. */
const MAX_HELD = 20_000;
/** Batches under way: a queue of messages has no bound of its own. */
const MAX_UNDER_WAY = 8;
const MAX_TOKENS = 10_000;

/** The first 53 bits of HMAC-SHA-256: a number that JavaScript holds exactly; of 300 devices two collide once in 10¹¹ days. */
export function deviceToken(key: Uint8Array, address: string): number {
  const digest = createHmac('sha256', key).update(address).digest();
  return digest.readUIntBE(0, 6) * 32 + ((digest[6] ?? 0) >> 3);
}

export function createEventBatch(key: Uint8Array, send: SendEvents): EventBatch {
  let held: EventNote[] = [];
  let dropped = 0;
  let underWay = 0;
  const tokens = new Map<string, number>();
  let today = key;

  function tokenOf(address: string): number {
    let token = tokens.get(address);
    if (token === undefined) {
      token = deviceToken(today, address);
      if (tokens.size >= MAX_TOKENS) tokens.clear();
      tokens.set(address, token);
    }
    return token;
  }

  function sendAll(): void {
    if (held.length === 0 && dropped === 0) return;
    const notes = held;
    const lost = dropped;
    held = [];
    dropped = 0;
    underWay++;
    send(notes, lost);
  }

  function sendIfWelcome(): void {
    if (underWay < MAX_UNDER_WAY) sendAll();
  }

  const timer = setInterval(sendIfWelcome, FLUSH_MS);
  timer.unref();

  return {
    add(event, clientAddress) {
      if (held.length >= MAX_HELD) {
        dropped++;
        return;
      }
      held.push({ event, device: clientAddress === '' ? null : tokenOf(clientAddress) });
      if (held.length >= BATCH) sendIfWelcome();
    },
    setKey(next) {
      // Notes already made carry yesterday's tokens, and their minutes are yesterday's.
      today = next;
      tokens.clear();
    },
    taken() {
      if (underWay > 0) underWay--;
      if (held.length >= BATCH) sendIfWelcome();
    },
    flush: sendAll,
    close() {
      clearInterval(timer);
    },
  };
}
