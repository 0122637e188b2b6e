/** The console without its socket and on a clock that a test turns: a real store in a directory of its own, a small policy, one client. */
import { createLiveView } from '../../src/activity/live.js';
import type { ConsoleDeps } from '../../src/console/deps.js';
import { ACTIONS } from '../../src/console/actions/all.js';
import { createApp } from '../../src/console/app.js';
import { createKit } from '../../src/console/kit.js';
import { PAGES } from '../../src/console/pages/all.js';
import type { Tasks } from '../../src/console/tasks.js';
import { rulesDir } from '../../src/installed.js';
import { loadShipped } from '../../src/lists/shipped.js';
import type { Snapshot } from '../../src/policy/snapshot.js';
import type { Role, Store } from '../../src/store/rows.js';
import { MONDAY_8, tempStore } from '../store/fixture.js';
import { snapshotOf } from '../policy/fixture.js';

export const PASSWORD = 'Con tre xanh 2026!';
const HOST = '192.168.1.5:8443';

export interface TestConsole {
  readonly store: Store;
  readonly clock: { ms: number };
  readonly tasks: Tasks;
  /** Times the policy was brought into force. */
  applied(): number;
  /** An account of this role, signed in past any second factor. */
  signIn(role: Role, name?: string): Promise<Visitor>;
  visitor(): Visitor;
}

export interface Visitor {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly body: string; readonly location: string }>;
  post(path: string, fields?: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly body: string; readonly location: string }>;
}

export function testConsole(snapshot: Snapshot = snapshotOf([])): TestConsole {
  const clock = { ms: MONDAY_8 };
  const store = tempStore({ now: () => clock.ms });
  let applied = 0;
  const env: ConsoleDeps = {
    store,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    now: () => clock.ms,
    snapshot: () => snapshot,
    apply: () => {
      applied += 1;
      return Promise.resolve();
    },
    shipped: () => loadShipped(rulesDir()),
    devicesSeen: () => 0,
    blockedIn: () => [],
    live: createLiveView({ now: () => clock.ms, devicesIn: () => 30 }),
    premises: {
      dataDir: '/khong-co', ports: { proxy: 3128, transparent: 3129, pages: 8080, console: 8443 }, addresses: () => ['10.0.0.1'], dns: [], names: [],
      school: { name: null, hotline: null, counsellor: null, code: null, levels: [], ward: null },
    },
    findings: () => Promise.resolve([]),
    restore: () => Promise.resolve(),
    bells: () => ({ period: null, session: null }),
    health: () => ({ ok: true, generation: 1, workers: 1, connections: 0, tunnels: 0, dropped: 0, trouble: null }),
  };
  const kit = createKit(env);
  const app = createApp({ kit, names: { all: [], alone: [] }, actions: ACTIONS, pages: PAGES });

  function visitor(first: string | null = null): Visitor {
    let cookie = first;
    const send = async (path: string, method: string, headers: Record<string, string>, body?: string): ReturnType<Visitor['get']> => {
      const request = new Request(`https://${HOST}${path}`, {
        method, headers: { Host: HOST, 'Sec-Fetch-Site': 'same-origin', ...(cookie === null ? {} : { Cookie: cookie }), ...headers }, ...(body === undefined ? {} : { body }),
      });
      const socket = { remoteAddress: '192.168.1.77', localAddress: '192.168.1.5' };
      const answer = await app.fetch(request, { incoming: { socket } } as never);
      const set = /^(__Host-sid=[^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
      if (set !== undefined) cookie = set;
      return { status: answer.status, body: await answer.text(), location: answer.headers.get('location') ?? '' };
    };
    return {
      get: (path, headers = {}) => send(path, 'GET', { ...headers }),
      post: (path, fields = {}) => send(path, 'POST', { 'Content-Type': 'application/x-www-form-urlencoded' }, new URLSearchParams(fields).toString()),
    };
  }

  return {
    store,
    clock,
    tasks: kit.tasks,
    applied: () => applied,
    visitor: () => visitor(),
    async signIn(role, name = `nguoi-${role}`) {
      const known = store.accounts.users().find((user) => user.name === name);
      const user = known ?? (await store.accounts.addUser(name, role, PASSWORD, { kind: 'cli', name: 'test' }));
      const cookie = kit.sessions.open(user, 'full', { lang: 'vi', device: 'thử', from: null });
      return visitor(/^(__Host-sid=[^;]*)/.exec(cookie)?.[1] ?? '');
    },
  };
}
