/** "Quy tắc": the school's own allow and block rules, each with who, when and why, and where it has no effect. */
import { noteDead } from '../../policy/rule-effect.js';
import { deadNow, schoolRules, type SchoolRule } from '../actions/rules.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { History } from '../parts/history.js';
import { Empty } from '../parts/layout.js';
import { byName, folded } from '../words.js';

export const rulesPage: Page = {
  path: '/quy-tac',
  title: { vi: 'Quy tắc', en: 'Rules' },
  roles: ['it-admin', 'head'],
  nav: { group: 'filter', order: 50 },
  render(ctx) {
    const { t, env, who, query } = ctx;
    const search = (query.get('tim') ?? '').slice(0, 100);
    const all = schoolRules(env);
    const rules = all.filter((rule) => folded(`${rule.entry} ${rule.note ?? ''} ${rule.by}`).includes(folded(search))).sort((a, b) => byName(a.entry, b.entry));
    return (
      <>
        <p class="lead">{t('Quy tắc của trường đứng trên nhóm nội dung, dưới nhóm bị chặn cứng. Áp dụng trong vài giây, mọi phòng.', 'Rules stand above categories and below hard blocks. They take effect within seconds, in every room.')} <a href="/vi-sao">{t('Vì sao một trang bị chặn?', 'Why is a site blocked?')}</a></p>
        {who.role === 'it-admin' ? <AddRule ctx={ctx} /> : null}
        {all.length === 0 ? (
          <Empty title={t('Chưa có quy tắc riêng nào', 'No rule yet')}>
            <p>{t('Cổng lọc đang theo bộ quy tắc đi kèm. Gặp trang bị chặn nhầm, hoặc muốn chặn thêm một trang, hãy thêm quy tắc ở trên.', 'The shipped rules are in force. For a false block, or to block one more site, add a rule above.')}</p>
          </Empty>
        ) : (
          <section class="card">
            <h2>{t(`${all.length} quy tắc`, `${all.length} rules`)}</h2>
            <form method="get" class="find">
              <label for="tim">{t('Tìm', 'Find')}</label>
              <input id="tim" name="tim" type="search" value={search} placeholder={t('tên trang, ghi chú', 'host, note')} />
              <button class="quiet">{t('Tìm', 'Find')}</button>
            </form>
            {rules.length === 0 ? <p>{t('Không có quy tắc nào như vậy.', 'No such rule.')} <a href="/quy-tac">{t('Xem tất cả', 'Show all')}</a></p> : <ul class="rows">{rules.map((rule) => <Rule ctx={ctx} rule={rule} />)}</ul>}
          </section>
        )}
      </>
    );
  },
};

function AddRule({ ctx }: { readonly ctx: PageContext }) {
  const { t, env, form } = ctx;
  const back = form?.action === 'rule.add' ? form : null;
  const ticked = back?.values['profiles'];
  const wrong = back?.fields.get('profiles');
  return (
    <section class="card">
      <h2>{t('Thêm quy tắc', 'Add a rule')}</h2>
      <ActionForm ctx={ctx} action="rule.add">
        <Field ctx={ctx} action="rule.add" name="kind" label={t('Cho phép hay chặn', 'Allow or block')} value="allow"
          options={[{ value: 'allow', label: t('Cho phép', 'Allow') }, { value: 'block', label: t('Chặn', 'Block') }]} />
        <Field ctx={ctx} action="rule.add" name="host" maxlength={512} label={t('Tên trang', 'Host')} placeholder="olm.vn" value={ctx.query.get('trang')?.slice(0, 512) ?? ''}
          hint={t('Gồm cả tên con. =ten.vn: đúng tên ấy; ten.vn/bai-5: một phần của trang.', 'With its subdomains. =name.vn: just that name; name.vn/part: a part of it.')} />
        <fieldset {...(wrong === undefined ? {} : { 'aria-describedby': 'profiles-wrong' })}>
          <legend>{t('Cho hồ sơ nào', 'For which profiles')}</legend>
          <p class="hint">{t('Không chọn: mọi hồ sơ, trừ hồ sơ thi.', 'None: all but the exam profile.')}</p>
          <div class="ticks">
            {env.shipped().profiles.map((profile) => (
              <label class="tick"><input type="checkbox" name="profiles" value={profile.id} checked={ticked === profile.id || (Array.isArray(ticked) && ticked.includes(profile.id))} /> {t(profile.name, profile.nameEn)}</label>
            ))}
          </div>
          {wrong === undefined ? null : <p class="wrong" id="profiles-wrong">{t(wrong.vi, wrong.en)}</p>}
        </fieldset>
        <Field ctx={ctx} action="rule.add" name="note" required={false} maxlength={500} label={t('Ghi chú, lý do', 'Note')} placeholder={t('bài 5 Tin học 8', 'lesson 5')} />
        <button>{t('Thêm', 'Add')}</button>
      </ActionForm>
    </section>
  );
}

function Rule({ ctx, rule }: { readonly ctx: PageContext; readonly rule: SchoolRule }) {
  const { t, env, format, nowMs, who } = ctx;
  const dead = deadNow(env, rule);
  const names = rule.profiles?.map((id) => {
    const profile = env.shipped().profiles.find((known) => known.id === id);
    return profile === undefined ? id : t(profile.name, profile.nameEn);
  });
  const allow = rule.layer === 'school-allow';
  return (
    <li>
      <div class="grow">
        <span class={allow ? 'tag' : 'tag warm'}>{allow ? t('Cho phép', 'Allow') : t('Chặn', 'Block')}</span> <b class="host">{rule.entry}</b>
        <br /><small>{names === undefined ? t('mọi hồ sơ', 'all profiles') : names.join(', ')}{rule.note === null ? '' : ` · «${rule.note}»`} · {rule.by}, {format.moment(rule.atMs, nowMs)}</small>
        {dead === null ? null : <p class="note">{t(`Không có tác dụng: ${noteDead(dead).vi}`, `No effect: ${noteDead(dead).en}`)}</p>}
        <History ctx={ctx} object={`${rule.layer} ${rule.entry}`} />
      </div>
      {who.role === 'it-admin' ? (
        <ActionForm ctx={ctx} action="rule.remove" key_={String(rule.id)} class="inline">
          <input type="hidden" name="id" value={String(rule.id)} />
          <button class="quiet" aria-label={t(`Xóa quy tắc ${rule.entry}`, `Remove the rule on ${rule.entry}`)}>{t('Xóa', 'Remove')}</button>
        </ActionForm>
      ) : null}
    </li>
  );
}
