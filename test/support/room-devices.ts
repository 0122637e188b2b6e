/** Devices of a room: loopback addresses of their own, each speaking plain HTTP to the proxy as a browser with its address would. */
import { connect } from 'node:net';
import tls from 'node:tls';

/** `127.0.N.1` … : as many addresses as asked for. */
export function devicesIn(net: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `127.0.${net}.${i + 1}`);
}

export interface Told {
  readonly status: number;
  readonly reason: string;
}

/** One request of one device; @returns the status and, of a refusal, its reason. */
export function ask(proxyPort: number, from: string, host: string, port = 80): Promise<Told> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: proxyPort, host: '127.0.0.1', localAddress: from });
    const authority = port === 80 ? host : `${host}:${port}`;
    let text = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer for ${host}`)));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(text.split(' ', 2)[1]), reason: /^x-luytre-reason: (\S+)/im.exec(text)?.[1] ?? '' }));
    socket.write(`GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
  });
}

export interface RoomTunnel {
  /** performance.now() at which it ended, or null while it is open. */
  endedMs(): number | null;
  close(): void;
}

/** A tunnel of one device to a TLS origin, with TLS inside; rejects with the status line where the proxy says no. */
export async function openTunnel(proxyPort: number, from: string, host: string, port: number): Promise<RoomTunnel> {
  const socket = connect({ port: proxyPort, host: '127.0.0.1', localAddress: from });
  let endedMs: number | null = null;
  socket.on('close', () => (endedMs = performance.now()));
  socket.on('error', () => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('data', (chunk: Buffer) => {
      const line = chunk.toString('latin1').split('\r\n', 1)[0] ?? '';
      if (line.startsWith('HTTP/1.1 200')) resolve();
      else reject(new Error(line));
    });
    socket.once('close', () => reject(new Error('closed')));
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
  });
  const inside = tls.connect({ socket, servername: host, rejectUnauthorized: false });
  inside.on('error', () => inside.destroy());
  await new Promise<void>((resolve, reject) => {
    inside.once('secureConnect', resolve);
    inside.once('close', () => reject(new Error('ended before TLS')));
  });
  return { endedMs: () => endedMs, close: () => socket.destroy() };
}
