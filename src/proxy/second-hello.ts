/**
 * The second ClientHello of TLS 1.3 (RFC 8446 §4.1.2): after a HelloRetryRequest a client says hello again, and must name the same
 * server. Pure: watches what both sides say after the first hello until it is sure that none will follow. Refuses to know sockets.
 *
 * A client may speak ahead (early data), so it is watched from the first hello on: before the server's answer no handshake record may
 * come at all. Nearly every connection is over with the server's first 43 bytes, which are no HelloRetryRequest.
 */
import { createHelloReader, type HelloReader } from './client-hello.js';

export type Watched = 'on' | 'over' | 'refused';

/** SHA-256 of "HelloRetryRequest": the random of a ServerHello that is one (RFC 8446 §4.1.3). */
const RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
/** Record header, handshake header, version: where the random begins. */
const RANDOM_AT = 11;
const RANDOM_END = RANDOM_AT + RETRY.length;
const RECORD_HEADER = 5;
const CHANGE_CIPHER_SPEC = 20;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;

export class SecondHello {
  private answer: Buffer | null = null;
  private retried = false;
  private reader: HelloReader | null = null;
  private headerBytes = 0;
  private recordType = 0;
  private recordHigh = 0;
  private recordLeft = 0;

  constructor(
    /** Name of the first hello. */
    private readonly name: string | null,
    private readonly maxBytes: number,
  ) {}

  /** Bytes of the client behind its first hello, before they are passed on. */
  client(chunk: Buffer): Watched {
    if (this.reader !== null) return this.hello(this.reader, chunk);
    let at = 0;
    while (at < chunk.length) {
      if (this.recordLeft > 0) {
        const skipped = Math.min(this.recordLeft, chunk.length - at);
        this.recordLeft -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at] as number;
      const type = this.headerBytes === 0 ? byte : this.recordType;
      if (type === HANDSHAKE) {
        if (!this.retried) return 'refused';
        this.reader = createHelloReader(this.maxBytes);
        return this.hello(this.reader, chunk.subarray(at));
      }
      // No TLS record: no server reads on.
      if (type !== CHANGE_CIPHER_SPEC && type !== APPLICATION_DATA) return 'over';
      at++;
      this.headerBytes++;
      if (this.headerBytes === 1) this.recordType = byte;
      else if (this.headerBytes === RECORD_HEADER - 1) this.recordHigh = byte;
      else if (this.headerBytes === RECORD_HEADER) {
        this.headerBytes = 0;
        this.recordLeft = this.recordHigh * 256 + byte;
      }
    }
    return 'on';
  }

  /** Bytes of the server. */
  server(chunk: Buffer): Watched {
    if (this.retried) return 'on';
    const seen = this.answer === null ? chunk : Buffer.concat([this.answer, chunk]);
    if (seen.length < RANDOM_END) {
      this.answer = Buffer.from(seen);
      return seen[0] === HANDSHAKE ? 'on' : 'over';
    }
    this.answer = null;
    this.retried = seen[0] === HANDSHAKE && seen.compare(RETRY, 0, RETRY.length, RANDOM_AT, RANDOM_END) === 0;
    return this.retried ? 'on' : 'over';
  }

  private hello(reader: HelloReader, chunk: Buffer): Watched {
    const hello = reader.push(chunk);
    if (hello.state === 'more') return 'on';
    return hello.state === 'hello' && hello.sni === this.name ? 'over' : 'refused';
  }
}
