/**
 * The gateway's way to its channel: the same resolver, dialler and judge of certificates as for pupils' requests (network.hosts, network.dns,
 * network.parentProxy; never a proxy of the environment). Composition only.
 */
import type { Duplex } from 'node:stream';
import { ChannelError } from './channel/channel-error.js';
import { createFolderTransport, createWebTransport, unreachable, type Transport } from './channel/transport.js';
import type { Config } from './config.js';
import { certsDir } from './installed.js';
import { canonicalHost } from './matching/hostname.js';
import { createDialer } from './proxy/dial.js';
import { createResolver } from './proxy/resolve.js';
import { DEFAULT_LIMITS } from './proxy/settings.js';
import { createUpstreamTls } from './proxy/upstream-tls.js';
import { loadUpstreamTrust } from './tls/upstream-trust.js';

export function channelTransport(config: Config, base: string): Transport {
  const url = new URL(base);
  if (url.protocol === 'file:') return createFolderTransport(base);
  const secure = url.protocol === 'https:';
  const host = canonicalHost(url.hostname) ?? url.hostname;
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const { network, proxy, pages } = config;
  const connect = (): Promise<{ socket: Duplex; absolute: boolean }> => new Promise((resolve, reject) => {
    const resolver = createResolver({ dns: network.dns, hosts: network.hosts });
    const dialer = createDialer({
      host: proxy.host, port: proxy.port, transparentPort: proxy.transparentPort, clients: [], dialPrivate: network.dialPrivate, ports: network.ports, hosts: network.hosts, dns: network.dns,
      ownPorts: [config.console.port], parentProxy: network.parentProxy, pages: { port: pages.port, names: [], secret: '' }, instanceId: '', limits: DEFAULT_LIMITS,
    }, resolver);
    dialer.dialChosen({ dialHost: host, port }, secure ? 'tunnel' : 'http', (fault, socket, throughParent) => {
      resolver.close();
      if (socket === null) return reject(unreachable(fault ?? ''));
      if (!secure) return resolve({ socket, absolute: throughParent });
      const trust = loadUpstreamTrust({ trustedCa: network.trustedCa, certsDir: certsDir(), nowMs: Date.now() });
      createUpstreamTls({ trust, handshakeMs: DEFAULT_LIMITS.connectMs }).secure(socket, host, (refused, tls) => {
        if (tls !== null) return resolve({ socket: tls, absolute: false });
        reject(new ChannelError('tls', `Chứng chỉ của máy chủ kênh không được chấp nhận (${refused ?? ''}).`, `The certificate of the channel's server is not accepted (${refused ?? ''}).`));
      });
    });
  });
  return createWebTransport(base, { open: connect });
}
