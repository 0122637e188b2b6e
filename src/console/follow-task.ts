/** Long work told over one connection: each state as a part of the page, at most four a second, then `xong`. */
import type { SSEStreamingApi } from 'hono/streaming';
import type { TaskState } from './tasks.js';

const STEP_MS = 250;

export async function followTask(stream: SSEStreamingApi, watch: (onChange: (state: TaskState) => void) => () => void, render: (state: TaskState) => string): Promise<void> {
  let latest: TaskState | null = null;
  let told: TaskState | null = null;
  const stop = watch((state) => {
    latest = state;
  });
  stream.onAbort(stop);
  try {
    while (!stream.aborted) {
      const state = latest as TaskState | null;
      if (state !== told && state !== null) {
        told = state;
        await stream.writeSSE({ data: render(state) });
        if (state.state !== 'running') return await stream.writeSSE({ event: 'xong', data: '' });
      }
      await stream.sleep(STEP_MS);
    }
  } finally {
    stop();
  }
}
