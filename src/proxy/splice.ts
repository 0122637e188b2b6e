/**
 * Two connected sockets made one: bytes both ways with backpressure, each half-close delivered, bytes counted.
 * Refuses to know why the two may speak: no policy, no TLS, no clock of its own.
 */
import type { Socket } from 'node:net';

/** Milliseconds of a monotonic clock, refreshed by the owner's sweep: a tick a second is enough for idleness and costs nothing a chunk. */
export interface CoarseClock {
  ms: number;
}

/** Told by the splice; an interface instead of closures, so that an idle tunnel stays small. */
export interface SpliceOwner {
  /** First byte from upstream. */
  onAnswer(): void;
  /** Both sockets are closed; called once. */
  onOver(): void;
}

export class Splice {
  bytesUp = 0;
  bytesDown = 0;
  /** Coarse time of the last byte either way. */
  lastMs: number;
  private clientEnded = false;
  private upstreamEnded = false;
  private open = 2;

  /** The caller has taken its own 'data', 'end', 'close' and 'drain' listeners off both sockets; their 'error' listeners stay. */
  constructor(
    readonly client: Socket,
    readonly upstream: Socket,
    private readonly clock: CoarseClock,
    private readonly owner: SpliceOwner,
  ) {
    this.lastMs = clock.ms;
    client.on('data', (chunk: Buffer) => {
      this.bytesUp += chunk.length;
      this.lastMs = this.clock.ms;
      if (!upstream.write(chunk)) client.pause();
    });
    upstream.on('data', (chunk: Buffer) => {
      if (this.bytesDown === 0) this.owner.onAnswer();
      this.bytesDown += chunk.length;
      this.lastMs = this.clock.ms;
      if (!client.write(chunk)) upstream.pause();
    });
    upstream.on('drain', () => client.resume());
    client.on('drain', () => upstream.resume());
    client.on('end', () => {
      this.clientEnded = true;
      this.passEnd(upstream);
    });
    upstream.on('end', () => {
      this.upstreamEnded = true;
      this.passEnd(client);
    });
    client.on('close', () => this.closed(upstream));
    upstream.on('close', () => this.closed(client));
  }

  /** Bytes that were read before the splice and belong upstream. */
  sendUp(chunks: readonly Buffer[]): void {
    let room = true;
    for (const chunk of chunks) {
      this.bytesUp += chunk.length;
      room = this.upstream.write(chunk);
    }
    if (room) this.client.resume();
    else this.client.pause();
  }

  sendDown(chunk: Buffer): void {
    this.bytesDown += chunk.length;
    if (!this.client.write(chunk)) this.upstream.pause();
  }

  get halfClosed(): boolean {
    return this.clientEnded || this.upstreamEnded;
  }

  destroy(): void {
    this.client.destroy();
    this.upstream.destroy();
  }

  /**
   * One side has sent its FIN. The other direction lives on until its own; after the second one nothing is left to read,
   * so a socket with an empty queue is closed at once (close sends the FIN: one system call instead of three events).
   */
  private passEnd(to: Socket): void {
    if (!this.clientEnded || !this.upstreamEnded) {
      to.end();
      return;
    }
    this.closeFlushed(this.client);
    this.closeFlushed(this.upstream);
  }

  private closeFlushed(socket: Socket): void {
    if (socket.writableLength === 0) socket.destroy();
    else socket.destroySoon();
  }

  private closed(other: Socket): void {
    this.open--;
    if (this.open === 0) this.owner.onOver();
    // A side that went without a FIN has broken off: the other must not wait. After both FINs it may still be flushing.
    else if (!this.clientEnded || !this.upstreamEnded) other.destroy();
  }
}
