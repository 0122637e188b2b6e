/** "Mã truy cập": for the school's own scripts; made, listed, revoked. */
import { ACTIONS } from '../actions/all.js';
import type { Page } from '../page.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import { Empty } from '../parts/layout.js';

export const tokensPage: Page = {
  path: '/ma-truy-cap',
  title: { vi: 'Mã truy cập API', en: 'API tokens' },
  roles: ['it-admin'],
  nav: { group: 'people', order: 20 },
  render(ctx) {
    const { t, env, format, who } = ctx;
    const tokens = env.store.tokens.list();
    const given = ACTIONS.filter((known) => known.proof !== true && known.roles.includes(who.role));
    const ticked = ctx.form?.values['actions'] ?? [];
    const wrong = ctx.form?.fields.get('actions');
    return (
      <>
        <p class="lead">{t('Cho chương trình của trường gọi /api/v1. Mô tả: ', 'For the school’s own scripts. Description: ')}<a href="/api/v1/openapi.json">/api/v1/openapi.json</a></p>
        {tokens.length === 0 ? <Empty title={t('Chưa cấp mã nào', 'No token yet')}><p>{t('Chỉ cấp khi có một chương trình cần dùng, với đúng những việc nó cần.', 'Make one only for a script that needs it, with no more actions than it needs.')}</p></Empty> : (
          <section class="card">
            <ul class="rows">
              {tokens.map((token) => (
                <li>
                  <span><b>{token.purpose}</b> <small>· {token.by}</small><br />
                    <small>{token.actions.join(', ')} · {t('đến', 'until')} {format.day(token.expiresMs)} · {token.usedDayMs === null ? t('chưa dùng', 'never used') : `${t('dùng gần nhất', 'last used')} ${format.day(token.usedDayMs)}`}</small></span>
                  <ActionForm ctx={ctx} action="token.remove" key_={String(token.id)} class="inline">
                    <input type="hidden" name="id" value={String(token.id)} />
                    <button class="quiet">{t('Thu hồi', 'Revoke')}</button>
                  </ActionForm>
                </li>
              ))}
            </ul>
          </section>
        )}
        <section class="card">
          <h2>{t('Cấp mã mới', 'Make one')}</h2>
          <ActionForm ctx={ctx} action="token.add">
            <Field ctx={ctx} action="token.add" name="purpose" maxlength={100} label={t('Dùng để làm gì', 'Purpose')} placeholder={t('Đổi hồ sơ theo thời khóa biểu của trường', 'Switch rooms from our timetable')} />
            <fieldset class="checks" {...(wrong === undefined ? {} : { 'aria-describedby': 'actions-wrong' })}>
              <legend>{t('Được làm những việc', 'Actions')}</legend>
              {given.map((known) => (
                <p><label><input type="checkbox" name="actions" value={known.name} checked={ticked === known.name || (Array.isArray(ticked) && ticked.includes(known.name))} /> <span>{t(known.about.vi, known.about.en)} <small><code>{known.name}</code></small></span></label></p>
              ))}
              {wrong === undefined ? null : <p class="wrong" id="actions-wrong">{t(wrong.vi, wrong.en)}</p>}
            </fieldset>
            <Field ctx={ctx} action="token.add" name="days" type="number" inputmode="numeric" value="90" label={t('Dùng được trong (ngày, tối đa 366)', 'Good for (days, at most 366)')} />
            <ProofField ctx={ctx} action="token.add" />
            <button>{t('Cấp mã', 'Make it')}</button>
          </ActionForm>
        </section>
      </>
    );
  },
};
