/**
 * WebSocket, bare or out of TLS ended here: after the origin's 101 the two sockets become a pair that the tunnel table splices, times out
 * and closes when policy changes. Refuses to know frames, and any other upgrade: the parser has stripped those.
 */
import { serialiseResponse, type ResponseHead } from './response-message.js';
import { pathOf } from './read-facts.js';
import { detach, dropUpstream, handOver } from './relay-finish.js';
import type { Connection, Upstream } from './relay-state.js';

/** @param rest bytes behind the 101: the origin's first frames. The client's early bytes have waited in the stash until now. */
export function startWebSocket(c: Connection, upstream: Upstream, head: ResponseHead, rest: Buffer | null): void {
  const { decision, input } = c;
  const path = c.head === null ? null : pathOf(c.head.path);
  if (decision === null) return;
  if (c.clientEnded) {
    // It asked for a conversation and hung up.
    dropUpstream(c);
    c.socket.destroy();
    return;
  }
  const text = serialiseResponse(head, { via: '', keepAlive: true, chunkedToClient: true });
  c.socket.write(text, 'latin1');
  c.bytesDown += text.length;
  c.upstream = null;
  c.input = null;
  c.head = null;
  upstream.socket.pause();
  detach(upstream.socket, upstream.listeners);
  const client = handOver(c);
  c.ctx.deps.tunnels.adopt({
    client,
    upstream: upstream.socket,
    from: c.from,
    zone: c.zone,
    decision,
    host: upstream.host,
    path,
    channel: 'websocket',
    toClient: rest,
    toUpstream: input === null ? null : input.buffer.subarray(input.start, input.end),
    bytesUp: c.bytesUp,
    bytesDown: c.bytesDown,
    startedMs: c.startedMs,
    ms: performance.now() - c.startedAt,
  });
  // Unless the first frames already fill the client; then its 'drain' does it.
  if (!client.writableNeedDrain) upstream.socket.resume();
}
