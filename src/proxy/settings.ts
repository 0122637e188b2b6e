/** ProxySettings: the part of the configuration that the wire needs, plain data that crosses threads. */

export interface ProxySettings {
  readonly host: string;
  /** Explicit proxy port (3128). 0 in tests: any. */
  readonly port: number;
  /** Transparent port (3129), or null. */
  readonly transparentPort: number | null;
  /** CIDRs whose clients may use the proxy. */
  readonly clients: readonly string[];
  /** Private CIDRs the proxy may dial. */
  readonly dialPrivate: readonly string[];
  /** Ports it may dial. */
  readonly ports: readonly number[];
  /** Name → addresses, as /etc/hosts. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** DNS servers (`address` or `address:port`); empty: the system's. */
  readonly dns: readonly string[];
  /** Ports the gateway listens on beside those named here (console, collector): never dialled on its own addresses. */
  readonly ownPorts?: readonly number[];
  /** Upstream proxy for everything, or null. */
  readonly parentProxy: { readonly host: string; readonly port: number } | null;
  /** Where the gateway's own pages listen (loopback side), for requests addressed to the gateway itself. */
  readonly pages: { readonly port: number; readonly names: readonly string[]; readonly secret: string };
  /** Random id of this gateway, for `Via` loop detection only. */
  readonly instanceId: string;
  readonly limits: ProxyLimits;
}

export interface ProxyLimits {
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  readonly maxTargetBytes: number;
  readonly headMs: number;
  readonly idleMs: number;
  readonly tunnelIdleMs: number;
  readonly connectMs: number;
  readonly responseMs: number;
  readonly helloMs: number;
  readonly maxHelloBytes: number;
  readonly connectionsPerClient: number;
  readonly connections: number;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  maxHeadBytes: 32_768,
  maxHeaders: 128,
  maxTargetBytes: 8_192,
  headMs: 10_000,
  idleMs: 60_000,
  tunnelIdleMs: 600_000,
  connectMs: 10_000,
  responseMs: 120_000,
  helloMs: 10_000,
  maxHelloBytes: 16_384,
  connectionsPerClient: 1_024,
  connections: 20_000,
};
