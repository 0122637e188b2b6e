/** "HTTPS": how far TLS is opened for each profile, hosts that are never decrypted, and hosts whose clients refuse the school's certificate. */
import { TLS_LEVELS, tlsSetting, type Profile } from '../../policy/profile.js';
import { LEVEL_WORDS } from '../../policy/proposal-diff.js';
import { suggestedExceptions } from '../actions/tls-exceptions.js';
import { levelOf } from '../matrix.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { History } from '../parts/history.js';

export const httpsPage: Page = {
  path: '/https',
  title: { vi: 'HTTPS và giải mã', en: 'HTTPS and decryption' },
  roles: ['it-admin', 'head'],
  nav: { group: 'filter', order: 40 },
  render(ctx) {
    const { t, env, who, format, nowMs } = ctx;
    const admin = who.role === 'it-admin';
    const exceptions = env.store.policies.tlsExceptions();
    const suggestions = suggestedExceptions(env);
    return (
      <>
        <p><a href="/ho-so">← {t('Về hồ sơ lọc', 'Back to the profiles')}</a></p>
        <div class="rooms">{env.shipped().profiles.map((profile) => <Level ctx={ctx} profile={profile} admin={admin} />)}</div>
        <section class="card">
          <h2>{t('Trang không bao giờ giải mã', 'Hosts never decrypted')}</h2>
          <p>{t('Ngân hàng, y tế, nhà nước, thư và trợ giúp đã được loại sẵn. Ở đây là trang trường loại thêm, cho mọi hồ sơ.', 'Banks, health, government, mail and help lines are excepted already. Here are the hosts the school adds, for every profile.')}</p>
          {exceptions.length === 0 ? <p>{t('Trường chưa loại thêm trang nào.', 'The school has excepted no host yet.')}</p> : (
            <ul class="rows">
              {exceptions.map((row) => (
                <li>
                  <span><b>{row.entry}</b>{row.note === null ? '' : ` · ${row.note}`}<br /><small>{row.by}, {format.moment(row.atMs, nowMs)}</small><History ctx={ctx} object={row.entry} /></span>
                  {admin ? (
                    <ActionForm ctx={ctx} action="tls-exception.remove" key_={row.entry} class="inline">
                      <input type="hidden" name="host" value={row.entry} />
                      <button class="quiet">{t('Thôi loại', 'Remove')}</button>
                    </ActionForm>
                  ) : null}
                </li>
              ))}
            </ul>
          )}
          {admin ? (
            <ActionForm ctx={ctx} action="tls-exception.add">
              <Field ctx={ctx} action="tls-exception.add" name="host" label={t('Tên trang', 'Host')} maxlength={300} placeholder="ungdung.vn" hint={t('Gồm cả tên con; viết =ten.vn cho đúng một tên.', 'With its subdomains; =name.vn for just that name.')} />
              <Field ctx={ctx} action="tls-exception.add" name="note" required={false} maxlength={500} label={t('Ghi chú', 'Note')} />
              <button>{t('Không giải mã trang này', 'Never decrypt it')}</button>
            </ActionForm>
          ) : null}
        </section>
        <section class="card">
          <h2>{t('Nên xem xét', 'Worth a look')}</h2>
          {suggestions.length === 0 ? <p>{t('30 ngày qua không có trang nào từ chối chứng chỉ của trường đáng kể.', 'No host refused the school’s certificate often enough in the last 30 days.')}</p> : (
            <>
              <p>{t('Ứng dụng mở các trang này từ chối chứng chỉ của trường. Nếu là ứng dụng dạy học bình thường thì loại ra; trang lạ thì hỏi trước, vì công cụ vượt rào cũng từ chối chứng chỉ.', 'Apps that open these hosts refuse the school’s certificate. Except ordinary school apps; ask first where you don’t know it, for tools that get round the filter refuse it too.')}</p>
              <ul class="rows">
                {suggestions.map((row) => (
                  <li>
                    <span><b>{row.host}</b><br /><small>{t(`${format.number(row.n)} lần trong ${row.days} ngày`, `${format.number(row.n)} times on ${row.days} days`)}</small></span>
                    {admin ? (
                      <ActionForm ctx={ctx} action="tls-exception.add" key_={row.host} class="inline">
                        <input type="hidden" name="host" value={`=${row.host}`} />
                        <button class="quiet">{t('Không giải mã', 'Never decrypt')}</button>
                      </ActionForm>
                    ) : null}
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
      </>
    );
  },
};

function Level({ ctx, profile, admin }: { readonly ctx: PageContext; readonly profile: Profile; readonly admin: boolean }) {
  const { t, env } = ctx;
  const level = levelOf(env, profile.id);
  const waiting = env.store.proposals.list(ctx.nowMs, 'open').find((row) => row.change.kind === 'tls-level' && row.change.profile === profile.id);
  return (
    <section class="card">
      <h2>{t(profile.name, profile.nameEn)}</h2>
      <p class="now"><strong>{t(LEVEL_WORDS[level].vi, LEVEL_WORDS[level].en)}</strong></p>
      {waiting === undefined ? null : <p class="note">{t(`Đề xuất số ${waiting.id} lên mức inspect đang chờ hiệu trưởng.`, `Proposal ${waiting.id} to go to inspect waits for the head.`)} <a href="/duyet">{t('Xem', 'See it')}</a></p>}
      {admin ? (
        <ActionForm ctx={ctx} action="tls.set" key_={profile.id} class="form switch">
          <input type="hidden" name="profile" value={profile.id} />
          <Field ctx={ctx} action="tls.set" key_={profile.id} name="level" label={t('Đổi thành', 'Change to')} value={level}
            options={TLS_LEVELS.map((value) => ({ value, label: `${value}${value === 'inspect' && level !== 'inspect' ? t(' (cần hiệu trưởng duyệt)', ' (needs the head’s approval)') : ''}` }))} />
          <Field ctx={ctx} action="tls.set" key_={profile.id} name="reason" required={false} maxlength={1000} label={t('Lý do', 'Reason')} hint={t('Bắt buộc khi lên mức inspect.', 'Needed for inspect.')} />
          <button class="quiet">{t('Đổi mức', 'Change the level')}</button>
        </ActionForm>
      ) : null}
      <History ctx={ctx} object={tlsSetting(profile.id)} />
    </section>
  );
}
