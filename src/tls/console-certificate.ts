/**
 * The certificate of the console: a leaf of the school's CA where there is one that may sign for the gateway's own names, else one
 * made here, kept with its key (0600) so that its fingerprint stays the same. Either is renewed before it ends. Refuses to know sockets.
 */
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { closeSync, constants, fsyncSync, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../local-time.js';
import { isAddressLiteral } from '../matching/address.js';
import { fingerprintText } from './export.js';
import { keyIdOf, type IssuingAuthority } from './issuing.js';
import { commonName, createLeafMaker } from './leaf.js';

export interface ConsoleCertificate {
  readonly key: string;
  /** The leaf, and the CA behind it where there is one. */
  readonly cert: string;
  readonly fromCa: boolean;
  /** To compare with what the browser shows. */
  readonly fingerprint: string;
  readonly notAfterMs: number;
}

/** Browsers cap what they take at 398 days, for certificates they were told to trust too. */
const SELF_DAYS = 397;
const RENEW_MS = 30 * DAY_MS;
const RENEW_LEAF_MS = 7 * DAY_MS;

export interface CertificateWish {
  readonly dataDir: string;
  /** Canonical names and addresses by which the console is reached. */
  readonly hosts: readonly string[];
  /** The CA in force, with its certificate. */
  readonly ca: { readonly issuing: IssuingAuthority; readonly pem: string } | null;
  readonly nowMs: number;
}

/** True when it should be made anew: it ends soon, or the CA is another. */
export function isDue(certificate: ConsoleCertificate, nowMs: number): boolean {
  return certificate.notAfterMs - nowMs < (certificate.fromCa ? RENEW_LEAF_MS : RENEW_MS);
}

export function consoleCertificate(wish: CertificateWish): ConsoleCertificate {
  return (wish.ca === null ? null : fromCa(wish.ca, wish)) ?? ownCertificate(wish);
}

/** Null where the CA may sign for none of the names. */
function fromCa(ca: NonNullable<CertificateWish['ca']>, { hosts, nowMs }: CertificateWish): ConsoleCertificate | null {
  const maker = createLeafMaker(ca.issuing);
  const own = hosts.filter((host) => maker.maySign(host));
  if (!own.some((host) => isAddressLiteral(host) || host.includes('.'))) return null;
  const leaf = maker.sign(own, nowMs);
  return { key: maker.key, cert: leaf.cert + ca.pem, fromCa: true, fingerprint: fingerprintOf(leaf.cert), notAfterMs: leaf.notAfterMs };
}

function ownCertificate(wish: CertificateWish): ConsoleCertificate {
  const folder = join(wish.dataDir, 'console');
  const kept = readOwn(join(folder, 'certificate.pem'));
  if (kept !== null && !isDue(kept, wish.nowMs) && covers(kept.cert, wish.hosts)) return kept;
  const made = makeOwn(wish.hosts, wish.nowMs);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(join(folder, 'certificate.pem'), made.key + made.cert);
  return made;
}

function makeOwn(hosts: readonly string[], nowMs: number): ConsoleCertificate {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const self: IssuingAuthority = {
    key: pair.privateKey,
    fingerprint: '',
    name: commonName('Lũy Tre'),
    keyId: keyIdOf(pair.publicKey.export({ type: 'spki', format: 'der' })),
    notBeforeMs: nowMs - DAY_MS,
    notAfterMs: nowMs + SELF_DAYS * DAY_MS,
    excluded: [],
    addresses: [],
  };
  const maker = createLeafMaker(self, { pair, days: SELF_DAYS });
  const leaf = maker.sign(hosts, nowMs);
  return { key: maker.key, cert: leaf.cert, fromCa: false, fingerprint: fingerprintOf(leaf.cert), notAfterMs: leaf.notAfterMs };
}

/** What can't be read, or is open to others, is made anew: nothing but a warning in browsers depends on it. */
function readOwn(path: string): ConsoleCertificate | null {
  try {
    const handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const facts = fstatSync(handle);
      if (!facts.isFile() || (facts.mode & 0o077) !== 0 || facts.size > 65_536) return null;
      const text = readFileSync(handle, 'latin1');
      const key = /-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----\n?/.exec(text)?.[0] ?? '';
      const cert = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\n?/.exec(text)?.[0] ?? '';
      const certificate = new X509Certificate(cert);
      if (!certificate.checkPrivateKey(createPrivateKey(key))) return null;
      return { key, cert, fromCa: false, fingerprint: fingerprintOf(cert), notAfterMs: certificate.validToDate.getTime() };
    } finally {
      closeSync(handle);
    }
  } catch {
    return null;
  }
}

function covers(cert: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(cert);
  return hosts.every((host) => (isAddressLiteral(host) ? certificate.checkIP(host) : certificate.checkHost(host, { subject: 'never' })) !== undefined);
}

function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  if (lstatSync(temporary, { throwIfNoEntry: false }) !== undefined) rmSync(temporary);
  const handle = openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
}

function fingerprintOf(cert: string): string {
  return fingerprintText(createHash('sha256').update(new X509Certificate(cert).raw).digest('hex'));
}
