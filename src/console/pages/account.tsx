/** "Tài khoản của tôi": password, second factor, open sessions. */
import { sessionId } from '../actions/account.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import { roleWords } from '../parts/layout.js';

export const accountPage: Page = {
  path: '/tai-khoan',
  title: { vi: 'Tài khoản của tôi', en: 'My account' },
  roles: ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'],
  nav: { group: 'own', order: 30 },
  render(ctx) {
    const { t, who } = ctx;
    return (
      <>
        <p class="lead">{who.name} · {roleWords(t, who.role)}</p>
        {who.session?.user.oneTimeUntilMs == null ? null : <p class="note warm" role="status">{t('Thầy/cô vào bằng mật khẩu dùng một lần. Hãy đặt mật khẩu của mình ở dưới rồi đăng nhập lại; trước đó chưa làm được việc khác.', 'You came in with a one-time password. Set your own below and sign in again; nothing else can be done before.')}</p>}
        <section class="card">
          <h2>{t('Đổi mật khẩu', 'Change the password')}</h2>
          <ActionForm ctx={ctx} action="account.password">
            <Field ctx={ctx} action="account.password" name="password" type="password" autocomplete="new-password" label={t('Mật khẩu mới', 'New password')}
              hint={t('Ít nhất 14 ký tự, có chữ thường, chữ hoa, chữ số và ký tự khác.', 'At least 14 characters: lower and upper case, digits, others.')} />
            <Field ctx={ctx} action="account.password" name="again" type="password" autocomplete="new-password" label={t('Nhập lại mật khẩu mới', 'New password again')} />
            <ProofField ctx={ctx} action="account.password" />
            <button>{t('Đổi mật khẩu', 'Change it')}</button>
          </ActionForm>
        </section>
        <SecondFactor ctx={ctx} />
        <OpenSessions ctx={ctx} />
      </>
    );
  },
};

function SecondFactor({ ctx }: { readonly ctx: PageContext }) {
  const { t, who, env } = ctx;
  const on = who.session?.user.totp === true;
  return (
    <section class="card">
      <h2>{t('Xác thực hai bước', 'Two-step verification')}</h2>
      <p>{on
        ? t(`Đang bật. Còn ${env.store.secondFactor.recoveryLeft(who.name)} mã dự phòng.`, `On. ${env.store.secondFactor.recoveryLeft(who.name)} recovery codes left.`)
        : t('Chưa bật. Bật lên thì biết mật khẩu thôi không đăng nhập được.', 'Off. With it a password alone lets nobody in.')}</p>
      <p><a class="button quiet" href="/thiet-lap-xac-thuc?back=/tai-khoan">{on ? t('Đổi điện thoại hoặc lấy mã dự phòng mới', 'Change phone or get new codes') : t('Bật', 'Turn on')}</a></p>
    </section>
  );
}

function OpenSessions({ ctx }: { readonly ctx: PageContext }) {
  const { t, who, env, format, nowMs } = ctx;
  const open = env.store.sessions.ofUser(who.name);
  const mine = who.session === null ? '' : sessionId(who.session);
  return (
    <section class="card">
      <h2>{t('Các phiên đang mở', 'Open sessions')}</h2>
      <ul class="rows">
        {open.map((session) => (
          <li>
            <span><b>{session.device}</b><br /><small>{t('từ', 'since')} {format.moment(session.createdMs, nowMs)}, {t('dùng lần cuối', 'last used')} {format.moment(session.seenMs, nowMs)}</small></span>
            {sessionId(session) === mine ? <span class="tag">{t('phiên này', 'this one')}</span> : (
              <ActionForm ctx={ctx} action="account.end-session" key_={sessionId(session)} class="inline">
                <input type="hidden" name="id" value={sessionId(session)} />
                <button class="quiet">{t('Kết thúc', 'End')}</button>
              </ActionForm>
            )}
          </li>
        ))}
      </ul>
      {open.length > 1 ? (
        <ActionForm ctx={ctx} action="account.end-others" class="inline"><button class="quiet">{t('Kết thúc mọi phiên khác', 'End all others')}</button></ActionForm>
      ) : null}
    </section>
  );
}
