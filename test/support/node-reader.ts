/** Node's own HTTP parser (llhttp) as a reader of bytes: a server that never listens, fed through an in-memory duplex. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Duplex } from 'node:stream';

export interface NodeRequest {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

class Wire extends Duplex {
  override _read(): void {
    /* bytes are pushed by the test */
  }
  override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    callback();
  }
}

/** One server for many readings; `read` gives the requests Node saw and whether it refused anything. */
export function createNodeReader(): { read(bytes: Buffer): Promise<{ requests: NodeRequest[]; refused: boolean }>; close(): void } {
  let requests: (NodeRequest | null)[] = [];
  let pending = 0;
  let refused = false;
  let settle: () => void = () => undefined;
  const server: Server = createServer({ requireHostHeader: true, highWaterMark: 1 << 20, maxHeaderSize: 1 << 17 }, (request, response) => {
    const body: Buffer[] = [];
    pending++;
    const place = requests.push(null) - 1;
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('error', () => {
      refused = true;
      settle();
    });
    request.on('end', () => {
      pending--;
      requests[place] = { method: request.method ?? '', target: request.url ?? '', rawHeaders: request.rawHeaders, body: Buffer.concat(body) };
      response.end();
    });
  });
  server.maxHeadersCount = 0;
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('clientError', (_error, socket) => {
    refused = true;
    socket.destroy();
    settle();
  });
  return {
    read(bytes) {
      requests = [];
      pending = 0;
      refused = false;
      return new Promise((resolve) => {
        const wire = new Wire();
        settle = () => {
          settle = () => undefined;
          wire.destroy();
          resolve({ requests: requests.filter((request) => request !== null), refused: refused || pending > 0 });
        };
        wire.on('error', () => settle());
        wire.on('close', () => settle());
        server.emit('connection', wire);
        wire.push(bytes);
        wire.push(null);
      });
    },
    close: () => server.close(),
  };
}
