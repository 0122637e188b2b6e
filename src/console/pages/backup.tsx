/** "Sao lưu và phục hồi": a copy to keep elsewhere; a copy to come back to, with what it would replace. */
import { MOST_UPLOAD, stagedBackup } from '../actions/backup.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import { byName } from '../words.js';

export const backupPage: Page = {
  path: '/quan-tri/sao-luu',
  title: { vi: 'Sao lưu và phục hồi', en: 'Backup and restore' },
  roles: ['it-admin'],
  nav: { group: 'machine', order: 40 },
  render(ctx) {
    const { t } = ctx;
    const staged = stagedBackup(ctx.env);
    return (
      <>
        <section class="card">
          <h2>{t('Sao lưu', 'Backup')}</h2>
          <p>{t('Một tệp có mọi phòng, tài khoản, quy tắc, danh sách, giờ học, số liệu và nhật ký. Có mật khẩu (đã băm) và mã xác thực hai bước, nên cất ở nơi khóa được, trên máy khác. Không có khóa CA và lời nhắn gửi cán bộ tư vấn.', 'One file with rooms, accounts, rules, lists, school time, figures and the record. It holds password hashes and second factors: keep it locked away, on another machine. Without the CA key and the messages to the counsellor.')}</p>
          <ActionForm ctx={ctx} action="backup.download" saves>
            <ProofField ctx={ctx} action="backup.download" />
            <button>{t('Tải bản sao lưu', 'Download a backup')}</button>
          </ActionForm>
        </section>
        {staged === null ? (
          <section class="card">
            <h2>{t('Phục hồi', 'Restore')}</h2>
            <p>{t('Gửi tệp sao lưu lên để xem trong đó có gì. Bước này chưa thay gì cả; cổng lọc vẫn chạy.', 'Send a backup to see what is in it. This replaces nothing yet; the gateway keeps running.')}</p>
            <ActionForm ctx={ctx} action="restore.check" files>
              <Field ctx={ctx} action="restore.check" name="file" type="file" label={t('Tệp sao lưu', 'Backup file')} hint={t(`Tối đa ${MOST_UPLOAD / 2 ** 20} MiB; lớn hơn thì trên chính máy này: luytre restore TỆP`, `At most ${MOST_UPLOAD / 2 ** 20} MiB; larger ones on the machine itself: luytre restore FILE`)} />
              <ProofField ctx={ctx} action="restore.check" />
              <button class="quiet">{t('Xem bản sao lưu', 'Look at it')}</button>
            </ActionForm>
          </section>
        ) : <Staged ctx={ctx} />}
      </>
    );
  },
};

function Staged({ ctx }: { readonly ctx: PageContext }) {
  const { t, env, format, nowMs } = ctx;
  const staged = stagedBackup(env);
  if (staged === null) return null;
  const { facts } = staged;
  const zones = env.store.policies.zones().map(({ name }) => name);
  const users = env.store.accounts.users().map(({ name }) => name);
  const wrong = ctx.form?.action === 'restore.apply' ? ctx.form.fields.get('understood') : undefined;
  return (
    <section class="card">
      <h2>{t('Bản sao lưu này sẽ thay những gì', 'What this backup replaces')}</h2>
      <p>{facts.lastMs === null ? null : t(`Ghi lần cuối ${format.moment(facts.lastMs, nowMs)}.`, `Last written ${format.moment(facts.lastMs, nowMs)}.`)} {facts.older ? t('Của phiên bản cũ hơn, đã được nâng lên.', 'Of an older version, brought up to date.') : null}</p>
      <div class="scroll"><table>
        <thead><tr><th></th><th>{t('Bây giờ', 'Now')}</th><th>{t('Sau khi phục hồi', 'After it')}</th><th>{t('Mất', 'Gone')}</th></tr></thead>
        <tbody>
          <Compare ctx={ctx} name={t('Phòng', 'Rooms')} now={zones} then={facts.zones} />
          <Compare ctx={ctx} name={t('Tài khoản', 'Accounts')} now={users} then={facts.users} />
          <tr><th scope="row">{t('Quy tắc', 'Rules')}</th><td>{env.store.policies.rules().length}</td><td>{facts.rules}</td><td></td></tr>
          <tr><th scope="row">{t('Danh sách của trường', "School's lists")}</th><td>{env.store.policies.lists().filter((list) => list.origin !== 'shipped').length}</td><td>{facts.lists}</td><td></td></tr>
        </tbody>
      </table></div>
      <p>{t('Mật khẩu, xác thực hai bước, giờ học, thiết lập, số liệu đều trở về như trong bản sao lưu. Nhật ký thao tác thì không lùi: nó ghi tiếp việc phục hồi này. Mọi phiên kết thúc; đăng nhập lại bằng mật khẩu trong bản sao lưu. Việc lọc không gián đoạn.', 'Passwords, second factors, school time, settings and figures become those of the backup. The record does not go back: it goes on with this restore. All sessions end; sign in with the passwords of the backup. Filtering is not interrupted.')}</p>
      {facts.users.includes(ctx.who.name) ? null : <p class="note warm">{t(`Bản sao lưu không có tài khoản ${ctx.who.name}: thầy/cô sẽ phải đăng nhập bằng tài khoản khác.`, `The backup has no account ${ctx.who.name}: you will have to sign in with another.`)}</p>}
      <ActionForm ctx={ctx} action="restore.apply">
        <p class={wrong === undefined ? 'tick' : 'tick is-wrong'}><label><input type="checkbox" name="understood" value="true" {...(wrong === undefined ? {} : { 'aria-invalid': 'true', 'aria-describedby': 'understood-wrong' })} /> <span>{t('Tôi hiểu: dữ liệu hiện nay bị thay và không hoàn tác được. Tôi đã tải bản sao lưu của hôm nay.', 'I understand that what is there now is replaced for good. I have downloaded a backup of today.')}</span></label></p>
        {wrong === undefined ? null : <p class="wrong" id="understood-wrong">{t(wrong.vi, wrong.en)}</p>}
        <ProofField ctx={ctx} action="restore.apply" />
        <button class="danger">{t('Phục hồi từ bản này', 'Restore it')}</button>
      </ActionForm>
      <ActionForm ctx={ctx} action="restore.cancel" class="inline"><button class="quiet">{t('Bỏ, không phục hồi', 'Drop it')}</button></ActionForm>
    </section>
  );
}

function Compare({ name, now, then }: { readonly ctx: PageContext; readonly name: string; readonly now: readonly string[]; readonly then: readonly string[] }) {
  const gone = now.filter((one) => !then.includes(one)).sort(byName);
  return <tr><th scope="row">{name}</th><td>{now.length}</td><td>{then.length}</td><td>{gone.slice(0, 8).join(', ')}{gone.length > 8 ? ' …' : ''}</td></tr>;
}
