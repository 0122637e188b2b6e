/**
 * Two connected sockets made one: bytes both ways with backpressure, each half-close delivered, bytes counted.
 * Until `release` it is held: nothing passes, the owner reads what the client says. The listeners are put on once and never taken
 * off, since each change of them costs as much as passing a chunk.
 * Refuses to know why the two may speak: no policy, no TLS, no clock of its own.
 */
import type { Socket } from 'node:net';
import type { SecondHello } from './second-hello.js';

/** Milliseconds of a monotonic clock, refreshed by the owner's sweep: a tick a second is enough for idleness and costs nothing a chunk. */
export interface CoarseClock {
  ms: number;
}

/** Told by the splice; an interface instead of closures, so that an idle tunnel stays small. */
export interface SpliceOwner {
  /** While held: bytes from the client. */
  onHeld(chunk: Buffer): void;
  /** While held: this side has ended or broken off, or the origin spoke before it was spoken to. May be called more than once. */
  onHeldGone(side: 'client' | 'upstream'): void;
  /** First byte from upstream. */
  onAnswer(): void;
  /** The client has broken what was agreed with its hello: its bytes were not passed on, both sockets are being destroyed. */
  onBroken(): void;
  /** Both sockets are closed; called once, never while held. */
  onOver(): void;
}

export class Splice {
  bytesUp = 0;
  bytesDown = 0;
  /** Coarse time of the last byte either way. */
  lastMs: number;
  upstream: Socket | null = null;
  /** Set by the owner before `release`, for the length of a TLS handshake at most. */
  watch: SecondHello | null = null;
  private held = true;
  private clientEnded = false;
  private upstreamEnded = false;
  private open = 2;

  /** The caller has taken its own listeners off the client; one for 'error' stays. */
  constructor(
    readonly client: Socket,
    private readonly clock: CoarseClock,
    private readonly owner: SpliceOwner,
  ) {
    this.lastMs = clock.ms;
    client.on('data', (chunk: Buffer) => {
      if (this.held || this.upstream === null) {
        this.owner.onHeld(chunk);
        return;
      }
      if (this.watch !== null && !this.keepsWord(chunk)) return;
      this.bytesUp += chunk.length;
      this.lastMs = this.clock.ms;
      if (!this.upstream.write(chunk)) client.pause();
    });
    client.on('drain', () => this.upstream?.resume());
    client.on('end', () => {
      this.clientEnded = true;
      if (this.held) this.owner.onHeldGone('client');
      else this.passEnd(this.upstream);
    });
    client.on('close', () => {
      if (this.held) this.owner.onHeldGone('client');
      else this.closed(this.upstream);
    });
  }

  /** The caller's listeners are off here too. */
  connectTo(upstream: Socket): void {
    const { client } = this;
    this.upstream = upstream;
    upstream.on('data', (chunk: Buffer) => {
      if (this.held) {
        this.owner.onHeldGone('upstream');
        return;
      }
      if (this.bytesDown === 0) this.owner.onAnswer();
      if (this.watch !== null && this.watch.server(chunk) === 'over') this.watch = null;
      this.bytesDown += chunk.length;
      this.lastMs = this.clock.ms;
      if (!client.write(chunk)) upstream.pause();
    });
    upstream.on('drain', () => client.resume());
    upstream.on('end', () => {
      this.upstreamEnded = true;
      if (this.held) this.owner.onHeldGone('upstream');
      else this.passEnd(client);
    });
    upstream.on('close', () => {
      if (this.held) this.owner.onHeldGone('upstream');
      else this.closed(client);
    });
  }

  /** Lets the bytes run, these first: what was read while it was held, or before there was a splice. */
  release(up: readonly Buffer[], down: Buffer | null): void {
    const { client, upstream } = this;
    if (upstream === null) return;
    this.held = false;
    this.lastMs = this.clock.ms;
    if (down !== null) {
      this.bytesDown += down.length;
      if (!client.write(down)) upstream.pause();
    }
    let room = true;
    for (const chunk of up) {
      this.bytesUp += chunk.length;
      room = upstream.write(chunk);
    }
    if (!room) client.pause();
    else if (client.isPaused()) client.resume();
  }

  private keepsWord(chunk: Buffer): boolean {
    const watched = this.watch?.client(chunk);
    if (watched === 'refused') {
      this.owner.onBroken();
      this.destroy();
      return false;
    }
    if (watched === 'over') this.watch = null;
    return true;
  }

  get halfClosed(): boolean {
    return this.clientEnded || this.upstreamEnded;
  }

  destroy(): void {
    this.client.destroy();
    this.upstream?.destroy();
  }

  /**
   * One side has sent its FIN. The other direction lives on until its own; after the second one nothing is left to read,
   * so a socket with an empty queue is closed at once (close sends the FIN: one system call instead of three events).
   */
  private passEnd(to: Socket | null): void {
    if (!this.clientEnded || !this.upstreamEnded) {
      to?.end();
      return;
    }
    closeFlushed(this.client);
    if (this.upstream !== null) closeFlushed(this.upstream);
  }

  private closed(other: Socket | null): void {
    this.open--;
    if (this.open === 0) this.owner.onOver();
    // A side that went without a FIN has broken off: the other must not wait. After both FINs it may still be flushing.
    else if (!this.clientEnded || !this.upstreamEnded) other?.destroy();
  }
}

function closeFlushed(socket: Socket): void {
  if (socket.writableLength === 0) socket.destroy();
  else socket.destroySoon();
}
