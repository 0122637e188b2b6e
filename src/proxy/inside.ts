/**
 * What is known of a connection whose TLS is ended here, beside what any connection knows: for which name that was done, who it is,
 * and what may come of it. Memory only. Refuses to do anything: intercept.ts makes it, the relay reads it.
 */
import type { Socket } from 'node:net';
import type { Decision } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { ClientRef } from './tunnel.js';

/** Path under which the block page reaches the gateway's own pages without leaving HTTPS: a form posted from HTTPS to plain HTTP is warned of. */
export const PAGES_PATH = '/.luytre';

export interface Inside {
  /** The server name of the hello, canonical: the only host whose requests go any further. */
  readonly host: string;
  /** Port of the CONNECT, or the one a transparent client dialled. */
  readonly port: number;
  readonly from: ClientRef;
  /** The socket under the TLS. */
  readonly socket: Socket;
  /** Ended for the page alone (level `block-page`): nothing that comes out of it is ever sent on. */
  readonly pageOnly: boolean;
  /** The next answer is the last one. */
  ending: boolean;
  /** When the verdict on the host must be made anew. */
  untilMs: number;
  /** An outcome has been given: by the tunnel for a page, else by the first request. */
  told: boolean;
  /** Gives the outcome of a connection on which nothing was ever asked. */
  readonly tell: (failed: boolean) => void;
}

/** May what this profile allows be read, now? A school that goes back to another level stops reading at once. */
export function mayRead(inside: Inside, decision: Decision, snapshot: Snapshot): boolean {
  return !inside.pageOnly && snapshot.data.profiles[decision.profile]?.tls === 'inspect';
}
