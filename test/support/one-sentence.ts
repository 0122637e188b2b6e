/** What a black-box test of bad input asks of every answer: one sentence, no trace of the inside, the right exit code. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runCommandLine } from '../../src/main.js';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Exactly one sentence on stderr and nothing else anywhere. */
export function oneSentence(answer: Answer, code: 1 | 2, about: RegExp): void {
  expect(answer.err).toMatch(/^luytre: [^\n]{10,700}\n$/);
  expect(answer.err).not.toMatch(/\bat .*:\d+:\d+|Error:|unexpected|ngoài dự kiến|node:/);
  expect(answer.err).toMatch(about);
  expect(answer.out).toBe('');
  expect(answer.code).toBe(code);
}

/** Hash of every file that holds state. The log and shared memory of SQLite come and go with each reader. */
export function stateOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).filter((file) => !/-wal$|-shm$/.test(file)).sort()) {
    const path = join(folder, name);
    const facts = statSync(path);
    hash.update(`${name} ${facts.mode}\n`);
    if (facts.isFile()) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** A command in this process: the same code as the program, without the half second that a process takes to start. One at a time. */
export async function commandHere(...args: string[]): Promise<Answer> {
  const { stdout, stderr } = process;
  const answer = { out: '', err: '' };
  const real = { out: stdout.write.bind(stdout), err: stderr.write.bind(stderr) };
  stdout.write = (text: string | Uint8Array) => ((answer.out += String(text)), true);
  stderr.write = (text: string | Uint8Array) => ((answer.err += String(text)), true);
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await runCommandLine(['node', 'luytre', ...args]);
    return { code: Number(process.exitCode), ...answer };
  } finally {
    stdout.write = real.out;
    stderr.write = real.err;
    process.exitCode = before;
  }
}
