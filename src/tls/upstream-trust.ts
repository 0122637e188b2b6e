/**
 * Whom the gateway trusts when it speaks TLS to the outside: the system's root certificates, the school's own extra ones
 * (`network.trustedCa`), the deny list and the revocations that come with this version. Read and checked at start, plain data afterwards.
 * Refuses to know handshakes.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { createDeny, loadDenyLines, type DenyLines, type MoreDeny } from './distrusted.js';
import { readCertificate } from './certificate-facts.js';
import { TrustError } from './trust-error.js';
import { judgeDenied } from './upstream-check.js';

/** Crosses threads. */
export interface UpstreamTrust {
  /** PEM, one a root: valid now and on no deny list. */
  readonly roots: readonly string[];
  readonly distrusted: DenyLines;
  readonly revoked: DenyLines;
  /** From the signed channel; the threads are told of a newer one while they run. */
  readonly more?: MoreDeny;
  /** For doctor: where the roots come from, how many the school added, when the system's were last brought up to date. */
  readonly source: 'system' | 'node';
  readonly added: number;
  readonly changedMs: number | null;
}

export interface TrustOptions {
  /** `network.trustedCa`. */
  readonly trustedCa: string | null;
  /** The shipped `certs/`. */
  readonly certsDir: string;
  readonly nowMs: number;
  /** Bundle of the system; tests name another. */
  readonly systemBundle?: string;
}

/** Debian's and Ubuntu's ca-certificates. It is updated with the system; what is built into Node is as old as the Node (security.md §4.8). */
const SYSTEM_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
/** A bundle with fewer is broken: Debian's has about 140. */
const MIN_SYSTEM_ROOTS = 20;
const MAX_FILE_BYTES = 4 * 2 ** 20;
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** @throws TrustError with one sentence that names the file */
export function loadUpstreamTrust(options: TrustOptions): UpstreamTrust {
  const distrusted = loadDenyLines(join(options.certsDir, 'distrusted.txt'));
  const revoked = loadDenyLines(join(options.certsDir, 'revoked.txt'));
  const deny = createDeny(distrusted, revoked);
  const bundle = options.systemBundle ?? SYSTEM_BUNDLE;
  const system = usable(readSystem(bundle), options.nowMs);
  const fromSystem = system.length >= MIN_SYSTEM_ROOTS;
  const roots = fromSystem ? system : usable(rootCertificates.join('\n'), options.nowMs);
  const added = options.trustedCa === null ? [] : loadAdded(options.trustedCa, options.nowMs);
  const kept = [...roots, ...added].filter((root) => {
    const facts = readCertificate(root.raw);
    return facts !== null && judgeDenied([facts], deny) === null;
  });
  return {
    roots: kept.map((root) => root.toString()),
    distrusted,
    revoked,
    source: fromSystem ? 'system' : 'node',
    added: added.length,
    changedMs: fromSystem ? statSync(bundle).mtimeMs : null,
  };
}

/** Nothing where there is no bundle. */
function readSystem(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function blocks(text: string): string[] {
  return text.match(PEM) ?? [];
}

/** Roots of a bundle that can be read and are valid now; one bad root in a hundred must not close the Internet. */
function usable(text: string, nowMs: number): X509Certificate[] {
  const found: X509Certificate[] = [];
  for (const pem of blocks(text)) {
    const root = parse(pem);
    if (root !== null && isValid(root, nowMs)) found.push(root);
  }
  return found;
}

function isValid(root: X509Certificate, nowMs: number): boolean {
  return nowMs >= Date.parse(root.validFrom) && nowMs <= Date.parse(root.validTo);
}

function parse(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** What the admin named must be good to the last certificate: a silent half would be looked for in the wrong place for days. */
function loadAdded(file: string, nowMs: number): X509Certificate[] {
  const fail = (vi: string, en: string, cause?: unknown): never => {
    throw new TrustError(`network.trustedCa: ${vi}.`, `network.trustedCa: ${en}.`, { cause });
  };
  let text = '';
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT') return fail(`không tìm thấy tệp ${file}`, `file ${file} not found`, error);
    if (code === 'EACCES') return fail(`không có quyền đọc tệp ${file}`, `file ${file} can't be read: permission denied`, error);
    if (code === 'EISDIR') return fail(`${file} là thư mục, cần một tệp PEM`, `${file} is a directory; a PEM file is needed`, error);
    return fail(`không đọc được tệp ${file} (${code})`, `file ${file} can't be read (${code})`, error);
  }
  if (text.length > MAX_FILE_BYTES) return fail(`tệp ${file} lớn quá 4 MiB`, `file ${file} is larger than 4 MiB`);
  if (text.includes('PRIVATE KEY-----')) return fail(`tệp ${file} chứa khóa bí mật; chỉ để chứng chỉ trong tệp này`, `file ${file} holds a private key; it must hold certificates only`);
  const pems = blocks(text);
  if (pems.length === 0 || pems.length !== text.split('-----BEGIN').length - 1) return fail(`tệp ${file} không phải chứng chỉ PEM`, `file ${file} is not a PEM certificate`);
  return pems.map((pem, at) => {
    const root = parse(pem);
    const facts = root === null ? null : readCertificate(root.raw);
    const which = pems.length === 1 ? ['', ''] : [`, chứng chỉ thứ ${at + 1}`, `, certificate ${at + 1}`];
    if (root === null || facts === null) return fail(`tệp ${file}${which[0] ?? ''} bị hỏng`, `file ${file}${which[1] ?? ''} is damaged`);
    if (!facts.ca) return fail(`tệp ${file}${which[0] ?? ''} không phải chứng chỉ CA`, `file ${file}${which[1] ?? ''} is not a CA certificate`);
    if (facts.issuer !== facts.subject) return fail(`tệp ${file}${which[0] ?? ''} không phải CA gốc (tự ký)`, `file ${file}${which[1] ?? ''} is not a root (self-signed) CA`);
    if (nowMs > facts.notAfterMs) return fail(`tệp ${file}${which[0] ?? ''} hết hạn ngày ${day(facts.notAfterMs)}`, `file ${file}${which[1] ?? ''} expired on ${day(facts.notAfterMs)}`);
    if (nowMs < facts.notBeforeMs) return fail(`tệp ${file}${which[0] ?? ''} chỉ có hiệu lực từ ngày ${day(facts.notBeforeMs)}`, `file ${file}${which[1] ?? ''} is valid from ${day(facts.notBeforeMs)} only`);
    if (!facts.strongKey) return fail(`tệp ${file}${which[0] ?? ''} có khóa quá yếu (RSA cần từ 2048 bit)`, `file ${file}${which[1] ?? ''} has too weak a key (RSA must have 2048 bits)`);
    return root;
  });
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
