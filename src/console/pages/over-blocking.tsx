/** "Chặn nhầm": requests that wait, each with one tap to open it for good, and what closes too much: approved requests by category and list. */
import { causesOf, CAUSE_DAYS, whyNoRule } from '../actions/overview.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import { openRequestsOf } from '../requests.js';
import { categoryWords } from '../verdict.js';
import type { RequestRow } from '../../store/rows.js';

export const overBlockingPage: Page = {
  path: '/chan-nham',
  title: { vi: 'Chặn nhầm', en: 'Over-blocking' },
  roles: ['it-admin', 'head'],
  nav: { group: 'filter', order: 20 },
  render(ctx) {
    const { t, env, who, format } = ctx;
    const causes = causesOf(env);
    const open = openRequestsOf(env, who);
    const nameOf = (code: string | null): string => {
      const words = categoryWords(env, env.snapshot().categoryByCode.get(code ?? '') ?? -1);
      return words === null ? t('chưa phân loại', 'uncategorised') : t(words.vi, words.en);
    };
    return (
      <>
        {who.role !== 'it-admin' ? null : open.length === 0 ? (
          <Empty title={t('Không có yêu cầu nào đang chờ', 'No request waits')}>
            <p>{t('Khi học sinh bấm «Gửi yêu cầu mở trang» trên trang chặn, yêu cầu hiện ở đây và ở trang của thầy cô phụ trách phòng.', 'When a pupil asks for a page on the block page, the request appears here and with the teachers of the room.')}</p>
          </Empty>
        ) : (
          <section class="card">
            <h2>{t(`${open.length} yêu cầu đang chờ`, `${open.length} requests wait`)}</h2>
            <ul class="rows">{open.map((row) => <Waiting ctx={ctx} row={row} name={nameOf(row.category)} />)}</ul>
          </section>
        )}
        <section class="card">
          <h2>{t(`Duyệt nhiều nhất ở đâu, ${CAUSE_DAYS} ngày`, `Where most were approved, ${CAUSE_DAYS} days`)}</h2>
          {causes.length === 0 ? <p>{t('Chưa có yêu cầu nào được trả lời. Khi có, bảng này chỉ ra nhóm và danh sách nào hay chặn nhầm.', 'No request has been answered yet. Then this table shows which category and list closes too much.')}</p> : (
            <>
              <p>{t('Được duyệt nhiều nghĩa là chặn quá tay: xem lại ô của nhóm, hoặc lùi danh sách.', 'Many approvals mean too much is closed: look at the cell of the category, or roll the list back.')}</p>
              <div class="scroll" tabindex={0} role="region" aria-label={t('Bảng chặn nhầm', 'Over-blocking')}>
                <table>
                  <thead><tr><th scope="col">{t('Nhóm', 'Category')}</th><th scope="col">{t('Danh sách', 'List')}</th><th scope="col" class="number">{t('Duyệt', 'Approved')}</th><th scope="col" class="number">{t('Từ chối', 'Refused')}</th></tr></thead>
                  <tbody>
                    {causes.map((cause) => (
                      <tr>
                        <th scope="row">{nameOf(cause.category)}</th><td>{cause.list === null ? '–' : <a href={`/danh-sach/${cause.list}`}>{cause.list}</a>}</td>
                        <td class="number">{format.number(cause.approved)}</td><td class="number">{format.number(cause.rejected)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )}
        </section>
      </>
    );
  },
};

function Waiting({ ctx, row, name }: { readonly ctx: PageContext; readonly row: RequestRow; readonly name: string }) {
  const { t, env, format, nowMs } = ctx;
  const no = whyNoRule(env, row);
  return (
    <li>
      <div class="grow">
        <b class="host">{row.host}</b> <small>{name}</small><br />
        <small>{row.ref} · {row.zone ?? t('không rõ phòng', 'no known room')} · {row.profile} · {format.moment(row.atMs, nowMs)}{row.reason === null ? '' : ` · «${row.reason}»`}</small>
        {no === null ? null : <p class="note">{t(no.vi, no.en)}</p>}
      </div>
      <span class="buttons">
        <a class="button quiet" href={`/yeu-cau/${encodeURIComponent(row.ref)}`}>{t('Mở tạm, từ chối', 'Open a while, refuse')}</a>
        {no === null ? (
          <ActionForm ctx={ctx} action="request.allow" key_={row.ref} class="inline">
            <input type="hidden" name="ref" value={row.ref} />
            <button aria-label={t(`Mở lâu dài ${row.host} cho hồ sơ ${row.profile}`, `Open ${row.host} for good for ${row.profile}`)}>{t('Mở lâu dài', 'Open for good')}</button>
          </ActionForm>
        ) : null}
      </span>
    </li>
  );
}
