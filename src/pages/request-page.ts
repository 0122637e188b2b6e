/** The unblock request (yêu cầu mở trang): reads its form, thanks the pupil, shows the answer by reference number. */
import { wireHost } from '../matching/hostname.js';
import type { SchoolFacts, Snapshot } from '../policy/snapshot.js';
import { hotlines, mayAsk } from './block-page.js';
import { escapeHtml, page } from './layout.js';

/** A request as it comes from the page. Never a person: no field could name one but `reason`, which is short, optional and expires. */
export interface PageRequest {
  readonly ref: string;
  readonly zone: string | null;
  readonly profile: string;
  readonly host: string;
  readonly category: string | null;
  readonly reason: string | null;
}

export interface RequestAnswer {
  readonly ref: string;
  readonly host: string;
  readonly state: 'open' | 'approved' | 'rejected' | 'expired';
  readonly answer: string | null;
}

const MAX_REASON = 200;

/**
 * Reads and checks the form; null when any field is not what our own page would send.
 * @param body application/x-www-form-urlencoded text
 */
export function readRequestForm(body: string, snapshot: Snapshot): Omit<PageRequest, 'zone'> | null {
  const form = new URLSearchParams(body);
  const host = wireHost(form.get('host') ?? '');
  const ref = form.get('ref') ?? '';
  const profile = form.get('profile') ?? '';
  const category = form.get('category') ?? '';
  const known = snapshot.data.profiles[snapshot.profileById.get(profile) ?? -1];
  if (host === null || !/^[0-9A-Z]{6}$/.test(ref) || known === undefined) return null;
  if (category !== '' && !snapshot.categoryByCode.has(category)) return null;
  if (!mayAsk(category === '' ? null : category, known.voice)) return null;
  // control and direction characters out, spaces folded: it is shown to a teacher
  const reason = (form.get('reason') ?? '').normalize('NFC').replace(/[\p{C}\s]+/gu, ' ').trim().slice(0, MAX_REASON);
  return { ref, profile, host, category: category === '' ? null : category, reason: reason === '' ? null : reason };
}

export function sentPage(school: SchoolFacts | null, answer: RequestAnswer): string {
  const facts = school ?? NO_SCHOOL;
  return page({
    title: 'Đã gửi yêu cầu',
    school: facts.name,
    body: `<section class="card"><h1>Đã gửi yêu cầu</h1><p>Thầy cô sẽ xem và trả lời. Trong lúc chờ, em học tiếp phần khác nhé.</p><p class="what">${escapeHtml(answer.host)}</p><p>Mã tham chiếu: <b>${escapeHtml(answer.ref)}</b></p><p><a href="yeu-cau/${escapeHtml(answer.ref)}">Xem trả lời</a></p><p class="small" lang="en">Sent. A teacher will look at it. Keep the reference to see the answer.</p></section>`,
  });
}

const STATE_WORDS: Readonly<Record<RequestAnswer['state'], { readonly vi: string; readonly en: string }>> = {
  open: { vi: 'Đang chờ thầy cô xem.', en: 'Waiting for a teacher.' },
  approved: { vi: 'Đã được duyệt. Em tải lại trang nhé.', en: 'Approved. Reload the page.' },
  rejected: { vi: 'Chưa được duyệt.', en: 'Not approved.' },
  expired: { vi: 'Đã hết hạn. Nếu vẫn cần, em gửi lại nhé.', en: 'Expired. Send it again if you still need it.' },
};

export function answerPage(school: SchoolFacts | null, answer: RequestAnswer): string {
  const facts = school ?? NO_SCHOOL;
  const words = STATE_WORDS[answer.state];
  const note = answer.answer === null ? '' : `<p>Thầy cô nhắn: ${escapeHtml(answer.answer)}</p>`;
  return page({
    title: 'Yêu cầu mở trang',
    school: facts.name,
    body: `<section class="card"><h1>Yêu cầu ${escapeHtml(answer.ref)}</h1><p class="what">${escapeHtml(answer.host)}</p><p>${words.vi}</p>${note}<p class="small" lang="en">${words.en}</p></section><section class="card help"><h2>Nơi giúp em</h2>${hotlines(facts)}</section>`,
  });
}

const NO_SCHOOL: SchoolFacts = { name: 'Cổng lọc của trường', hotline: null, counsellor: null };
