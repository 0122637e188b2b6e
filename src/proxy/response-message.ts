/**
 * The HTTP/1.1 response head (RFC 9112): strict reader and serialiser. Pure.
 * Owns: how long a response is and which fields reach the client. Knows nothing of sockets; a fault here means the upstream connection is destroyed.
 */
import type { BodyKind, HeadLimits, WireFault } from './message.js';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: 10 | 11;
  readonly body: BodyKind;
  /** Content-Length as stated (also where there is no body: HEAD, 304); −1 where it is not stated. */
  readonly length: number;
  /** The upstream connection may be used again after the body. */
  readonly keepAlive: boolean;
  /** name, value … end-to-end fields only; Alt-Svc never (it would lead the client to QUIC, past the filter). */
  readonly fields: string[];
  /** 101 with `Upgrade: websocket`. */
  readonly upgrade: boolean;
  readonly bytes: number;
}

export interface ResponseOptions {
  /** Empty: none. */
  readonly via: string;
  /** Whether the client connection stays open after this response. */
  readonly keepAlive: boolean;
  /** The client speaks 1.1: bodies of unknown length go chunked. Else they end with the connection. */
  readonly chunkedToClient: boolean;
  readonly dropAltSvc?: true;
}

/** null: more bytes are needed. `requestMethod` decides whether a body follows. */
export declare function readResponseHead(buffer: Buffer, start: number, end: number, requestMethod: string, limits: HeadLimits): ResponseHead | WireFault | null;
export declare function serialiseResponse(head: ResponseHead, options: ResponseOptions): string;
