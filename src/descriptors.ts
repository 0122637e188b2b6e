/**
 * How near the process is to its limit of open files. At the limit the kernel gives no more, and libuv accepts and closes what comes in:
 * devices see reset connections and nobody hears of it. Looks once in two seconds; says it once, and once more when it is over.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Log } from './log.js';

export type DescriptorState = 'ok' | 'low' | 'out';

export interface DescriptorWatch {
  look(): void;
  state(): DescriptorState;
  /** Whether it ever ran out since the start. */
  ranOut(): boolean;
}

export interface DescriptorProbe {
  /** Files open now. @throws with code EMFILE or ENFILE when it can't even ask */
  used(): number;
  limit(): number;
}

/** Above this share a school hour away from trouble; back below it, with something to spare, the trouble is over. */
const LOW = 0.9;
const OVER = 0.8;
/** Connections come in pairs, and threads take them in bursts between two looks. */
const OUT_LEFT = 32;

const ofThisProcess: DescriptorProbe = {
  // Linux 6.2 and later tell the number as the size; before that the entries are counted.
  used: () => statSync('/proc/self/fd').size || readdirSync('/proc/self/fd').length,
  limit: () => Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? Infinity),
};

export function createDescriptorWatch(log: Pick<Log, 'info' | 'warn' | 'error'>, probe: DescriptorProbe = ofThisProcess): DescriptorWatch {
  const limit = probe.limit();
  let state: DescriptorState = 'ok';
  let ranOut = false;

  function judge(): { next: DescriptorState; used: number } {
    try {
      const used = probe.used();
      if (used >= limit - OUT_LEFT) return { next: 'out', used };
      if (used >= limit * LOW) return { next: 'low', used };
      return { next: used >= limit * OVER && state !== 'ok' ? 'low' : 'ok', used };
    } catch (error) {
      if (['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')) return { next: 'out', used: limit };
      throw error;
    }
  }

  return {
    look() {
      const { next, used } = judge();
      if (next === state) return;
      if (next === 'out') {
        log.error('no file descriptor is left: new connections are reset', { part: 'gateway', code: 'EMFILE', count: used });
        ranOut = true;
      } else if (next === 'low' && state === 'ok') log.warn('file descriptors run short', { part: 'gateway', count: used });
      else if (next === 'ok') log.info('file descriptors suffice again', { part: 'gateway', count: used });
      // from out to low nothing is said: at the limit the two take turns
      if (!(state === 'out' && next === 'low')) state = next;
    },
    state: () => state,
    ranOut: () => ranOut,
  };
}
