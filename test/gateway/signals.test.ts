/** Signals as an administrator and the tools of a machine send them to the launched gateway. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';

const LAUNCHER = join(import.meta.dirname, '../../deploy/luytre');

describe('the launched gateway', () => {
  let gateway: TestGateway;
  let child: ChildProcess;
  let printed = '';
  const pid = (): number => child.pid ?? 0;

  beforeAll(async () => {
    gateway = await startTestGateway({ idle: true });
    // a machine set up for cores, as developers' are
    child = spawn('/bin/sh', ['-c', 'ulimit -c unlimited 2>/dev/null; exec "$0" "$@"', LAUNCHER, 'start', '--config', gateway.config, '--data', gateway.data], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    await until(() => printed.includes('curl -x'), 60_000, 'the banner');
  }, 90_000);
  afterAll(async () => {
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await over;
    await gateway.end();
  }, 60_000);

  const healthy = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${gateway.pagesPort}/healthz`)).json();

  it('opens no debugger at SIGUSR1, and goes on', async () => {
    child.kill('SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(printed).not.toMatch(/Debugger listening/);
    expect(await healthy()).toMatchObject({ ok: true });
  });

  it('leaves no core file: devices\' addresses and the CA\'s key are in its memory', () => {
    expect(readFileSync(`/proc/${pid()}/limits`, 'utf8')).toMatch(/^Max core file size\s+0\s+0\s/m);
  });

  it('says at SIGHUP that a changed configuration waits for a restart, and what is wrong with a faulty one', async () => {
    const good = readFileSync(gateway.config, 'utf8');
    child.kill('SIGHUP');
    writeFileSync(gateway.config, `${good}school:\n  name: Trường khác\n`);
    child.kill('SIGHUP');
    await until(() => /Tệp cấu hình đã đổi; hãy khởi động lại|file has changed; restart/.test(printed), 10_000, 'the reminder');
    writeFileSync(gateway.config, `${good}school:\n  nam: x\n`);
    child.kill('SIGHUP');
    await until(() => /«school\.nam».*Cấu hình cũ còn hiệu lực|school\.nam.*stays in force/.test(printed), 10_000, 'the fault');
    expect(await healthy()).toMatchObject({ ok: true });
    writeFileSync(gateway.config, good);
  });
});
