/**
 * Who may use the proxy at all, and how many connections at a time. Owns the counts; refuses to read anything.
 */
import type { Socket } from 'node:net';
import { createCidrSet, plainAddress } from '../matching/address.js';
import type { Reason } from '../policy/decision.js';
import type { ProxySettings } from './settings.js';

export interface Admission {
  /**
   * Counts the socket until it closes, whoever owns it then. `refused` gets a counted socket that may not stay,
   * with the reason; a flood is destroyed without a word.
   */
  admit(socket: Socket, refused: (address: string, reason: Reason) => void): boolean;
}

/** Sockets that are turned away hold a place while they linger; beyond this many times the limit they get no answer. */
const FLOOD = 2;
const MAX_KNOWN = 10_000;

export function createAdmission(settings: ProxySettings): Admission {
  const { limits } = settings;
  const clients = createCidrSet(settings.clients);
  const perClient = new Map<string, number>();
  /** A walk over the ranges costs microseconds, and the same devices come all day. */
  const allowed = new Map<string, boolean>();
  let open = 0;

  function release(address: string): void {
    open--;
    const held = (perClient.get(address) ?? 1) - 1;
    if (held === 0) perClient.delete(address);
    else perClient.set(address, held);
  }

  function mayUse(address: string): boolean {
    let known = allowed.get(address);
    if (known === undefined) {
      known = clients.has(address);
      if (allowed.size >= MAX_KNOWN) allowed.clear();
      allowed.set(address, known);
    }
    return known;
  }

  return {
    admit(socket, refused) {
      socket.on('error', ignoreError);
      const address = plainAddress(socket.remoteAddress);
      const held = perClient.get(address) ?? 0;
      // No address: gone before we looked.
      if (address === '' || held >= limits.connectionsPerClient * FLOOD || open >= limits.connections * FLOOD) {
        socket.destroy();
        return false;
      }
      const refusal: Reason | null = !mayUse(address) ? 'client-not-allowed'
        : held >= limits.connectionsPerClient ? 'too-many-connections'
        : open >= limits.connections ? 'overload' : null;
      open++;
      perClient.set(address, held + 1);
      socket.on('close', () => release(address));
      if (refusal === null) return true;
      refused(address, refusal);
      return false;
    },
  };
}

/** 'close' follows and tells all. */
function ignoreError(): void {
  return;
}
