/**
 * Which zone a connection comes from: listener port, then room login, then MAC, then the longest CIDR.
 * Owns the order of these signs; refuses to know how they were learnt. All tables are built once.
 */
import { createCidrMap } from '../matching/address.js';
import type { Snapshot } from './snapshot.js';

/** What the wire knows of a client. Memory only. */
export interface Client {
  readonly address: string;
  /** Listener port the connection came in on. */
  readonly port: number;
  readonly mac: string | null;
  /** Name of a shared room login whose password was checked, or null. */
  readonly login: string | null;
}

/** Position of the client's zone, −1 when nothing names it. A sign claimed by two zones belongs to the first. */
export function createZoneFinder(snapshot: Snapshot): (client: Client) => number {
  const byPort = new Map<number, number>();
  const byLogin = new Map<string, number>();
  const byMac = new Map<string, number>();
  const byCidr: [string, number][] = [];
  const taken = new Set<string>();
  snapshot.data.zones.forEach((zone, position) => {
    if (zone.port !== null && !byPort.has(zone.port)) byPort.set(zone.port, position);
    if (zone.login !== null && !byLogin.has(zone.login.name)) byLogin.set(zone.login.name, position);
    for (const mac of zone.macs) {
      const key = mac.toLowerCase();
      if (!byMac.has(key)) byMac.set(key, position);
    }
    for (const cidr of zone.cidrs) {
      if (taken.has(cidr)) continue;
      taken.add(cidr);
      byCidr.push([cidr, position]);
    }
  });
  const cidrs = createCidrMap(byCidr);
  return (client) =>
    byPort.get(client.port) ??
    (client.login === null ? undefined : byLogin.get(client.login)) ??
    (client.mac === null ? undefined : byMac.get(client.mac.toLowerCase())) ??
    cidrs.get(client.address) ??
    -1;
}
