/** What is shipped in deploy/: units as systemd reads them and as exposed as promised, launchers that start, rules that say what they are for. */
import { execFile, execFileSync } from 'node:child_process';
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const UNITS = ['luytre.service', 'luytre-net.service', 'luytre-transparent.socket'] as const;
const dir = mkdtempSync(join(tmpdir(), 'luytre-units-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');
const analyze = ((): boolean => {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('systemd-analyze is not on this machine: the units are not verified');
    return false;
  }
})();

function run(program: string, ...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 30_000 }, (error, out, err) => resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 99, out: out + err }));
  });
}

describe.skipIf(!analyze)('units', () => {
  it('are what systemd understands', async () => {
    // the programs are where the manual puts them, not here
    for (const name of UNITS) writeFileSync(join(dir, name), read(name).replaceAll('/opt/luytre/app/deploy/', `${DEPLOY}/`));
    expect(await run('systemd-analyze', 'verify', ...UNITS.map((name) => join(dir, name)))).toEqual({ code: 0, out: '' });
  });
  it.each(['luytre.service', 'luytre-net.service'])('%s is exposed no more than 2.0', async (name) => {
    const { out } = await run('systemd-analyze', 'security', '--offline=yes', join(DEPLOY, name));
    expect(Number(/Overall exposure level for .*: ([\d.]+)/.exec(out)?.[1])).toBeLessThanOrEqual(2);
  });
});

describe('deploy', () => {
  it('the program needs no capability, and what does has only the one', () => {
    expect(read('luytre.service')).toMatch(/^CapabilityBoundingSet=$/m);
    expect(read('luytre-net.service')).toMatch(/^CapabilityBoundingSet=CAP_NET_ADMIN$/m);
    expect(read('luytre-transparent.socket')).toMatch(/^Transparent=yes$/m);
  });
  it('one port, one mark, one table in all files that name them', () => {
    expect(read('net.example.conf')).toMatch(/^PORT=3129$/m);
    expect(read('luytre-transparent.socket')).toMatch(/^ListenStream=\[::\]:3129$/m);
    expect(read('luytre-net')).toContain('MARK=0x10000000');
    const doctor = readFileSync(join(DEPLOY, '../src/commands/doctor-transparent.ts'), 'utf8');
    expect(doctor).toContain('fwmark 0x10000000\\/0x10000000 lookup 20820');
    expect(read('luytre-net')).toMatch(/^TABLE=20820\b/m);
  });
  it.each(['luytre', 'luytre-net', 'luytre-socket', 'with-node'])('%s can be run', (name) => expect(() => accessSync(join(DEPLOY, name), constants.X_OK)).not.toThrow());
  it.each([['luytre-net', 2], ['luytre-socket', 1]] as const)('%s says how it is used', async (name, code) => {
    const asked = await run(join(DEPLOY, name));
    expect(asked.code).toBe(code);
    expect(asked.out.trim()).toMatch(/^(?:luytre-socket: )?cách dùng \(usage\): [^\n]+$/);
  });
  it('the pinned Node is found without the link that npm 9 takes away', async () => {
    const tree = join(dir, 'tree');
    const bin = join(tree, `node_modules/node-linux-${process.arch}/bin`);
    mkdirSync(bin, { recursive: true });
    cpSync(join(DEPLOY, 'with-node'), join(tree, 'deploy/with-node'));
    expect(await run(join(tree, 'deploy/with-node'), 'true')).toMatchObject({ code: 2, out: expect.stringContaining('npm ci') });
    symlinkSync(process.execPath, join(bin, 'node'));
    expect(await run(join(tree, 'deploy/with-node'), 'node', '--version')).toEqual({ code: 0, out: `${process.version}\n` });
  });
  it('every script of the package runs on the pinned Node', () => {
    const { scripts } = JSON.parse(readFileSync(join(DEPLOY, '../package.json'), 'utf8')) as { scripts: Record<string, string> };
    for (const [name, script] of Object.entries(scripts)) {
      for (const step of script.split('&&')) expect(step.trim(), name).toMatch(/^(?:deploy\/with-node|deploy\/luytre|npm (?:run|test)) ?/);
    }
  });
  it('the manual installs every unit', () => {
    const manual = readFileSync(join(DEPLOY, '../docs/van-hanh.md'), 'utf8');
    for (const name of [...UNITS, 'net.example.conf', 'luytre-admin', 'luytre.example.yaml']) expect(manual, name).toContain(name);
  });
  it('the shell blocks of the manual are shell, and name only files and commands there are', async () => {
    const manual = readFileSync(join(DEPLOY, '../docs/van-hanh.md'), 'utf8');
    const blocks = [...manual.matchAll(/^```sh\n(.*?)^```$/gms)].map((found) => found[1] ?? '');
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    for (const block of blocks) {
      const file = join(dir, 'block.sh');
      writeFileSync(file, block);
      expect(await run('sh', '-n', file), block).toEqual({ code: 0, out: '' });
      for (const [, name = ''] of block.matchAll(/(?:^|[\s/])deploy\/([\w.-]+)/g)) expect(() => accessSync(join(DEPLOY, name)), name).not.toThrow();
      for (const [, command = ''] of block.matchAll(/^(?:.*&& )?luytre ([a-z]+)/gm)) expect((await run(join(DEPLOY, 'luytre'), command, '--help')).code, command).toBe(0);
    }
    // the account of the service owns its data and nothing of the program that root runs
    expect(manual).toContain('--home /var/lib/luytre --no-create-home luytre');
    expect(manual).toMatch(/stop 'luytre-transparent\.\*' luytre\n(?:.*\n)*?luytre restore/);
  });
});
