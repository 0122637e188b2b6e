/**
 * A second, independent reading of HTTP/1.1 requests: what an origin that follows RFC 9112 to the letter sees in a byte stream.
 * Written with regular expressions over text on purpose: it shares no code and no method with src/proxy/message.ts.
 */

export interface OracleRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Names in lower case, in order. */
  readonly fields: readonly (readonly [string, string])[];
  /** Decoded. */
  readonly body: Buffer;
  readonly framing: 'none' | 'length' | 'chunked';
}

export interface OracleReading {
  readonly requests: readonly OracleRequest[];
  /** Why reading stopped before the end of the bytes; null: everything was read. `incomplete` may still become a request. */
  readonly stopped: string | null;
}

const LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) (HTTP\/1\.[01])$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/;

export function readAll(bytes: Buffer): OracleReading {
  const text = bytes.toString('latin1');
  const requests: OracleRequest[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) return { requests, stopped: 'incomplete' };
    const lines = text.slice(at, end).split('\r\n');
    if (lines.some((line) => /[\r\n]/.test(line))) return { requests, stopped: 'bare CR or LF' };
    const line = LINE.exec(lines[0] ?? '');
    if (line === null) return { requests, stopped: 'request line' };
    const fields: [string, string][] = [];
    for (const raw of lines.slice(1)) {
      const field = FIELD.exec(raw);
      if (field === null) return { requests, stopped: 'field line' };
      fields.push([(field[1] as string).toLowerCase(), field[2] as string]);
    }
    const all = (name: string): string[] => fields.filter(([n]) => n === name).map(([, v]) => v);
    const hosts = all('host');
    if (hosts.length !== 1 || hosts[0] === '') return { requests, stopped: 'host' };
    const lengths = all('content-length');
    const codings = all('transfer-encoding');
    if (lengths.length + codings.length > 1) return { requests, stopped: 'framing' };
    at = end + 4;
    let body: Buffer = Buffer.alloc(0);
    if (lengths.length === 1) {
      if (!/^(0|[1-9][0-9]{0,15})$/.test(lengths[0] as string)) return { requests, stopped: 'content-length' };
      const length = Number(lengths[0]);
      if (at + length > bytes.length) return { requests, stopped: 'incomplete' };
      body = bytes.subarray(at, at + length);
      at += length;
    } else if (codings.length === 1) {
      if (line[3] !== 'HTTP/1.1' || (codings[0] as string).toLowerCase() !== 'chunked') return { requests, stopped: 'transfer-encoding' };
      const chunks = readChunks(text, at);
      if (typeof chunks === 'string') return { requests, stopped: chunks };
      body = Buffer.from(chunks.data, 'latin1');
      at = chunks.next;
    }
    requests.push({
      method: line[1] as string, target: line[2] as string, version: line[3] as string, fields, body,
      framing: lengths.length === 1 ? 'length' : codings.length === 1 ? 'chunked' : 'none',
    });
  }
  return { requests, stopped: null };
}

/** Clean chunks only: no extension, no trailer, no leading zero. That is all our relay may send. */
export function readChunks(text: string, from: number): { data: string; next: number } | string {
  let at = from;
  let data = '';
  for (;;) {
    const eol = text.indexOf('\r\n', at);
    if (eol === -1) return 'incomplete';
    const size = text.slice(at, eol);
    if (!/^(0|[1-9A-Fa-f][0-9A-Fa-f]{0,13})$/.test(size)) return 'chunk size';
    const length = Number.parseInt(size, 16);
    at = eol + 2;
    if (at + length + 2 > text.length) return 'incomplete';
    if (text.slice(at + length, at + length + 2) !== '\r\n') return 'chunk end';
    data += text.slice(at, at + length);
    at += length + 2;
    if (length === 0) return { data, next: at };
  }
}

/** All values of a field. */
export function valuesOf(request: OracleRequest, name: string): string[] {
  return request.fields.filter(([n]) => n === name).map(([, v]) => v);
}
