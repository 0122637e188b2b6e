/**
 * The chunked transfer coding (RFC 9112 §7.1) as read from hostile input, one byte a time if need be. Pure.
 * Owns: where a chunked body ends. Extensions and trailers are checked, capped and dropped; it knows nothing of sockets.
 */
export interface ChunkLimits {
  /** Extension bytes in one chunk line. */
  readonly maxExtensionBytes: number;
  /** Extension bytes in one body (CVE-2024-22019). */
  readonly maxExtensionTotal: number;
  readonly maxTrailers: number;
  readonly maxTrailerBytes: number;
}

export const CHUNK_LIMITS: ChunkLimits = { maxExtensionBytes: 1_024, maxExtensionTotal: 16_384, maxTrailers: 32, maxTrailerBytes: 8_192 };

export interface ChunkedResult {
  readonly state: 'more' | 'done' | 'bad';
  /** First byte not consumed. */
  readonly next: number;
}

export interface ChunkedReader {
  /** Decodes: `onData` gets views of `buffer`, never copies. */
  read(buffer: Buffer, start: number, end: number, onData: (slice: Buffer) => void): ChunkedResult;
  /** Re-chunks: `onPiece` gets, in order, the bytes of a clean chunked stream; untouched runs are views that may span many chunks. */
  pass(buffer: Buffer, start: number, end: number, onPiece: (piece: Buffer) => void): ChunkedResult;
}

export declare function createChunkedReader(limits?: ChunkLimits): ChunkedReader;
/** `1f4\r\n` */
export declare function chunkHeader(bytes: number): string;
