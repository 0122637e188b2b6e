/** A replayed script and its report: totals equal the script exactly; help lines leave nothing; roll-ups equal events. */
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/database.js';
import type { Report } from '../../src/reporting/report.js';
import { freePorts, startTestGateway, type TestGateway } from '../support/gateway.js';

const SCRIPT = { 'olm.vn': 37, 'hitclub.com': 23, 'tongdai111.vn': 11, 'khong-ai-biet.vn': 5 } as const;
let origin: Server;
let gateway: TestGateway;
let port = 0;

beforeAll(async () => {
  origin = createServer((_request, response) => response.end('x'.repeat(1_000)));
  [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => origin.listen(port, '127.0.0.1', resolve));
  const hosts = Object.fromEntries(Object.keys(SCRIPT).map((host) => [host, '127.0.0.1']));
  gateway = await startTestGateway({ config: { network: { hosts, dialPrivate: ['127.0.0.0/8'], ports: [80, 443, port] } } });
});
afterAll(async () => {
  await gateway.end();
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));
});

/** `count` requests on one kept-alive connection, each awaited. */
function replay(host: string, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.proxyPort, '127.0.0.1');
    let done = 0;
    let buffered = Buffer.alloc(0);
    const send = (): void => void socket.write(`GET http://${host}:${port}/bai-${done}?hoc=sinh HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    socket.on('error', reject);
    socket.on('close', () => (done === count ? resolve() : done < count ? reject(new Error(`closed after ${done} of ${count} for ${host}`)) : undefined));
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      const end = buffered.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = buffered.subarray(0, end).toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      const chunked = /transfer-encoding: chunked/i.test(head);
      const whole = chunked ? buffered.includes('0\r\n\r\n') : buffered.length >= end + 4 + length;
      if (!whole) return;
      buffered = Buffer.alloc(0);
      done += 1;
      if (done === count) return void socket.end();
      send();
    });
    socket.on('connect', send);
  });
}

describe('report', () => {
  it('equals the script', async () => {
    for (const [host, count] of Object.entries(SCRIPT)) await replay(host, count);
    await gateway.stop();
    const day = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);
    const json = await gateway.cli('report', '--from', day, '--to', day, '--format', 'json');
    expect(json.err).toBe('');
    const report = JSON.parse(json.out) as Report;
    expect(report.totals).toMatchObject({ requests: 37 + 23 + 5, allowed: 37, blocked: 23 + 5, failed: 0 });
    expect(report.learning.requests).toBe(37);
    expect(report.totals.bytesDown).toBeGreaterThanOrEqual(37 * 1_000);
    const csv = await gateway.cli('report', '--from', day, '--to', day, '--format', 'csv');
    expect(csv.out.charCodeAt(0)).toBe(0xfeff);
    expect(csv.out).toContain('37');
    const store = openStore(gateway.data);
    expect(store.events.verify()).toEqual([]);
    expect(store.events.domains(0, Date.now() + 86_400_000).map((row) => row.domain)).not.toContain('tongdai111.vn');
    store.close();
  });

  it('refuses periods and formats that are none', async () => {
    expect((await gateway.cli('report', '--from', '2026-13-01', '--to', '2026-01-01')).code).toBe(2);
    expect((await gateway.cli('report', '--from', '2026-02-01', '--to', '2026-01-01')).code).toBe(2);
    expect((await gateway.cli('report', '--from', '2026-01-01', '--to', '2026-01-01', '--format', 'pdf')).code).toBe(2);
  });
});
