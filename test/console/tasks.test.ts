/** Long work: followed by its maker to its end, over server-sent events, and by nobody else. */
import { describe, expect, it } from 'vitest';
import { refused } from '../../src/console/refused.js';
import { createTasks, type Report } from '../../src/console/tasks.js';
import { testConsole } from '../support/console-app.js';

const title = { vi: 'Nạp danh sách', en: 'Import' };

function stepped(): { work: Parameters<ReturnType<typeof createTasks>['start']>[1]; report: Report; end: () => void; fail: (error: Error) => void } {
  let report: Report = () => undefined;
  let end = (): void => undefined;
  let fail: (error: Error) => void = () => undefined;
  const work = {
    title,
    run: (tell: Report) => {
      report = tell;
      return new Promise<{ vi: string; en: string }>((resolve, reject) => {
        end = () => resolve({ vi: 'Đã nạp 10 tên.', en: 'Taken: 10.' });
        fail = reject;
      });
    },
  };
  return { work, report: (...args) => report(...args), end: () => end(), fail: (error) => fail(error) };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('long work', () => {
  it('tells its maker how far it is and how it ended, and nobody else', async () => {
    const tasks = createTasks(() => 0);
    const one = stepped();
    const id = tasks.start('an', one.work);
    await turn();
    const states: string[] = [];
    const stop = tasks.watch('an', id, (state) => states.push(`${state.state} ${state.done}/${state.total}`));
    one.report(5, 10);
    expect(tasks.get('binh', id)).toBeNull();
    one.end();
    await turn();
    expect(states).toEqual(['running 0/null', 'running 5/10', 'done 10/10']);
    stop();
    expect(tasks.get('an', id)).toMatchObject({ state: 'done', words: { vi: 'Đã nạp 10 tên.' } });
    const two = stepped();
    const failed = tasks.start('an', two.work);
    await turn();
    two.fail(refused('input', 'Tệp hỏng.', 'Damaged.'));
    await turn();
    expect(tasks.get('an', failed)).toMatchObject({ state: 'refused', words: { vi: 'Tệp hỏng.' } });
  });

  it('is bounded, and forgotten ten minutes after its end', async () => {
    let nowMs = 0;
    const tasks = createTasks(() => nowMs);
    const works = Array.from({ length: 4 }, stepped);
    const ids = works.map(({ work }) => tasks.start('an', work));
    expect(() => tasks.start('an', stepped().work)).toThrowError(expect.objectContaining({ kind: 'busy' }) as Error);
    await turn();
    works[0]?.end();
    await turn();
    nowMs += 10 * 60_000 + 1;
    tasks.start('an', stepped().work);
    expect([tasks.get('an', ids[0] ?? ''), tasks.get('an', ids[1] ?? '')?.state]).toEqual([null, 'running']);
  });

  it('is followed on its page and by events; another’s is not there', async () => {
    const console = testConsole();
    const teacher = await console.signIn('teacher');
    const one = stepped();
    const id = console.tasks.start('nguoi-teacher', one.work);
    await turn();
    one.report(3, 10);
    const page = await teacher.get(`/viec/${id}`);
    expect(page.body).toContain('Nạp danh sách');
    expect(page.body).toMatch(/max="10" value="3"/);
    expect(page.body).toContain(`hx-sse:connect="/viec/${id}/tien-do"`);
    expect(page.body).toContain('<noscript><meta http-equiv="refresh" content="2"></noscript>');
    const events = teacher.get(`/viec/${id}/tien-do`);
    setTimeout(() => one.end(), 300);
    expect((await events).body).toMatch(/data: <p><progress[^\n]*30 %<\/p>\n\ndata: <p class="">Đã nạp 10 tên\.<\/p>\n\nevent: xong\n/);
    const other = await console.signIn('head');
    expect((await other.get(`/viec/${id}`)).status).toBe(404);
    expect((await other.get(`/viec/${id}/tien-do`)).status).toBe(404);
  });
});
