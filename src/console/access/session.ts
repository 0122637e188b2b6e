/**
 * Sessions as the console uses them: the cookie, the limits of each role, what waits in memory for a session's next page.
 * A session has 256 random bits of its own and lies on disk as their hash; whoever reads the disk can't use it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { MINUTE_MS } from '../../local-time.js';
import type { SessionRow, SessionStage, SessionStore } from '../../store/access-rows.js';
import type { Role, UserRow } from '../../store/rows.js';
import type { Lang, Words } from '../words.js';

const COOKIE = '__Host-sid';
export const ABSOLUTE_MS = 12 * 60 * MINUTE_MS;
/** Half-way in: password right, second factor to come. */
const STAGE_MS = 10 * MINUTE_MS;
/** How long having shown who one is holds for dangerous acts. */
export const PROOF_MS = 5 * MINUTE_MS;
/** How often the time of last use is written. */
const TOUCH_MS = MINUTE_MS;
const MAX_REMEMBERED = 2_000;

export function idleMs(role: Role): number {
  return role === 'teacher' ? 30 * MINUTE_MS : 15 * MINUTE_MS;
}

/** Roles that can change what everybody may see need a second factor. */
export function needsSecondFactor(role: Role): boolean {
  return role === 'it-admin' || role === 'head';
}

/** What a session's next page says. */
export interface Flash {
  readonly kind: 'done' | 'refused';
  readonly words: Words;
  readonly undo: string | null;
  readonly atMs: number;
}

/** Memory of one session; gone with the process, and nothing is lost by it. */
export interface SessionMemory {
  flash: Flash | null;
  /** Second factor being set up, not yet proved. */
  enrolling: string | null;
  /** Recovery codes just made, shown once. */
  recovery: readonly string[] | null;
  /** Wrong codes at the second step. */
  wrongCodes: number;
}

export interface Sessions {
  /** The session of a request's Cookie field, if it is still good; notes that it was used. */
  read(cookies: string | undefined, options?: { /** Not a person's doing: the time of last use stays. */ readonly quiet?: boolean }): SessionRow | null;
  /** Opens one and ends `from`, so that each step of signing in has a secret of its own. @returns the Set-Cookie value */
  open(user: UserRow, stage: SessionStage, about: { readonly lang: Lang; readonly device: string; readonly from: SessionRow | null }): string;
  end(session: SessionRow): void;
  memory(session: SessionRow): SessionMemory;
  /** Deletes what is past every limit. */
  expire(): void;
}

export const NO_COOKIE = `${COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`;

export function createSessions(store: SessionStore, now: () => number): Sessions {
  const memories = new Map<string, SessionMemory>();

  const good = (session: SessionRow): boolean => {
    const nowMs = now();
    if (nowMs - session.createdMs > ABSOLUTE_MS || session.createdMs > nowMs + MINUTE_MS) return false;
    return nowMs - session.seenMs <= (session.stage === 'full' ? idleMs(session.user.role) : STAGE_MS);
  };
  const forget = (hash: Buffer): void => void memories.delete(hash.toString('hex'));

  return {
    read(cookies, options) {
      const secret = cookieOf(cookies);
      if (secret === null) return null;
      const hash = hashOf(secret);
      const session = store.find(hash);
      if (session === null) return null;
      if (!good(session)) {
        store.end(hash);
        forget(hash);
        return null;
      }
      if (options?.quiet !== true && now() - session.seenMs >= TOUCH_MS) store.touch(hash, now());
      return session;
    },
    open(user, stage, { lang, device, from }) {
      if (from !== null) {
        store.end(from.hash);
        forget(from.hash);
      }
      const secret = randomBytes(32).toString('base64url');
      const nowMs = now();
      store.open({ hash: hashOf(secret), user: user.name, stage, createdMs: nowMs, seenMs: nowMs, provedMs: nowMs, lang, device });
      return `${COOKIE}=${secret}; Path=/; Secure; HttpOnly; SameSite=Strict`;
    },
    end(session) {
      store.end(session.hash);
      forget(session.hash);
    },
    memory(session) {
      const key = session.hash.toString('hex');
      let memory = memories.get(key);
      if (memory === undefined) {
        memory = { flash: null, enrolling: null, recovery: null, wrongCodes: 0 };
        if (memories.size >= MAX_REMEMBERED) for (const oldest of [...memories.keys()].slice(0, 1)) memories.delete(oldest);
        memories.set(key, memory);
      }
      return memory;
    },
    expire() {
      store.expire(now() - ABSOLUTE_MS, now() - idleMs('teacher'));
    },
  };
}

function cookieOf(cookies: string | undefined): string | null {
  const found = (cookies ?? '').split(';').map((part) => part.trim()).filter((part) => part.startsWith(`${COOKIE}=`));
  // two of one name: one of them was planted
  const value = found.length === 1 ? found[0]?.slice(COOKIE.length + 1) : undefined;
  return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** "Chrome · Android": enough for its owner to recognise a session, too little to follow a device. */
export function deviceOf(userAgent: string | undefined): string {
  const text = userAgent ?? '';
  const browser = /Edg\//.test(text) ? 'Edge' : /CocCoc|coc_coc/i.test(text) ? 'Cốc Cốc' : /Firefox\//.test(text) ? 'Firefox' : /Chrom(?:e|ium)\//.test(text) ? 'Chrome' : /Safari\//.test(text) ? 'Safari' : '?';
  const system = /Android/.test(text) ? 'Android' : /iPhone|iPad/.test(text) ? 'iOS' : /Windows/.test(text) ? 'Windows' : /Mac OS X/.test(text) ? 'macOS' : /Linux/.test(text) ? 'Linux' : '?';
  return `${browser} · ${system}`;
}
