/**
 * How often one may try to sign in: a delay that grows with each failure on an account, and a bound for each address.
 * Nobody is ever locked out: the delay has a ceiling, and whoever got into an account lately is not held up by what
 * others try on it. The same for names that do not exist, so that it tells nobody which do. Memory only; what outlives a restart is
 * the store's own count of wrong passwords (login-throttle.ts).
 */
const WINDOW_MS = 15 * 60_000;
const FREE_TRIES = 5;
const LONGEST_WAIT_MS = 60_000;
const ADDRESS_TRIES = 20;
const MAX_KEPT = 10_000;

export interface Throttle {
  /** Milliseconds to wait before this one may try; 0: now. */
  waitMs(name: string, address: string): number;
  failed(name: string, address: string): void;
  succeeded(name: string, address: string): void;
  /** True for an address this account was last entered from. */
  knows(name: string, address: string): boolean;
}

interface Tries {
  n: number;
  lastMs: number;
}

export function createThrottle(now: () => number): Throttle {
  const byAccount = new Map<string, Tries>();
  const byPair = new Map<string, Tries>();
  const byAddress = new Map<string, Tries>();
  /** Account → address it was last entered from. */
  const known = new Map<string, string>();

  const current = (map: Map<string, Tries>, key: string): Tries | null => {
    const found = map.get(key);
    return found === undefined || now() - found.lastMs > WINDOW_MS ? null : found;
  };
  const add = (map: Map<string, Tries>, key: string): void => {
    const n = (current(map, key)?.n ?? 0) + 1;
    map.delete(key);
    map.set(key, { n, lastMs: now() });
    // the oldest goes: a flood of names makes room for itself only
    if (map.size > MAX_KEPT) dropOldest(map);
  };
  /** 1, 2, 4 … seconds from the sixth failure on. */
  const delay = (tries: Tries | null, free: number): number => {
    if (tries === null || tries.n < free) return 0;
    return Math.max(0, tries.lastMs + Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** Math.min(6, tries.n - free)) - now());
  };

  return {
    waitMs(name, address) {
      const account = keyOf(name);
      // One's own failures always count; those of others only where one has not been here before.
      const pair = delay(current(byPair, `${account} ${address}`), FREE_TRIES);
      const others = known.get(account) === address ? 0 : delay(current(byAccount, account), FREE_TRIES);
      return Math.max(pair, others, delay(current(byAddress, address), ADDRESS_TRIES));
    },
    knows: (name, address) => known.get(keyOf(name)) === address,
    failed(name, address) {
      const account = keyOf(name);
      add(byAccount, account);
      add(byPair, `${account} ${address}`);
      add(byAddress, address);
    },
    succeeded(name, address) {
      const account = keyOf(name);
      byPair.delete(`${account} ${address}`);
      known.delete(account);
      known.set(account, address);
      if (known.size > MAX_KEPT) dropOldest(known);
    },
  };
}

function dropOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

function keyOf(name: string): string {
  return name.slice(0, 64).toLowerCase();
}
