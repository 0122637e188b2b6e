/** "Sức khỏe": what `luytre doctor` finds, worst first, each with what to do; what the running gateway says of itself. */
import type { Finding, FindingStatus } from '../../finding.js';
import type { ConsoleDeps } from '../deps.js';
import type { Page } from '../page.js';

const ORDER: Readonly<Record<FindingStatus, number>> = { fail: 0, warn: 1, ok: 2 };
const MARKS: Readonly<Record<FindingStatus, string>> = { fail: '✗', warn: '!', ok: '✓' };
/** Looking asks DNS and the Internet: not with every reload. */
const KEPT_MS = 60_000;

interface Seen {
  readonly atMs: number;
  readonly findings: readonly Finding[];
}
const seen = new WeakMap<ConsoleDeps, Seen>();

async function findingsOf(env: ConsoleDeps, again: boolean): Promise<Seen> {
  const known = seen.get(env);
  if (known !== undefined && !again && env.now() - known.atMs < KEPT_MS) return known;
  const fresh = { findings: await env.findings(), atMs: env.now() };
  seen.set(env, fresh);
  return fresh;
}

export const healthPage: Page = {
  path: '/suc-khoe',
  title: { vi: 'Sức khỏe cổng lọc', en: 'Health' },
  roles: ['it-admin', 'head'],
  nav: { group: 'machine', order: 10 },
  async render(ctx) {
    const { t, env, format } = ctx;
    const { findings, atMs } = await findingsOf(env, ctx.query.get('lai') === '1');
    const health = env.health();
    const sorted = [...findings].sort((a, b) => ORDER[a.status] - ORDER[b.status]);
    const bad = findings.filter(({ status }) => status === 'fail').length;
    const warn = findings.filter(({ status }) => status === 'warn').length;
    const words: Readonly<Record<FindingStatus, string>> = { fail: t('phải sửa', 'must be mended'), warn: t('nên xem', 'worth a look'), ok: t('tốt', 'fine') };
    return (
      <>
        <p class="lead">{bad > 0 ? t(`Có ${bad} việc phải sửa.`, `${bad} finding(s) must be mended.`) : warn > 0 ? t(`Chạy được; có ${warn} việc nên xem.`, `Working; ${warn} worth a look.`) : t('Mọi thứ đều tốt.', 'All is well.')} <small>{t(`Khám lúc ${format.time(atMs)}.`, `Looked at ${format.time(atMs)}.`)}</small> <a href="/suc-khoe?lai=1">{t('Khám lại', 'Look again')}</a></p>
        <section class="card">
          <h2>{t('Kết quả khám', 'Findings')}</h2>
          <ul class="rows findings">
            {sorted.map((finding) => (
              <li class={finding.status}>
                <span class="sign" aria-hidden="true">{MARKS[finding.status]}</span>
                <span class="grow"><span class="unseen">{words[finding.status]}: </span>{t(finding.vi, finding.en)}
                  {finding.remedyVi === '' ? null : <small class="remedy">→ {t(finding.remedyVi, finding.remedyEn)}</small>}</span>
              </li>
            ))}
          </ul>
        </section>
        <section class="card">
          <h2>{t('Cổng lọc đang chạy', 'The running gateway')}</h2>
          <dl class="facts">
            <dt>{t('Luồng proxy', 'Proxy threads')}</dt><dd>{format.number(health.workers)}</dd>
            <dt>{t('Kết nối đang mở', 'Open connections')}</dt><dd>{format.number(health.connections)}</dd>
            <dt>{t('Đường hầm HTTPS', 'HTTPS tunnels')}</dt><dd>{format.number(health.tunnels)}</dd>
            <dt>{t('Đời chính sách', 'Policy generation')}</dt><dd>{format.number(health.generation)}</dd>
            <dt>{t('Lượt ghi bị mất từ khi chạy', 'Events lost since the start')}</dt><dd>{format.number(health.dropped)}{health.dropped > 0 ? t(' — máy quá tải hoặc đĩa chậm', ' — overload, or a slow disk') : ''}</dd>
            {health.trouble === null ? null : <><dt>{t('Không ghi được số liệu', 'Figures can’t be stored')}</dt><dd><code>{health.trouble}</code></dd></>}
          </dl>
          <p><a href="/xem-truc-tiep">{t('Xem trực tiếp mười phút để tìm lỗi', 'Live view for ten minutes, to find a fault')}</a></p>
        </section>
      </>
    );
  },
};
