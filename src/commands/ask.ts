/** Questions at a terminal: what is typed for a password is not shown; elsewhere nothing is asked. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { checkStrength } from '../store/passwords.js';
import { StoreError } from '../store/store-error.js';
import { CommandError, type CommandEnv } from './env.js';

export interface Ask {
  (question: string, before: string | null): Promise<string | null>;
  /** What is typed is not shown. */
  secret(question: string): Promise<string | null>;
  readonly interactive: boolean;
  close(): void;
}

/** Questions on a terminal; elsewhere nothing is asked and null says "leave it". */
export function asker(env: CommandEnv): Ask {
  if (!process.stdin.isTTY || !process.stdout.isTTY || env.json) {
    return Object.assign(() => Promise.resolve(null), { secret: () => Promise.resolve(null), interactive: false, close: () => undefined });
  }
  let shown = true;
  const screen = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (shown) process.stdout.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: screen, terminal: true });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  /** Ctrl-C and the end of input end the command, not only the question. */
  const read = async (prompt: string): Promise<string> => {
    try {
      return await lines.question(prompt, { signal: gone.signal });
    } catch (error) {
      if (!gone.signal.aborted) throw error;
      process.stdout.write('\n');
      throw new CommandError(1, 'Đã dừng; những câu đã trả lời được giữ.', 'Stopped; what was answered is kept.');
    }
  };
  const ask = async (question: string, before: string | null): Promise<string | null> => {
    const answer = (await read(`${question}${before === null ? '' : ` [${before}]`}: `)).trim();
    return answer === '' ? before : answer;
  };
  const secret = async (question: string): Promise<string> => {
    process.stdout.write(`${question}: `);
    shown = false;
    try {
      return await read('');
    } finally {
      shown = true;
      process.stdout.write('\n');
    }
  };
  return Object.assign(ask, { secret, interactive: true, close: () => lines.close() });
}

/** Three tries: few people's first thought has fourteen characters of four kinds. */
export async function askPassword(env: CommandEnv, ask: Ask, name: string): Promise<string | null> {
  for (let tries = 1; ; tries++) {
    const password = await ask.secret(env.t('Mật khẩu, ít nhất 14 ký tự đủ chữ thường, chữ hoa, số và ký tự khác', 'Password, at least 14 characters of four kinds'));
    if (password === null) return null;
    try {
      checkStrength(name, password);
      return password;
    } catch (error) {
      if (!(error instanceof StoreError) || tries === 3) throw error;
      env.say.out(env.t(error.vi, error.en));
    }
  }
}

/** A password that is only checked: asked unseen at a terminal (on stderr, so that --json keeps stdout), else the first line of stdin. */
export async function givenPassword(question: string): Promise<string> {
  if (!process.stdin.isTTY) return firstLine();
  process.stderr.write(`${question}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  try {
    return await lines.question('', { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    throw new CommandError(1, 'Đã dừng; chưa có gì thay đổi.', 'Stopped; nothing has changed.');
  } finally {
    process.stderr.write('\n');
    lines.close();
  }
}

export async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.includes('\n') || text.length > 1_000) break;
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '');
}
