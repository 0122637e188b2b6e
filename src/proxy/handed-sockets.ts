/**
 * Who accepts on the sockets that were handed over (TPROXY needs IP_TRANSPARENT, which Node can't set): each thread gets a handle of
 * its own to each socket, since a thread that ends closes what it holds. Owns the spare handles; refuses to touch a descriptor.
 */
import type { HandedSocket } from '../config.js';

export interface HandedSockets {
  /** Handles for a thread that is born; fewer than there are sockets when the spare ones are used up. */
  take(threadId: number): readonly number[];
  /** The thread has ended and what it held is closed. */
  gone(threadId: number): void;
  /** A socket that no thread accepts on and no handle is left of: its clients would wait for ever. */
  lost(): boolean;
}

export function createHandedSockets(sockets: readonly HandedSocket[]): HandedSockets {
  const spare = sockets.map((handles) => [...handles]);
  const held = sockets.map(() => new Set<number>());
  return {
    take(threadId) {
      const taken: number[] = [];
      spare.forEach((handles, socket) => {
        const fd = handles.shift();
        if (fd === undefined) return;
        held[socket]?.add(threadId);
        taken.push(fd);
      });
      return taken;
    },
    gone(threadId) {
      for (const threads of held) threads.delete(threadId);
    },
    lost: () => spare.some((handles, socket) => handles.length === 0 && held[socket]?.size === 0),
  };
}
