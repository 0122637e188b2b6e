/** "Lời nhắn của học sinh": the counsellor's one page. Words of a child stand here and nowhere else. */
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import type { HelpTicketRow } from '../../store/ticket-rows.js';

export const helpTicketsPage: Page = {
  path: '/tu-van',
  title: { vi: 'Lời nhắn của học sinh', en: 'Messages from pupils' },
  roles: ['counsellor'],
  nav: { group: 'today', order: 10 },
  render(ctx) {
    const { t } = ctx;
    const tickets = ctx.env.store.helpTickets.list(ctx.who.actor);
    const open = tickets.filter((ticket) => ticket.state === 'open');
    const rest = tickets.filter((ticket) => ticket.state !== 'open');
    return (
      <>
        <p class="lead">{t('Chỉ tài khoản tư vấn đọc được. Không ai biết lời nhắn gửi từ máy hay phòng nào, cả thầy/cô.', 'Only counsellor accounts can read these. Nobody knows which device or room a message came from, you included.')}</p>
        <section class="card note">
          <p><b>{t('Có dấu hiệu nguy hiểm ngay?', 'Signs of immediate danger?')}</b> {t('Báo ban giám hiệu và gọi 111 (trẻ em) hoặc 115 (cấp cứu); trả lời ở đây chưa chắc em đọc kịp.', 'Tell the leadership and call 111 (children) or 115 (ambulance); an answer here may be read too late.')}</p>
        </section>
        {tickets.length === 0 ? (
          <Empty title={t('Chưa có lời nhắn nào', 'No message yet')}>
            <p>{t('Học sinh viết ở trang «Nơi giúp em» của cổng lọc. Thầy/cô có thể in tờ hướng dẫn ở trang Trợ giúp và dán ở lớp.', 'Pupils write on the gateway’s help page. Print the tips sheet from the Help page and put it up in class.')}</p>
          </Empty>
        ) : null}
        {open.length === 0 ? null : <section aria-labelledby="cho"><h2 id="cho">{t(`Chờ trả lời (${open.length})`, `Waiting (${open.length})`)}</h2>{open.map((ticket) => <Ticket ctx={ctx} ticket={ticket} />)}</section>}
        {rest.length === 0 ? null : <section aria-labelledby="xong"><h2 id="xong">{t('Đã trả lời, đã khép lại', 'Answered or closed')}</h2>{rest.map((ticket) => <Ticket ctx={ctx} ticket={ticket} />)}</section>}
      </>
    );
  },
};

function Ticket({ ctx, ticket }: { readonly ctx: PageContext; readonly ticket: HelpTicketRow }) {
  const { t, format, nowMs } = ctx;
  const key = String(ticket.id);
  const id = `loi-nhan-${key}`;
  return (
    <article class="card" aria-labelledby={id}>
      <h3 id={id} class="head">{t(`Lời nhắn ${key}`, `Message ${key}`)} <small>{format.moment(ticket.atMs, nowMs)}</small> {ticket.state === 'open' ? <span class="tag warm">{t('chờ trả lời', 'waiting')}</span> : <span class="tag">{ticket.state === 'answered' ? t('đã trả lời', 'answered') : t('đã khép lại', 'closed')}</span>}</h3>
      <blockquote class="said">{ticket.message}</blockquote>
      <p><small>{t('Cách gặp em', 'How to reach the pupil')}:</small> {ticket.contact ?? t('không để lại; em xem trả lời bằng mã', 'none left; the answer is read by the code')}</p>
      {ticket.answer === null ? null : <><p><small>{t('Đã trả lời', 'Answer')}{ticket.by === null ? '' : ` · ${ticket.by}`}</small></p><blockquote class="said">{ticket.answer}</blockquote></>}
      {ticket.state === 'closed' ? null : (
        <>
          <ActionForm ctx={ctx} action="ticket.answer" key_={key}>
            <input type="hidden" name="id" value={key} />
            <Field ctx={ctx} action="ticket.answer" key_={key} name="answer" type="textarea" maxlength={2_000} label={ticket.answer === null ? t('Trả lời', 'Answer') : t('Sửa trả lời', 'Change the answer')} value={ticket.answer ?? ''}
              hint={t('Đừng hỏi tên qua đây; mời em đến gặp, hoặc nhắc số 111.', 'Don’t ask for a name here; invite the pupil to come, or mention 111.')} />
            <button>{t('Gửi trả lời', 'Send the answer')}</button>
          </ActionForm>
          <ActionForm ctx={ctx} action="ticket.close" key_={key} class="inline">
            <input type="hidden" name="id" value={key} />
            <button class="quiet">{t('Khép lại', 'Close')}</button>
          </ActionForm>
        </>
      )}
    </article>
  );
}
