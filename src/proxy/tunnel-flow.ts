/**
 * The life of one tunnel: dial before the 200, ClientHello, second decision, splice, one Outcome. One whose TLS is to be ended here
 * (intercept.ts: to show the page, or at level `inspect`) is answered 200 without any dial and handed over once its ClientHello is read.
 * Refuses to know HTTP heads, pages, other tunnels and what is inside the TLS.
 */
import type { Socket } from 'node:net';
import { isAddressLiteral } from '../matching/address.js';
import { canonicalHost } from '../matching/hostname.js';
import { permit } from '../policy/decide.js';
import type { Decision, Permit, Reason } from '../policy/decision.js';
import { createHelloReader, type HelloReader, type HelloResult } from './client-hello.js';
import type { Dialing } from './relay-context.js';
import type { Member, Roster } from './roster.js';
import { SecondHello } from './second-hello.js';
import { Splice, type CoarseClock, type SpliceOwner } from './splice.js';
import { ALERT, helloRefusal, tlsAlert } from './tls-alert.js';
import type { ClientRef, Pair, TunnelDeps } from './tunnel.js';
import type { DialFault } from './wire-error.js';

const ESTABLISHED = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n', 'latin1');

type State = 'dialing' | 'hello' | 'open' | 'over';

/** What all tunnels of one thread share. */
export interface TunnelShared {
  readonly deps: TunnelDeps;
  readonly nowMs: () => number;
  readonly clock: CoarseClock;
  readonly live: Roster<Tunnel>;
}

/** Is the TLS of this connection ended here? Port 80 in a CONNECT is a WebSocket without TLS: there is nobody to show a page to. */
export function endsHere(deps: TunnelDeps, host: string, port: number, decision: Decision): boolean {
  const snapshot = deps.policy();
  return snapshot !== null && port !== 80 && deps.interceptor?.covers(host, decision, snapshot) === true;
}

export class Tunnel implements SpliceOwner, Member {
  seat = -1;
  private state: State;
  private readonly splice: Splice;
  /** Null once the hello has been passed on: its bytes are not kept for the life of a tunnel. */
  private reader: HelloReader | null = null;
  private hello: HelloResult = { state: 'more' };
  private dialing: Dialing | null = null;
  /** Coarse time of the last step before the splice runs. */
  private sinceMs: number;
  private answeredMs = -1;
  private dialledHost: string | null = null;
  /** Of the request that became a WebSocket; memory only. */
  private path: string | null = null;
  /** The TLS will be ended here: nothing is dialled. */
  private here = false;
  /** The CONNECT has its 200, or there was none: what fails from here on fails as TLS. */
  private answered: boolean;
  /** Policy has ended it while it ran. */
  private ended = false;
  /** A second ClientHello named another server. */
  private broken = false;

  constructor(
    private readonly shared: TunnelShared,
    private readonly client: Socket,
    private readonly from: ClientRef,
    private readonly startedMs: number,
    private zone: number,
    /** Host and decision are null in transparent mode until the server name is known. */
    private host: string | null,
    private decision: Decision | null,
    private readonly port: number,
    private readonly explicit: boolean,
    private readonly channel: 'tunnel' | 'websocket' = 'tunnel',
  ) {
    this.state = explicit ? 'dialing' : 'hello';
    this.answered = !explicit;
    this.sinceMs = shared.clock.ms;
    this.splice = new Splice(client, shared.clock, this);
    shared.live.add(this);
  }

  start(first: Buffer | null): void {
    this.reader = createHelloReader(this.shared.deps.settings.limits.maxHelloBytes);
    if (this.decision !== null) {
      const leave = permit(this.decision, this.port);
      if (this.host !== null && endsHere(this.shared.deps, this.host, this.port, this.decision)) this.promise();
      else if (leave !== null) this.dial(leave);
      else return this.refuse(this.decision.reason, false, this.decision);
      if (this.isOver()) return;
    }
    if (first !== null) this.onHeld(first);
    if (this.hello.state === 'more' && !this.isOver()) this.client.resume();
  }

  adopt(pair: Pair): void {
    this.dialledHost = this.decision?.dialHost ?? pair.host;
    this.path = pair.path;
    this.answeredMs = pair.startedMs + pair.ms;
    this.state = 'open';
    this.splice.connectTo(pair.upstream);
    this.splice.bytesUp = pair.bytesUp;
    this.splice.bytesDown = pair.bytesDown;
    this.splice.release(pair.toUpstream === null ? [] : [pair.toUpstream], pair.toClient);
  }

  /** A check that TypeScript's narrowing of `state` cannot outlive a call. */
  private isOver(): boolean {
    return this.state === 'over';
  }

  onHeld(chunk: Buffer): void {
    const { reader } = this;
    if (reader === null) return;
    const complete = this.hello.state !== 'more';
    const hello = reader.push(chunk);
    if (complete || hello.state === 'more') return;
    this.hello = hello;
    if (this.state === 'hello') this.judgeHello();
    // Still held: it waits for the origin, and so does whatever the client sends next.
    if (this.reader !== null) this.client.pause();
  }

  onHeldGone(side: 'client' | 'upstream'): void {
    if (this.isOver()) return;
    if (side === 'upstream') this.shut('upstream-error', true, null);
    else {
      this.client.destroy();
      if (this.decision === null) this.drop();
      else this.finish(this.decision.reason, this.decision.action !== 'block');
    }
  }

  private dial(leave: Permit): void {
    this.dialledHost = leave.dialHost;
    const dialing = this.shared.deps.dialer.dial(leave, 'tunnel', (fault, socket) => {
      this.dialing = null;
      if (this.isOver()) socket?.destroy();
      else if (socket === null) this.onFault(fault ?? 'upstream-error');
      else this.onConnected(socket);
    });
    if (this.splice.upstream === null && this.state === 'dialing') this.dialing = dialing;
  }

  private onFault(fault: DialFault): void {
    if (!this.answered && this.decision !== null) this.refuse(fault, true, this.decision);
    else this.shut(fault, true, fault === 'private-address' || fault === 'own-address' ? ALERT.accessDenied : ALERT.internalError);
  }

  private onConnected(upstream: Socket): void {
    this.splice.connectTo(upstream);
    this.sinceMs = this.shared.clock.ms;
    if (this.answered) return this.join();
    this.establish();
    if (this.hello.state !== 'more') this.judgeHello();
  }

  private establish(): void {
    this.state = 'hello';
    this.answered = true;
    this.client.write(ESTABLISHED);
  }

  private promise(): void {
    this.here = true;
    this.establish();
  }

  private judgeHello(): void {
    const hello = this.hello;
    if (hello.state === 'more') return;
    const refusal = helloRefusal(hello);
    if (this.here && this.decision?.action === 'block') {
      if (refusal === null && hello.state === 'hello' && hello.sni === this.host) this.endHere();
      else this.shut(this.decision.reason, false, refusal === null ? ALERT.unrecognizedName : refusal.alert);
      return;
    }
    if (refusal !== null) return this.shut(refusal.reason, true, refusal.alert);
    if (hello.state === 'bad') return;
    if (this.explicit) this.judgeExplicit(hello.sni);
    else this.judgeTransparent(hello.sni);
  }

  private judgeExplicit(sni: string | null): void {
    if (sni === this.host) return this.here ? this.endHere() : this.join();
    if (sni === null) {
      if (this.mayOmitName()) return this.here ? this.passOn() : this.join();
      return this.shut('no-server-name', true, ALERT.unrecognizedName);
    }
    const second = this.decide(sni);
    if (second === null) return this.shut('no-policy', true, ALERT.accessDenied);
    if (second.action === 'block') {
      this.decision = second;
      return this.shut(second.reason, false, ALERT.accessDenied);
    }
    this.shut('server-name-mismatch', true, ALERT.unrecognizedName);
  }

  /** An address that policy allows has no name to show; teachers' tools may leave it out (security.md T5). */
  private mayOmitName(): boolean {
    if (this.host !== null && isAddressLiteral(this.host)) return true;
    const profiles = this.shared.deps.policy()?.data.profiles;
    return this.decision !== null && profiles?.[this.decision.profile]?.voice === 'giao-vien';
  }

  /** The name decides, and our own resolution of it is dialled, never the address the client chose (security.md T7). */
  private judgeTransparent(sni: string | null): void {
    const host = sni ?? canonicalHost(this.client.localAddress ?? '');
    if (host === null) return this.shut('no-server-name', true, ALERT.unrecognizedName);
    this.host = host;
    this.decision = this.decide(host);
    if (this.decision === null) return this.shut('no-policy', true, null);
    const leave = permit(this.decision, this.port);
    if (leave === null) {
      if (sni === null) return this.shut('no-server-name', true, ALERT.unrecognizedName);
      if (endsHere(this.shared.deps, host, this.port, this.decision)) return this.endHere();
      return this.shut(this.decision.reason, false, ALERT.accessDenied);
    }
    if (sni !== null && endsHere(this.shared.deps, host, this.port, this.decision)) return this.endHere();
    this.passOn();
  }

  /** Allowed, and not to be ended here, or not any more: dials now and splices. */
  private passOn(): void {
    const leave = this.decision === null ? null : permit(this.decision, this.port);
    if (leave === null) return this.shut(this.decision?.reason ?? 'no-policy', this.decision === null, ALERT.accessDenied);
    this.here = false;
    this.state = 'dialing';
    this.dial(leave);
  }

  /** Gives the client away for good. A connection for the page alone counts like any blocked one, now; what is read counts by its requests. */
  private endHere(): void {
    const { client, from, port, host, decision, reader } = this;
    const { interceptor, policy } = this.shared.deps;
    const snapshot = policy();
    if (host === null || decision === null || reader === null || snapshot === null || interceptor === undefined) return this.shut('no-policy', true, ALERT.accessDenied);
    // The policy in force may have gone back to another level since the 200.
    if (decision.action !== 'block' && !endsHere(this.shared.deps, host, port, decision)) return this.passOn();
    const hello = reader.bytes();
    const pageOnly = decision.action === 'block' && snapshot.data.profiles[decision.profile]?.tls !== 'inspect';
    if (pageOnly) this.finish(decision.reason, false);
    else this.drop();
    const tell = (failed: boolean): void => this.tell(decision.reason, failed && decision.action !== 'block');
    interceptor.take({ client, hello, host, port, from, decision, pageOnly, tell });
  }

  private decide(host: string): Decision | null {
    const { deps, nowMs } = this.shared;
    const snapshot = deps.policy();
    return snapshot === null ? null : deps.decide({ host, zone: this.zone, path: this.path, profile: -1 }, snapshot, nowMs());
  }

  /** Both ends are there and allowed: passes the hello on and lets the bytes run. */
  private join(): void {
    const { reader } = this;
    if (reader === null) return;
    const watch = new SecondHello(this.hello.state === 'hello' ? this.hello.sni : null, this.shared.deps.settings.limits.maxHelloBytes);
    for (const chunk of reader.behind()) {
      const watched = watch.client(chunk);
      if (watched === 'refused') return this.shut('server-name-mismatch', true, ALERT.illegalParameter);
      if (watched === 'over') break;
    }
    this.state = 'open';
    this.reader = null;
    this.splice.watch = watch;
    this.splice.release(reader.bytes(), null);
  }

  onBroken(): void {
    this.broken = true;
  }

  onAnswer(): void {
    this.answeredMs = this.shared.nowMs();
  }

  onOver(): void {
    if (this.decision === null) this.drop();
    else this.finish(this.broken ? 'server-name-mismatch' : this.ended ? 'policy-changed' : this.decision.reason, this.broken);
  }

  /** Ends an unanswered CONNECT with an honest status. */
  private refuse(reason: Reason, failed: boolean, decision: Decision): void {
    this.finish(reason, failed);
    this.shared.deps.refuseConnect(this.client, reason, decision);
  }

  /** Ends a client that expects TLS. */
  private shut(reason: Reason, failed: boolean, alert: number | null): void {
    this.finish(reason, failed);
    if (alert === null) {
      this.client.destroy();
      return;
    }
    this.client.end(tlsAlert(alert));
    this.client.destroySoon();
  }

  /** The one Outcome. */
  private finish(reason: Reason, failed: boolean): void {
    if (this.isOver()) return;
    this.drop();
    this.tell(reason, failed);
  }

  private tell(reason: Reason, failed: boolean): void {
    const endMs = this.answeredMs >= 0 ? this.answeredMs : this.shared.nowMs();
    this.shared.deps.outcome({
      clientAddress: this.from.address, zone: this.zone, decision: this.decision, reason, failed, channel: this.channel,
      bytesUp: this.splice.bytesUp, bytesDown: this.splice.bytesDown,
      startedMs: this.startedMs, ms: Math.max(0, endMs - this.startedMs),
    });
  }

  /** Lets go of everything but the client socket. */
  private drop(): void {
    this.state = 'over';
    this.shared.live.remove(this);
    this.dialing?.cancel();
    this.splice.upstream?.destroy();
    this.reader = null;
  }

  /** True when the policy in force now has ended this tunnel. */
  rejudge(): boolean {
    const { deps } = this.shared;
    if (this.isOver()) return false;
    this.zone = deps.zoneOf(this.from);
    if (this.host === null || this.decision === null) return false;
    const now = this.decide(this.host);
    if (now === null) return false;
    const before = this.decision;
    this.decision = now;
    if (this.here && before.action === 'block') {
      // What is open by now is not shown a page: the browser tries again and gets through.
      if (now.action !== 'block') this.shut('policy-changed', false, ALERT.accessDenied);
      return this.isOver();
    }
    // A room put back under SafeSearch must not keep a way to the unrestricted host.
    const narrowed = now.dialHost !== null && this.dialledHost !== null && now.dialHost !== this.dialledHost;
    if (now.action !== 'block' && !narrowed) return false;
    if (this.state === 'open') {
      this.ended = true;
      this.splice.destroy();
    } else if (!this.answered) {
      this.refuse('policy-changed', false, now);
    } else {
      this.shut('policy-changed', false, ALERT.accessDenied);
    }
    return true;
  }

  sweep(wallMs: number): void {
    const { clock, deps } = this.shared;
    const { limits } = deps.settings;
    if (this.state === 'open') {
      // A peer that only ever closes its own half would otherwise hold the other for the whole idle limit.
      const idleMs = this.splice.halfClosed ? Math.min(limits.idleMs, limits.tunnelIdleMs) : limits.tunnelIdleMs;
      if (clock.ms - this.splice.lastMs > idleMs) this.splice.destroy();
    } else if (this.state === 'hello' && clock.ms - this.sinceMs > limits.helloMs) {
      this.shut(this.decision?.action === 'block' ? this.decision.reason : 'not-tls', this.decision?.action !== 'block', null);
    }
    if (this.decision !== null && wallMs >= this.decision.validUntilMs) this.rejudge();
  }

  /** Milliseconds without a byte, or without progress before the splice. */
  quietMs(): number {
    return this.shared.clock.ms - (this.state === 'open' ? this.splice.lastMs : this.sinceMs);
  }

  abort(): void {
    if (this.state === 'open') this.splice.destroy();
    else this.onHeldGone('client');
  }
}

