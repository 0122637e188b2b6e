/**
 * What a transparent connection speaks, from its first byte: TLS (0x16), HTTP (a letter, or the blank line some clients send first),
 * or nothing that may pass. Owns the wait for that byte. Refuses to read further.
 */
import type { Socket } from 'node:net';
import { Roster, type Member } from './roster.js';

export interface IdentifyOptions {
  /** How long a client may stay silent. */
  readonly helloMs: number;
  /** The socket is bare: no listener of ours is left on it. */
  readonly onTls: (socket: Socket, first: Buffer) => void;
  readonly onHttp: (socket: Socket, first: Buffer) => void;
  /** Neither, or silence: the socket is destroyed after this returns. */
  readonly onNeither: (socket: Socket) => void;
}

export interface Identifier {
  accept(socket: Socket): void;
  count(): number;
  close(): void;
}

export type Speech = 'tls' | 'http' | 'neither';

/** A client that has not said anything yet. */
interface Waiting extends Member {
  readonly socket: Socket;
  readonly sinceMs: number;
  readonly letGo: () => void;
}

const TLS_HANDSHAKE = 0x16;
const CR = 0x0d;
const LF = 0x0a;
const SWEEP_MS = 500;

export function speechOf(byte: number | undefined): Speech {
  if (byte === undefined) return 'neither';
  if (byte === TLS_HANDSHAKE) return 'tls';
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || byte === CR || byte === LF ? 'http' : 'neither';
}

export function createIdentifier(options: IdentifyOptions): Identifier {
  const waiting = new Roster<Waiting>();

  function accept(socket: Socket): void {
    const onData = (first: Buffer): void => {
      letGo();
      const speech = speechOf(first[0]);
      if (speech === 'tls') options.onTls(socket, first);
      else if (speech === 'http') options.onHttp(socket, first);
      else turnOff(socket);
    };
    const onGone = (): void => {
      letGo();
      socket.destroy();
    };
    const letGo = (): void => {
      waiting.remove(member);
      socket.removeListener('data', onData);
      socket.removeListener('end', onGone);
      socket.removeListener('close', onGone);
    };
    const member: Waiting = { socket, sinceMs: performance.now(), letGo, seat: -1 };
    waiting.add(member);
    socket.on('data', onData);
    socket.on('end', onGone);
    socket.on('close', onGone);
  }

  function turnOff(socket: Socket): void {
    options.onNeither(socket);
    socket.destroy();
  }

  const sweeper = setInterval(() => {
    const nowMs = performance.now();
    waiting.each(({ socket, sinceMs, letGo }) => {
      if (nowMs - sinceMs <= options.helloMs) return;
      letGo();
      turnOff(socket);
    });
  }, SWEEP_MS);
  sweeper.unref();

  return {
    accept,
    count: () => waiting.size,
    close() {
      clearInterval(sweeper);
      waiting.each(({ socket, letGo }) => {
        letGo();
        socket.destroy();
      });
    },
  };
}
