/** Addresses under which devices of the LAN reach this machine; link-local ones belong to every machine and are left out. */
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress } from './matching/address.js';

/** IPv4 first: it is what people type. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address))
    .flatMap(({ address }) => {
      const parsed = parseAddress(address);
      return parsed === null ? [] : [formatAddress(parsed)];
    })
    .sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}
