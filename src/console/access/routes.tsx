/**
 * Coming in and going out: the first run, signing in, the second factor, signing out. Every step has a session secret of its own.
 * These routes stand outside the table of actions because nobody is signed in yet; the matrix test knows each by name.
 */
import type { Hono } from 'hono';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { PRIVATE_CLIENTS } from '../../config.js';
import { createCidrSet } from '../../matching/address.js';
import type { SessionRow } from '../../store/access-rows.js';
import type { UserRow } from '../../store/rows.js';
import { goTo, isHtmx, langOf, readForm, remoteAddress, safePlace, textOf, type Ctx, type Env, type Kit } from '../http.js';
import { Gate } from '../parts/layout.js';
import { asRefused, refused, type Refused } from '../refused.js';
import { wordsOf, type Lang, type T, type Words } from '../words.js';
import { deviceOf, needsSecondFactor, NO_COOKIE, PROOF_MS } from './session.js';
import { newRecoveryCodes, newSecret, picture, recoveryHash, spelled, stepOf } from './totp.js';

const MAX_FORM = 8_192;
const MAX_WRONG_CODES = 5;

interface Step {
  readonly c: Ctx;
  readonly lang: Lang;
  readonly t: T;
  readonly school: string;
  readonly here: string;
}

export function accessRoutes(app: Hono<Env>, kit: Kit): void {
  const { env, sessions, proof } = kit;
  const lan = createCidrSet(PRIVATE_CLIENTS);

  const stepFor = (c: Ctx, session: SessionRow | null): Step => {
    const lang = langOf(c, session);
    const url = new URL(c.req.url);
    return { c, lang, t: wordsOf(lang), school: env.snapshot().data.school.name, here: `${url.pathname}${url.search}` };
  };
  const read = (c: Ctx): SessionRow | null => sessions.read(c.req.header('cookie'));
  const stale = (session: SessionRow): boolean => session.stage === 'full' && env.now() - session.provedMs > PROOF_MS;
  const unclaimed = (): boolean => env.store.accounts.users().length === 0;

  /** Where an account goes once its password was right. */
  function onward(c: Ctx, user: UserRow, from: SessionRow | null, lang: Lang, back: string): Response {
    const stage = user.totp ? 'code' : needsSecondFactor(user.role) ? 'enrol' : 'full';
    const cookie = sessions.open(user, stage, { lang, device: deviceOf(c.req.header('user-agent')), from });
    if (stage === 'full') return arrived(c, user, back, cookie);
    return goTo(c, `${stage === 'code' ? '/ma-xac-thuc' : '/thiet-lap-xac-thuc'}?back=${encodeURIComponent(back)}`, cookie);
  }

  function arrived(c: Ctx, user: UserRow, back: string, cookie: string): Response {
    proof.cameIn(user, remoteAddress(c));
    env.store.audit.record({ kind: 'console', name: user.name }, 'login.ok', user.name, null, null);
    return goTo(c, back, cookie);
  }

  app.get('/khoi-dau', (c) => {
    if (!unclaimed()) return c.redirect('/dang-nhap', 303);
    return firstRunPage(stepFor(c, null), null, {});
  });
  app.post('/khoi-dau', async (c) => {
    const step = stepFor(c, null);
    const form = await readForm(c, MAX_FORM);
    const address = remoteAddress(c);
    const typed = { name: textOf(form, 'name').trim(), code: textOf(form, 'code').trim() };
    try {
      if (!lan.has(address)) throw refused('forbidden', 'Tài khoản đầu tiên chỉ tạo được từ mạng trong trường.', 'The first account can be made from the school network only.');
      if (!unclaimed()) throw refused('conflict', 'Đã có tài khoản quản trị; hãy đăng nhập.', 'There is an administrator already; sign in.');
      if (!/^[a-z0-9][a-z0-9._-]{1,31}$/.test(typed.name)) throw refused('input', 'Tên tài khoản gồm 2–32 chữ thường không dấu, chữ số, dấu chấm, gạch dưới, gạch nối.', 'An account name is 2–32 of a–z, 0–9, dot, underscore, hyphen.');
      if (textOf(form, 'password') !== textOf(form, 'again')) throw refused('input', 'Hai lần nhập mật khẩu không giống nhau.', 'The two passwords are not the same.');
      const user = await env.store.accounts.claimFirstAdmin(typed.code, typed.name, textOf(form, 'password'), env.now());
      if (user === null) throw refused('input', 'Mã dùng một lần sai, đã dùng hoặc đã hết hạn; khởi động lại cổng lọc để có mã mới.', 'The one-time code is wrong, used or expired; restart the gateway for a new one.');
      return onward(c, user, null, step.lang, '/');
    } catch (error) {
      return firstRunPage(step, asRefused(error), typed);
    }
  });

  app.get('/dang-nhap', (c) => {
    if (unclaimed()) return c.redirect('/khoi-dau', 303);
    const session = read(c);
    if (session?.stage === 'full') return c.redirect(safePlace(c.req.query('back') ?? '/'), 303);
    return signInPage(stepFor(c, session), null, '', c.req.query('back') ?? '/');
  });
  app.post('/dang-nhap', async (c) => {
    const session = read(c);
    const step = stepFor(c, session);
    const form = await readForm(c, MAX_FORM);
    const name = textOf(form, 'name').trim().normalize('NFC');
    const back = safePlace(textOf(form, 'back') || '/');
    try {
      const user = await proof.password(name, textOf(form, 'password'), remoteAddress(c));
      if (user === null) throw refused('sign-in', 'Tên tài khoản hoặc mật khẩu không đúng.', 'The account name or the password is not right.');
      return onward(c, user, session, step.lang, back);
    } catch (error) {
      return signInPage(step, asRefused(error), name, back);
    }
  });

  app.get('/ma-xac-thuc', (c) => {
    const session = read(c);
    if (session?.stage !== 'code') return c.redirect('/dang-nhap', 303);
    return codePage(stepFor(c, session), null, c.req.query('back') ?? '/');
  });
  app.post('/ma-xac-thuc', async (c) => {
    const session = read(c);
    if (session?.stage !== 'code') return goTo(c, '/dang-nhap');
    const step = stepFor(c, session);
    const form = await readForm(c, MAX_FORM);
    const back = safePlace(textOf(form, 'back') || '/');
    try {
      if (!proof.code(session.user, textOf(form, 'code'), remoteAddress(c))) {
        const memory = sessions.memory(session);
        memory.wrongCodes += 1;
        if (memory.wrongCodes >= MAX_WRONG_CODES) {
          sessions.end(session);
          return goTo(c, '/dang-nhap', NO_COOKIE);
        }
        throw refused('input', 'Mã không đúng hoặc đã dùng; hãy đợi mã mới trên điện thoại rồi nhập lại.', 'The code is wrong or used; wait for the next one.');
      }
      const cookie = sessions.open(session.user, 'full', { lang: session.lang, device: session.device, from: session });
      return arrived(c, session.user, back, cookie);
    } catch (error) {
      return codePage(step, asRefused(error), back);
    }
  });

  app.get('/thiet-lap-xac-thuc', async (c) => {
    const session = read(c);
    if (session === null || session.stage === 'code') return c.redirect('/dang-nhap', 303);
    return enrolPage(stepFor(c, session), session, null, c.req.query('back') ?? '/');
  });
  app.post('/thiet-lap-xac-thuc', async (c) => {
    const session = read(c);
    if (session === null || session.stage === 'code') return goTo(c, '/dang-nhap');
    const step = stepFor(c, session);
    const form = await readForm(c, MAX_FORM);
    const back = safePlace(textOf(form, 'back') || '/');
    const memory = sessions.memory(session);
    try {
      const used = memory.enrolling === null ? null : stepOf(memory.enrolling, textOf(form, 'code'), env.now());
      if (memory.enrolling === null || used === null) throw refused('input', 'Mã không đúng; hãy nhập sáu chữ số đang hiện trên điện thoại.', 'The code is not right; type the six digits your phone shows now.');
      // Whoever sits down at an open session must not be able to put a phone of theirs in the place of the owner's.
      if (stale(session) && (await proof.password(session.user.name, textOf(form, 'password'), remoteAddress(c))) === null) {
        throw refused('input', 'Mật khẩu không đúng.', 'The password is not right.');
      }
      const codes = newRecoveryCodes();
      env.store.secondFactor.enrol(session.user.name, memory.enrolling, used, codes.map(recoveryHash), { kind: 'console', name: session.user.name });
      env.store.sessions.endOthers(session.user.name, session.hash);
      const cookie = sessions.open(session.user, 'full', { lang: session.lang, device: session.device, from: session });
      if (session.stage !== 'full') arrived(c, session.user, back, cookie);
      c.header('Set-Cookie', cookie);
      return recoveryPage(step, codes, back);
    } catch (error) {
      return enrolPage(step, session, asRefused(error), back);
    }
  });

  app.post('/dang-xuat', (c) => {
    const session = read(c);
    if (session !== null) sessions.end(session);
    return goTo(c, '/dang-nhap', NO_COOKIE);
  });

  async function enrolPage(step: Step, session: SessionRow, wrong: Refused | null, back: string): Promise<Response> {
    const memory = sessions.memory(session);
    memory.enrolling ??= newSecret();
    const secret = memory.enrolling;
    const svg = await picture(secret, session.user.name);
    const { t } = step;
    return page(step, wrong?.status ?? 200, t('Xác thực hai bước', 'Two-step verification'), (
      <>
        <p>{t('Vai trò này đổi được điều mọi học sinh thấy, nên ngoài mật khẩu còn cần mã trên điện thoại.', 'This role can change what every pupil sees, so it needs a code from your phone too.')}</p>
        <ol class="steps">
          <li>{t('Mở ứng dụng xác thực (Google Authenticator, Microsoft Authenticator, Aegis …).', 'Open an authenticator app.')}</li>
          <li>{t('Quét hình dưới đây, hoặc nhập khóa.', 'Scan this picture, or type the key.')}
            <div class="qr-box">{raw(svg)}</div>
            <p class="key"><code>{spelled(secret)}</code></p>
          </li>
          <li>{t('Nhập sáu chữ số ứng dụng đang hiện.', 'Type the six digits it shows.')}</li>
        </ol>
        <form method="post" action="/thiet-lap-xac-thuc" class="form">
          <Wrong wrong={wrong} t={t} />
          <input type="hidden" name="back" value={back} />
          <CodeBox t={t} wrong={wrong !== null} />
          {stale(session) ? (
            <div class="field"><label for="password">{t('Mật khẩu của thầy/cô', 'Your password')}</label>
              <input id="password" name="password" type="password" required autocomplete="current-password" maxlength={1024} /></div>
          ) : null}
          <button>{t('Xong', 'Done')}</button>
        </form>
      </>
    ));
  }
}

function page(step: Step, status: number, title: string, body: Child): Response | Promise<Response> {
  // htmx swaps by part; these pages come whole
  if (isHtmx(step.c)) step.c.header('HX-Refresh', 'true');
  return step.c.html(<Gate lang={step.lang} t={step.t} title={title} school={step.school} here={step.here}>{body}</Gate>, status as 200);
}

function Wrong({ wrong, t }: { readonly wrong: { readonly words: Words } | null; readonly t: T }) {
  return wrong === null ? null : <p class="wrong" role="alert" id="wrong">{t(wrong.words.vi, wrong.words.en)}</p>;
}

function CodeBox({ t, wrong }: { readonly t: T; readonly wrong: boolean }) {
  return (
    <div class="field">
      <label for="code">{t('Mã sáu chữ số', 'Six-digit code')}</label>
      <input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required autofocus maxlength={30} {...(wrong ? { 'aria-invalid': 'true', 'aria-describedby': 'wrong' } : {})} />
    </div>
  );
}

function firstRunPage(step: Step, wrong: Refused | null, typed: { name?: string; code?: string }): Response | Promise<Response> {
  const { t } = step;
  const described = wrong === null ? {} : { 'aria-describedby': 'wrong' };
  return page(step, wrong?.status ?? 200, t('Tạo tài khoản quản trị đầu tiên', 'Make the first administrator'), (
    <form method="post" action="/khoi-dau" class="form">
      <p>{t('Mã dùng một lần được in ra ở cửa sổ chạy cổng lọc, dùng được trong 60 phút.', 'The one-time code is printed where the gateway was started and is good for 60 minutes.')}</p>
      <Wrong wrong={wrong} t={t} />
      <input type="hidden" name="lang" value={step.lang} />
      <div class="field"><label for="setup">{t('Mã dùng một lần', 'One-time code')}</label>
        <input id="setup" name="code" type="text" required autocomplete="off" autocapitalize="characters" maxlength={40} value={typed.code ?? ''} {...described} /></div>
      <div class="field"><label for="name">{t('Tên tài khoản', 'Account name')}</label>
        <input id="name" name="name" type="text" required autocomplete="username" autocapitalize="none" maxlength={32} value={typed.name ?? ''} {...described} /></div>
      <div class="field"><label for="password">{t('Mật khẩu', 'Password')}</label>
        <input id="password" name="password" type="password" required autocomplete="new-password" aria-describedby="rule" />
        <p class="hint" id="rule">{t('Ít nhất 14 ký tự, có chữ thường, chữ hoa, chữ số và ký tự khác. Một câu dài dễ nhớ là tốt nhất.', 'At least 14 characters: lower and upper case, digits, others. A long sentence is best.')}</p></div>
      <div class="field"><label for="again">{t('Nhập lại mật khẩu', 'Password again')}</label>
        <input id="again" name="again" type="password" required autocomplete="new-password" /></div>
      <button>{t('Tạo tài khoản', 'Make the account')}</button>
    </form>
  ));
}

function signInPage(step: Step, wrong: Refused | null, name: string, back: string): Response | Promise<Response> {
  const { t } = step;
  if (wrong?.retryAfterS != null) step.c.header('Retry-After', String(wrong.retryAfterS));
  return page(step, wrong?.status ?? 200, t('Đăng nhập', 'Sign in'), (
    <form method="post" action={step.lang === 'en' ? '/dang-nhap?lang=en' : '/dang-nhap'} class="form">
      <Wrong wrong={wrong} t={t} />
      <input type="hidden" name="back" value={safePlace(back)} />
      <div class="field"><label for="name">{t('Tên tài khoản', 'Account name')}</label>
        <input id="name" name="name" type="text" required autocomplete="username" autocapitalize="none" maxlength={64} value={name} autofocus /></div>
      <div class="field"><label for="password">{t('Mật khẩu', 'Password')}</label>
        <input id="password" name="password" type="password" required autocomplete="current-password" maxlength={1024} /></div>
      <button>{t('Đăng nhập', 'Sign in')}</button>
      <p class="hint">{t('Quên mật khẩu? Nhờ quản trị đặt lại; quản trị đặt lại ngay trên máy chạy cổng lọc: luytre users set TÊN --password …', 'Forgotten? Ask the administrator, who can reset it on the gateway itself.')}</p>
    </form>
  ));
}

function codePage(step: Step, wrong: Refused | null, back: string): Response | Promise<Response> {
  const { t } = step;
  if (wrong?.retryAfterS != null) step.c.header('Retry-After', String(wrong.retryAfterS));
  return page(step, wrong?.status ?? 200, t('Xác thực hai bước', 'Two-step verification'), (
    <form method="post" action="/ma-xac-thuc" class="form">
      <p>{t('Nhập mã đang hiện trên ứng dụng xác thực, hoặc một mã dự phòng nếu mất điện thoại.', 'Type the code your authenticator shows, or one of your recovery codes.')}</p>
      <Wrong wrong={wrong} t={t} />
      <input type="hidden" name="back" value={safePlace(back)} />
      <CodeBox t={t} wrong={wrong !== null} />
      <button>{t('Tiếp tục', 'Go on')}</button>
    </form>
  ));
}

function recoveryPage(step: Step, codes: readonly string[], back: string): Response | Promise<Response> {
  const { t } = step;
  return page(step, 200, t('Mã dự phòng', 'Recovery codes'), (
    <>
      <p>{t('Nếu mất điện thoại, mỗi mã dưới đây đăng nhập được một lần. Hãy in hoặc chép ra giấy, cất nơi khóa được: trang này chỉ hiện một lần.', 'If you lose your phone, each of these lets you in once. Print them or write them down and lock them away: they are shown once.')}</p>
      <ul class="codes">{codes.map((code) => <li><code>{code}</code></li>)}</ul>
      <p><a class="button" href={safePlace(back)}>{t('Đã cất, vào bảng điều khiển', 'I have them; go on')}</a></p>
    </>
  ));
}
