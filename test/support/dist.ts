/** The built program, for tests that need other processes: `npm test` builds before it runs them. */
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** Path of the built program; throws one clear sentence when it was not built. */
export function builtProgram(): string {
  if (!existsSync(`${DIST}/store/database.js`)) throw new Error('dist/ is not there: run `npm run build` first (npm test does)');
  return DIST;
}

/** Runs a child script (beside the test) that imports from dist and gives what it printed. */
export function runChild(script: URL, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [fileURLToPath(script), builtProgram(), ...args], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}

/** Starts a child script that imports from dist; messages by IPC. */
export function startChild(script: URL, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(script), [builtProgram(), ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}
