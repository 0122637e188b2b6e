/**
 * The strict vectors through the running server, explicit and transparent, with a canary request behind each on the same
 * connection: the status named there, not one unexplained byte at the origin, nothing forwarded without a decision of its own.
 */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialer } from '../../src/proxy/relay-context.js';
import { answering, startOrigin, until, type Origin } from '../support/origin.js';
import { startProxy, type Harness } from '../support/proxy-harness.js';
import { rawClient, splitResponses } from '../support/raw-client.js';
import { sharedData } from '../support/shared-data.js';
import { readAll, valuesOf } from '../support/strict-oracle.js';

interface Vector {
  readonly id: string;
  readonly bytes_base64: string;
  readonly expected: string;
}

const path = sharedData('vectors', 'http', 'strict-vectors.json');
const vectors = path === null ? [] : (JSON.parse(readFileSync(path, 'utf8')) as Vector[]);
const CANARY_ABSOLUTE = 'GET http://ok.test/canary HTTP/1.1\r\nHost: ok.test\r\n\r\n';
const CANARY_ORIGIN = 'GET /canary HTTP/1.1\r\nHost: ok.test\r\n\r\n';

let origin: Origin;
let proxy: Harness;
let dials = 0;

beforeAll(async () => {
  origin = await startOrigin(() => answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
  // Every permit leads to the one origin, whatever its port: vectors speak of port 80.
  const dialer: Dialer = {
    dial(_permit, _purpose, done) {
      dials++;
      const socket = net.connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      socket.on('error', () => undefined);
      socket.once('connect', () => done(null, socket, false));
      return { cancel: () => socket.destroy() };
    },
  };
  proxy = await startProxy(origin.port, { deps: { dialer } });
});
afterAll(async () => {
  await proxy.close();
  await origin.close();
});

/** Status the vector wants, or null: read as a request, and then it is policy's. */
function wanted(expected: string): number | null {
  const status = /^(?:reject )?(4\d\d|5\d\d)\b/.exec(expected)?.[1];
  return status === undefined || status === '403' ? null : Number(status);
}

interface Run {
  readonly statuses: number[];
  readonly closed: boolean;
  readonly bytesAtOrigin: Buffer;
  readonly dials: number;
}

async function run(bytes: Buffer, mode: 'explicit' | 'transparent', pieces: 'whole' | 'halves'): Promise<Run> {
  const before = origin.connections.length;
  const dialsBefore = dials;
  const client = await rawClient(mode === 'explicit' ? proxy.port : proxy.transparentPort);
  if (pieces === 'whole') client.send(bytes);
  else {
    const middle = Math.max(1, bytes.length >> 1);
    client.send(bytes.subarray(0, middle));
    await pause(3);
    client.send(bytes.subarray(middle));
  }
  await until(() => client.closed() || splitResponses(client.text()).length > 0, 400).catch(() => undefined);
  if (!client.closed()) client.send(mode === 'explicit' ? CANARY_ABSOLUTE : CANARY_ORIGIN);
  client.finish();
  await client.waitClosed();
  await until(() => origin.connections.slice(before).every((c) => c.closed));
  return {
    statuses: splitResponses(client.text()).map((r) => r.status).filter((s) => s >= 200),
    closed: client.closed(),
    bytesAtOrigin: Buffer.concat(origin.connections.slice(before).map((c) => c.bytes)),
    dials: dials - dialsBefore,
  };
}

const isConnect = (id: string): boolean => id.startsWith('CONNECT');

describe.skipIf(path === null).each(['explicit', 'transparent'] as const)('strict vectors, %s', (mode) => {
  for (const vector of vectors) {
    // Tunnels are told apart by the tunnel's own tests; what is no valid CONNECT belongs here.
    if (isConnect(vector.id) && wanted(vector.expected) === null) continue;
    it(`${vector.id}: ${vector.expected}`, async () => {
      const bytes = Buffer.from(vector.bytes_base64, 'base64');
      const absolute = / http:\/\//.test(bytes.toString('latin1').split('\r\n')[0] ?? '');
      const foreign = mode === 'transparent' && (isConnect(vector.id) || vector.id === 'two-host-abs' || vector.id === 'http10');
      const status = wanted(vector.expected) ?? (foreign || (mode === 'explicit' && !absolute) || vector.id === 'OPTIONS*' ? 400 : null);
      for (const pieces of ['whole', 'halves'] as const) {
        const result = await run(bytes, mode, pieces);
        const seen = readAll(result.bytesAtOrigin);
        if (status !== null) {
          expect([pieces, result.statuses]).toEqual([pieces, [status]]);
          // A body that breaks after the head was sent: the origin has at most a piece, never a request.
          expect(seen.requests).toHaveLength(0);
          if (pieces === 'whole') {
            expect(result.bytesAtOrigin.toString('latin1')).toBe('');
            expect(result.dials).toBe(0);
          }
          expect(result.bytesAtOrigin.toString('latin1')).not.toContain('canary');
          continue;
        }
        expect(seen.stopped).toBeNull();
        // One answer for each request that arrived, and the canary only where the connection may go on.
        expect(seen.requests.length).toBe(result.statuses.length);
        expect(result.statuses.every((s) => s === 200)).toBe(true);
        expect(seen.requests.length).toBeGreaterThanOrEqual(1);
        expect(seen.requests.length).toBeLessThanOrEqual(2);
        for (const request of seen.requests) {
          expect(valuesOf(request, 'host')).toEqual(['ok.test']);
          for (const gone of ['upgrade', 'http2-settings', 'proxy-connection', 'te', 'x-forwarded-for']) expect(valuesOf(request, gone)).toEqual([]);
        }
        const [first, second] = seen.requests;
        expect(first?.target).not.toBe('/canary');
        if (second !== undefined) expect(second.target).toBe('/canary');
      }
    });
  }
});

describe.skipIf(path === null)('the vectors', () => {
  it('leave nothing behind', async () => {
    await until(() => proxy.server.connections() === 0);
    expect(proxy.outcomes.every((o) => o.decision === null || o.decision.host === 'ok.test')).toBe(true);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
