/**
 * The block page: four voices by profile, the category in words, help lines, a request that works without script.
 * Everything that does not depend on the request is rendered once per snapshot; a page is then four strings joined.
 * Never echoes a path or a query: it is not given any.
 */
import { randomBytes } from 'node:crypto';
import type { Decision } from '../policy/decision.js';
import type { Category, Profile } from '../policy/profile.js';
import type { SchoolFacts, Snapshot } from '../policy/snapshot.js';
import type { Words } from '../policy/words.js';
import { contentPolicy, escapeHtml, page } from './layout.js';
import { LESSON_WORDS, reasonForPupil, SOFT_NAMES, SUPPORT_WORDS, VOICE_WORDS } from './texts.js';

export interface BlockedPage {
  readonly html: string;
  /** Value of Content-Security-Policy. */
  readonly policy: string;
}

/** @param pagesOrigin where the form and the help link lead: an origin, or a path of the page's own origin (over TLS that is ended here) */
export type RenderBlockPage = (decision: Decision, snapshot: Snapshot, pagesOrigin: string) => BlockedPage;

/** Marks that can't occur in escaped text, replaced per request. */
const HOST_MARK = '\u0001h';
const REF_MARK = '\u0001r';

interface Template {
  /** Text between marks; odd positions say which mark stands before the next part. */
  readonly parts: readonly string[];
  readonly marks: readonly ('host' | 'ref')[];
  readonly policy: string;
}

/** Makes the renderer of one thread. Templates live as long as their snapshot. */
export function createBlockPages(): RenderBlockPage {
  const bySnapshot = new WeakMap<Snapshot, Map<string, Template>>();
  return (decision, snapshot, pagesOrigin) => {
    let templates = bySnapshot.get(snapshot);
    if (templates === undefined) {
      templates = new Map();
      bySnapshot.set(snapshot, templates);
    }
    const key = `${decision.profile} ${decision.category} ${decision.reason} ${decision.cell ?? '-'} ${pagesOrigin}`;
    let template = templates.get(key);
    if (template === undefined) {
      template = compile(decision, snapshot, pagesOrigin);
      if (templates.size < 2_000) templates.set(key, template);
    }
    const host = escapeHtml(decision.host);
    const ref = newRef();
    let html = template.parts[0] ?? '';
    for (let i = 0; i < template.marks.length; i++) html += (template.marks[i] === 'host' ? host : ref) + (template.parts[i + 1] ?? '');
    return { html, policy: template.policy };
  };
}

function compile(decision: Decision, snapshot: Snapshot, pagesOrigin: string): Template {
  const profile = snapshot.data.profiles[decision.profile] ?? snapshot.data.profiles[snapshot.strictest];
  const category = snapshot.data.categories[decision.category];
  const html = blockHtml(decision, profile, category, snapshot.data.school, pagesOrigin);
  const parts: string[] = [];
  const marks: ('host' | 'ref')[] = [];
  let from = 0;
  for (let at = html.indexOf('\u0001'); at >= 0; at = html.indexOf('\u0001', from)) {
    parts.push(html.slice(from, at));
    marks.push(html[at + 1] === 'h' ? 'host' : 'ref');
    from = at + 2;
  }
  parts.push(html.slice(from));
  return { parts, marks, policy: contentPolicy(pagesOrigin.startsWith('/') ? "'self'" : pagesOrigin) };
}

function blockHtml(decision: Decision, profile: Profile | undefined, category: Category | undefined, school: SchoolFacts, pagesOrigin: string): string {
  const voice = profile?.voice ?? 'tieu-hoc';
  const pupil = voice !== 'giao-vien';
  if (category?.code === 'tuhai' && pupil) {
    return page({
      title: SUPPORT_WORDS.title,
      school: school.name,
      big: voice === 'tieu-hoc',
      body: `<section class="card"><h1>${SUPPORT_WORDS.title}</h1><p>${SUPPORT_WORDS.lead}</p>${hotlines(school)}<p><a href="${escapeHtml(pagesOrigin)}/help">Xem thêm nơi giúp em</a></p><p class="small" lang="en">${SUPPORT_WORDS.en}</p></section>`,
    });
  }
  const words = VOICE_WORDS[voice];
  const lesson = decision.reason === 'exam-only' || decision.reason === 'internet-paused' || decision.reason === 'lesson-focus' ? decision.reason : null;
  const title = lesson === null ? words.title : LESSON_WORDS[lesson][voice].title;
  const lead = lesson === null ? leadFor(decision, voice) : LESSON_WORDS[lesson][voice].lead;
  const named = category === undefined ? null : categoryWords(category, voice);
  const why = whySentence(decision, named);
  const whyEn = namedReason(decision) && named !== null ? `Category: ${escapeHtml(named.en)}.` : escapeHtml(reasonForPupil(decision.reason).en);
  return page({
    title,
    school: school.name,
    big: voice === 'tieu-hoc',
    body: `<section class="card"><h1>${title}</h1><p>${lead}</p><p>${why}</p><p class="what">${HOST_MARK}</p>
${lesson === 'exam-only' || lesson === 'internet-paused' ? '' : requestForm(decision, profile, category, pagesOrigin)}<p class="small">Mã tham chiếu: <b>${REF_MARK}</b></p></section>
${helpBox(voice, school, pagesOrigin)}<p class="small" lang="en">${lesson === null ? `${escapeHtml(words.en)} ` : ''}${whyEn}</p>`,
  });
}

function whySentence(decision: Decision, named: Words | null): string {
  if (named === null) return escapeHtml(reasonForPupil(decision.reason).vi);
  if (namedReason(decision)) return `Trang thuộc nhóm <b>${escapeHtml(named.vi)}</b>.`;
  if (decision.reason === 'suspicious-name') return `Tên trang có dấu hiệu thuộc nhóm <b>${escapeHtml(named.vi)}</b>.`;
  return escapeHtml(reasonForPupil(decision.reason).vi);
}

/** Reasons whose best explanation is the category's own name. */
function namedReason(decision: Decision): boolean {
  return decision.reason === 'category-blocked' || decision.reason === 'hard-category' || decision.reason === 'authority-list';
}

function categoryWords(category: Category, voice: Profile['voice']): Words {
  const soft = voice === 'tieu-hoc' ? SOFT_NAMES[category.code] : undefined;
  return soft ?? { vi: category.name, en: category.nameEn };
}

function leadFor(decision: Decision, voice: Profile['voice']): string {
  if (voice === 'giao-vien' && decision.cell === 'X') {
    return 'Trang thuộc nhóm <i>vi phạm pháp luật</i> hoặc bị chặn cứng, không mở được tại trường. Nếu cho là nhầm, thầy/cô bấm <b>Báo chặn nhầm</b> để Sở xem lại.';
  }
  if (voice === 'thpt' && decision.cell === 'X') return 'Trang này không mở được ở trường. Nếu em cho là nhầm, em bấm <b>Báo chặn nhầm</b>.';
  if (voice === 'thcs' && decision.cell !== 'X') return `${VOICE_WORDS.thcs.lead} Em cần trang này để học? Hãy báo thầy cô mở giúp.`;
  return VOICE_WORDS[voice].lead;
}

/**
 * Whether a page of this category may be asked for. Nothing that a person must answer for: csam and the authorities' list go to the Sở by other ways. Nor what
 * a child in need was looking for: no teacher is to read of it, and where help is stands on the page instead of a form.
 */
export function mayAsk(category: string | null, voice: Profile['voice']): boolean {
  return category !== 'csam' && category !== 'danhmuc' && (category !== 'tuhai' || voice === 'giao-vien');
}

function requestForm(decision: Decision, profile: Profile | undefined, category: Category | undefined, pagesOrigin: string): string {
  if (!mayAsk(category?.code ?? null, profile?.voice ?? 'tieu-hoc')) return '';
  const mistake = decision.cell === 'X';
  const label = mistake ? 'Báo chặn nhầm' : 'Yêu cầu mở trang';
  return `<form method="post" action="${escapeHtml(pagesOrigin)}/yeu-cau" accept-charset="utf-8">
<input type="hidden" name="host" value="${HOST_MARK}"><input type="hidden" name="ref" value="${REF_MARK}"><input type="hidden" name="category" value="${escapeHtml(category?.code ?? '')}"><input type="hidden" name="profile" value="${escapeHtml(profile?.id ?? '')}">
<label for="reason">${profile?.voice === 'giao-vien' ? 'Thầy/cô cần trang này để làm gì?' : 'Em cần trang này để làm gì?'} <span class="small">(không bắt buộc, đừng ghi tên mình)</span></label>
<input type="text" id="reason" name="reason" maxlength="200" autocomplete="off"><button type="submit">${label}</button></form>
`;
}

/** Where help is: 111 and the school's own hotline on every page (vietnam.md finding 9, K17). */
export function hotlines(school: SchoolFacts): string {
  const own = school.hotline === null ? '' : `<li>Đường dây nóng của trường: <span class="tel">${escapeHtml(school.hotline)}</span></li>`;
  const counsellor = school.counsellor === null ? '' : `<li>Tư vấn học đường: <span class="tel">${escapeHtml(school.counsellor)}</span></li>`;
  return `<ul><li>Tổng đài <a class="tel" href="tel:111">111</a>: miễn phí, cả ngày lẫn đêm</li>${own}${counsellor}</ul>`;
}

function helpBox(voice: Profile['voice'], school: SchoolFacts, pagesOrigin: string): string {
  if (voice === 'giao-vien') return `<section class="card help"><h2>Nơi trợ giúp</h2>${hotlines(school)}</section>`;
  const lead = voice === 'tieu-hoc'
    ? 'Nếu có điều gì làm em sợ hay buồn, em hãy nói với thầy cô, bố mẹ hoặc gọi:'
    : 'Cần người chia sẻ? Luôn có người lắng nghe em:';
  return `<section class="card help"><h2>Nơi giúp em</h2><p>${lead}</p>${hotlines(school)}<p class="small"><a href="${escapeHtml(pagesOrigin)}/help">Xem thêm nơi giúp em</a></p></section>`;
}

const REF_LETTERS = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
let pool = Buffer.alloc(0);
let poolAt = 0;

/** A reference of six letters that can be read out in a noisy room (no 0/O, 1/I/L, U). Random: it says nothing about anyone. */
export function newRef(): string {
  if (poolAt + 6 > pool.length) {
    pool = randomBytes(6 * 512);
    poolAt = 0;
  }
  let ref = '';
  for (let i = 0; i < 6; i++) ref += REF_LETTERS[(pool[poolAt++] ?? 0) % REF_LETTERS.length];
  return ref;
}

/** A page for what went wrong on the way (unknown name, no answer, no policy): kind, readable, nothing echoed. */
export function failurePage(words: Words, school: SchoolFacts | null): string {
  const facts = school ?? { name: 'Cổng lọc của trường', hotline: null, counsellor: null };
  return page({
    title: 'Chưa mở được trang',
    school: facts.name,
    body: `<section class="card"><h1>Chưa mở được trang</h1><p>${escapeHtml(words.vi)}</p><p class="small" lang="en">${escapeHtml(words.en)}</p></section><section class="card help"><h2>Nơi giúp em</h2>${hotlines(facts)}</section>`,
  });
}
