/** "Danh sách": what lists there are and how old; one list with its versions, what the last one changed, back and removal. */
import { DAY_MS } from '../../local-time.js';
import type { ListRow } from '../../store/rows.js';
import { diffOfVersions, knownList } from '../actions/lists.js';
import { waitingImports } from '../imports.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm } from '../parts/form.js';
import { History } from '../parts/history.js';
import { byName, folded, type Words } from '../words.js';

const ORIGIN: Readonly<Record<ListRow['origin'], Words>> = {
  shipped: { vi: 'đi kèm', en: 'shipped' },
  imported: { vi: 'trường nhập', en: 'imported' },
  city: { vi: 'của Sở', en: 'city' },
};

function useOf(ctx: PageContext, row: ListRow): string {
  const category = ctx.env.shipped().categories.find(({ code }) => code === row.category);
  const of = category === undefined ? '' : `«${ctx.t(category.name, category.nameEn)}»`;
  if (row.role === 'category') return ctx.t(`nhóm ${of}`, `category ${of}`);
  return row.role.endsWith('allow') ? ctx.t(`cho phép ${of}`, `allows ${of}`) : ctx.t(`chặn ${of}`, `blocks ${of}`);
}

function ageOf(ctx: PageContext, atMs: number): string {
  const days = Math.max(0, Math.floor((ctx.nowMs - atMs) / DAY_MS));
  return days === 0 ? ctx.t('hôm nay', 'today') : ctx.t(`${ctx.format.number(days)} ngày trước`, `${ctx.format.number(days)} days ago`);
}

export const listsPage: Page = {
  path: '/danh-sach',
  title: { vi: 'Danh sách', en: 'Lists' },
  roles: ['it-admin', 'head'],
  nav: { group: 'filter', order: 60 },
  render(ctx) {
    const { t, env, who, format, query } = ctx;
    const search = (query.get('tim') ?? '').slice(0, 100);
    const all = env.store.policies.lists();
    const rows = all.filter((row) => folded(`${row.name} ${useOf(ctx, row)}`).includes(folded(search))).sort((a, b) => Number(a.origin === 'shipped') - Number(b.origin === 'shipped') || byName(a.name, b.name));
    const entries = all.reduce((sum, row) => sum + row.current.entries, 0);
    const waiting = waitingImports(who.name);
    return (
      <>
        <p class="lead">{t(`${format.number(all.length)} danh sách, ${format.number(entries)} mục đang có hiệu lực.`, `${format.number(all.length)} lists, ${format.number(entries)} entries in force.`)}</p>
        {who.role === 'it-admin' ? <p><a class="button" href="/nhap-danh-sach">{t('Nhập danh sách', 'Import a list')}</a></p> : null}
        {waiting.map((one) => <p class="note">{t(`${one.report.name} đã đọc xong, đang chờ thầy/cô quyết định.`, `${one.report.name} has been read and waits for you.`)} <a href={`/nhap-danh-sach/${one.id}`}>{t('Xem trước', 'Look at it')}</a></p>)}
        {all.every((row) => row.origin === 'shipped') ? <p class="note">{t('Mới có danh sách đi kèm. Nên nhập thêm một danh sách lớn cho các nhóm nguy hiểm (khiêu dâm, cờ bạc, mã độc).', 'Only shipped lists so far. Import a large one for the dangerous categories.')}</p> : null}
        <form method="get" class="find">
          <label for="tim">{t('Tìm', 'Find')}</label>
          <input id="tim" name="tim" type="search" value={search} />
          <button class="quiet">{t('Tìm', 'Find')}</button>
        </form>
        <ul class="rows card">
          {rows.map((row) => (
            <li>
              <span class="grow"><a href={`/danh-sach/${row.name}`}><b>{row.name}</b></a> <span class={row.origin === 'imported' ? 'tag' : 'tag plain'}>{t(ORIGIN[row.origin].vi, ORIGIN[row.origin].en)}</span><br />
                <small>{useOf(ctx, row)} · {t('phiên bản', 'version')} {row.current.version}, {ageOf(ctx, row.current.addedMs)}</small></span>
              <span class="count">{format.number(row.current.entries)} <small>{t('mục', 'entries')}</small></span>
            </li>
          ))}
          {rows.length === 0 ? <li>{t('Không có danh sách nào như vậy.', 'No such list.')}</li> : null}
        </ul>
      </>
    );
  },
};

export const listPage: Page = {
  path: '/danh-sach/:name',
  title: { vi: 'Một danh sách', en: 'A list' },
  roles: ['it-admin', 'head'],
  render(ctx) {
    const { t, env, who, format, nowMs } = ctx;
    const row = knownList(env, ctx.params['name'] ?? '');
    const versions = env.store.policies.listVersions(row.name);
    const asked = ctx.query.get('tu');
    const diff = diffOfVersions(env, row, asked);
    const own = row.origin === 'imported' && who.role === 'it-admin';
    const at = versions.findIndex(({ version }) => version === row.current.version);
    const earlier = versions[at + 1];
    return (
      <>
        <p><a href="/danh-sach">← {t('Về các danh sách', 'Back to the lists')}</a></p>
        <section class="card">
          <h2>{row.name} <span class="tag">{t(ORIGIN[row.origin].vi, ORIGIN[row.origin].en)}</span></h2>
          <dl class="facts">
            <dt>{t('Dùng để', 'For')}</dt><dd>{useOf(ctx, row)}</dd>
            <dt>{t('Cho hồ sơ', 'Profiles')}</dt><dd>{row.profiles?.join(', ') ?? t('theo mặc định của loại danh sách', 'the default of its kind')}</dd>
            <dt>{t('Nguồn', 'Source')}</dt><dd>{row.source}</dd>
            {row.license === null ? null : <><dt>{t('Giấy phép', 'Licence')}</dt><dd>{row.license}</dd></>}
            {row.shield ? <><dt>{t('Được bảo vệ', 'Protected')}</dt><dd>{t('không danh sách nào khác đóng được các trang này', 'no other list can close these sites')}</dd></> : null}
          </dl>
          <h3>{t('Các phiên bản', 'Versions')}</h3>
          <ul class="rows">
            {versions.map((version) => (
              <li>
                <span>{version.version}{version.version === row.current.version ? <> <span class="tag">{t('đang dùng', 'in force')}</span></> : null}<br /><small>{format.moment(version.addedMs, nowMs)} · {format.number(version.entries)} {t('mục', 'entries')}</small></span>
                {version.version === row.current.version ? null : <a href={`/danh-sach/${row.name}?tu=${encodeURIComponent(version.version)}`}>{t('So với bản đang dùng', 'Compare')}</a>}
              </li>
            ))}
          </ul>
          <History ctx={ctx} object={row.name} />
        </section>
        {diff === null ? null : (
          <section class="card">
            <h2>{t(`Từ ${diff.from} đến ${row.current.version}`, `From ${diff.from} to ${row.current.version}`)}</h2>
            <p>{t(`Thêm ${format.number(diff.changes.added)} mục, bớt ${format.number(diff.changes.removed)}.`, `${format.number(diff.changes.added)} entries added, ${format.number(diff.changes.removed)} removed.`)}</p>
            <Entries ctx={ctx} sign="plus" title={t('Thêm', 'Added')} count={diff.changes.added} entries={diff.changes.firstAdded} />
            <Entries ctx={ctx} sign="minus" title={t('Bớt', 'Removed')} count={diff.changes.removed} entries={diff.changes.firstRemoved} />
          </section>
        )}
        {own ? (
          <section class="card">
            <h2>{t('Sửa sai', 'Put it right')}</h2>
            {earlier === undefined ? <p>{t('Chưa có phiên bản trước để lùi về.', 'There is no earlier version to go back to.')}</p> : (
              <ActionForm ctx={ctx} action="list.rollback" class="inline">
                <input type="hidden" name="name" value={row.name} />
                <button class="quiet">{t(`Lùi về ${earlier.version}`, `Back to ${earlier.version}`)}</button>
              </ActionForm>
            )}
            <ActionForm ctx={ctx} action="list.remove" class="inline">
              <input type="hidden" name="name" value={row.name} />
              <button class="danger">{t('Xóa danh sách', 'Remove the list')}</button>
              <p class="hint">{t('Hoàn tác được trong mười giây; các phiên bản cũ thì không trở lại.', 'Can be taken back within ten seconds; older versions do not come back.')}</p>
            </ActionForm>
          </section>
        ) : null}
      </>
    );
  },
};

export function Entries({ ctx, sign, title, count, entries }: { readonly ctx: PageContext; readonly sign: 'plus' | 'minus'; readonly title: string; readonly count: number; readonly entries: readonly string[] }) {
  if (count === 0) return null;
  return (
    <details class="history">
      <summary>{title}: {ctx.format.number(count)}</summary>
      <ul class="entries">{entries.map((entry) => <li class={sign}>{entry}</li>)}</ul>
      {count > entries.length ? <p class="hint">{ctx.t(`và ${ctx.format.number(count - entries.length)} mục khác`, `and ${ctx.format.number(count - entries.length)} more`)}</p> : null}
    </details>
  );
}
