/** "Danh sách trang": a teacher's saved lists and those colleagues share; made, edited, copied. */
import { seenList } from '../actions/site-lists.js';
import type { SiteListRow } from '../../store/school-rows.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { History } from '../parts/history.js';
import { Empty } from '../parts/layout.js';
import { refused } from '../refused.js';
import { byName, folded } from '../words.js';

export const siteListsPage: Page = {
  path: '/danh-sach-trang',
  title: { vi: 'Danh sách trang', en: 'Lists of sites' },
  roles: ['teacher', 'it-admin'],
  nav: { group: 'today', order: 30 },
  render(ctx) {
    const { t, query } = ctx;
    const wanted = folded(query.get('tim') ?? '').trim();
    const all = ctx.env.store.siteLists.lists(ctx.who.name);
    const found = all.filter((row) => wanted === '' || folded([row.name, row.subject ?? '', row.owner, ...row.entries].join(' ')).includes(wanted));
    const own = found.filter((row) => row.owner === ctx.who.name).sort((a, b) => byName(a.name, b.name));
    const others = found.filter((row) => row.owner !== ctx.who.name).sort((a, b) => byName(a.name, b.name));
    return (
      <>
        <p class="lead">{t('Trang của một bài, lưu một lần, dùng cho nhiều tiết: «Chỉ mở danh sách» và giờ thi ở trang của phòng.', 'The sites of a lesson, saved once: for “list only” and exams on the page of a room.')}</p>
        {all.length > 4 || wanted !== '' ? (
          <form method="get" action="/danh-sach-trang" class="find" role="search">
            <label for="tim">{t('Tìm', 'Search')}</label>
            <input id="tim" name="tim" type="search" value={query.get('tim') ?? ''} placeholder={t('tên, môn, trang', 'name, subject, site')} />
            <button class="quiet">{t('Tìm', 'Search')}</button>
          </form>
        ) : null}
        {all.length === 0 ? <Empty title={t('Chưa có danh sách nào', 'No list yet')}><p>{t('Soạn danh sách đầu tiên ở dưới: ghi tên bài và dán địa chỉ các trang.', 'Make the first one below: a name, and the addresses.')}</p></Empty>
          : found.length === 0 ? <p class="card">{t('Không có danh sách nào khớp.', 'No list matches.')} <a href="/danh-sach-trang">{t('Xem tất cả', 'Show all')}</a></p> : null}
        {own.length === 0 ? null : <section class="card"><h2>{t('Của tôi', 'Mine')}</h2><ul class="rows">{own.map((row) => <Line ctx={ctx} row={row} />)}</ul></section>}
        {others.length === 0 ? null : <section class="card"><h2>{t('Thầy cô khác dùng chung', 'Shared by others')}</h2><ul class="rows">{others.map((row) => <Line ctx={ctx} row={row} />)}</ul></section>}
        <section class="card"><h2>{t('Soạn danh sách mới', 'Make a list')}</h2><ListForm ctx={ctx} action="site-list.add" row={null} /></section>
      </>
    );
  },
};

function Line({ ctx, row }: { readonly ctx: PageContext; readonly row: SiteListRow }) {
  const { t } = ctx;
  const own = row.owner === ctx.who.name;
  const about = [row.subject, row.grade === null ? null : t(`lớp ${row.grade}`, `grade ${row.grade}`), t(`${row.entries.length} trang`, `${row.entries.length} sites`), own ? null : row.owner].filter((part) => part !== null);
  return (
    <li>
      <span><a href={`/danh-sach-trang/${row.id}`}><b>{row.name}</b></a> {own && row.shared ? <span class="tag">{t('dùng chung', 'shared')}</span> : null}<br />
        <small>{about.join(' · ')}</small><br /><small class="what">{row.entries.slice(0, 4).join(', ')}{row.entries.length > 4 ? ' …' : ''}</small></span>
      {own ? null : (
        <ActionForm ctx={ctx} action="site-list.copy" key_={String(row.id)} class="inline">
          <input type="hidden" name="id" value={String(row.id)} />
          <button class="quiet" aria-label={t(`Chép ${row.name}`, `Copy ${row.name}`)}>{t('Chép về', 'Copy')}</button>
        </ActionForm>
      )}
    </li>
  );
}

function ListForm({ ctx, action, row }: { readonly ctx: PageContext; readonly action: 'site-list.add' | 'site-list.set'; readonly row: SiteListRow | null }) {
  const { t } = ctx;
  const back = ctx.form?.action === action ? ctx.form : null;
  const shared = back === null ? row?.shared === true : back.values['shared'] === '1';
  return (
    <ActionForm ctx={ctx} action={action}>
      {row === null ? null : <input type="hidden" name="id" value={String(row.id)} />}
      <Field ctx={ctx} action={action} name="name" maxlength={80} value={row?.name ?? ''} label={t('Tên danh sách', 'Name')} placeholder={t('Bài 5: Thế giới kĩ thuật số', 'Lesson 5')} />
      <Field ctx={ctx} action={action} name="hosts" type="textarea" value={row?.entries.join('\n') ?? ''} label={t('Các trang', 'Sites')} hint={t('Mỗi dòng một trang hoặc một địa chỉ dán vào; lấy tên trang, kèm mọi trang con.', 'One a line: a site, or a pasted address whose site is taken, with all below it.')} />
      <div class="two">
        <Field ctx={ctx} action={action} name="subject" required={false} maxlength={80} value={row?.subject ?? ''} label={t('Môn học', 'Subject')} />
        <Field ctx={ctx} action={action} name="grade" required={false} type="number" inputmode="numeric" value={row?.grade === null || row === null ? '' : String(row.grade)} label={t('Lớp', 'Grade')} />
      </div>
      <p><label class="tick"><input type="checkbox" name="shared" value="1" checked={shared} /> {t('Cho thầy cô khác dùng và chép', 'Other teachers may use and copy it')}</label></p>
      <button>{row === null ? t('Lưu danh sách', 'Save the list') : t('Lưu thay đổi', 'Save')}</button>
    </ActionForm>
  );
}

export const siteListPage: Page = {
  path: '/danh-sach-trang/:id',
  title: { vi: 'Danh sách trang', en: 'List of sites' },
  roles: ['teacher', 'it-admin'],
  render(ctx) {
    const { t } = ctx;
    const id = ctx.params['id'] ?? '';
    if (!/^\d{1,9}$/.test(id)) throw refused('not-found', 'Không có danh sách này.', 'There is no such list.');
    const row = seenList(ctx.env, ctx.who, Number(id));
    const own = row.owner === ctx.who.name;
    return (
      <>
        <p class="lead"><a href="/danh-sach-trang">← {t('Tất cả danh sách', 'All lists')}</a></p>
        <section class="card">
          <h2>{row.name}</h2>
          {own ? <ListForm ctx={ctx} action="site-list.set" row={row} /> : (
            <>
              <p class="hint">{t(`Của ${row.owner}. Thầy/cô dùng được ngay ở phòng, hoặc chép về để sửa.`, `${row.owner}'s. Use it in a room, or copy it to change it.`)}</p>
              <ul>{row.entries.map((entry) => <li>{entry}</li>)}</ul>
              <ActionForm ctx={ctx} action="site-list.copy" class="inline"><input type="hidden" name="id" value={id} /><button>{t('Chép về của tôi', 'Copy')}</button></ActionForm>
            </>
          )}
        </section>
        {own ? (
          <section class="card">
            <ActionForm ctx={ctx} action="site-list.remove" class="inline"><input type="hidden" name="id" value={id} /><button class="quiet">{t('Xóa danh sách này', 'Remove this list')}</button></ActionForm>
          </section>
        ) : null}
        <History ctx={ctx} object={row.name} class="card" belongs={(entry) => entry.action.startsWith('site-list.') && (entry.after ?? entry.before ?? '').includes(`"id":${row.id}`)} />
      </>
    );
  },
};
