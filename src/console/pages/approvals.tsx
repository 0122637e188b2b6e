/** "Chờ duyệt": what takes two people, with the difference in words; the head approves or rejects, the administrator withdraws; what was decided before. */
import { diffOf, KIND_WORDS } from '../../policy/proposal-diff.js';
import { refuseApproval, type ProposalState } from '../../policy/proposal.js';
import type { ProposalRow } from '../../store/rows.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import type { Words } from '../words.js';

const SHOWN_DECIDED = 50;

const STATE: Readonly<Record<ProposalState, Words>> = {
  open: { vi: 'chờ duyệt', en: 'open' },
  approved: { vi: 'đã duyệt', en: 'approved' },
  rejected: { vi: 'đã từ chối', en: 'rejected' },
  withdrawn: { vi: 'đã rút', en: 'withdrawn' },
  expired: { vi: 'hết hạn', en: 'expired' },
};

export const approvalsPage: Page = {
  path: '/duyet',
  title: { vi: 'Chờ duyệt', en: 'Approvals' },
  roles: ['head', 'it-admin'],
  nav: { group: 'today', order: 40 },
  render(ctx) {
    const { t, env, who } = ctx;
    const all = env.store.proposals.list(ctx.nowMs);
    const open = all.filter((row) => row.state === 'open');
    const decided = all.filter((row) => row.state !== 'open').slice(0, SHOWN_DECIDED);
    return (
      <>
        {open.length === 0 ? (
          <Empty title={t('Không có gì chờ duyệt', 'Nothing waits')}>
            <p>{who.role === 'head'
              ? t('Khi quản trị đề xuất nới một nhóm nội dung, bật giải mã HTTPS hoặc xuất khóa CA, đề xuất hiện ở đây để thầy/cô xem và quyết định.', 'When the administrator proposes to loosen a category, to switch inspection on or to export the CA’s key, it appears here for you to decide.')
              : t('Nới một ô ở trang Hồ sơ lọc hoặc lên mức inspect ở trang HTTPS thì đề xuất hiện ở đây.', 'Loosen a cell on the page Profiles, or go to inspect on the page HTTPS, and the proposal appears here.')}</p>
          </Empty>
        ) : open.map((row) => <Waiting ctx={ctx} row={row} />)}
        {decided.length === 0 ? null : (
          <section class="card">
            <h2>{t('Đã quyết định', 'Decided')}</h2>
            <ul class="rows">{decided.map((row) => <Decided ctx={ctx} row={row} />)}</ul>
          </section>
        )}
      </>
    );
  },
};

function Waiting({ ctx, row }: { readonly ctx: PageContext; readonly row: ProposalRow }) {
  const { t, env, who, format, nowMs } = ctx;
  const diff = diffOf(row.change, env.shipped(), row.base);
  const kind = KIND_WORDS[row.change.kind];
  const stale = refuseApproval(row.change, row.base, env.store.proposals.standing(env.shipped()));
  const key = String(row.id);
  return (
    <section class="card" aria-labelledby={`p${key}`}>
      <h2 id={`p${key}`}>{t(kind.vi, kind.en)} <small>{t(`đề xuất số ${key}`, `proposal ${key}`)}</small></h2>
      <p><b>{t(diff.subject.vi, diff.subject.en)}</b></p>
      <dl class="diff">
        <dt>{t('Đang là', 'Now')}</dt><dd class="minus">{t(diff.before.vi, diff.before.en)}</dd>
        <dt>{t('Sẽ thành', 'Would be')}</dt><dd class="plus">{t(diff.after.vi, diff.after.en)}</dd>
      </dl>
      <p><b>{t('Ảnh hưởng', 'What changes')}:</b> {t(diff.effect.vi, diff.effect.en)}</p>
      <p><b>{t('Lý do', 'Reason')}:</b> «{row.reason}» <small>{row.by}, {format.moment(row.atMs, nowMs)} · {t('chờ đến', 'waits until')} {format.moment(row.expiresMs, nowMs)}</small></p>
      {stale === null ? null : <p class="note">{t(stale.vi, stale.en)}</p>}
      {who.role === 'head' && who.name === row.by ? <p class="note">{t('Thầy/cô là người đề xuất, nên cần một người khác trong ban giám hiệu quyết định.', 'You proposed it, so another of the school’s leadership must decide.')}</p> : who.role === 'head' ? (
        <div class="decide">
          {stale === null ? (
            <ActionForm ctx={ctx} action="proposal.approve" key_={key}>
              <input type="hidden" name="id" value={key} />
              <Field ctx={ctx} action="proposal.approve" key_={key} name="note" required={false} maxlength={1000} label={t('Ghi chú (không bắt buộc)', 'Note (optional)')} />
              <ProofField ctx={ctx} action="proposal.approve" key_={key} />
              <button>{t('Duyệt', 'Approve')}</button>
            </ActionForm>
          ) : null}
          <ActionForm ctx={ctx} action="proposal.reject" key_={key}>
            <input type="hidden" name="id" value={key} />
            <Field ctx={ctx} action="proposal.reject" key_={key} name="reason" maxlength={1000} label={t('Lý do từ chối', 'Reason to reject')} />
            <ProofField ctx={ctx} action="proposal.reject" key_={key} />
            <button class="quiet">{t('Từ chối', 'Reject')}</button>
          </ActionForm>
        </div>
      ) : null}
      {who.role === 'it-admin' ? (
        <ActionForm ctx={ctx} action="proposal.withdraw" key_={key} class="inline">
          <input type="hidden" name="id" value={key} />
          <button class="quiet">{t('Rút đề xuất', 'Withdraw')}</button>
        </ActionForm>
      ) : null}
      {who.role === 'it-admin' && env.store.proposals.headsInUse() === 0 ? <p class="note">{t('Trường chưa có tài khoản hiệu trưởng nào nên chưa ai duyệt được.', 'There is no head’s account yet, so nobody can approve.')}</p> : null}
    </section>
  );
}

function Decided({ ctx, row }: { readonly ctx: PageContext; readonly row: ProposalRow }) {
  const { t, env, format, nowMs } = ctx;
  const diff = diffOf(row.change, env.shipped(), row.base);
  const kind = KIND_WORDS[row.change.kind];
  return (
    <li>
      <span>
        <b>{t(kind.vi, kind.en)}</b> · {t(diff.subject.vi, diff.subject.en)} <span class={row.state === 'approved' ? 'tag' : 'tag warm'}>{t(STATE[row.state].vi, STATE[row.state].en)}</span><br />
        <small>{t(diff.before.vi, diff.before.en)} → {t(diff.after.vi, diff.after.en)}</small><br />
        <small>«{row.reason}» · {row.by}, {format.moment(row.atMs, nowMs)}
          {row.decidedMs === null ? '' : ` · ${row.decidedBy ?? t('tự động', 'by itself')}, ${format.moment(row.decidedMs, nowMs)}`}{row.note === null ? '' : `: «${row.note}»`}</small>
      </span>
    </li>
  );
}
