import { describe, expect, it } from 'vitest';
import { handedSockets } from '../../src/config.js';
import { createHandedSockets } from '../../src/proxy/handed-sockets.js';

const env = (LISTEN_FDS: string, LISTEN_FDNAMES?: string, LISTEN_PID = '77'): Record<string, string | undefined> => ({ LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID });

describe('sockets handed over (sd_listen_fds)', () => {
  it.each([
    ['one', env('1', 'transparent'), [[3]]],
    ['one without a name', env('1'), [[3]]],
    ['one with the handles the launcher made', env('7', `transparent${':copy-of-3'.repeat(6)}`), [[3, 4, 5, 6, 7, 8, 9]]],
    ['two with their handles', env('7', 'a:b:copy-of-3:copy-of-4:copy-of-3:copy-of-4:copy-of-3'), [[3, 5, 7, 9], [4, 6, 8]]],
    ['a handle of nothing is nobody’s', env('2', 'a:copy-of-9'), [[3]]],
    ['another process’s', env('1', 'transparent', '78'), []],
    ['none', env('0'), []],
    ['no number', env('1x'), []],
    ['nothing at all', {}, []],
  ] as const)('%s', (_what, given, sockets) => expect(handedSockets(given, 77)).toEqual(sockets));

  it('believes no number that could not be true', () => expect(handedSockets(env('999'), 77)).toHaveLength(256));
});

describe('who accepts on them', () => {
  it('each thread takes one handle of each socket, until there are no more', () => {
    const handed = createHandedSockets([[3, 5, 7], [4, 6]]);
    expect([handed.take(0), handed.take(1), handed.take(2), handed.take(3)]).toEqual([[3, 4], [5, 6], [7], []]);
    expect(handed.lost()).toBe(false);
  });
  it('a socket is lost when nobody holds it and no handle is left, and not before', () => {
    const handed = createHandedSockets([[3, 4, 5]]);
    handed.take(0);
    handed.take(1);
    handed.gone(0);
    handed.gone(1);
    expect(handed.lost()).toBe(false);
    handed.take(0);
    expect(handed.lost()).toBe(false);
    handed.gone(0);
    expect(handed.lost()).toBe(true);
  });
  it('of two sockets the poorer one decides', () => {
    const handed = createHandedSockets([[3, 5], [4]]);
    handed.take(0);
    handed.gone(0);
    expect(handed.lost()).toBe(true);
  });
});
