/** A browser without a browser for the console: real TLS, a cookie jar, forms as they stand in the page, the fetch metadata a browser sends. */
import { createHmac } from 'node:crypto';
import { request } from 'node:https';
import type { TestGateway } from './gateway.js';

export const PASSWORD = 'Con tre xanh 2026!';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly bytes: Buffer;
  /** Where a redirect leads, or ''. */
  readonly location: string;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Leaves the fetch metadata and the cookie to `headers`. */
  readonly bare?: boolean;
}

export interface Client {
  send(path: string, options?: SendOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Follows redirects of a GET. */
  open(path: string): Promise<Answer>;
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Answer>;
  /** A form with a file in it, as a browser sends it. */
  upload(path: string, fields: Readonly<Record<string, string>>, file: { readonly field: string; readonly name: string; readonly bytes: Buffer }): Promise<Answer>;
  json(method: string, path: string, body?: unknown): Promise<{ status: number; value: Record<string, unknown>; headers: Answer['headers'] }>;
  cookie(): string | null;
  setCookie(value: string | null): void;
}

export function createClient(port: number, options: { readonly host?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Client {
  let cookie: string | null = null;
  const host = options.host ?? `127.0.0.1:${port}`;

  const send = (path: string, { method = 'GET', headers = {}, body, bare = false }: SendOptions = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const fields: Record<string, string> = { Host: host, ...options.headers };
      if (!bare) {
        fields['Sec-Fetch-Site'] = 'same-origin';
        if (method !== 'GET') fields['Origin'] = `https://${host}`;
        if (cookie !== null) fields['Cookie'] = `__Host-sid=${cookie}`;
      }
      const sent = request({ host: '127.0.0.1', port, path, method, rejectUnauthorized: false, agent: false, headers: { ...fields, ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }), ...headers } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          for (const set of response.headers['set-cookie'] ?? []) {
            const value = /^__Host-sid=([^;]*)/.exec(set)?.[1];
            if (value !== undefined && !bare) cookie = value === '' ? null : value;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString('utf8'), bytes: Buffer.concat(parts), location: response.headers.location ?? '' });
        });
      });
      sent.setTimeout(60_000, () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body);
    });

  const client: Client = {
    send,
    get: (path) => send(path),
    async open(path) {
      let answer = await send(path);
      for (let hops = 0; hops < 5 && answer.location !== ''; hops++) answer = await send(answer.location);
      return answer;
    },
    post: (path, fields) => send(path, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString() }),
    upload(path, fields, file) {
      const line = `----luytre${Date.now()}`;
      const parts = Object.entries(fields).map(([name, value]) => `--${line}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
      const head = `--${line}\r\nContent-Disposition: form-data; name="${file.field}"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(parts.join('')), Buffer.from(head), file.bytes, Buffer.from(`\r\n--${line}--\r\n`)]);
      return send(path, { method: 'POST', headers: { 'Content-Type': `multipart/form-data; boundary=${line}` }, body });
    },
    async json(method, path, body) {
      const answer = await send(path, { method, ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }) });
      return { status: answer.status, value: JSON.parse(answer.body) as Record<string, unknown>, headers: answer.headers };
    },
    cookie: () => cookie,
    setCookie: (value) => {
      cookie = value;
    },
  };
  return client;
}

/** RFC 6238 by hand, so that a fault of the library would show. */
export function totp(secret: string, nowMs = Date.now()): string {
  const bits = [...secret.replace(/\s/g, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** The key shown on the page where the second factor is set up. */
export function shownSecret(page: string): string {
  return (/<p class="key"><code>([A-Z2-7 ]+)<\/code>/.exec(page)?.[1] ?? '').replaceAll(' ', '');
}

/** One-time code printed at the gateway's start. */
export function setupCode(gateway: TestGateway): string {
  return [...gateway.output().matchAll(/: ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){4})$/gm)].at(-1)?.[1] ?? '';
}

/** Claims the gateway for `quantri`, with its second factor. @returns the signed-in client and the secret of the second factor */
export async function firstAdmin(gateway: TestGateway, now: () => number = Date.now): Promise<{ readonly client: Client; readonly secret: string; readonly recovery: readonly string[] }> {
  const client = createClient(gateway.consolePort);
  const claimed = await client.post('/khoi-dau', { code: setupCode(gateway), name: 'quantri', password: PASSWORD, again: PASSWORD });
  if (claimed.status !== 303) throw new Error(`not claimed: ${claimed.status} ${claimed.body.slice(0, 2_000)}`);
  return { client, ...(await enrol(client, now)) };
}

export async function enrol(client: Client, now: () => number = Date.now): Promise<{ readonly secret: string; readonly recovery: readonly string[] }> {
  const secret = shownSecret((await client.get('/thiet-lap-xac-thuc')).body);
  const done = await client.post('/thiet-lap-xac-thuc', { code: totp(secret, now()), back: '/' });
  if (done.status !== 200) throw new Error(`not enrolled: ${done.status} ${done.body.slice(0, 2_000)}`);
  return { secret, recovery: [...done.body.matchAll(/<li><code>([0-9a-f-]+)<\/code>/g)].map((match) => match[1] ?? '') };
}

/** Signs in with the password alone: a role without a second factor ends signed in. */
export async function signIn(gateway: TestGateway, name: string, password = PASSWORD): Promise<Client> {
  const client = createClient(gateway.consolePort);
  await client.post('/dang-nhap', { name, password, back: '/' });
  return client;
}

/** Signs in with the password and a code of the second factor; one code is good once, so `nowMs` is a step of the clock that was not used yet. */
export async function signInWithCode(gateway: TestGateway, name: string, secret: string, nowMs: number): Promise<Client> {
  const client = await signIn(gateway, name);
  const done = await client.post('/ma-xac-thuc', { code: totp(secret, nowMs), back: '/' });
  if (done.status !== 303) throw new Error(`not signed in: ${done.status} ${done.body.slice(0, 2_000)}`);
  return client;
}
