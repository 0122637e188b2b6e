/** The auditor's pages: the trail with filters, one record whole, the check of the chain. All of them only read. */
import type { AuditRow } from '../../store/audit-rows.js';
import { AUDIT_GROUPS, askedOf, auditFilter, type AuditAsked, type AuditFilter } from '../audit-find.js';
import { actionWords, changesOf, changeText, reasonOf } from '../audit-words.js';
import type { Page, PageContext } from '../page.js';
import { sayingOf } from '../parts/history.js';
import { Empty } from '../parts/layout.js';
import { readInput } from '../read-input.js';
import { asRefused, refused, type Refused } from '../refused.js';
import { z } from 'zod';

const ROWS = 50;
const filterSchema = z.strictObject(auditFilter);

/** The filter as it stands in the address; what is wrong with it is told above the records. */
function readFilter(query: URLSearchParams): { readonly asked: AuditAsked; readonly wrong: Refused | null } {
  const typed = Object.fromEntries(Object.keys(auditFilter).flatMap((name) => (query.get(name) ?? '') === '' ? [] : [[name, (query.get(name) ?? '').normalize('NFC')]]));
  try {
    return { asked: askedOf(readInput(filterSchema, typed) as AuditFilter), wrong: null };
  } catch (error) {
    return { asked: askedOf({}), wrong: asRefused(error) };
  }
}

export const auditPage: Page = {
  path: '/kiem-toan',
  title: { vi: 'Nhật ký thao tác', en: 'Audit trail' },
  roles: ['auditor'],
  nav: { group: 'today', order: 10 },
  render(ctx) {
    const { t, query, env } = ctx;
    const { asked, wrong } = readFilter(query);
    const before = /^[1-9]\d{0,11}$/.test(query.get('before') ?? '') ? Number(query.get('before')) : null;
    const found = wrong === null ? env.store.audit.find({ ...asked.range, ...(before === null ? {} : { beforeSeq: before }) }, (row) => asked.keep(row), ROWS + 1) : [];
    const rows = found.slice(0, ROWS);
    const last = rows.at(-1);
    const { head } = env.store.audit.ends();
    return (
      <>
        <p class="lead">{t('Chỉ đọc. Mỗi bản ghi mang mã băm của bản ghi trước: sửa, xóa hay chèn một dòng thì lộ.', 'Read only. Each record carries the hash of the one before: a changed, lost or inserted one shows.')}</p>
        <section class="card head-note">
          <h2>{t('Đầu chuỗi hôm nay', 'Head of the chain today')}</h2>
          <p>{t('Chép lại vào sổ: lần kiểm tra sau còn thấy đúng số và mã này thì không ai viết lại nhật ký trước đó.', 'Note it down: as long as this number and hash are still found later, nobody has rewritten what came before.')}</p>
          <p><b>{t('Bản ghi', 'Record')} {ctx.format.number(head.seq)}</b> <code>{head.hash}</code></p>
          <p><a class="button" href="/kiem-toan/xac-minh">{t('Kiểm tra cả chuỗi', 'Check the whole chain')}</a></p>
        </section>
        <FilterForm ctx={ctx} wrong={wrong} />
        {wrong !== null ? null : rows.length === 0 ? (
          <Empty title={t('Không có bản ghi nào', 'No record')}><p>{t('Bỏ bớt điều kiện lọc, hoặc mở rộng khoảng ngày.', 'Remove a filter, or widen the days.')}</p></Empty>
        ) : (
          <section class="card">
            <ol class="changes">{rows.map((row) => <Record ctx={ctx} row={row} />)}</ol>
            {found.length > ROWS && last !== undefined ? <p><a class="button quiet" href={withQuery(query, { before: String(last.seq) })}>{t('Cũ hơn', 'Older')}</a></p> : null}
          </section>
        )}
      </>
    );
  },
};

function FilterForm({ ctx, wrong }: { readonly ctx: PageContext; readonly wrong: Refused | null }) {
  const { t, query } = ctx;
  const value = (name: string): string => query.get(name) ?? '';
  const told = (name: string) => {
    const words = wrong?.fields.get(name);
    return words === undefined ? null : <p class="wrong" role="alert" id={`l-${name}-wrong`}>{t(words.vi, words.en)}</p>;
  };
  const marks = (name: string) => (wrong?.fields.has(name) === true ? { 'aria-invalid': 'true' as const, 'aria-describedby': `l-${name}-wrong` } : {});
  return (
    <form method="get" action="/kiem-toan" class="card filter">
      <div class="field"><label for="l-who">{t('Ai', 'Who')}</label><input id="l-who" name="who" maxlength={128} value={value('who')} {...marks('who')} />{told('who')}</div>
      <div class="field"><label for="l-what">{t('Việc gì', 'What')}</label>
        <select id="l-what" name="what" {...marks('what')}>
          <option value="">{t('Mọi việc', 'Everything')}</option>
          {Object.entries(AUDIT_GROUPS).map(([name, { words }]) => <option value={name} selected={value('what') === name}>{t(words.vi, words.en)}</option>)}
        </select>{told('what')}</div>
      <div class="field"><label for="l-object">{t('Về phòng, trang, danh sách, tài khoản …', 'About (room, site, list, account …)')}</label><input id="l-object" name="object" maxlength={512} value={value('object')} {...marks('object')} />{told('object')}</div>
      <div class="field"><label for="l-from">{t('Từ ngày', 'From')}</label><input id="l-from" name="from" type="date" value={value('from')} {...marks('from')} />{told('from')}</div>
      <div class="field"><label for="l-to">{t('Đến ngày', 'To')}</label><input id="l-to" name="to" type="date" value={value('to')} {...marks('to')} />{told('to')}</div>
      <p class="go"><button>{t('Lọc', 'Filter')}</button> <a class="button quiet" href={exportPath(query, 'csv')} download>{t('Tải CSV', 'CSV')}</a> <a class="button quiet" href={exportPath(query, 'json')} download>{t('Tải JSON', 'JSON')}</a></p>
    </form>
  );
}

function Record({ ctx, row }: { readonly ctx: PageContext; readonly row: AuditRow }) {
  const { t, format, nowMs } = ctx;
  const say = sayingOf(ctx);
  const changes = changesOf(row, say);
  const reason = reasonOf(row);
  return (
    <li>
      <a href={`/kiem-toan/${row.seq}`}>{t(`số ${row.seq}`, `no. ${row.seq}`)}</a> <small>{format.moment(row.atMs, nowMs)} · {viaWords(ctx, row)}</small><br />
      <b>{row.actor.name}</b> {actionWords(t, row.action)}: {row.object}
      {changes.length === 0 && reason === null ? null : <small class="what">{changes.slice(0, 4).map(changeText).join(' · ')}{changes.length > 4 ? ' …' : ''}{reason === null ? null : <q>{reason}</q>}</small>}
    </li>
  );
}

function viaWords({ t }: PageContext, row: AuditRow): string {
  switch (row.actor.kind) {
    case 'console':
      return t('bảng điều khiển', 'console');
    case 'cli':
      return t('dòng lệnh của máy', 'the machine’s own terminal');
    case 'page':
      return t('trang của cổng lọc', 'the gateway’s pages');
    case 'system':
      return t('cổng lọc tự làm', 'the gateway itself');
  }
}

export const auditRecordPage: Page = {
  path: '/kiem-toan/:seq',
  title: { vi: 'Một bản ghi', en: 'One record' },
  roles: ['auditor'],
  render(ctx) {
    const { t, env, params, format, nowMs } = ctx;
    const seq = /^[1-9]\d{0,11}$/.test(params['seq'] ?? '') ? Number(params['seq']) : 0;
    const [row] = env.store.audit.find({ afterSeq: seq - 1, beforeSeq: seq + 1 }, () => true, 1);
    if (row === undefined) throw refused('not-found', 'Không có bản ghi này, hoặc đã quá hạn lưu.', 'There is no such record, or it is past its time.');
    const [previous] = env.store.audit.find({ beforeSeq: seq }, () => true, 1);
    const say = sayingOf(ctx);
    const changes = changesOf(row, say);
    const reason = reasonOf(row);
    return (
      <>
        <p class="lead"><a href="/kiem-toan">{t('Về nhật ký', 'Back to the trail')}</a></p>
        <section class="card">
          <h2>{t(`Bản ghi số ${row.seq}`, `Record ${row.seq}`)}</h2>
          <dl class="facts">
            <dt>{t('Lúc', 'When')}</dt><dd>{format.moment(row.atMs, nowMs)}</dd>
            <dt>{t('Ai', 'Who')}</dt><dd>{row.actor.name} ({viaWords(ctx, row)})</dd>
            <dt>{t('Việc', 'What')}</dt><dd>{actionWords(t, row.action)} <code>{row.action}</code></dd>
            <dt>{t('Đối tượng', 'Object')}</dt><dd>{row.object}</dd>
            {reason === null ? null : <><dt>{t('Lý do', 'Reason')}</dt><dd>«{reason}»</dd></>}
          </dl>
          {changes.length === 0 ? <p>{t('Không có giá trị nào đổi.', 'No value changed.')}</p> : (
            <div class="scroll" tabindex={0} role="region" aria-label={t('Thay đổi', 'Changes')}>
              <table>
                <thead><tr><th>{t('Gì', 'What')}</th><th>{t('Trước', 'Before')}</th><th>{t('Sau', 'After')}</th></tr></thead>
                <tbody>{changes.map((change) => <tr><th scope="row">{change.name}</th><td>{change.before ?? '–'}</td><td>{change.after ?? '–'}</td></tr>)}</tbody>
              </table>
            </div>
          )}
        </section>
        <section class="card">
          <h2>{t('Nguyên văn và mã băm', 'As it is kept, and its hash')}</h2>
          <dl class="facts">
            <dt>{t('Trước', 'Before')}</dt><dd><code>{row.before ?? 'null'}</code></dd>
            <dt>{t('Sau', 'After')}</dt><dd><code>{row.after ?? 'null'}</code></dd>
            <dt>{t('Băm của bản ghi trước', 'Hash of the record before')}</dt><dd><code>{previous?.hash ?? env.store.audit.ends().base.hash}</code></dd>
            <dt>{t('Băm của bản ghi này', 'Hash of this record')}</dt><dd><code>{row.hash}</code></dd>
          </dl>
        </section>
      </>
    );
  },
};

export const auditVerifyPage: Page = {
  path: '/kiem-toan/xac-minh',
  title: { vi: 'Kiểm tra nhật ký', en: 'Check of the trail' },
  roles: ['auditor'],
  render(ctx) {
    const { t, env, format, nowMs } = ctx;
    const { records, firstBad } = env.store.audit.verify();
    const { base, head } = env.store.audit.ends();
    return (
      <>
        <p class="lead"><a href="/kiem-toan">{t('Về nhật ký', 'Back to the trail')}</a> · {format.moment(nowMs, nowMs)}</p>
        {firstBad === null ? (
          <section class="card" role="status">
            <h2>{t('Nhật ký nguyên vẹn', 'The trail is whole')}</h2>
            <p>{t(`Đã tính lại mã băm của ${format.number(records)} bản ghi; bản nào cũng khớp, không thiếu bản nào.`, `The hashes of ${format.number(records)} records were computed anew; each fits and none is missing.`)}</p>
            <p>{t('Bản ghi cuối', 'Last record')}: <b>{format.number(head.seq)}</b> <code>{head.hash}</code></p>
            {base.seq === 0 ? null : <p>{t(`Các bản ghi từ số ${format.number(base.seq)} trở về trước đã hết hạn lưu và được xóa theo cấu hình; chuỗi đi tiếp từ mã băm cuối của chúng.`, `Records up to ${format.number(base.seq)} are past their time and were deleted as configured; the chain goes on from their last hash.`)} <code>{base.hash}</code></p>}
            <p><small>{t('Kiểm tra này không thấy được việc viết lại cả chuỗi. Muốn thấy, hãy so bản ghi cuối đã chép lần trước: tìm đúng số, so mã băm.', 'It can’t see a chain rewritten from end to end. For that compare the head noted last time: look its number up and compare the hash.')}</small></p>
          </section>
        ) : (
          <section class="card note" role="alert">
            <h2>{t('Nhật ký đã bị sửa hoặc hỏng', 'The trail was altered or damaged')}</h2>
            <p>{t(`${format.number(records)} bản ghi đầu còn khớp. Bản ghi đầu tiên không khớp: số ${format.number(firstBad)}.`, `The first ${format.number(records)} records fit. The first that does not: ${format.number(firstBad)}.`)}</p>
            <p>{t('Việc nên làm: giữ nguyên máy, sao chép thư mục dữ liệu, báo ban giám hiệu và Sở; so với bản sao lưu và với đầu chuỗi đã chép.', 'What to do: leave the machine as it is, copy the data folder, tell the leadership and the Sở; compare with a backup and with the heads noted down.')}</p>
            <p><a href={`/kiem-toan?before=${firstBad + 2}`}>{t('Xem quanh chỗ ấy', 'See the records around it')}</a></p>
          </section>
        )}
      </>
    );
  },
};

function withQuery(query: URLSearchParams, put: Readonly<Record<string, string>>): string {
  const next = new URLSearchParams([...query].filter(([name, value]) => value !== '' && name in auditFilter));
  for (const [name, value] of Object.entries(put)) next.set(name, value);
  return `/kiem-toan?${next.toString()}`;
}

function exportPath(query: URLSearchParams, format: string): string {
  return withQuery(query, { format }).replace('/kiem-toan', '/api/v1/audit/export');
}
