/** "Tiến độ": long work as it goes: told by server-sent events where there is script, by coming back every two seconds where there is none. */
import { raw } from 'hono/html';
import type { Page, PageContext } from '../page.js';
import { UndoForm } from '../parts/layout.js';
import { refused } from '../refused.js';
import { UNDO_MS } from '../undo.js';
import type { TaskState } from '../tasks.js';
import type { T } from '../words.js';

/** As text: JSX would lift the meta element out of its noscript into the head, and every page would come back every two seconds. */
const COME_BACK = '<noscript><meta http-equiv="refresh" content="2"></noscript>';

export const taskPage: Page = {
  path: '/viec/:id',
  title: { vi: 'Tiến độ', en: 'Progress' },
  roles: ['it-admin', 'teacher', 'head'],
  render(ctx: PageContext) {
    const { t, tasks, who, params } = ctx;
    const id = params['id'] ?? '';
    const state = tasks.get(who.name, id);
    if (state === null) throw refused('not-found', 'Không có việc này, hoặc việc đã xong từ lâu.', 'There is no such work, or it ended long ago.');
    const live = state.state === 'running' ? { 'hx-sse:connect': `/viec/${id}/tien-do`, 'hx-sse:close': 'xong' } : {};
    return (
      <section class="card">
        <h2>{t(state.title.vi, state.title.en)}</h2>
        <div id="tien-do" aria-live="polite" {...live}><TaskNow t={t} state={state} nowMs={ctx.nowMs} /></div>
        {state.state === 'running' ? raw(COME_BACK) : null}
      </section>
    );
  },
};

export function TaskNow({ t, state, nowMs }: { readonly t: T; readonly state: TaskState; readonly nowMs: number }) {
  const label = t('Đã làm', 'Done');
  if (state.state !== 'running') {
    return (
      <>
        <p class={state.state === 'done' ? '' : 'wrong'}>{state.words === null ? '' : t(state.words.vi, state.words.en)}</p>
        {state.undo === null || nowMs - state.undo.atMs >= UNDO_MS ? null : <UndoForm label={t('Hoàn tác', 'Undo')} token={state.undo.token} back={state.undo.back} class="undo inline" leads />}
        {state.next === null ? null : <p><a class="button" href={state.next}>{t('Xem kết quả', 'See the result')}</a></p>}
      </>
    );
  }
  const { done, total } = state;
  return total === null || total === 0
    ? <p><progress aria-label={label}></progress> {t('Đang làm …', 'Under way …')}</p>
    : <p><progress aria-label={label} max={total} value={done}></progress> {Math.min(100, Math.floor((done / total) * 100))} %</p>;
}
