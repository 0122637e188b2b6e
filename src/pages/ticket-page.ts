/**
 * A message to the counsellor (lời nhắn cho thầy cô tư vấn), without a name: its form, what happens with it in plain words, the answer by
 * reference. The message itself is never shown again: whoever stands behind the pupil later sees the answer at most.
 */
import type { SchoolFacts } from '../policy/snapshot.js';
import type { Words } from '../policy/words.js';
import { hotlines, newRef } from './block-page.js';
import { escapeHtml, page } from './layout.js';

export interface PageTicket {
  readonly ref: string;
  readonly message: string;
  readonly contact: string | null;
}

export interface PageTicketAnswer {
  readonly state: 'open' | 'answered' | 'closed';
  readonly answer: string | null;
}

/** What the composition root gives; absent in a school whose store has no counsellor. */
export interface TicketDesk {
  offered(): boolean;
  /** @returns false when it can't be taken now */
  add(ticket: PageTicket): boolean;
  byRef(ref: string): PageTicketAnswer | null;
  /** Days until it is deleted. */
  readonly days: number;
}

export const MAX_TICKET_BYTES = 24_576;
const MAX_MESSAGE = 2_000;
const MAX_CONTACT = 200;
const NO_SCHOOL: SchoolFacts = { name: 'Cổng lọc của trường', hotline: null, counsellor: null };
const REF = /^[0-9A-Z]{8}$/;

/** Eight letters: with an answer behind it a reference must be past guessing. */
function newTicketRef(): string {
  return `${newRef()}${newRef()}`.slice(0, 8);
}

/** @returns the ticket, or the one sentence about what is wrong */
export function readTicketForm(body: string): PageTicket | Words {
  const form = new URLSearchParams(body);
  const message = plain(form.get('message') ?? '', true);
  const contact = plain(form.get('contact') ?? '', false);
  if (message === '') return { vi: 'Em chưa viết gì. Em viết vài dòng rồi bấm gửi lại nhé.', en: 'Nothing was written. Write a few lines and send it again.' };
  if (message.length > MAX_MESSAGE) return { vi: `Lời nhắn dài quá ${MAX_MESSAGE} ký tự. Em viết ngắn lại, hoặc gửi làm hai lần nhé.`, en: `Longer than ${MAX_MESSAGE} characters. Shorten it, or send it in two.` };
  if (contact.length > MAX_CONTACT) return { vi: `Cách liên lạc dài quá ${MAX_CONTACT} ký tự.`, en: `The way to reach you is longer than ${MAX_CONTACT} characters.` };
  return { ref: newTicketRef(), message, contact: contact === '' ? null : contact };
}

export function readTicketRef(body: string): string | null {
  const ref = (new URLSearchParams(body).get('ref') ?? '').toUpperCase().replace(/[\s-]/g, '');
  return REF.test(ref) ? ref : null;
}

/** Control and direction characters out, spaces folded; lines stay where they are wanted. */
function plain(text: string, lines: boolean): string {
  const clean = text.normalize('NFC').replace(/\r\n?/g, '\n').replace(/[^\P{C}\n]/gu, ' ');
  return (lines ? clean.replace(/[^\S\n]+/g, ' ').replace(/\n{3,}/g, '\n\n') : clean.replace(/\s+/g, ' ')).trim();
}

/** Invites on the help page; '' where nobody would read it. */
export function ticketInvite(): string {
  return `<section class="card"><h2>Nhắn cho thầy cô tư vấn</h2><p>Em có thể để lại vài dòng mà không cần nói tên. Chỉ thầy cô tư vấn của trường đọc được.</p><p><a class="button" href="/nhan-tu-van">Viết lời nhắn, hoặc xem trả lời</a></p></section>`;
}

export function ticketPage(school: SchoolFacts | null, days: number, wrong: Words | null = null): string {
  const facts = school ?? NO_SCHOOL;
  return page({
    title: 'Nhắn cho thầy cô tư vấn',
    school: facts.name,
    body: `${urgent(facts)}
<section class="card"><h1>Nhắn cho thầy cô tư vấn</h1>${wrong === null ? '' : `<p class="wrong" role="alert">${escapeHtml(wrong.vi)}</p>`}
<ul><li>Em không cần ghi tên, lớp hay phòng. Cổng lọc không ghi lại em gửi từ máy nào.</li><li>Chỉ thầy cô tư vấn của trường đọc được; quản trị mạng, thầy cô khác và ban giám hiệu không xem được ở đây.</li><li>Lời nhắn tự xóa sau ${days} ngày.</li><li>Thầy cô tư vấn không trực cả ngày: có thể hôm sau em mới có trả lời.</li><li>Nếu em hoặc ai đó đang gặp nguy hiểm, thầy cô sẽ phải nhờ thêm người lớn giúp, và sẽ nói với em trước nếu được.</li></ul>
<form method="post" action="/nhan-tu-van" accept-charset="utf-8"><label for="message">Em muốn nói điều gì?</label><textarea id="message" name="message" rows="6" maxlength="${MAX_MESSAGE}" required autocomplete="off"></textarea>
<label for="contact">Thầy cô có thể gặp em bằng cách nào? <span class="small">(không bắt buộc; để trống thì em vẫn xem được trả lời bằng mã)</span></label><input type="text" id="contact" name="contact" maxlength="${MAX_CONTACT}" autocomplete="off"><button type="submit">Gửi</button></form></section>
${askRef()}<p class="small" lang="en">Leave a message for the school counsellor without a name. Only the counsellor can read it; it is deleted after ${days} days. In danger now? Call 111.</p>`,
  });
}

export function ticketSentPage(school: SchoolFacts | null, ref: string): string {
  const facts = school ?? NO_SCHOOL;
  return page({
    title: 'Đã gửi lời nhắn',
    school: facts.name,
    body: `<section class="card"><h1>Đã gửi</h1><p>Cảm ơn em đã nói ra. Thầy cô tư vấn sẽ đọc.</p><p>Mã của em: <b class="tel">${spoken(ref)}</b></p><p>Em chép mã này lại: dùng mã để xem trả lời ở trang <a href="/nhan-tu-van">Nhắn cho thầy cô tư vấn</a>. Ai có mã cũng xem được trả lời (không xem được điều em đã viết), nên em giữ kín nhé.</p></section>${urgent(facts)}
<p class="small" lang="en">Sent. Keep the code: with it you can read the answer.</p>`,
  });
}

const STATE_WORDS: Readonly<Record<PageTicketAnswer['state'], Words>> = {
  open: { vi: 'Thầy cô tư vấn chưa trả lời. Em quay lại xem sau nhé.', en: 'No answer yet. Come back later.' },
  answered: { vi: 'Thầy cô tư vấn đã trả lời em.', en: 'The counsellor has answered.' },
  closed: { vi: 'Lời nhắn này đã khép lại. Em có thể gửi lời nhắn mới bất cứ lúc nào.', en: 'This message is closed. You can send a new one at any time.' },
};

export function ticketAnswerPage(school: SchoolFacts | null, answer: PageTicketAnswer): string {
  const facts = school ?? NO_SCHOOL;
  const words = STATE_WORDS[answer.state];
  return page({
    title: 'Trả lời của thầy cô tư vấn',
    school: facts.name,
    body: `<section class="card"><h1>Trả lời của thầy cô tư vấn</h1><p>${words.vi}</p>${answer.answer === null ? '' : `<blockquote class="said">${answer.answer.split('\n').map(escapeHtml).join('<br>')}</blockquote>`}<p><a href="/nhan-tu-van">Viết lời nhắn mới</a></p></section>${urgent(facts)}<p class="small" lang="en">${words.en}</p>`,
  });
}

function urgent(facts: SchoolFacts): string {
  return `<section class="card help"><h2>Cần người nghe em ngay bây giờ?</h2>${hotlines(facts)}</section>`;
}

function askRef(): string {
  return `<section class="card"><h2>Xem trả lời</h2><form method="post" action="/nhan-tu-van/tra-loi"><label for="ref">Mã của em</label><input type="text" id="ref" name="ref" maxlength="12" required autocomplete="off" autocapitalize="characters" spellcheck="false"><button type="submit">Xem trả lời</button></form></section>`;
}

/** As it is read out: two groups of four. */
function spoken(ref: string): string {
  return `${ref.slice(0, 4)}-${ref.slice(4)}`;
}
