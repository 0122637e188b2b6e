/**
 * Which requests are addressed to the gateway itself: its names, its addresses, the pages port. Never the console.
 * Refuses to know what the pages are.
 */
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createCidrSet, plainAddress } from '../matching/address.js';
import { canonicalHost } from '../matching/hostname.js';
import type { RequestHead } from './message.js';
import type { ProxySettings } from './settings.js';

export interface OwnPages {
  /** @param socket the client's: the address it reached us by is ours, unless it is transparent: then it is the one the client wanted */
  areAskedFor(head: RequestHead, socket: Socket, transparent: boolean): boolean;
  /** Where a browser finds the pages, as seen from this client. */
  originFor(socket: Socket, transparent: boolean): string;
}

/** Addresses come and go (DHCP, VLANs); asking the kernel for each request would cost more than the request. */
const REFRESH_MS = 10_000;

/** One address of this machine and the network it stands in. */
interface Link {
  readonly address: string;
  readonly net: { has(address: string): boolean };
  readonly internal: boolean;
}

export function createOwnPages(settings: ProxySettings, clockMs: () => number = () => performance.now()): OwnPages {
  const { port } = settings.pages;
  const names = new Set(settings.pages.names.map((name) => canonicalHost(name) ?? name));
  const firstName = settings.pages.names[0] ?? null;
  let addresses = new Set<string>();
  let links: readonly Link[] = [];
  let readMs = -Infinity;

  function refresh(): void {
    const now = clockMs();
    if (now - readMs <= REFRESH_MS) return;
    readMs = now;
    links = Object.values(networkInterfaces()).flatMap((list) => list ?? []).map(({ address, cidr, internal }) => ({
      address: plainAddress(address), net: createCidrSet(cidr === null || cidr === undefined ? [] : [cidr]), internal,
    }));
    addresses = new Set(['127.0.0.1', '::1', ...links.map(({ address }) => address)]);
  }

  function isOwnAddress(host: string, socket: Socket, transparent: boolean): boolean {
    if (!transparent && host === plainAddress(socket.localAddress)) return true;
    refresh();
    return addresses.has(host);
  }

  /** Where a transparent client can reach us: our address on its own link, or else on any. */
  function addressFor(client: string): string {
    refresh();
    const link = links.find(({ net }) => net.has(client)) ?? links.find(({ internal, address }) => !internal && !address.includes(':'));
    return link?.address ?? '127.0.0.1';
  }

  return {
    areAskedFor(head, socket, transparent) {
      const askedPort = head.port;
      if (names.has(head.host)) return askedPort === 80 || askedPort === port || (head.form === 'origin' && askedPort === settings.port);
      // The hot path ends here: only an address literal can be one of ours, and no name starts and ends like one.
      if (askedPort !== port && (head.form !== 'origin' || (askedPort !== settings.port && askedPort !== 80))) return false;
      return looksLikeAddress(head.host) && isOwnAddress(head.host, socket, transparent);
    },
    originFor(socket, transparent) {
      const address = transparent ? '' : plainAddress(socket.localAddress);
      const known = address === '' ? (firstName ?? addressFor(plainAddress(socket.remoteAddress))) : address;
      const host = known.includes(':') ? `[${known}]` : known;
      return `http://${host}:${port}`;
    },
  };
}

function looksLikeAddress(host: string): boolean {
  const last = host.charCodeAt(host.length - 1);
  return (last >= 0x30 && last <= 0x39) || host.includes(':');
}
