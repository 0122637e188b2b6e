/** "Tài khoản": who works with the gateway, as what, in which rooms. */
import { ROLES, userRow } from '../actions/users.js';
import type { Page, PageContext } from '../page.js';
import { Checks } from '../parts/checks.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import { History } from '../parts/history.js';
import { roleWords } from '../parts/layout.js';
import { byName, folded } from '../words.js';
import type { UserRow } from '../../store/rows.js';

export const usersPage: Page = {
  path: '/quan-tri/tai-khoan',
  title: { vi: 'Tài khoản', en: 'Accounts' },
  roles: ['it-admin'],
  nav: { group: 'people', order: 10 },
  render(ctx) {
    const { t, env, query } = ctx;
    const users = env.store.accounts.users();
    const rooms = env.store.rooms.rooms(ctx.nowMs);
    const sought = folded(query.get('tim') ?? '').trim();
    const shown = users.filter((user) => sought === '' || folded(`${user.name} ${roleWords(t, user.role)}`).includes(sought)).sort((a, b) => byName(a.name, b.name));
    return (
      <>
        <p class="lead">{t('Mỗi người một tài khoản. Mật khẩu đầu tiên dùng một lần; đăng nhập xong người ấy tự đặt mật khẩu của mình.', 'One account a person. The first password is good once; its owner then sets their own.')}</p>
        <section class="card">
          {users.length < 8 ? null : (
            <form method="get" action="/quan-tri/tai-khoan" class="search" role="search">
              <label for="tim">{t('Tìm tài khoản, vai trò', 'Find an account or role')}</label>
              <input id="tim" name="tim" type="search" value={query.get('tim') ?? ''} maxlength={60} />
              <button class="quiet">{t('Tìm', 'Find')}</button>
            </form>
          )}
          {shown.length === 0 ? <p>{t('Không có tài khoản nào khớp.', 'No account matches.')}</p> : null}
          <ul class="rows">
            {shown.map((user) => (
              <li>
                <span class="grow"><b><a href={`/quan-tri/tai-khoan/${encodeURIComponent(user.name)}`}>{user.name}</a></b> <span class="tag">{roleWords(t, user.role)}</span><br />
                  <small>{rooms.filter((room) => room.user === user.name).map((room) => room.zone).join(', ')}</small></span>
                <Standing ctx={ctx} user={user} />
              </li>
            ))}
          </ul>
        </section>
        <section class="card" id="them">
          <h2>{t('Thêm tài khoản', 'Add an account')}</h2>
          <AddUser ctx={ctx} />
          <p class="hint"><a href="/quan-tri/nhap">{t('Nhiều người: nhập từ bảng tính', 'Many people: import a spreadsheet')}</a></p>
        </section>
      </>
    );
  },
};

export function AddUser({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const zones = env.store.policies.zones().map(({ name }) => name).sort(byName);
  return (
    <ActionForm ctx={ctx} action="user.add">
      <Field ctx={ctx} action="user.add" name="name" maxlength={32} autocomplete="off" label={t('Tên tài khoản', 'Account name')} placeholder="co.lan" hint={t('Chữ thường không dấu, số, dấu chấm.', 'a–z, 0–9, dots.')} />
      <Field ctx={ctx} action="user.add" name="role" label={t('Vai trò', 'Role')} value="teacher" options={ROLES.map((role) => ({ value: role, label: roleWords(t, role) }))} />
      {zones.length === 0 ? null : (
        <Checks ctx={ctx} action="user.add" name="rooms" legend={t('Phòng được giao (chỉ giáo viên)', 'Rooms (teachers only)')} ticked={[]} options={zones.map((zone) => ({ value: zone, label: zone }))} />
      )}
      <ProofField ctx={ctx} action="user.add" />
      <button>{t('Thêm', 'Add')}</button>
    </ActionForm>
  );
}

function Standing({ ctx, user }: { readonly ctx: PageContext; readonly user: UserRow }) {
  const { t } = ctx;
  if (user.disabled) return <span class="tag warm">{t('đã khóa', 'disabled')}</span>;
  if (user.oneTimeUntilMs !== null) return <span class="tag warm">{user.oneTimeUntilMs <= ctx.nowMs ? t('mật khẩu dùng một lần đã hết hạn', 'one-time password expired') : t('chưa đặt mật khẩu riêng', 'no own password yet')}</span>;
  return user.totp ? <span class="tag">{t('hai bước', 'two steps')}</span> : null;
}

export const userPage: Page = {
  path: '/quan-tri/tai-khoan/:name',
  title: { vi: 'Tài khoản', en: 'Account' },
  roles: ['it-admin'],
  render(ctx) {
    const { t, env } = ctx;
    const user = userRow(env, ctx.params['name'] ?? '');
    const mine = user.name === ctx.who.name;
    const sessions = env.store.sessions.ofUser(user.name);
    return (
      <>
        <p class="lead"><a href="/quan-tri/tai-khoan">{t('Mọi tài khoản', 'All accounts')}</a> · <b>{user.name}</b> · {roleWords(t, user.role)} <Standing ctx={ctx} user={user} /></p>
        {mine ? <p class="note">{t('Đây là tài khoản thầy/cô đang dùng: vai trò, khóa, xóa thì nhờ quản trị khác; mật khẩu và điện thoại đổi ở ', 'This is your own account: another administrator changes its role; password and phone are changed at ')}<a href="/tai-khoan">{t('Tài khoản của tôi', 'My account')}</a>.</p> : null}
        {user.role === 'teacher' && !user.disabled ? <Rooms ctx={ctx} user={user} /> : null}
        <section class="card">
          <h2>{t('Phiên đang mở', 'Open sessions')}</h2>
          <p>{sessions.length === 0 ? t('Không có.', 'None.') : sessions.map((session) => `${session.device} (${ctx.format.moment(session.seenMs, ctx.nowMs)})`).join(' · ')}</p>
          {sessions.length === 0 ? null : <One ctx={ctx} user={user} action="user.end-sessions" label={t('Kết thúc mọi phiên', 'End all sessions')} />}
        </section>
        <section class="card"><History ctx={ctx} object={user.name} title={t('Ai đã đổi tài khoản này', 'Who changed this account')} /></section>
        {mine ? null : (
          <>
            <section class="card">
              <h2>{t('Không đăng nhập được?', "Can't sign in?")}</h2>
              <p>{t('Quên mật khẩu: cấp mật khẩu dùng một lần. Mất điện thoại: bỏ xác thực hai bước, lần đăng nhập sau thiết lập lại. Hãy chắc chắn người nhờ đúng là chủ tài khoản.', 'Forgotten: give a one-time password. Phone lost: forget the second factor. Make sure that the one who asks is its owner.')}</p>
              <One ctx={ctx} user={user} action="user.reset-password" label={t('Cấp mật khẩu dùng một lần', 'Give a one-time password')} proof />
              {user.totp ? <One ctx={ctx} user={user} action="user.reset-totp" label={t('Bỏ xác thực hai bước', 'Forget the second factor')} proof /> : null}
            </section>
            <section class="card">
              <h2>{t('Vai trò', 'Role')}</h2>
              <ActionForm ctx={ctx} action="user.role">
                <input type="hidden" name="name" value={user.name} />
                <Field ctx={ctx} action="user.role" name="role" label={t('Vai trò', 'Role')} value={user.role} options={ROLES.map((role) => ({ value: role, label: roleWords(t, role) }))} />
                <ProofField ctx={ctx} action="user.role" />
                <button>{t('Đổi vai trò', 'Change the role')}</button>
              </ActionForm>
            </section>
            <section class="card">
              <h2>{t('Khóa, xóa', 'Disable, remove')}</h2>
              <p>{t('Nghỉ tạm thì khóa: mở lại được bất cứ lúc nào. Xóa thì không lấy lại được; nhật ký vẫn giữ việc người ấy đã làm.', 'Disable for a pause: it can be enabled any time. What is removed does not come back; the record of what they did stays.')}</p>
              {user.disabled
                ? <One ctx={ctx} user={user} action="user.enable" label={t('Mở khóa', 'Enable')} proof />
                : <One ctx={ctx} user={user} action="user.disable" label={t('Khóa tài khoản', 'Disable')} />}
              <One ctx={ctx} user={user} action="user.remove" label={t(`Xóa ${user.name}`, `Remove ${user.name}`)} proof danger />
            </section>
          </>
        )}
      </>
    );
  },
};

function One({ ctx, user, action, label, proof, danger }: { readonly ctx: PageContext; readonly user: UserRow; readonly action: string; readonly label: string; readonly proof?: boolean; readonly danger?: boolean }) {
  return (
    <ActionForm ctx={ctx} action={action} class={proof === true && ctx.proofStale ? 'form apart' : 'inline'}>
      <input type="hidden" name="name" value={user.name} />
      {proof === true ? <ProofField ctx={ctx} action={action} /> : null}
      <button class={danger === true ? 'danger' : 'quiet'}>{label}</button>
    </ActionForm>
  );
}

function Rooms({ ctx, user }: { readonly ctx: PageContext; readonly user: UserRow }) {
  const { t, env } = ctx;
  const zones = env.store.policies.zones().map(({ name }) => name).sort(byName);
  const held = env.store.rooms.rooms(ctx.nowMs, user.name);
  const lent = held.filter((room) => room.untilMs !== null);
  return (
    <section class="card">
      <h2>{t('Phòng được giao', 'Rooms')}</h2>
      {zones.length === 0 ? <p>{t('Trường chưa có phòng nào. ', 'There is no room yet. ')}<a href="/quan-tri/phong">{t('Thêm phòng', 'Add one')}</a></p> : (
        <ActionForm ctx={ctx} action="user.rooms">
          <input type="hidden" name="name" value={user.name} />
          <Checks ctx={ctx} action="user.rooms" name="rooms" legend={t('Phòng', 'Rooms')} ticked={held.filter((room) => room.untilMs === null).map((room) => room.zone)} options={zones.map((zone) => ({ value: zone, label: zone }))}
            hint={t('Phòng không giao cho ai thì mọi giáo viên đều đổi được hồ sơ của phòng.', 'A room given to nobody may be switched by every teacher.')} />
          <button>{t('Lưu', 'Save')}</button>
        </ActionForm>
      )}
      {lent.length === 0 ? null : <p class="hint">{t('Đang được bàn giao: ', 'Handed over for now: ')}{lent.map((room) => `${room.zone} (${ctx.format.moment(room.untilMs ?? 0, ctx.nowMs)})`).join(', ')}</p>}
    </section>
  );
}
