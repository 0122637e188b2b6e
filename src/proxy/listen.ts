/**
 * The listening sockets of one thread: every thread listens on the same ports and the kernel spreads the connections (SO_REUSEPORT),
 * or has a handle of its own to the one socket that was handed over, and whoever is free accepts.
 * Owns opening and closing them, zones' own ports included. Refuses to know what a connection is for.
 */
import net, { type Server, type Socket } from 'node:net';

/** @param port it came in by; what the kernel says of a socket costs a system call */
export type SocketHandler = (socket: Socket, port: number) => void;

export interface Listeners {
  /** Resolves with the port in use; rejects with the system's error, `code` and `port` on it. */
  open(port: number, handle: SocketHandler): Promise<number>;
  /** Accepts on a listening socket that was handed over; the descriptor is closed with the rest. `port` is for the fault only. */
  adopt(fd: number, port: number, handle: SocketHandler): Promise<number>;
  /** Opens and closes zones' own listeners so that exactly these are open; failures go to `onFailed`, the others stand. */
  setZonePorts(ports: readonly number[], handle: SocketHandler): void;
  /** Accepts nothing more; connections stay. */
  close(): void;
}

export interface ListenOptions {
  readonly host: string;
  readonly onFailed: (port: number, code: string) => void;
}

/** SYNs that may wait while a thread is busy: a class that switches on at once. The kernel cuts it to net.core.somaxconn. */
const BACKLOG = 2_048;

/** Error of a listener that could not be opened. */
export class ListenError extends Error {
  constructor(
    readonly code: string,
    readonly port: number,
  ) {
    super(`port ${port}: ${code}`);
    this.name = 'ListenError';
  }
}

export function createListeners(options: ListenOptions): Listeners {
  const servers = new Set<Server>();
  const zoneServers = new Map<number, Server>();

  function open(port: number, handle: SocketHandler, fd?: number): { server: Server; listening: Promise<number> } {
    let bound = port;
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => handle(socket, bound));
    servers.add(server);
    const listening = new Promise<number>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        servers.delete(server);
        reject(new ListenError(error.code ?? 'UNKNOWN', port));
      });
      const where = fd === undefined ? { host: options.host, port, reusePort: true } : { fd };
      // Twice: for a descriptor Node reads the backlog from the argument only, and would cut a handed-over socket's to 511.
      server.listen({ ...where, backlog: BACKLOG }, BACKLOG, () => {
        const address = server.address();
        if (typeof address === 'object' && address !== null) bound = address.port;
        resolve(bound);
      });
    });
    return { server, listening };
  }

  return {
    open: (port, handle) => open(port, handle).listening,
    adopt: (fd, port, handle) => open(port, handle, fd).listening,
    setZonePorts(ports, handle) {
      const wanted = new Set(ports);
      for (const [port, server] of zoneServers) {
        if (wanted.has(port)) continue;
        zoneServers.delete(port);
        servers.delete(server);
        server.close();
      }
      for (const port of wanted) {
        if (zoneServers.has(port)) continue;
        const { server, listening } = open(port, handle);
        zoneServers.set(port, server);
        listening.catch((error: unknown) => {
          if (zoneServers.get(port) === server) zoneServers.delete(port);
          options.onFailed(port, error instanceof ListenError ? error.code : 'UNKNOWN');
        });
      }
    },
    close() {
      for (const server of servers) server.close();
      servers.clear();
      zoneServers.clear();
    },
  };
}

/**
 * Fails if another program listens there. Two listeners with SO_REUSEPORT of one user would share the port in silence,
 * and half of a school's requests would go to the other program.
 */
export async function ensureFree(host: string, port: number): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(error.code ?? 'UNKNOWN', port)));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}
