/**
 * The life of one tunnel: dial before the 200, ClientHello, second decision, splice, one Outcome.
 * Refuses to know HTTP heads, pages, other tunnels and what is inside the TLS.
 */
import type { Socket } from 'node:net';
import { isAddressLiteral } from '../matching/address.js';
import { canonicalHost } from '../matching/hostname.js';
import { permit } from '../policy/decide.js';
import type { Decision, Permit, Reason } from '../policy/decision.js';
import { createHelloReader, type HelloReader, type HelloResult } from './client-hello.js';
import type { Dialing } from './relay-context.js';
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
  readonly live: Set<Tunnel>;
}

export class Tunnel implements SpliceOwner {
  private state: State;
  /** Null once the hello has been passed on: its bytes are not kept for the life of a tunnel. */
  private reader: HelloReader | null;
  private hello: HelloResult = { state: 'more' };
  private dialing: Dialing | null = null;
  private upstream: Socket | null = null;
  private splice: Splice | null = null;
  private sinceMs: number;
  private answeredMs = -1;
  private dialledHost: string | null = null;
  /** Set when policy ends the tunnel: the reason of its outcome. */
  private ending: { readonly reason: Reason; readonly failed: boolean } | null = null;

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
    this.reader = null;
    this.sinceMs = shared.clock.ms;
    shared.live.add(this);
  }

  start(first: Buffer | null): void {
    const { client } = this;
    this.reader = createHelloReader(this.shared.deps.settings.limits.maxHelloBytes);
    if (this.decision !== null) {
      const leave = permit(this.decision, this.port);
      if (leave === null) return this.refuse(this.decision.reason, false, this.decision);
      this.dial(leave);
      if (this.isOver()) return;
    }
    client.on('data', this.onData);
    client.on('end', this.onGone);
    client.on('close', this.onGone);
    if (first !== null) this.onData(first);
    if (this.hello.state === 'more' && !this.isOver()) client.resume();
  }

  adopt(pair: Pair): void {
    this.upstream = pair.upstream;
    this.dialledHost = this.decision?.dialHost ?? pair.host;
    this.answeredMs = pair.startedMs + pair.ms;
    this.state = 'open';
    this.splice = new Splice(pair.client, pair.upstream, this.shared.clock, this);
    this.splice.bytesUp = pair.bytesUp;
    this.splice.bytesDown = pair.bytesDown;
    if (pair.toClient !== null) this.splice.sendDown(pair.toClient);
    this.splice.sendUp(pair.toUpstream === null ? [] : [pair.toUpstream]);
  }

  /** A check that TypeScript's narrowing of `state` cannot outlive a call. */
  private isOver(): boolean {
    return this.state === 'over';
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.reader === null) return;
    if (this.hello.state !== 'more') {
      this.reader.push(chunk);
      return;
    }
    this.hello = this.reader.push(chunk);
    if (this.hello.state === 'more') return;
    this.client.pause();
    if (this.state === 'hello') this.judgeHello();
  };

  /** The client left before anything was spliced. */
  private readonly onGone = (): void => {
    if (this.decision === null) this.drop();
    else this.finish(this.decision.reason, true);
    this.client.destroy();
  };

  private dial(leave: Permit): void {
    this.dialledHost = leave.dialHost;
    const dialing = this.shared.deps.dialer.dial(leave, 'tunnel', (fault, socket) => {
      this.dialing = null;
      if (this.isOver()) socket?.destroy();
      else if (socket === null) this.onFault(fault ?? 'upstream-error');
      else this.onConnected(socket);
    });
    if (this.upstream === null && this.state === 'dialing') this.dialing = dialing;
  }

  private onFault(fault: DialFault): void {
    if (this.explicit && this.decision !== null) this.refuse(fault, true, this.decision);
    else this.shut(fault, true, fault === 'private-address' || fault === 'own-address' ? ALERT.accessDenied : ALERT.internalError);
  }

  private onConnected(upstream: Socket): void {
    this.upstream = upstream;
    this.sinceMs = this.shared.clock.ms;
    if (!this.explicit) return this.join();
    upstream.on('data', this.onUpstreamEarly);
    upstream.on('end', this.onUpstreamEarly);
    upstream.on('close', this.onUpstreamEarly);
    this.state = 'hello';
    this.client.write(ESTABLISHED);
    if (this.hello.state !== 'more') this.judgeHello();
  }

  /** It left, or spoke first, which no TLS server does. */
  private readonly onUpstreamEarly = (): void => {
    this.shut('upstream-error', true, null);
  };

  private judgeHello(): void {
    const hello = this.hello;
    if (hello.state === 'more') return;
    const refusal = helloRefusal(hello);
    if (refusal !== null) return this.shut(refusal.reason, true, refusal.alert);
    if (hello.state === 'bad') return;
    if (this.explicit) this.judgeExplicit(hello.sni);
    else this.judgeTransparent(hello.sni);
  }

  private judgeExplicit(sni: string | null): void {
    if (sni === this.host) return this.join();
    if (sni === null) {
      if (this.mayOmitName()) return this.join();
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
      return this.shut(this.decision.reason, false, ALERT.accessDenied);
    }
    this.state = 'dialing';
    this.dial(leave);
  }

  private decide(host: string): Decision | null {
    const { deps, nowMs } = this.shared;
    const snapshot = deps.policy();
    return snapshot === null ? null : deps.decide({ host, zone: this.zone, path: null, profile: -1 }, snapshot, nowMs());
  }

  /** Both ends are there and allowed: passes the hello on and lets the bytes run. */
  private join(): void {
    const { client, upstream, reader } = this;
    if (upstream === null || reader === null) return;
    this.bare();
    this.state = 'open';
    this.reader = null;
    this.splice = new Splice(client, upstream, this.shared.clock, this);
    this.splice.sendUp(reader.bytes());
  }

  onAnswer(): void {
    this.answeredMs = this.shared.nowMs();
  }

  onOver(): void {
    if (this.decision !== null) this.finish(this.ending?.reason ?? this.decision.reason, this.ending?.failed ?? false);
    else this.drop();
  }

  private bare(): void {
    this.client.removeListener('data', this.onData);
    this.client.removeListener('end', this.onGone);
    this.client.removeListener('close', this.onGone);
    this.upstream?.removeListener('data', this.onUpstreamEarly);
    this.upstream?.removeListener('end', this.onUpstreamEarly);
    this.upstream?.removeListener('close', this.onUpstreamEarly);
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
    const endMs = this.answeredMs >= 0 ? this.answeredMs : this.shared.nowMs();
    this.shared.deps.outcome({
      clientAddress: this.from.address, zone: this.zone, decision: this.decision, reason, failed, channel: this.channel,
      bytesUp: this.splice?.bytesUp ?? 0, bytesDown: this.splice?.bytesDown ?? 0,
      startedMs: this.startedMs, ms: Math.max(0, endMs - this.startedMs),
    });
  }

  /** Lets go of everything but the client socket. */
  private drop(): void {
    this.state = 'over';
    this.shared.live.delete(this);
    this.bare();
    this.dialing?.cancel();
    this.upstream?.destroy();
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
    this.decision = now;
    // A room put back under SafeSearch must not keep a way to the unrestricted host.
    const narrowed = now.dialHost !== null && this.dialledHost !== null && now.dialHost !== this.dialledHost;
    if (now.action !== 'block' && !narrowed) return false;
    if (this.splice !== null) {
      this.ending = { reason: 'policy-changed', failed: false };
      this.splice.destroy();
    } else if (this.explicit && this.state === 'dialing') {
      this.refuse('policy-changed', false, now);
    } else {
      this.shut('policy-changed', false, ALERT.accessDenied);
    }
    return true;
  }

  sweep(wallMs: number): void {
    const { clock, deps } = this.shared;
    const { limits } = deps.settings;
    if (this.splice !== null) {
      // A peer that only ever closes its own half would otherwise hold the other for the whole idle limit.
      const idleMs = this.splice.halfClosed ? Math.min(limits.idleMs, limits.tunnelIdleMs) : limits.tunnelIdleMs;
      if (clock.ms - this.splice.lastMs > idleMs) this.splice.destroy();
    } else if (this.state === 'hello' && clock.ms - this.sinceMs > limits.helloMs) {
      this.shut('not-tls', true, null);
    }
    if (this.decision !== null && wallMs >= this.decision.validUntilMs) this.rejudge();
  }

  /** Milliseconds without a byte, or without progress before the splice. */
  quietMs(): number {
    return this.shared.clock.ms - (this.splice?.lastMs ?? this.sinceMs);
  }

  abort(): void {
    if (this.splice !== null) this.splice.destroy();
    else this.onGone();
  }
}

