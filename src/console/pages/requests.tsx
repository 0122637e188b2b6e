/** "Yêu cầu của học sinh": the queue of my rooms, one request whole, what was answered. The queue is fetched again by itself, so it holds no form. */
import { REASON_WORDS } from '../../policy/decision-words.js';
import { requestVerdict } from '../actions/requests.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, Live } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import { UntilFields } from '../parts/until.js';
import { answeredRequestsOf, openRequestsOf, ownRequest, REFUSALS } from '../requests.js';
import { profileWords } from '../rooms.js';
import type { RequestRow } from '../../store/rows.js';
import { categoryWords, CELL_MEANS, whyNot } from '../verdict.js';

const ANSWERED = 20;

export const requestsPage: Page = {
  path: '/yeu-cau',
  title: { vi: 'Yêu cầu của học sinh', en: "Pupils' requests" },
  roles: ['teacher', 'it-admin'],
  nav: { group: 'today', order: 20 },
  render(ctx) {
    const { t } = ctx;
    const open = openRequestsOf(ctx.env, ctx.who);
    const answered = answeredRequestsOf(ctx.env, ctx.who, ANSWERED);
    return (
      <>
        <Live ctx={ctx} id="cho-tra-loi" seconds={10}>
          {open.length === 0 ? (
            <Empty title={t('Không có yêu cầu nào đang chờ', 'Nothing is waiting')}><p>{t('Học sinh bấm «Yêu cầu mở trang» ở trang chặn thì yêu cầu hiện ở đây, tự làm mới.', 'When a pupil asks on a block page, it appears here by itself.')}</p></Empty>
          ) : (
            <section class="card"><h2>{t(`Đang chờ (${ctx.format.number(open.length)})`, `Waiting (${ctx.format.number(open.length)})`)}</h2>
              <ul class="rows">{open.map((row) => <li><RequestLine ctx={ctx} row={row} /><a class="button" href={`/yeu-cau/${row.ref}`} aria-label={t(`Trả lời yêu cầu ${row.ref}`, `Answer ${row.ref}`)}>{t('Trả lời', 'Answer')}</a></li>)}</ul>
            </section>
          )}
        </Live>
        {answered.length === 0 ? null : (
          <details class="card"><summary>{t('Đã trả lời gần đây', 'Answered lately')}</summary>
            <ul class="rows">{answered.map((row) => <li><RequestLine ctx={ctx} row={row} /><span class={row.state === 'approved' ? 'tag' : 'tag warm'}>{STATES(ctx)[row.state]}</span></li>)}</ul>
          </details>
        )}
      </>
    );
  },
};

const STATES = ({ t }: PageContext): Readonly<Record<RequestRow['state'], string>> => ({
  open: t('đang chờ', 'waiting'), approved: t('đã mở', 'opened'), rejected: t('từ chối', 'refused'), expired: t('hết hạn', 'expired'),
});

function RequestLine({ ctx, row }: { readonly ctx: PageContext; readonly row: RequestRow }) {
  const { t, format, nowMs } = ctx;
  return (
    <span><b>{row.host}</b> <small>{row.ref}</small><br />
      <small>{row.zone ?? t('không rõ phòng', 'no known room')} · {format.moment(row.atMs, nowMs)}{row.state !== 'open' && row.by !== null ? ` · ${row.by}` : ''}</small>
      {row.reason === null ? null : <><br />«{row.reason}»</>}
      {row.answer === null ? null : <><br /><small>→ {row.answer}</small></>}</span>
  );
}

export const requestPage: Page = {
  path: '/yeu-cau/:ref',
  title: { vi: 'Trả lời yêu cầu', en: 'Answer a request' },
  roles: ['teacher', 'it-admin'],
  render(ctx) {
    const { t, env } = ctx;
    const row = ownRequest(env, ctx.who, ctx.params['ref'] ?? '');
    const verdict = requestVerdict(env, row);
    const { decision } = verdict.open;
    const category = categoryWords(env, decision.category);
    const reason = REASON_WORDS[verdict.decision.reason];
    const no = whyNot(env, row.host, verdict);
    const profile = profileWords(env, row.profile);
    return (
      <>
        <p class="lead"><a href="/yeu-cau">← {t('Tất cả yêu cầu', 'All requests')}</a></p>
        <section class="card">
          <h2>{row.host}</h2>
          <dl class="facts">
            <dt>{t('Từ', 'From')}</dt><dd>{row.zone ?? t('không rõ phòng', 'no known room')} · {t(profile.vi, profile.en)} · {ctx.format.moment(row.atMs, ctx.nowMs)} · {row.ref}</dd>
            {row.reason === null ? null : <><dt>{t('Em viết', 'The pupil writes')}</dt><dd>«{row.reason}»</dd></>}
            {category === null ? null : <><dt>{t('Nhóm nội dung', 'Category')}</dt><dd>{t(category.vi, category.en)}</dd></>}
            {decision.cell === null ? null : <><dt>{t('Nghĩa là', 'Which means')}</dt><dd>{t(CELL_MEANS[decision.cell].vi, CELL_MEANS[decision.cell].en)}</dd></>}
            <dt>{t('Bây giờ', 'Now')}</dt><dd>{t(reason.vi, reason.en)}</dd>
          </dl>
          {row.zone === null ? null : <p><a href={`/kiem-tra?phong=${encodeURIComponent(row.zone)}&trang=${encodeURIComponent(row.host)}`}>{t('Vì sao? Xem từng bước', 'Why? Step by step')}</a></p>}
        </section>
        {row.state !== 'open' ? <p class="card">{t('Đã trả lời', 'Answered')}: {STATES(ctx)[row.state]}{row.answer === null ? '' : ` – ${row.answer}`}</p> : (
          <div class="deck">
            <section class="card">
              <h2>{t('Mở cho phòng', 'Open it for the room')}</h2>
              {no !== null ? <p class="note">{t(no.vi, no.en)}</p> : row.zone === null ? <p class="note">{t('Không rõ máy ở phòng nào nên không mở tạm được.', 'No known room, so nothing can be opened.')}</p> : (
                <ActionForm ctx={ctx} action="request.approve" class="form switching">
                  <input type="hidden" name="ref" value={row.ref} />
                  <UntilFields ctx={ctx} action="request.approve" room={row.zone} />
                  <Field ctx={ctx} action="request.approve" name="answer" required={false} maxlength={300} label={t('Nhắn em (không bắt buộc)', 'A word to the pupil (optional)')} />
                  <button>{t('Mở cho cả phòng', 'Open it for the room')}</button>
                </ActionForm>
              )}
            </section>
            <Refuse ctx={ctx} row={row} hard={no !== null} />
          </div>
        )}
      </>
    );
  },
};

function Refuse({ ctx, row, hard }: { readonly ctx: PageContext; readonly row: RequestRow; readonly hard: boolean }) {
  const { t } = ctx;
  const back = ctx.form?.action === 'request.refuse' ? ctx.form : null;
  const chosen = typeof back?.values['why'] === 'string' ? back.values['why'] : hard ? 'chan-cung' : 'chua-lien-quan';
  const wrong = back?.fields.get('why');
  return (
    <section class="card">
      <h2>{t('Chưa mở, và nói vì sao', 'Not now, and why')}</h2>
      <ActionForm ctx={ctx} action="request.refuse">
        <input type="hidden" name="ref" value={row.ref} />
        <fieldset class="choices" {...(wrong === undefined ? {} : { 'aria-describedby': 'why-wrong' })}>
          <legend>{t('Em sẽ đọc', 'The pupil reads')}</legend>
          {Object.entries(REFUSALS).filter(([code]) => hard || code !== 'chan-cung').map(([code, words]) => (
            <p><label><input type="radio" name="why" value={code} checked={chosen === code} /><span>{words.vi}</span></label></p>
          ))}
          <p><label><input type="radio" name="why" value="khac" checked={chosen === 'khac'} /><span>{t('Lời của thầy/cô, ở ô dưới', 'Your own words, below')}</span></label></p>
          {wrong === undefined ? null : <p class="wrong" id="why-wrong">{t(wrong.vi, wrong.en)}</p>}
        </fieldset>
        <Field ctx={ctx} action="request.refuse" name="words" required={false} maxlength={300} label={t('Viết thêm cho em', 'Add a word')} />
        <button class="quiet">{t('Gửi lý do', 'Send the reason')}</button>
      </ActionForm>
    </section>
  );
}
