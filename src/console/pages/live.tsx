/** "Xem trực tiếp": ten minutes of what the gateway decides, for finding a fault. */
import { MINUTE_MS } from '../../local-time.js';
import type { Page } from '../page.js';
import { ActionForm, Field, Live, ProofField } from '../parts/form.js';

const ACTION_WORDS: Readonly<Record<string, readonly [string, string]>> = {
  allow: ['mở', 'open'], block: ['chặn', 'blocked'], restrict: ['hạn chế', 'restricted'], fail: ['không tới được', 'failed'],
};

export const livePage: Page = {
  path: '/xem-truc-tiep',
  title: { vi: 'Xem trực tiếp', en: 'Live view' },
  roles: ['it-admin'],
  nav: { group: 'machine', order: 20 },
  render(ctx) {
    const { t, env, format } = ctx;
    const untilMs = env.live.untilMs();
    if (untilMs === null) {
      return (
        <section class="card">
          <p>{t('Để tìm lỗi: mười phút những gì cổng lọc vừa quyết định, chỉ trong bộ nhớ, không lưu. Không có máy nào, không có đường dẫn; trang không ai liệt kê và phòng có dưới mười máy không hiện tên. Lần mở này được ghi vào nhật ký thao tác.', 'For finding a fault: ten minutes of what the gateway decides, in memory only. No device and no path; unlisted sites and rooms with fewer than ten devices are not named. Opening it is recorded.')}</p>
          <ActionForm ctx={ctx} action="live.open">
            <Field ctx={ctx} action="live.open" name="reason" maxlength={200} label={t('Lý do', 'Reason')} placeholder={t('Lớp 8A báo không mở được bài tập', 'Class 8A can’t open an exercise')} />
            <ProofField ctx={ctx} action="live.open" />
            <button>{t('Mở mười phút', 'Open for ten minutes')}</button>
          </ActionForm>
        </section>
      );
    }
    const category = (code: string | null): string => {
      const found = env.snapshot().data.categories.find((known) => known.code === code);
      return found === undefined ? '–' : t(found.name, found.nameEn);
    };
    return (
      <>
        <ActionForm ctx={ctx} action="live.close" class="inline"><button class="quiet">{t('Đóng và quên', 'Close and forget')}</button></ActionForm>
        <Live ctx={ctx} id="truc-tiep" seconds={3}>
          <p class="lead">{t(`Tự đóng lúc ${format.time(untilMs)}.`, `Closes by itself at ${format.time(untilMs)}.`)}</p>
          <div class="scroll" tabindex={0} role="region" aria-label={t('Các lượt vừa qua', 'What has just passed')}>
            <table>
              <thead><tr><th scope="col">{t('Phút', 'Minute')}</th><th scope="col">{t('Phòng', 'Room')}</th><th scope="col">{t('Trang', 'Site')}</th><th scope="col">{t('Nhóm', 'Category')}</th><th scope="col">{t('Kết quả', 'Verdict')}</th><th scope="col">{t('Lý do', 'Reason')}</th></tr></thead>
              <tbody>
                {env.live.rows().map((row) => (
                  <tr>
                    <td class="number">{format.time(row.minute * MINUTE_MS)}</td><td>{row.zone ?? '–'}</td><td>{row.domain ?? t('(không ghi tên)', '(not named)')}</td>
                    <td>{category(row.category)}</td><td>{t(...(ACTION_WORDS[row.action] ?? [row.action, row.action]))}</td><td><code>{row.reason}</code></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Live>
      </>
    );
  },
};
