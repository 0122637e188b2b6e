/** OpenSSL as a second reader of ClientHellos: Node's TLS server fed through an in-memory duplex; it tells which name it took from the hello. */
import { Duplex } from 'node:stream';
import { createServer } from 'node:tls';

class Wire extends Duplex {
  override _read(): void {
    /* bytes are pushed by the test */
  }
  override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    callback();
  }
}

/** The name OpenSSL takes from a hello; null where it takes none, refuses the hello or wants more of it. */
export function createOpensslReader(): { read(bytes: Buffer): Promise<string | null>; close(): void } {
  let settle: (name: string | null) => void = () => undefined;
  const server = createServer({
    minVersion: 'TLSv1',
    ciphers: 'ALL:@SECLEVEL=0',
    SNICallback: (name, callback) => {
      settle(name);
      callback(new Error('read enough'));
    },
  });
  server.on('tlsClientError', () => settle(null));
  return {
    read(bytes) {
      return new Promise((resolve) => {
        const wire = new Wire();
        settle = (name) => {
          settle = () => undefined;
          resolve(name);
          wire.destroy();
        };
        wire.on('error', () => settle(null));
        wire.on('close', () => settle(null));
        server.emit('connection', wire);
        wire.push(bytes);
        setImmediate(() => wire.push(null));
      });
    },
    close: () => server.close(),
  };
}
