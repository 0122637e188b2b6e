/**
 * Opens upstream connections: only with a Permit, only to addresses checked here, the very ones that are dialled
 * (security.md §2.13: nothing is resolved again between the check and the connect).
 * Owns the address guard, happy eyeballs (RFC 8305) and the parent proxy. Refuses to know hosts' categories, HTTP bodies and clients.
 */
import net, { type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createCidrSet, isAddressLiteral, isPublicUnicast } from '../matching/address.js';
import { canonicalHost } from '../matching/hostname.js';
import type { Permit } from '../policy/decision.js';
import type { DialDone, Dialer, Dialing } from './relay-context.js';
import type { Resolver } from './resolve.js';
import type { ProxySettings } from './settings.js';
import type { DialFault } from './wire-error.js';

/** RFC 8305 §5, "Connection Attempt Delay". */
const STAGGER_MS = 250;
/** After IPv6 has lost to IPv4 by the stagger, IPv4 goes first for this long: half the schools' IPv6 leads nowhere. */
const IPV6_DOUBT_MS = 60_000;
const INTERFACES_FRESH_MS = 10_000;
const MAX_PARENT_HEAD_BYTES = 8_192;

/** Where to: a permit's host, or one that the admin's configuration names. */
type Target = Pick<Permit, 'dialHost' | 'port'>;

export interface GatewayDialer extends Dialer {
  /**
   * To a host that no client asked for but the admin's configuration names (the signed channel): anywhere but on our own listeners,
   * through the parent proxy where there is one.
   */
  dialChosen(target: Target, purpose: 'http' | 'tunnel', done: DialDone): Dialing;
  /** Listening ports of the gateway beside those of the settings (zones' own listeners). */
  setOwnPorts(ports: readonly number[]): void;
}

export interface DialerOptions {
  /** The machine's own addresses, canonical (tests replace it). */
  readonly ownAddresses?: () => Iterable<string>;
  readonly monotonicMs?: () => number;
}

interface AddressGuard {
  /** null: may be dialled. `chosen`: the admin's own parent proxy, which may be anywhere but on our own listeners. */
  check(address: string, port: number, chosen?: boolean): 'own-address' | 'private-address' | null;
  setOwnPorts(ports: readonly number[]): void;
}

function interfaceAddresses(): string[] {
  const found: string[] = [];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) found.push(canonicalHost(address) ?? address);
  }
  return found;
}

type AddressKind = 'loopback' | 'public' | 'private';

interface KnownAddress {
  readonly kind: AddressKind;
  /** `network.dialPrivate` names it. */
  readonly allowed: boolean;
}

/** Every one of these reaches this machine. */
const LOOPBACK = createCidrSet(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']);
const MAX_KNOWN = 10_000;

/**
 * Which addresses may be dialled. The gateway's listeners never, on any of the machine's addresses, even where
 * `network.dialPrivate` covers them: a proxy that reaches its own console is mitmproxy's CVE-2025-23217.
 */
function createAddressGuard(settings: ProxySettings, options: DialerOptions = {}): AddressGuard {
  const ownAddresses = options.ownAddresses ?? interfaceAddresses;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const allowedPrivate = createCidrSet(settings.dialPrivate);
  const fixedPorts = [settings.port, settings.transparentPort ?? 0, settings.pages.port, ...(settings.ownPorts ?? [])];
  let ownPorts = new Set(fixedPorts);
  let own = new Set<string>();
  let ownReadMs = -Infinity;
  const known = new Map<string, KnownAddress>();

  /** Pure of the settings, so remembered: a CIDR walk costs microseconds, and the same hundred addresses come all day. */
  function look(address: string): KnownAddress {
    let found = known.get(address);
    if (found === undefined) {
      found = { kind: LOOPBACK.has(address) ? 'loopback' : isPublicUnicast(address) ? 'public' : 'private', allowed: allowedPrivate.has(address) };
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(address, found);
    }
    return found;
  }

  function isOwn(address: string): boolean {
    const nowMs = monotonicMs();
    if (nowMs - ownReadMs > INTERFACES_FRESH_MS) {
      own = new Set(ownAddresses());
      ownReadMs = nowMs;
    }
    return own.has(address);
  }

  return {
    check(address, port, chosen = false) {
      const { kind, allowed } = look(address);
      const mine = kind === 'loopback' || isOwn(address);
      if (mine && ownPorts.has(port)) return 'own-address';
      if (chosen) return null;
      if (mine) return allowed ? null : 'own-address';
      return kind === 'public' || allowed ? null : 'private-address';
    },
    setOwnPorts(ports) {
      ownPorts = new Set([...fixedPorts, ...ports]);
    },
  };
}

/** RFC 8305 §4: families alternate, the preferred one first. */
export function interleave(addresses: readonly string[], ipv4First: boolean): string[] {
  const v4 = addresses.filter((address) => !address.includes(':'));
  const v6 = addresses.filter((address) => address.includes(':'));
  const [first, second] = ipv4First ? [v4, v6] : [v6, v4];
  const order: string[] = [];
  for (let i = 0; i < first.length || i < second.length; i++) {
    const a = first[i];
    const b = second[i];
    if (a !== undefined) order.push(a);
    if (b !== undefined) order.push(b);
  }
  return order;
}

const NOTHING: Dialing = { cancel: () => undefined };

function faultOf(code: string | undefined): DialFault {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connect-refused';
    case 'ETIMEDOUT':
      return 'connect-timeout';
    default:
      return 'upstream-error';
  }
}

/** What the races share. */
interface DialShared {
  readonly connectMs: number;
  ipv6DoubtedUntilMs: number;
  readonly monotonicMs: () => number;
}

type Connected = (fault: DialFault | null, socket: Socket | null) => void;

/** Tries the addresses in order, each next one after a failure or the stagger; the first to connect wins, the others are destroyed. */
class Race implements Dialing {
  private readonly attempts: Socket[] = [];
  private next = 0;
  private failed = 0;
  private fault: DialFault = 'upstream-error';
  private over = false;
  private stagger: NodeJS.Timeout | null = null;
  private readonly deadline: NodeJS.Timeout;

  constructor(
    private readonly addresses: readonly string[],
    private readonly port: number,
    private readonly shared: DialShared,
    private readonly done: Connected,
  ) {
    this.deadline = setTimeout(() => this.lose('connect-timeout'), shared.connectMs);
    this.attempt();
  }

  cancel(): void {
    if (!this.over) this.stop(null);
  }

  private attempt(): void {
    const address = this.addresses[this.next];
    if (address === undefined) return;
    this.next++;
    const socket = net.connect({ host: address, port: this.port, noDelay: true, allowHalfOpen: true, autoSelectFamily: false });
    this.attempts.push(socket);
    // These stay on the winner, inert: taking three listeners off costs more than keeping them.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.over) this.note(faultOf(error.code));
    });
    socket.on('connect', () => this.win(socket, address));
    socket.on('close', () => this.fail());
    if (this.next < this.addresses.length) {
      this.stagger = setTimeout(() => this.attempt(), STAGGER_MS);
    }
  }

  /** A refusal tells more than a time-out, a time-out more than the rest. */
  private note(fault: DialFault): void {
    if (this.fault === 'connect-refused' || (this.fault === 'connect-timeout' && fault !== 'connect-refused')) return;
    this.fault = fault;
  }

  private fail(): void {
    if (this.over) return;
    this.failed++;
    if (this.failed === this.addresses.length) return this.lose(this.fault);
    if (this.stagger !== null) clearTimeout(this.stagger);
    this.attempt();
  }

  private win(socket: Socket, address: string): void {
    if (this.over) return;
    if (!address.includes(':') && this.next > 1 && this.addresses[0]?.includes(':') === true) {
      this.shared.ipv6DoubtedUntilMs = this.shared.monotonicMs() + IPV6_DOUBT_MS;
    }
    this.stop(socket);
    this.done(null, socket);
  }

  private lose(fault: DialFault): void {
    if (this.over) return;
    this.stop(null);
    this.done(fault, null);
  }

  private stop(winner: Socket | null): void {
    this.over = true;
    clearTimeout(this.deadline);
    if (this.stagger !== null) clearTimeout(this.stagger);
    for (const socket of this.attempts) if (socket !== winner) socket.destroy();
    this.attempts.length = 0;
  }
}

/** Asks the parent for a tunnel on a fresh connection. Anything but a bare 2xx head is an error: a TLS server never speaks first. */
function askParent(socket: Socket, permit: Target, waitMs: number, done: Connected): Dialing {
  const host = permit.dialHost.includes(':') ? `[${permit.dialHost}]` : permit.dialHost;
  const target = `${host}:${permit.port}`;
  let head = '';
  const settle = (fault: DialFault | null): void => {
    clearTimeout(deadline);
    socket.removeListener('data', onData);
    socket.removeListener('end', onEnd);
    socket.removeListener('close', onEnd);
    if (fault === null) socket.pause();
    else socket.destroy();
    done(fault, fault === null ? socket : null);
  };
  const onData = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      if (head.length > MAX_PARENT_HEAD_BYTES) settle('upstream-error');
      return;
    }
    settle(/^HTTP\/1\.[01] 2\d\d[ \r]/.test(head) && end + 4 === head.length ? null : 'upstream-error');
  };
  const onEnd = (): void => settle('upstream-error');
  const deadline = setTimeout(() => settle('connect-timeout'), waitMs);
  socket.on('data', onData);
  socket.once('end', onEnd);
  socket.once('close', onEnd);
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`, 'latin1');
  return {
    cancel() {
      clearTimeout(deadline);
      socket.removeListener('close', onEnd);
      socket.destroy();
    },
  };
}

export function createDialer(settings: ProxySettings, resolver: Resolver, options: DialerOptions = {}): GatewayDialer {
  const guard = createAddressGuard(settings, options);
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const shared: DialShared = { connectMs: settings.limits.connectMs, ipv6DoubtedUntilMs: -Infinity, monotonicMs };
  const parent = settings.parentProxy;
  const parentHost = parent === null ? null : (canonicalHost(parent.host) ?? parent.host);

  /** Resolves, checks, connects. */
  function reach(host: string, port: number, chosen: boolean, done: Connected): Dialing {
    let race: Dialing | null = null;
    let cancelled = false;
    const connect = (fault: DialFault | null, addresses: readonly string[]): void => {
      if (cancelled) return;
      if (fault !== null) return done(fault, null);
      let refused: DialFault = 'name-not-found';
      const usable: string[] = [];
      for (const address of addresses) {
        const why = guard.check(address, port, chosen);
        if (why === null) usable.push(address);
        else if (refused !== 'own-address') refused = why;
      }
      if (usable.length === 0) return done(refused, null);
      const order = usable.length === 1 ? usable : interleave(usable, monotonicMs() < shared.ipv6DoubtedUntilMs);
      race = new Race(order, port, shared, done);
    };
    if (isAddressLiteral(host)) connect(null, [host]);
    else resolver.resolve(host, connect);
    return {
      cancel() {
        cancelled = true;
        race?.cancel();
      },
    };
  }

  function throughParent(permit: Target, purpose: 'http' | 'tunnel', chosen: boolean, done: DialDone): Dialing {
    if (parent === null || parentHost === null) return NOTHING;
    // Names are the parent's to resolve; a literal can be judged here.
    if (isAddressLiteral(permit.dialHost)) {
      const why = guard.check(permit.dialHost, permit.port, chosen);
      if (why !== null) {
        done(why, null, false);
        return NOTHING;
      }
    }
    let asking: Dialing | null = null;
    const reaching = reach(parentHost, parent.port, true, (fault, socket) => {
      if (socket === null || purpose === 'http') return done(fault, socket, socket !== null);
      asking = askParent(socket, permit, shared.connectMs, (refused, through) => done(refused, through, through !== null));
    });
    return {
      cancel() {
        reaching.cancel();
        asking?.cancel();
      },
    };
  }

  return {
    dial(permit, purpose, done) {
      if (parent !== null) return throughParent(permit, purpose, false, done);
      return reach(permit.dialHost, permit.port, false, (fault, socket) => done(fault, socket, false));
    },
    dialChosen(target, purpose, done) {
      if (parent !== null) return throughParent(target, purpose, true, done);
      return reach(target.dialHost, target.port, true, (fault, socket) => done(fault, socket, false));
    },
    setOwnPorts: guard.setOwnPorts,
  };
}
