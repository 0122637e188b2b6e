/**
 * Long work (an import, a backup, a compile) that a page follows: it runs on in the control thread while its maker watches, in memory
 * only. What it changes is the store's matter and stays; the account of it is gone ten minutes after its end, or with the process.
 */
import { randomBytes } from 'node:crypto';
import { asRefused, refused } from './refused.js';
import type { Words } from './words.js';

/** Told as often as the work likes; `total` null: nobody knows. */
export type Report = (done: number, total: number | null) => void;

export interface LongWork {
  readonly title: Words;
  /** Resolves to what is said at the end, and the page to go on to; what it throws is said as every refusal is. */
  run(report: Report): Promise<Ended>;
}

export interface Ended extends Words {
  readonly next?: string;
  /** Takes back what the work did, offered for ten seconds from its end; `back`: the page to be on then, where `next` may be gone. */
  readonly undo?: { run(): void | Promise<void>; readonly back: string };
}

export interface TaskState {
  readonly id: string;
  readonly title: Words;
  readonly state: 'running' | 'done' | 'refused';
  readonly done: number;
  readonly total: number | null;
  /** Said at the end. */
  readonly words: Words | null;
  /** Page to go on to, once done. */
  readonly next: string | null;
  /** What takes it back, and since when that is offered. */
  readonly undo: { readonly token: string; readonly atMs: number; readonly back: string } | null;
}

export interface Tasks {
  /**
   * @param offer makes an undo of what the work gives at its end
   * @throws Refused when too much is under way
   */
  start(owner: string, work: LongWork, offer?: (inverse: () => void | Promise<void>) => string): string;
  /** Null where there is none of that owner's. */
  get(owner: string, id: string): TaskState | null;
  /** Calls back with each change, and at once; ends by itself when the work does. @returns stop */
  watch(owner: string, id: string, onChange: (state: TaskState) => void): () => void;
}

const KEPT_MS = 10 * 60_000;
const MAX_RUNNING = 4;

interface Task {
  readonly owner: string;
  state: TaskState;
  endedMs: number | null;
  readonly watchers: Set<(state: TaskState) => void>;
}

export function createTasks(now: () => number): Tasks {
  const tasks = new Map<string, Task>();
  const own = (owner: string, id: string): Task | null => {
    const task = tasks.get(id);
    return task?.owner === owner ? task : null;
  };
  const set = (task: Task, change: Partial<TaskState>): void => {
    task.state = { ...task.state, ...change };
    if (task.state.state !== 'running') task.endedMs = now();
    for (const watcher of task.watchers) watcher(task.state);
  };

  return {
    start(owner, work, offer) {
      for (const [id, task] of tasks) if (task.endedMs !== null && now() - task.endedMs > KEPT_MS) tasks.delete(id);
      if ([...tasks.values()].filter((task) => task.endedMs === null).length >= MAX_RUNNING) {
        throw refused('busy', 'Cổng lọc đang làm nhiều việc nặng; hãy đợi một việc xong rồi thử lại.', 'Too much long work is under way; wait for one to end.');
      }
      const id = randomBytes(9).toString('base64url');
      const task: Task = { owner, state: { id, title: work.title, state: 'running', done: 0, total: null, words: null, next: null, undo: null }, endedMs: null, watchers: new Set() };
      tasks.set(id, task);
      void Promise.resolve()
        .then(() => work.run((done, total) => set(task, { done, total })))
        .then(
          ({ vi, en, next, undo }) => set(task, { state: 'done', words: { vi, en }, next: next ?? null, undo: undo === undefined || offer === undefined ? null : { token: offer(() => undo.run()), atMs: now(), back: undo.back }, done: task.state.total ?? task.state.done }),
          (error: unknown) => set(task, { state: 'refused', words: asRefused(error).words }),
        );
      return id;
    },
    get: (owner, id) => own(owner, id)?.state ?? null,
    watch(owner, id, onChange) {
      const task = own(owner, id);
      if (task === null) return () => undefined;
      onChange(task.state);
      task.watchers.add(onChange);
      return () => void task.watchers.delete(onChange);
    },
  };
}
