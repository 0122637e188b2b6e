/**
 * The kernel's neighbour table: MAC by address, for zones that name MACs. Read by the control thread only, kept in memory only.
 * IPv4 from /proc/self/net/arp (/proc/net is hidden by ProcSubset=pid); IPv6 from `ip -6 neigh`, asked only where a zone has a MAC.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Address → lower-case MAC. An unreadable table is an empty one: a MAC is a hint, zones fall back to their range. */
export async function readNeighbours(): Promise<Map<string, string>> {
  const found = parseArp(await readFile('/proc/self/net/arp', 'utf8').catch(() => ''));
  for (const [address, mac] of parseIpNeigh(await ipNeigh())) found.set(address, mac);
  return found;
}

export function sameNeighbours(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean {
  if (before.size !== after.size) return false;
  for (const [address, mac] of after) if (before.get(address) !== mac) return false;
  return true;
}

/** Lines of /proc/net/arp: address, type, flags (0x2: complete), MAC, mask, device. */
export function parseArp(text: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const line of text.split('\n').slice(1)) {
    const [address, , flags, mac] = line.trim().split(/\s+/);
    if (address !== undefined && mac !== undefined && flags !== '0x0' && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(mac) && mac !== '00:00:00:00:00:00') out.set(address, mac.toLowerCase());
  }
  return out;
}

/** Lines of `ip -6 neigh show`: `fe80::1 dev eth0 lladdr aa:… REACHABLE`. */
export function parseIpNeigh(text: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f:]+) .*\blladdr ([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b(?!.*\bFAILED\b)/i.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) out.set(match[1].toLowerCase(), match[2].toLowerCase());
  }
  return out;
}

function ipNeigh(): Promise<string> {
  return new Promise((resolve) => {
    execFile('ip', ['-6', 'neigh', 'show'], { timeout: 2_000, maxBuffer: 4 * 2 ** 20 }, (error, stdout) => resolve(error === null ? stdout : ''));
  });
}
