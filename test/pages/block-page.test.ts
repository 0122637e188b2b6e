/** The block page: every profile × every category that it blocks, with the shipped words; hostile hosts; the self-harm page. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadShipped } from '../../src/lists/shipped.js';
import { createBlockPages, failurePage, newRef } from '../../src/pages/block-page.js';
import { escapeHtml } from '../../src/pages/layout.js';
import { failureWords, reasonForPupil, SOFT_NAMES, SUPPORT_WORDS, VOICE_WORDS } from '../../src/pages/texts.js';
import { decide } from '../../src/policy/decide.js';
import { REASONS, type Decision } from '../../src/policy/decision.js';
import { REASON_WORDS } from '../../src/policy/decision-words.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';
import { CATEGORIES, LIST_A_CATEGORY, policyData } from '../policy/fixture.js';

const shipped = loadShipped(join(import.meta.dirname, '../../rules'));
const words = new Map(shipped.categories.map((category) => [category.code, category]));
/** The fixture's lists, one a category, with the shipped names. */
const snapshot = createSnapshot({
  ...policyData(LIST_A_CATEGORY),
  categories: CATEGORIES.map((category) => ({ ...category, name: words.get(category.code)?.name ?? category.code, nameEn: words.get(category.code)?.nameEn ?? category.code })),
  school: { name: 'Trường THCS Lũy Tre', hotline: '024 3123 4567', counsellor: '0912 345 678' },
});
const ORIGIN = 'http://192.168.1.1:8080';
const render = createBlockPages();

function judge(host: string, profile: number): Decision {
  return decide({ host, zone: -1, path: null, profile }, snapshot, 0);
}

describe('block page', () => {
  it('has words for every reason, NFC, without the words the glossary bans', () => {
    for (const reason of REASONS) {
      for (const { vi, en } of [REASON_WORDS[reason], reasonForPupil(reason)]) {
        expect(vi.length, reason).toBeGreaterThan(10);
        expect(en.length, reason).toBeGreaterThan(5);
        expect(vi, reason).toBe(vi.normalize('NFC'));
        expect(vi, reason).not.toMatch(/người dùng|user|blacklist/i);
      }
    }
    for (const text of [...Object.values(VOICE_WORDS), SUPPORT_WORDS].flatMap(Object.values) as string[]) expect(text).toBe(text.normalize('NFC'));
  });

  it('carries 111, the school hotline, the host and a reference in every profile and category it blocks', () => {
    let pages = 0;
    for (const [profile] of snapshot.data.profiles.entries()) {
      for (const category of snapshot.data.categories) {
        const decision = judge(`${category.code}.test`, profile);
        if (decision.action !== 'block') continue;
        const { html } = render(decision, snapshot, ORIGIN);
        pages += 1;
        expect(html).toContain('tel:111');
        expect(html).toContain('024 3123 4567');
        const voice = snapshot.data.profiles[profile]?.voice;
        if (category.code === 'tuhai' && voice !== 'giao-vien') continue;
        expect(html, category.code).toMatch(/Mã tham chiếu: <b>[2-9A-Z]{6}<\/b>/);
        expect(html).toContain(`${category.code}.test`);
        if (decision.reason === 'category-blocked' || decision.reason === 'hard-category') {
          const shown = voice === 'tieu-hoc' ? (SOFT_NAMES[category.code]?.vi ?? category.name) : category.name;
          expect(html).toContain(escapeHtml(shown));
        }
      }
    }
    expect(pages).toBeGreaterThan(100);
  });

  it('speaks in four voices', () => {
    const text = (profile: string): string => render(judge('cobac.test', snapshot.profileById.get(profile) ?? -1), snapshot, ORIGIN).html;
    expect(text('lop-1-3')).toContain('Trang này chưa dành cho em');
    expect(text('thcs')).toContain('Trang này đang bị chặn');
    expect(text('thpt')).toContain('không phù hợp trong giờ học');
    expect(text('giao-vien')).toContain('không mở được tại trường');
  });

  it('says in each voice that the room is paused or keeps to a list, and offers a request only where asking helps', () => {
    const seen = new Set<string>();
    for (const profile of ['lop-1-3', 'thcs', 'thpt', 'giao-vien']) {
      for (const reason of ['internet-paused', 'lesson-focus'] as const) {
        const decision: Decision = { ...judge('mxh.test', snapshot.profileById.get(profile) ?? -1), action: 'block', layer: 'lesson', reason };
        const { html } = render(decision, snapshot, ORIGIN);
        const title = /<h1>([^<]*)<\/h1>/.exec(html)?.[1] ?? '';
        expect(title).toMatch(reason === 'internet-paused' ? /tạm dừng/ : /tiết học này|danh sách|thầy cô đã chọn/);
        expect(html).toContain('tel:111');
        expect(html.includes('<form')).toBe(reason === 'lesson-focus');
        expect(html).toBe(html.normalize('NFC'));
        seen.add(html.replace(/\b[2-9A-HJKMNP-TV-Z]{6}\b/g, 'REF'));
      }
    }
    expect(seen.size).toBe(8);
  });

  it('offers a request over K, a false-block report over X, neither for csam', () => {
    const thpt = snapshot.profileById.get('thpt') ?? -1;
    expect(render(judge('mxh.test', thpt), snapshot, ORIGIN).html).toContain('Yêu cầu mở trang');
    expect(render(judge('cobac.test', thpt), snapshot, ORIGIN).html).toContain('Báo chặn nhầm');
    expect(render(judge('csam.test', thpt), snapshot, ORIGIN).html).not.toContain('<form');
  });

  it('answers self-harm with support alone: no category, no host, no request', () => {
    const tuhai = words.get('tuhai')?.name ?? '?';
    for (const profile of ['lop-1-3', 'lop-4-5', 'thcs', 'thpt']) {
      const { html } = render(judge('tuhai.test', snapshot.profileById.get(profile) ?? -1), snapshot, ORIGIN);
      expect(html).toContain(SUPPORT_WORDS.title);
      expect(html).not.toContain('tuhai.test');
      expect(html).not.toContain(tuhai);
      expect(html).not.toContain('<form');
      expect(html).not.toContain('chặn');
    }
  });

  it('escapes whatever stands in a host and closes everything by policy', () => {
    const decision = { ...judge('mxh.test', 3), host: '"><script>alert(1)</script>\u202e' };
    const { html, policy } = render(decision, snapshot, ORIGIN);
    expect(html).not.toContain('<script');
    expect(html).toContain('&quot;&gt;&lt;script&gt;');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('script-src');
    expect(policy).toContain(`form-action ${ORIGIN}`);
  });

  it('renders from templates that are equal whatever came before', () => {
    const strip = (html: string): string => html.replace(/\b[2-9A-HJKMNP-TV-Z]{6}\b/g, 'REF');
    const first = render(judge('mxh.test', 2), snapshot, ORIGIN).html;
    render(judge('cobac.test', 1), snapshot, ORIGIN);
    expect(strip(render(judge('mxh.test', 2), snapshot, ORIGIN).html)).toBe(strip(first));
    expect(new Set(Array.from({ length: 2_000 }, newRef)).size).toBeGreaterThan(1_990);
  });

  it('says whose fault a bad site is, whom to tell, and offers no way on', () => {
    const faults = REASONS.filter((reason) => reason.startsWith('site-') && reason !== 'site-wants-certificate');
    expect(faults.length).toBeGreaterThan(14);
    const pages = faults.map((reason) => failurePage(failureWords(reason), null));
    for (const html of pages) {
      expect(html).toMatch(/lỗi của trang, không phải lỗi của em.*báo thầy cô/);
      expect(html).toContain('the fault of the site, not yours');
      expect(html).not.toMatch(/<form|<button|<a [^>]*href="(?!tel:)/);
    }
    expect(new Set(pages).size).toBe(faults.length);
    expect(failureWords('site-wants-certificate')).toBe(REASON_WORDS['site-wants-certificate']);
    expect(failureWords('upstream-error')).toBe(REASON_WORDS['upstream-error']);
  });

  it('explains a failure without a policy too', () => {
    expect(failurePage(REASON_WORDS['no-policy'], null)).toContain('tel:111');
  });
});
