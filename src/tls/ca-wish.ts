/** What the school's CA is made with, and what is told of one: the same for the command line and the console. No key passes here. */
import { join } from 'node:path';
import { certsDir } from '../installed.js';
import { ownAddresses } from '../own-addresses.js';
import type { SchoolCa } from './authority.js';
import type { CaWish } from './ca-certificate.js';
import { loadNeverDecrypt } from './never-decrypt.js';

/** Stands on the certificate of a school that has not said its name. */
export const NO_NAME = 'Nhà trường';

/** @param addresses the gateway's own, which are all it may ever sign beside sites; absent: those of this machine */
export function caWish(school: string, nowMs: number, addresses: readonly string[] = ownAddresses()): CaWish {
  return { school, excluded: loadNeverDecrypt(join(certsDir(), 'never-decrypt.txt')).names, addresses: [...new Set(addresses)], nowMs };
}

export interface CaSummary {
  readonly name: string;
  readonly fingerprint: string;
  readonly from: string;
  readonly until: string;
  readonly excluded: number;
  readonly addresses: readonly string[];
}

export function caSummary(ca: SchoolCa): CaSummary {
  const { issuing } = ca;
  return {
    name: /CN=(.*)/.exec(ca.certificate.subject)?.[1] ?? '', fingerprint: issuing.fingerprint,
    from: new Date(issuing.notBeforeMs).toISOString(), until: new Date(issuing.notAfterMs).toISOString(), excluded: issuing.excluded.length, addresses: issuing.addresses,
  };
}
