/** "Nhập từ bảng tính": a table to fill in, what it would change line by line, and only then the import. */
import { handedOut, previewOf, waitingTable } from '../actions/import.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import type { Change, Fault } from '../roster/roster.js';

const MOST_SHOWN = 200;

export const importPage: Page = {
  path: '/quan-tri/nhap',
  title: { vi: 'Nhập từ bảng tính', en: 'Import a spreadsheet' },
  roles: ['it-admin'],
  nav: { group: 'school', order: 40 },
  render(ctx) {
    const { t } = ctx;
    const waiting = waitingTable(ctx.env, ctx.who);
    return waiting === null ? (
      <>
        <HandedOut ctx={ctx} />
        <p class="lead">{t('Tải bảng, điền bằng Excel hoặc LibreOffice, gửi lên, xem trước rồi mới nhập. Nhập chỉ thêm và sửa, không xóa gì.', 'Download the table, fill it in, send it, look at what would change, then import. An import adds and changes; it removes nothing.')}</p>
        <Send ctx={ctx} kind="people" title={t('Tài khoản', 'Accounts')} about={t('Cột: Tài khoản, Vai trò, Phòng. Người mới nhận mật khẩu dùng một lần. Nhập người trước, phòng sau nếu phòng có cột Thầy cô.', 'Columns: account, role, rooms. New people get a one-time password.')} />
        <Send ctx={ctx} kind="rooms" title={t('Phòng', 'Rooms')} about={t('Cột: Tên phòng, Hồ sơ lọc, Dải địa chỉ, MAC, Cổng riêng, Thầy cô. Nhiều giá trị trong một ô thì ngăn bằng dấu phẩy. Cột không có trong tệp thì giữ nguyên.', 'Columns: name, profile, ranges, MAC, port, teachers. Several values in a cell are parted by commas. A column that is absent stays as it is.')} />
      </>
    ) : <Look ctx={ctx} />;
  },
};

/** The file of passwords came instead of a page: the way back stands here, for longer than ten seconds. */
function HandedOut({ ctx }: { readonly ctx: PageContext }) {
  const { t, env, who, format, nowMs } = ctx;
  const last = handedOut(env, who);
  if (last === null) return null;
  return (
    <section class="card">
      <h2>{t('Lần nhập vừa rồi', 'The last import')}</h2>
      <p>{t(`${last.added} tài khoản mới lúc ${format.moment(last.atMs, nowMs)}; tệp mật khẩu đã tải về máy này.`, `${last.added} new accounts at ${format.moment(last.atMs, nowMs)}; the file of passwords was saved on this computer.`)} {t('Nhập nhầm thì bỏ cả lần nhập, trong nửa giờ và khi chưa ai đăng nhập bằng mật khẩu ấy.', 'If it was a mistake, take it back whole, within half an hour and before anybody signs in with them.')}</p>
      <ActionForm ctx={ctx} action="import.take-back" class="inline"><button class="quiet">{t('Bỏ lần nhập này', 'Take this import back')}</button></ActionForm>
    </section>
  );
}

function Send({ ctx, kind, title, about }: { readonly ctx: PageContext; readonly kind: string; readonly title: string; readonly about: string }) {
  const { t } = ctx;
  return (
    <section class="card">
      <h2>{title}</h2>
      <p>{about}</p>
      <p class="buttons"><a class="button quiet" href={`/api/v1/import/${kind}/template?format=xlsx`} download>{t('Tải bảng Excel', 'Excel table')}</a> <a class="button quiet" href={`/api/v1/import/${kind}/template?format=csv`} download>{t('Tải bảng CSV', 'CSV table')}</a></p>
      <ActionForm ctx={ctx} action="import.preview" key_={kind} files>
        <input type="hidden" name="kind" value={kind} />
        <Field ctx={ctx} action="import.preview" key_={kind} name="file" type="file" label={t(`Tệp ${title.toLowerCase()} (.xlsx, .csv)`, `${title} file (.xlsx, .csv)`)} />
        <button>{t('Xem trước', 'Preview')}</button>
      </ActionForm>
    </section>
  );
}

function Look({ ctx }: { readonly ctx: PageContext }) {
  const { t, env, who, format } = ctx;
  const waiting = waitingTable(env, who);
  if (waiting === null) return null;
  const { faults, changes } = previewOf(env, who, waiting.kind, waiting.table);
  const count = (kind: Change['kind']): number => changes.filter((change) => change.kind === kind).length;
  const action = waiting.kind === 'rooms' ? 'import.rooms' : 'import.people';
  return (
    <>
      <p class="lead">{waiting.name} · {format.number(waiting.table.rows.length)} {t('dòng', 'lines')}</p>
      {faults.length > 0 ? <Faults ctx={ctx} faults={faults} /> : (
        <section class="card">
          <h2>{t('Sẽ thay đổi', 'What would change')}</h2>
          <p>{t(`${count('new')} mới, ${count('changed')} sửa, ${count('same')} không đổi.`, `${count('new')} new, ${count('changed')} changed, ${count('same')} as they are.`)}</p>
          <ul class="rows">
            {changes.filter((change) => change.kind !== 'same').slice(0, MOST_SHOWN).map((change) => (
              <li><span class="grow"><b>{change.name}</b> <span class={change.kind === 'new' ? 'tag' : 'tag warm'}>{change.kind === 'new' ? t('mới', 'new') : t('sửa', 'changed')}</span><br /><small>{change.says.map((says) => t(says.vi, says.en)).join(' · ')}</small></span><small>{t(`dòng ${change.line}`, `line ${change.line}`)}</small></li>
            ))}
          </ul>
          {changes.length === count('same') ? <p>{t('Tệp giống hệt những gì trường đang có.', 'The file is just what the school has.')}</p> : (
            <ActionForm ctx={ctx} action={action} saves={waiting.kind === 'people' && count('new') > 0}>
              {waiting.kind === 'people' && count('new') > 0 ? <p>{t('Trình duyệt sẽ tải một tệp mật khẩu dùng một lần, chỉ có lần này: in ra, cắt phát cho từng người, rồi xóa tệp. Tải xong, mở lại trang này: nhập nhầm thì bỏ được cả lần nhập.', 'The browser saves a file of one-time passwords, this once: print it, hand the slips out, delete the file. Then open this page again: an import by mistake can be taken back whole.')}</p> : null}
              {waiting.kind === 'people' ? <ProofField ctx={ctx} action={action} /> : null}
              <button>{t(`Nhập ${count('new') + count('changed')} dòng`, `Import ${count('new') + count('changed')} lines`)}</button>
            </ActionForm>
          )}
        </section>
      )}
      <ActionForm ctx={ctx} action="import.cancel" class="inline"><button class="quiet">{t('Bỏ, gửi tệp khác', 'Drop it, send another')}</button></ActionForm>
    </>
  );
}

function Faults({ ctx, faults }: { readonly ctx: PageContext; readonly faults: readonly Fault[] }) {
  const { t } = ctx;
  return (
    <section class="card">
      <h2>{t(`Có ${faults.length} lỗi, chưa nhập gì`, `${faults.length} faults, nothing was imported`)}</h2>
      <p>{t('Sửa trong tệp rồi gửi lại.', 'Mend the file and send it again.')}</p>
      <div class="scroll"><table>
        <thead><tr><th class="number">{t('Dòng', 'Line')}</th><th>{t('Cột', 'Column')}</th><th>{t('Lỗi', 'Fault')}</th></tr></thead>
        <tbody>{faults.slice(0, MOST_SHOWN).map(({ line, column, words }) => <tr><td class="number">{line}</td><td>{column ?? ''}</td><td>{t(words.vi, words.en)}</td></tr>)}</tbody>
      </table></div>
    </section>
  );
}
