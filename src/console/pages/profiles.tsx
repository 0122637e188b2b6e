/** "Hồ sơ lọc": the matrix, whole on a desk and one profile at a time on a phone; what the school has tightened and loosened. */
import { CELL_WORDS } from '../../policy/proposal-diff.js';
import type { Profile } from '../../policy/profile.js';
import { choicesOf, CELLS, matrixCell, matrixOf, type MatrixCell } from '../matrix.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { History } from '../parts/history.js';
import { Empty } from '../parts/layout.js';
import { folded } from '../words.js';

export const profilesPage: Page = {
  path: '/ho-so',
  title: { vi: 'Hồ sơ lọc', en: 'Profiles' },
  roles: ['it-admin', 'head'],
  nav: { group: 'filter', order: 30 },
  render(ctx) {
    const { t, query } = ctx;
    const { profiles } = ctx.env.shipped();
    const chosen = profiles.find(({ id }) => id === query.get('ho-so')) ?? profiles.find(({ id }) => id === 'thcs') ?? profiles[0];
    const search = (query.get('tim') ?? '').slice(0, 100);
    const only = query.get('doi') === '1';
    const rows = matrixOf(ctx.env).filter(({ category, cells }) => {
      const found = folded(`${category.name} ${category.nameEn} ${category.code}`).includes(folded(search));
      return found && (!only || cells.some((cell) => cell.own !== null || cell.waiting !== null));
    });
    return (
      <>
        <p class="lead">{t('Mỗi nhóm nội dung gặp mỗi hồ sơ thành một ô. Chạm vào ô để xem căn cứ, ai đã đổi, và đổi.', 'Each category meets each profile in a cell. Open a cell for its legal base, who changed it, and to change it.')} <a href="/https">{t('Mức HTTPS và trang không giải mã', 'HTTPS levels and hosts never decrypted')}</a></p>
        <form method="get" class="find">
          <input type="hidden" name="ho-so" value={chosen?.id ?? ''} />
          <label for="tim">{t('Tìm nhóm', 'Find a category')}</label>
          <input id="tim" name="tim" type="search" value={search} placeholder={t('tro choi, mxh …', 'games …')} />
          <label class="tick"><input type="checkbox" name="doi" value="1" checked={only} /> {t('Chỉ ô trường đã đổi', 'Only what the school changed')}</label>
          <button class="quiet">{t('Tìm', 'Find')}</button>
        </form>
        <nav class="tabs narrow" aria-label={t('Chọn hồ sơ', 'Choose a profile')}>
          {profiles.map((profile) => <a href={linkTo(profile, search, only)} {...(profile === chosen ? { 'aria-current': 'true' as const } : {})}>{t(profile.name, profile.nameEn)}</a>)}
        </nav>
        <Legend ctx={ctx} />
        {rows.length === 0 ? (
          <Empty title={t('Không có nhóm nào như vậy', 'No such category')}>
            <p>{only ? t('Trường chưa đổi ô nào so với mặc định.', 'The school has changed no cell.') : t('Hãy thử một từ khác, không cần dấu.', 'Try another word.')} <a href={linkTo(chosen ?? null, '', false)}>{t('Xem tất cả', 'Show all')}</a></p>
          </Empty>
        ) : (
          <table class="matrix">
            <caption class="unseen">{t('Ô của từng nhóm nội dung theo hồ sơ', 'Cell of each category by profile')}</caption>
            <thead><tr><th scope="col">{t('Nhóm nội dung', 'Category')}</th>{profiles.map((profile) => <th scope="col" class={profile === chosen ? 'cell' : 'cell wide'}>{t(profile.name, profile.nameEn)}</th>)}</tr></thead>
            <tbody>
              {rows.map(({ category, cells }) => (
                <tr>
                  <th scope="row">{t(category.name, category.nameEn)}<small>{category.legal}</small></th>
                  {cells.map((cell) => <td class={cell.profile === chosen ? 'cell' : 'cell wide'}><CellLink ctx={ctx} cell={cell} /></td>)}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </>
    );
  },
};

function linkTo(profile: Profile | null, search: string, only: boolean): string {
  const query = new URLSearchParams();
  if (profile !== null) query.set('ho-so', profile.id);
  if (search !== '') query.set('tim', search);
  if (only) query.set('doi', '1');
  return `/ho-so?${query.toString()}`;
}

function Legend({ ctx }: { readonly ctx: PageContext }) {
  return (
    <ul class="legend">
      {CELLS.map((cell) => <li><span class={`mark ${cell}`} aria-hidden="true">{cell}</span> {ctx.t(CELL_WORDS[cell].vi, CELL_WORDS[cell].en).replace(/^. · /, '')}</li>)}
    </ul>
  );
}

function CellLink({ ctx, cell }: { readonly ctx: PageContext; readonly cell: MatrixCell }) {
  const { t } = ctx;
  const changed = cell.change === 'tightened' ? t('đã siết', 'tightened') : cell.change === 'loosened' ? t('đã nới', 'loosened') : null;
  return (
    <a href={`/ho-so/${cell.profile.id}/${cell.category.code}`} class={`cell-link ${cell.change ?? ''}`}
      aria-label={`${t(cell.category.name, cell.category.nameEn)}, ${t(cell.profile.name, cell.profile.nameEn)}: ${t(CELL_WORDS[cell.now].vi, CELL_WORDS[cell.now].en)}${changed === null ? '' : `, ${changed}`}${cell.waiting === null ? '' : t(', chờ duyệt', ', waits for approval')}`}>
      <span class={`mark ${cell.now}`}>{cell.now}</span>
      {changed === null ? null : <small>{changed}</small>}
      {cell.waiting === null ? null : <small>{t('chờ duyệt', 'waiting')}</small>}
    </a>
  );
}

export const cellPage: Page = {
  path: '/ho-so/:profile/:category',
  title: { vi: 'Một ô của ma trận', en: 'A cell of the matrix' },
  roles: ['it-admin', 'head'],
  render(ctx) {
    const { t, env, who, format, nowMs } = ctx;
    const cell = matrixCell(env, ctx.params['profile'] ?? '', ctx.params['category'] ?? '');
    const { profile, category, own } = cell;
    const choices = choicesOf(env, profile.id, category.code);
    const refusals = [...choices.values()].filter((verdict) => typeof verdict === 'object');
    const key = `${profile.id} ${category.code}`;
    const may = [...choices].filter(([, verdict]) => verdict === 'free' || verdict === 'loosens');
    return (
      <>
        <p><a href={`/ho-so?ho-so=${profile.id}`}>← {t('Về ma trận', 'Back to the matrix')}</a></p>
        <section class="card">
          <h2>{t(category.name, category.nameEn)} · {t(profile.name, profile.nameEn)}</h2>
          <p class="now"><span class={`mark ${cell.now}`} aria-hidden="true">{cell.now}</span> <strong>{t(CELL_WORDS[cell.now].vi, CELL_WORDS[cell.now].en)}</strong></p>
          <dl class="facts">
            <dt>{t('Mặc định đi kèm', 'Shipped')}</dt><dd>{t(CELL_WORDS[cell.shipped].vi, CELL_WORDS[cell.shipped].en)}{cell.change === null ? t(' (đang dùng, kế thừa)', ' (in use, inherited)') : ''}</dd>
            {own === null ? null : <><dt>{t('Trường đã đổi', 'Changed by the school')}</dt><dd>{own.cell} · {own.by}, {format.moment(own.atMs, nowMs)}: «{own.reason}»</dd></>}
            {own !== null && own.cell !== cell.now ? <><dt>{t('Vì sao chặt hơn', 'Why it is stricter')}</dt><dd>{t('Một hồ sơ lớn tuổi hơn đang chặn cứng nhóm này, nên hồ sơ này cũng chặn cứng.', 'An older profile blocks this category hard, so this one does too.')}</dd></> : null}
            <dt>{t('Căn cứ', 'Legal base')}</dt><dd>{category.legal}</dd>
          </dl>
          {cell.waiting === null ? null : <p class="note">{t(`Đề xuất số ${cell.waiting.id} nới ô này đang chờ hiệu trưởng.`, `Proposal ${cell.waiting.id} to loosen this cell waits for the head.`)} <a href="/duyet">{t('Xem', 'See it')}</a></p>}
          {refusals.map((refusal) => refusal).slice(0, 1).map((refusal) => <p class="note">{t(refusal.vi, refusal.en)}</p>)}
          <History ctx={ctx} object={key} />
        </section>
        {who.role !== 'it-admin' || may.length === 0 ? null : (
          <section class="card">
            <h2>{t('Đổi ô này', 'Change this cell')}</h2>
            <ActionForm ctx={ctx} action="cell.set" key_={key}>
              <input type="hidden" name="profile" value={profile.id} />
              <input type="hidden" name="category" value={category.code} />
              <Field ctx={ctx} action="cell.set" key_={key} name="cell" label={t('Thành', 'To')} value={may[0]?.[0] ?? ''}
                options={may.map(([value, verdict]) => ({ value, label: `${t(CELL_WORDS[value].vi, CELL_WORDS[value].en)} — ${verdict === 'loosens' ? t('cần hiệu trưởng duyệt', 'needs the head’s approval') : t('có hiệu lực ngay', 'at once')}` }))} />
              <Field ctx={ctx} action="cell.set" key_={key} name="reason" type="textarea" maxlength={1000} label={t('Lý do', 'Reason')} hint={t('Hiện trong báo cáo và nhật ký. Đừng ghi tên học sinh.', 'Shown in the report and the record. No pupils’ names.')} />
              <button>{t('Đổi', 'Change')}</button>
            </ActionForm>
            {own === null ? null : (
              <ActionForm ctx={ctx} action="cell.reset" key_={key} class="inline">
                <input type="hidden" name="profile" value={profile.id} />
                <input type="hidden" name="category" value={category.code} />
                <button class="quiet">{t(`Về mặc định (${cell.shipped})`, `Back to the default (${cell.shipped})`)}</button>
              </ActionForm>
            )}
          </section>
        )}
      </>
    );
  },
};

