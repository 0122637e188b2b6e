/**
 * How often clients turned our certificates down, by host and by nothing else: no address, no time of day. Batched for the control thread,
 * which proposes such hosts for level `name`; nobody is let round by it. Refuses to know sockets.
 */
export interface TlsRejections {
  note(host: string): void;
  /** Sends what is there. */
  flush(): void;
  close(): void;
}

export type RejectionCounts = readonly (readonly [host: string, n: number])[];

const EVERY_MS = 5_000;
/** An app that pins its names asks for a dozen; whoever invents names by the thousand is counted no further. */
const MAX_HOSTS = 500;

export function createTlsRejections(send: (counts: RejectionCounts) => void, everyMs = EVERY_MS): TlsRejections {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (counts.size === 0) return;
    send([...counts]);
    counts.clear();
  }

  return {
    note(host) {
      const known = counts.get(host);
      if (known === undefined && counts.size >= MAX_HOSTS) return;
      counts.set(host, (known ?? 0) + 1);
      timer ??= setTimeout(flush, everyMs).unref();
    },
    flush,
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      counts.clear();
    },
  };
}
