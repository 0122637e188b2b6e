/** What the servers that face the school's LAN (pages, console) have in common: how many connections one address may hold, where they listen, how they end. */
import type { Server as HttpServer } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { plainAddress } from './matching/address.js';

/** @param may asked for each new connection; `held` counts it too */
export function boundPerAddress(server: NetServer, may: (address: string, held: number) => boolean): void {
  const perAddress = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = plainAddress(socket.remoteAddress);
    const held = (perAddress.get(address) ?? 0) + 1;
    if (!may(address, held)) {
      socket.destroy();
      return;
    }
    perAddress.set(address, held);
    socket.on('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  });
}

/** The port in use, once it listens: 0 asks for any. */
export function listenOn(server: NetServer, { host, port }: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Does not wait for those who are connected. */
export function closeNow(server: Pick<HttpServer, 'close' | 'closeAllConnections'>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
