/** Pages that anyone on the LAN may read at any time: where help is, what "blocked" means, and the front door. */
import type { SchoolFacts } from '../policy/snapshot.js';
import { hotlines } from './block-page.js';
import { escapeHtml, page } from './layout.js';
import { ticketInvite } from './ticket-page.js';

/** A help or reporting channel (`rules/help.yaml`; vietnam.md §4.2). */
export interface HelpChannel {
  readonly name: string;
  /** Telephone number, or null. */
  readonly phone: string | null;
  /** Address of its site, or null. */
  readonly url: string | null;
  readonly use: string;
  readonly useEn: string;
  /** Fit for pupils to read; the others are for staff. */
  readonly pupils: boolean;
}

const NO_SCHOOL: SchoolFacts = { name: 'Cổng lọc của trường', hotline: null, counsellor: null };

/** @param counsellor somebody reads what is left for them */
export function helpPage(school: SchoolFacts | null, channels: readonly HelpChannel[], counsellor = false): string {
  const facts = school ?? NO_SCHOOL;
  const rows = channels
    .filter((channel) => channel.pupils)
    .map((channel) => {
      const phone = channel.phone === null ? '' : ` · <a class="tel" href="tel:${escapeHtml(channel.phone.replace(/[^0-9+]/g, ''))}">${escapeHtml(channel.phone)}</a>`;
      const site = channel.url === null ? '' : ` · <a class="what" rel="noreferrer" href="${escapeHtml(channel.url)}">${escapeHtml(channel.url.replace(/^https?:\/\/|\/$/g, ''))}</a>`;
      return `<li><b>${escapeHtml(channel.name)}</b>${phone}${site}<br><span class="small">${escapeHtml(channel.use)}</span></li>`;
    })
    .join('');
  return page({
    title: 'Nơi giúp em',
    school: facts.name,
    body: `<section class="card help"><h1>Nơi giúp em</h1><p>Em không phải chịu một mình. Hãy nói với thầy cô, bố mẹ, hoặc gọi:</p>${hotlines(facts)}</section>
${counsellor ? ticketInvite() : ''}<section class="card"><h2>Các nơi khác</h2><ul>${rows}</ul><p class="small">Cổng lọc không ghi lại việc em xem trang này hay vào các trang trợ giúp.</p></section>
<p class="small" lang="en">Where to find help. Hotline 111 is free, day and night. Visits to help pages are not recorded.</p>`,
  });
}

export function blockedPage(school: SchoolFacts | null): string {
  const facts = school ?? NO_SCHOOL;
  return page({
    title: 'Vì sao có trang bị chặn?',
    school: facts.name,
    body: `<section class="card"><h1>Vì sao có trang bị chặn?</h1><p>Cổng lọc của trường mở Internet theo lứa tuổi: trang học tập luôn mở, trang có hại luôn đóng, còn lại tùy lớp và tùy tiết học.</p><p>Với trang HTTPS, trình duyệt chỉ báo «không kết nối được» chứ không hiện được lời giải thích. Nếu em cần trang đó để học, hãy nói với thầy cô: thầy cô có thể mở tạm cho cả phòng đến hết tiết.</p></section>
<section class="card help"><h2>Nơi giúp em</h2>${hotlines(facts)}<p class="small"><a href="/help">Xem thêm nơi giúp em</a></p></section>
<p class="small" lang="en">Sites open by age: learning always, harmful never, the rest by class and lesson. Ask your teacher to open a site for the lesson.</p>`,
  });
}

export function homePage(school: SchoolFacts | null, hasCa = false): string {
  const facts = school ?? NO_SCHOOL;
  return page({
    title: 'Cổng lọc của trường',
    school: facts.name,
    body: `<section class="card"><h1>Cổng lọc Internet của trường</h1><ul><li><a href="/help">Nơi giúp em</a></li><li><a href="/blocked">Vì sao có trang bị chặn?</a></li><li><a href="/proxy.pac">Tệp cấu hình proxy tự động (PAC)</a></li>${hasCa ? '<li><a href="/ca">Chứng chỉ của trường, cài trên máy của trường</a></li>' : ''}</ul></section>`,
  });
}
