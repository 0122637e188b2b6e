/**
 * The first flight of a TLS client, read strictly (RFC 8446 §4.1.2, RFC 6066 §3): reassembled over segments and TLS records. Pure.
 * Owns: which name a client asks for, or that this is not TLS. Answers nothing, decides nothing, keeps no byte beyond the replay.
 */
export type HelloResult =
  | { readonly state: 'more' }
  | { readonly state: 'hello'; readonly sni: string | null; readonly alpn: string[]; readonly ech: boolean; readonly versions: number[] }
  | { readonly state: 'bad'; readonly reason: 'not-tls' | 'malformed' | 'too-big' };

export interface HelloReader {
  push(chunk: Buffer): HelloResult;
  /** Everything pushed so far, for replay. */
  bytes(): Buffer[];
}

export declare function createHelloReader(maxBytes: number): HelloReader;
