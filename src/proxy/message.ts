/**
 * The HTTP/1.1 request head as it stands on the wire (RFC 9112): a strict reader and the serialiser that writes it anew. Pure.
 * Owns: what may be forwarded and what is refused because two parsers could read it differently. Knows nothing of policy, sockets or bodies' bytes.
 */

export interface HeadLimits {
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  readonly maxTargetBytes: number;
}

/** `until-close` exists on responses only. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'until-close';

export interface RequestHead {
  readonly method: string;
  readonly version: 10 | 11;
  readonly form: 'absolute' | 'origin' | 'authority' | 'asterisk';
  readonly scheme: 'http' | null;
  /** Raw text `host[:port]`, from the target where it has one, else from Host. */
  readonly authority: string;
  /** Canonical (matching/hostname.ts). */
  readonly host: string;
  readonly port: number;
  /** Origin-form to send upstream, query included; `*` for OPTIONS of the server itself; empty for CONNECT. */
  readonly path: string;
  readonly body: BodyKind;
  /** Content-Length; 0 where there is none. */
  readonly length: number;
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  readonly upgrade: 'websocket' | null;
  readonly proxyAuthorization: string | null;
  /** The target named one host and Host another: policy follows the target, Host is rewritten. */
  readonly hostMismatch: boolean;
  /** All Via values, joined; loop detection only. */
  readonly via: string | null;
  /** name, value, name, value … as received, end-to-end fields only (no Host, framing or Expect: those are written anew). */
  readonly fields: string[];
  /** Length of the head, leading blank lines included. */
  readonly bytes: number;
}

export interface WireFault {
  readonly status: 400 | 405 | 414 | 417 | 431 | 501 | 505;
  /** English, for the log and the tests; never contains input. */
  readonly detail: string;
}

export interface RequestOptions {
  /** Value of the Via field we add; empty: none. */
  readonly via: string;
  /** Absolute-form, for a parent proxy. */
  readonly toParent: boolean;
  /** Default true: the upstream connection may be used again. */
  readonly keepAlive?: boolean;
}

export declare function isWireFault(head: object): head is WireFault;
/** null: more bytes are needed. Reads buffer[start, end). */
export declare function readRequestHead(buffer: Buffer, start: number, end: number, mode: 'explicit' | 'transparent', limits: HeadLimits): RequestHead | WireFault | null;
/** A latin1 head with one framing field, one Host and one Connection, all made here. */
export declare function serialiseRequest(head: RequestHead, options: RequestOptions): string;
