/** Composition of the console: its names, its certificate, what it is given of the gateway. Everything it needs comes through `ConsoleDeps`. */
import { hostname } from 'node:os';
import type { Config } from './config.js';
import type { ConsoleDeps } from './console/deps.js';
import { createConsole, type ConsoleServer } from './console/server.js';
import type { Log } from './log.js';
import { isAddressLiteral } from './matching/address.js';
import { canonicalHost } from './matching/hostname.js';
import { ownAddresses } from './own-addresses.js';
import type { Authority } from './tls/authority.js';
import { consoleCertificate, isDue, type ConsoleCertificate } from './tls/console-certificate.js';

export interface ConsoleParts {
  readonly config: Config;
  readonly log: Log;
  readonly env: ConsoleDeps;
  authority(): Authority | null;
}

export interface GatewayConsole {
  readonly server: ConsoleServer;
  /** To compare with what the browser shows; and whether devices that trust the school's CA trust it. */
  certificate(): Pick<ConsoleCertificate, 'fingerprint' | 'fromCa'>;
  /** The CA was made, changed or taken away, or time has passed. */
  renew(): void;
}

export function composeConsole({ config, log, env, authority }: ConsoleParts): GatewayConsole {
  const names = [...new Set([...config.console.names, ...config.network.names])];
  const own = canonicalHost(hostname());
  const all = [...names, ...(own === null || isAddressLiteral(own) ? [] : [own, `${own}.local`])];
  let signedBy = '';
  const make = (): ConsoleCertificate => {
    const ca = authority()?.signing ?? null;
    signedBy = ca?.issuing.fingerprint ?? '';
    return consoleCertificate({
      dataDir: config.dataDir,
      hosts: [...new Set([...names, 'localhost', '127.0.0.1', '::1', ...ownAddresses()])],
      ca: ca === null ? null : { issuing: ca.issuing, pem: ca.certificate.toString() },
      nowMs: env.now(),
    });
  };
  let certificate = make();
  const server = createConsole({
    host: config.console.host,
    port: config.console.port,
    clients: config.network.clients,
    names: { all, alone: config.console.names },
    certificate,
    env,
  });
  return {
    server,
    certificate: () => certificate,
    renew() {
      if ((authority()?.signing.issuing.fingerprint ?? '') === signedBy && !isDue(certificate, env.now())) return;
      certificate = make();
      server.setCertificate(certificate);
      log.info('the console has a new certificate', { part: 'console' });
    },
  };
}
