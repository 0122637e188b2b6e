/** The form of a room, to add one or to change it: the same fields in the list, on the room's own page and in the first-run wizard. */
import type { ZoneRow } from '../../store/rows.js';
import type { PageContext } from '../page.js';
import { Checks, profileOptions } from './checks.js';
import { ActionForm, Field } from './form.js';

interface ZoneFormProps {
  readonly ctx: PageContext;
  /** Null: a new one. */
  readonly zone: ZoneRow | null;
  readonly teachers: readonly string[];
}

export function ZoneForm({ ctx, zone, teachers }: ZoneFormProps) {
  const { t, env } = ctx;
  const action = zone === null ? 'zone.add' : 'zone.set';
  const at = { ctx, action };
  const people = env.store.accounts.users().filter((user) => user.role === 'teacher' && !user.disabled);
  return (
    <ActionForm ctx={ctx} action={action}>
      {zone === null ? null : <input type="hidden" name="zone" value={zone.name} />}
      <Field {...at} name="name" maxlength={40} autocomplete="off" label={t('Tên phòng', 'Name')} {...(zone === null ? { placeholder: t('Phòng máy 1', 'Lab 1') } : { value: zone.name, hint: t('Đổi tên thì tiết đang chạy, yêu cầu, thầy cô, số liệu đi theo phòng.', 'Give it another name and its lessons, requests, teachers and figures go with it.') })} />
      <Field {...at} name="profile" label={t('Hồ sơ lọc của phòng', 'Profile')} value={zone?.profile ?? 'thcs'} options={profileOptions(ctx)} />
      <Field {...at} name="cidrs" type="textarea" required={false} label={t('Dải địa chỉ, mỗi dòng một dải', 'Address ranges, one a line')} value={(zone?.cidrs ?? []).join('\n')}
        placeholder="192.168.10.0/24" hint={t('Cách thường dùng nhất. Hai phòng không dùng chung một dải; dải hẹp nằm trong dải rộng thì dải hẹp thắng.', 'The usual way. No two rooms share a range; a narrower range inside a wider one wins.')} />
      <details {...(zone !== null && (zone.macs.length > 0 || zone.port !== null || zone.login !== null) ? { open: true } : ctx.form?.action === action ? { open: true } : {})}>
        <summary>{t('Cách nhận ra khác: MAC, cổng riêng, tài khoản chung', 'Other signs: MAC, own port, shared login')}</summary>
        <div class="form">
          <p class="hint">{t('Cổng lọc nhận ra phòng theo thứ tự: cổng riêng, tài khoản chung, MAC, rồi dải địa chỉ hẹp nhất.', 'A room is told in this order: own port, shared login, MAC, then the narrowest range.')}</p>
          <Field {...at} name="macs" type="textarea" required={false} label={t('Địa chỉ MAC, mỗi dòng một máy', 'MAC addresses, one a line')} value={(zone?.macs ?? []).join('\n')} placeholder="3c:52:82:11:22:33" />
          <Field {...at} name="port" inputmode="numeric" required={false} maxlength={5} label={t('Cổng proxy riêng của phòng', 'Proxy port of its own')} value={zone?.port == null ? '' : String(zone.port)} placeholder="3140" />
          <Field {...at} name="login" required={false} maxlength={32} autocomplete="off" label={t('Tên tài khoản chung', 'Shared login')} value={zone?.login?.name ?? ''}
            hint={t('Của phòng, không bao giờ của một học sinh.', "The room's, never a pupil's.")} />
          <Field {...at} name="password" type="password" required={false} maxlength={200} autocomplete="new-password" label={t('Mật khẩu chung', 'Its password')}
            hint={zone?.login == null ? t('Ít nhất 6 ký tự.', 'At least 6 characters.') : t('Để trống thì giữ mật khẩu cũ.', 'Leave empty to keep it.')} />
        </div>
      </details>
      {people.length === 0 ? null : (
        <Checks ctx={ctx} action={action} name="teachers" legend={t('Thầy cô của phòng', 'Its teachers')} ticked={teachers} options={people.map(({ name }) => ({ value: name, label: name }))}
          hint={t('Không chọn ai thì mọi giáo viên đều đổi được hồ sơ của phòng.', 'Nobody ticked: every teacher may switch it.')} />
      )}
      <button>{zone === null ? t('Thêm phòng', 'Add the room') : t('Lưu', 'Save')}</button>
    </ActionForm>
  );
}
