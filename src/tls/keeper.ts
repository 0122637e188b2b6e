/**
 * The school's CA as the running gateway sees it: read again when its files change, when an overlap ends, when it runs out.
 * Whatever can't be trusted switches interception off and is told once; filtering goes on. Refuses to know threads and pages.
 */
import { codeOf } from '../fault.js';
import { authorityStamp, loadAuthority, settleAuthority, type Authority } from './authority.js';
import type { IssuingAuthority } from './issuing.js';
import { loadNeverDecrypt } from './never-decrypt.js';

/** What a proxy thread needs to end TLS itself. Memory only; the key crosses as a KeyObject. */
export interface SigningParts {
  readonly authority: IssuingAuthority;
  /** Entries of the never-decrypt list, then those the school has added. */
  readonly neverDecrypt: readonly string[];
}

export interface AuthorityKeeper {
  /** What is in force; null: none, or none that can be trusted. */
  authority(): Authority | null;
  signing(): SigningParts | null;
  /** Looks again; true when what is in force has changed. Never throws. */
  refresh(nowMs: number): boolean;
}

export interface KeeperOptions {
  readonly dataDir: string;
  readonly neverDecryptFile: string;
  /** What the school has added to it; asked at each look. */
  readonly exceptions?: () => readonly string[];
  /** A CA that is there but not used; told once a cause. */
  readonly onFault: (code: string) => void;
}

export function createAuthorityKeeper(options: KeeperOptions): AuthorityKeeper {
  const { dataDir } = options;
  let seen = '';
  let lookAgainMs = -Infinity;
  let authority: Authority | null = null;
  let signing: SigningParts | null = null;
  let told = '';
  let exceptions: readonly string[] = [];

  function fault(code: string): null {
    if (told !== code) options.onFault(code);
    told = code;
    return null;
  }

  function look(nowMs: number): Authority | null {
    try {
      settleAuthority(dataDir, nowMs);
      const found = loadAuthority(dataDir, nowMs);
      if (found !== null && nowMs >= found.signing.issuing.notAfterMs) return fault('expired');
      told = '';
      return found;
    } catch (error) {
      return fault(codeOf(error));
    }
  }

  function parts(): SigningParts | null {
    if (authority === null) return null;
    try {
      return { authority: authority.signing.issuing, neverDecrypt: [...loadNeverDecrypt(options.neverDecryptFile).entries, ...exceptions] };
    } catch {
      // without the list nothing may be decrypted
      return fault('never-decrypt');
    }
  }

  /** True when the school's own list is another than before. One that can't be read now stays as it was. */
  function lookAtExceptions(): boolean {
    const before = exceptions.join(' ');
    try {
      exceptions = options.exceptions?.() ?? [];
    } catch {
      fault('exceptions');
    }
    return exceptions.join(' ') !== before;
  }

  return {
    authority: () => authority,
    signing: () => signing,
    refresh(nowMs) {
      const excepted = lookAtExceptions();
      const stamp = authorityStamp(dataDir);
      if (stamp === seen && nowMs < lookAgainMs) {
        if (!excepted || authority === null) return false;
        signing = parts();
        return true;
      }
      const before = authority?.signing.issuing.fingerprint;
      const next = authority?.next?.issuing.fingerprint;
      authority = look(nowMs);
      seen = authorityStamp(dataDir);
      lookAgainMs = Math.min(authority?.switchMs ?? Infinity, authority?.signing.issuing.notAfterMs ?? Infinity);
      // what failed for a reason outside of the files (an owner, a folder's mode) may be put right without their changing
      if (authority === null && told !== '') lookAgainMs = nowMs + 5_000;
      const changed = before !== authority?.signing.issuing.fingerprint || next !== authority?.next?.issuing.fingerprint;
      if (changed || excepted) signing = parts();
      return changed || (excepted && signing !== null);
    },
  };
}
