/** ProxySettings and Decisions for wire tests: loopback may be dialled, everything else as shipped. */
import type { Decision } from '../../src/policy/decision.js';
import { DEFAULT_LIMITS, type ProxyLimits, type ProxySettings } from '../../src/proxy/settings.js';

export function wireSettings(patch: Partial<Omit<ProxySettings, 'limits'>> & { readonly limits?: Partial<ProxyLimits> } = {}): ProxySettings {
  return {
    host: '127.0.0.1', port: 0, transparentPort: null, clients: ['127.0.0.0/8', '::1/128'], dialPrivate: ['127.0.0.0/8', '::1/128'],
    ports: [80, 443], hosts: {}, dns: ['127.0.0.1:9'], parentProxy: null,
    pages: { port: 1, names: [], secret: 'secret' }, instanceId: 'test',
    ...patch,
    limits: { ...DEFAULT_LIMITS, ...patch.limits },
  };
}

export function allowed(host: string, patch: Partial<Decision> = {}): Decision {
  return {
    action: 'allow', layer: 'category', reason: 'category-open', cell: 'M', category: 0, profile: 0, host, list: null, rule: null,
    dialHost: null, validUntilMs: Infinity, byPath: false, ...patch,
  };
}

export function blocked(host: string, patch: Partial<Decision> = {}): Decision {
  return allowed(host, { action: 'block', reason: 'category-blocked', cell: 'K', ...patch });
}
