/**
 * A server on loopback that keeps every byte it is sent and answers as it is told: what the proxy really said, and to whom.
 */
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';

export interface OriginConnection {
  readonly socket: Socket;
  /** Everything received on this connection. */
  bytes: Buffer;
  ended: boolean;
  closed: boolean;
}

export interface Origin {
  readonly port: number;
  readonly connections: OriginConnection[];
  /** All bytes of all connections, in order of connection. */
  received(): Buffer;
  /** Waits until `condition` holds. */
  until(condition: () => boolean, ms?: number): Promise<void>;
  close(): Promise<void>;
}

/** Answers every complete head with `reply`; bodies are not waited for. */
export function answering(reply: string | Buffer): (connection: OriginConnection) => void {
  let seen = 0;
  return (connection) => {
    const heads = connection.bytes.toString('latin1').split('\r\n\r\n').length - 1;
    for (; seen < heads; seen++) connection.socket.write(reply);
  };
}

/**
 * @param onBytes called whenever bytes have come, with all bytes so far; a factory makes one for each connection
 * @param certificate speaks TLS with it
 */
export async function startOrigin(onBytes: () => (connection: OriginConnection) => void, host = '127.0.0.1', certificate: TlsOptions | null = null): Promise<Origin> {
  const connections: OriginConnection[] = [];
  const options = { allowHalfOpen: true, noDelay: true };
  const server: Server = certificate === null ? net.createServer(options, accept) : tls.createServer({ ...options, ...certificate, ALPNProtocols: ['http/1.1'] }, accept);
  // Those too whose handshake has not come to its end.
  const bare = new Set<Socket>();
  server.on('connection', (socket: Socket) => bare.add(socket.on('close', () => bare.delete(socket))));
  function accept(socket: Socket): void {
    const connection: OriginConnection = { socket, bytes: Buffer.alloc(0), ended: false, closed: false };
    connections.push(connection);
    const act = onBytes();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      connection.bytes = Buffer.concat([connection.bytes, chunk]);
      act(connection);
    });
    socket.on('end', () => {
      connection.ended = true;
      // A polite server: it has said what it had to say.
      if (!socket.writableEnded && !held.has(socket)) socket.end();
    });
    socket.on('close', () => (connection.closed = true));
  }
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    received: () => Buffer.concat(connections.map((c) => c.bytes)),
    until: (condition, ms = 3_000) => until(condition, ms),
    async close() {
      for (const { socket } of connections) socket.destroy();
      for (const socket of bare) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const held = new WeakSet<Socket>();
/** This connection answers the client's FIN only when the test says so. */
export function hold(connection: OriginConnection): void {
  held.add(connection.socket);
}

export async function until(condition: () => boolean, ms = 3_000): Promise<void> {
  const giveUp = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > giveUp) throw new Error(`not within ${ms} ms: ${condition.toString().slice(0, 120)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
