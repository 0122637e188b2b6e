/**
 * Which requests are addressed to the gateway itself: its names, its addresses, the pages port. Never the console.
 * Refuses to know what the pages are.
 */
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalHost } from '../matching/hostname.js';
import type { RequestHead } from './message.js';
import type { ProxySettings } from './settings.js';

export interface OwnPages {
  /** @param socket the client's: the address it reached us by is ours */
  areAskedFor(head: RequestHead, socket: Socket): boolean;
  /** Where a browser finds the pages, as seen from this client. */
  originFor(socket: Socket, transparent: boolean): string;
}

/** Addresses come and go (DHCP, VLANs); asking the kernel for each request would cost more than the request. */
const REFRESH_MS = 10_000;

export function createOwnPages(settings: ProxySettings, clockMs: () => number = () => performance.now()): OwnPages {
  const { port } = settings.pages;
  const names = new Set(settings.pages.names.map((name) => canonicalHost(name) ?? name));
  const firstName = settings.pages.names[0] ?? null;
  let addresses = new Set<string>();
  let readMs = -Infinity;

  function isOwnAddress(host: string, socket: Socket): boolean {
    if (host === plainAddress(socket.localAddress)) return true;
    const now = clockMs();
    if (now - readMs > REFRESH_MS) {
      readMs = now;
      addresses = new Set(['127.0.0.1', '::1']);
      for (const list of Object.values(networkInterfaces())) {
        for (const { address } of list ?? []) addresses.add(plainAddress(address));
      }
    }
    return addresses.has(host);
  }

  return {
    areAskedFor(head, socket) {
      const askedPort = head.port;
      if (names.has(head.host)) return askedPort === 80 || askedPort === port || (head.form === 'origin' && askedPort === settings.port);
      // The hot path ends here: only an address literal can be one of ours, and no name starts and ends like one.
      if (askedPort !== port && (head.form !== 'origin' || (askedPort !== settings.port && askedPort !== 80))) return false;
      return looksLikeAddress(head.host) && isOwnAddress(head.host, socket);
    },
    originFor(socket, transparent) {
      // A transparent client's own idea of our address is the site's it wanted.
      const address = transparent ? null : plainAddress(socket.localAddress);
      const host = address === null || address === '' ? (firstName ?? '127.0.0.1') : address.includes(':') ? `[${address}]` : address;
      return `http://${host}:${port}`;
    },
  };
}

function looksLikeAddress(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return (last >= 0x30 && last <= 0x39) || host.includes(':');
}

/** The kernel's text of an address: IPv4 seen through a dual-stack socket unwrapped, the zone of a link-local one left off. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  const zone = address.indexOf('%');
  if (zone >= 0) return address.slice(0, zone);
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
