/** "Chứng chỉ của trường": whether there is a CA, how devices come to trust it, how it is changed, how its key moves to another machine. */
import { PROFILE_IDS } from '../../store/values.js';
import { tlsSetting } from '../../policy/profile.js';
import type { SchoolCa } from '../../tls/authority.js';
import { fingerprintText } from '../../tls/export.js';
import { authorityNow, exportLeave } from '../actions/ca.js';
import type { Page, PageContext } from '../page.js';
import { profileName } from '../parts/checks.js';
import { ActionForm, Field, ProofField } from '../parts/form.js';
import { History } from '../parts/history.js';
import { Empty } from '../parts/layout.js';

export const caPage: Page = {
  path: '/quan-tri/chung-chi',
  title: { vi: 'Chứng chỉ của trường (CA)', en: "The school's CA" },
  roles: ['it-admin'],
  nav: { group: 'machine', order: 30 },
  render(ctx) {
    const { t } = ctx;
    const authority = authorityNow(ctx.env);
    return (
      <>
        <p class="lead">{t('Để trang chặn hiện được trên HTTPS, máy của trường cần tin chứng chỉ này. Không có nó việc lọc vẫn chạy, chỉ là trình duyệt báo lỗi kết nối thay cho trang chặn.', 'For the block page to show on HTTPS the devices must trust this certificate. Filtering works without it; the browser then shows a connection error.')}</p>
        {authority === null ? <MakeCa ctx={ctx} /> : (
          <>
            <section class="card">
              <h2>{t('Đang dùng', 'In force')}</h2>
              <CaFactsList ctx={ctx} ca={authority.signing} />
              {authority.next === null ? null : (
                <>
                  <h3>{t(`CA mới, ký từ ${ctx.format.day(authority.switchMs ?? 0)}`, `The coming one, signs from ${ctx.format.day(authority.switchMs ?? 0)}`)}</h3>
                  <CaFactsList ctx={ctx} ca={authority.next} />
                </>
              )}
              <Levels ctx={ctx} />
              <History ctx={ctx} object={authority.signing.issuing.fingerprint} />
            </section>
            <Devices ctx={ctx} />
            <Rotate ctx={ctx} rotating={authority.next !== null} />
            <KeyExport ctx={ctx} fingerprint={authority.signing.issuing.fingerprint} />
          </>
        )}
      </>
    );
  },
};

export function MakeCa({ ctx }: { readonly ctx: PageContext }) {
  const { t } = ctx;
  return (
    <Empty title={t('Trường chưa có CA', 'There is no CA yet')}>
      <p>{t(`CA sẽ mang tên «${ctx.env.snapshot().data.school.name}», sống 5 năm. Khóa nằm trên máy này, không vào bản sao lưu; chứng chỉ không bao giờ ký cho ngân hàng, y tế, thư, nhà nước.`, `It will be called “${ctx.env.snapshot().data.school.name}” and lives five years. The key stays on this machine, outside of backups; it never signs for banks, health, mail, government.`)}</p>
      <ActionForm ctx={ctx} action="ca.init" class="form centred">
        <ProofField ctx={ctx} action="ca.init" />
        <button>{t('Tạo CA của trường', 'Make the CA')}</button>
      </ActionForm>
    </Empty>
  );
}

export function CaFactsList({ ctx, ca }: { readonly ctx: PageContext; readonly ca: SchoolCa }) {
  const { t, format } = ctx;
  const { issuing } = ca;
  const over = issuing.notAfterMs <= ctx.nowMs;
  return (
    <dl class="facts">
      <dt>{t('Tên', 'Name')}</dt><dd>{/CN=(.*)/.exec(ca.certificate.subject)?.[1] ?? ''}</dd>
      <dt>{t('Dấu vân tay SHA-256', 'SHA-256 fingerprint')}</dt><dd><code>{fingerprintText(issuing.fingerprint)}</code></dd>
      <dt>{t('Hạn', 'Valid')}</dt><dd>{format.day(issuing.notBeforeMs)} – {format.day(issuing.notAfterMs)} {over ? <span class="tag warm">{t('đã hết hạn', 'expired')}</span> : null}</dd>
      <dt>{t('Không bao giờ ký cho', 'Never signs for')}</dt><dd>{format.number(issuing.excluded.length)} {t('tên (ngân hàng, y tế, thư …)', 'names (banks, health, mail …)')}</dd>
    </dl>
  );
}

function Levels({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const using = PROFILE_IDS.filter((id) => (env.store.settings.get(tlsSetting(id)) ?? 'name') !== 'name');
  return <p class="hint">{using.length === 0
    ? t('Chưa hồ sơ nào dùng CA: bật mức «trang chặn» cho từng hồ sơ ở trang Hồ sơ lọc, sau khi máy đã cài chứng chỉ.', 'No profile uses it yet: set a profile to “block page” once its devices trust the certificate.')
    : t(`Hồ sơ đang dùng: ${using.map((id) => profileName(ctx, id)).join(', ')}.`, `In use by: ${using.map((id) => profileName(ctx, id)).join(', ')}.`)}</p>;
}

/** What to fetch for which device and what to do with it. */
export function Devices({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const page = `http://${env.premises.addresses()[0] ?? '127.0.0.1'}:${env.premises.ports.pages}/ca`;
  const rows: readonly (readonly [string, string, string])[] = [
    ['windows', 'Windows', t('Tải tệp .cmd, bấm chuột phải, «Run as administrator». Nhiều máy: chạy tệp ấy qua phần mềm phòng máy hoặc Group Policy.', 'Download the .cmd and run it as administrator; for many devices through Group Policy.')],
    ['apple', 'iPhone, iPad, Mac', t('Mở tệp, vào Cài đặt › Đã tải về hồ sơ › Cài đặt; rồi Cài đặt chung › Giới thiệu › Cài đặt tin cậy chứng nhận › bật.', 'Open it, Settings › Profile Downloaded › Install; then General › About › Certificate Trust Settings › on.')],
    ['android', 'Android, ChromeOS', t('Tệp hướng dẫn kèm chứng chỉ: Cài đặt › Bảo mật › Cài đặt chứng chỉ › Chứng chỉ CA. Máy quản lý: đẩy qua Google Admin.', 'Steps with the certificate: Settings › Security › Install a certificate › CA. Managed devices: Google Admin.')],
    ['firefox', 'Firefox', t('Chép policies.json vào thư mục distribution của Firefox, cùng chứng chỉ dạng .crt.', 'Put policies.json into the distribution folder of Firefox, with the .crt.')],
    ['der', t('Chứng chỉ (.crt)', 'Certificate (.crt)'), t('Cho phần mềm quản lý máy, Group Policy, máy in, bảng tương tác.', 'For device management and anything else.')],
    ['pem', 'Linux (PEM)', t('Chép vào /usr/local/share/ca-certificates/ với đuôi .crt rồi chạy update-ca-certificates.', 'Into /usr/local/share/ca-certificates/ as .crt, then update-ca-certificates.')],
  ];
  return (
    <section class="card">
      <h2>{t('Cài lên máy của trường', 'Install on devices')}</h2>
      <p>{t('Trên từng máy, mở ', 'On a device open ')}<code>{page}</code>{t(' là có hướng dẫn. Hoặc tải ở đây và đẩy đi nhiều máy; luôn so dấu vân tay.', ' for the steps. Or download here and roll out; always compare the fingerprint.')}</p>
      <ul class="rows">
        {rows.map(([format, name, steps]) => (
          <li><span class="grow"><b>{name}</b><br /><small>{steps}</small></span><a class="button quiet" href={`/api/v1/ca/certificate?format=${format}`} download aria-label={t(`Tải cho ${name}`, `Download for ${name}`)}>{t('Tải', 'Download')}</a></li>
        ))}
      </ul>
    </section>
  );
}

function Rotate({ ctx, rotating }: { readonly ctx: PageContext; readonly rotating: boolean }) {
  const { t } = ctx;
  return (
    <section class="card">
      <h2>{t('Đổi CA', 'Change the CA')}</h2>
      {rotating ? <p>{t('Đang đổi: cả hai chứng chỉ đều được đưa ra ở trên. CA mới tự thay khi tới ngày.', 'A change is under way: both certificates are given out above. The new one takes over by itself.')}</p> : (
        <>
          <p>{t('Nên làm trước khi hết hạn 120 ngày. Cũ và mới cùng được tin 90 ngày, đủ để cài chứng chỉ mới lên mọi máy.', 'Best 120 days before it ends. Old and new are both trusted for 90 days.')}</p>
          <ActionForm ctx={ctx} action="ca.rotate" key_="overlap">
            <ProofField ctx={ctx} action="ca.rotate" key_="overlap" />
            <button class="quiet">{t('Đổi CA, có 90 ngày chuyển tiếp', 'Change it, with 90 days of overlap')}</button>
          </ActionForm>
        </>
      )}
      <details {...(ctx.form?.action === 'ca.rotate' && ctx.form.key === 'now' ? { open: true } : {})}>
        <summary>{t('Nghi khóa bị lộ?', 'May the key have been read?')}</summary>
        <p>{t('Đổi ngay hủy khóa cũ: mọi máy phải cài chứng chỉ mới thì trang chặn HTTPS mới hiện lại.', 'Changing at once destroys the old key: every device needs the new certificate before the block page shows again.')}</p>
        <ActionForm ctx={ctx} action="ca.rotate" key_="now">
          <input type="hidden" name="atOnce" value="true" />
          <ProofField ctx={ctx} action="ca.rotate" key_="now" />
          <button class="danger">{t('Đổi ngay, hủy khóa cũ', 'Change at once')}</button>
        </ActionForm>
      </details>
    </section>
  );
}

function KeyExport({ ctx, fingerprint }: { readonly ctx: PageContext; readonly fingerprint: string }) {
  const { t, env, format, nowMs } = ctx;
  const leave = exportLeave(env, fingerprint);
  const open = env.store.proposals.list(nowMs, 'open').find(({ change }) => change.kind === 'ca-export' && change.fingerprint === fingerprint);
  return (
    <section class="card">
      <h2>{t('Chuyển CA sang máy khác', 'Move the CA to another machine')}</h2>
      <p>{t('Bản sao lưu không có khóa CA. Thay máy mà muốn giữ CA thì xuất khóa ra tệp có mật khẩu, cần hiệu trưởng duyệt; trên máy mới: luytre ca import TỆP.', 'Backups do not hold the key. To keep the CA on a new machine export it into a sealed file, with the head’s leave; on the new machine: luytre ca import FILE.')}</p>
      {leave !== null ? (
        <ActionForm ctx={ctx} action="ca.export-key" saves>
          <p>{t(`Hiệu trưởng đã duyệt (${leave.decidedBy ?? ''}, ${format.moment(leave.decidedMs ?? 0, nowMs)}). Tải được một lần.`, `The head has approved (${leave.decidedBy ?? ''}, ${format.moment(leave.decidedMs ?? 0, nowMs)}). It can be downloaded once.`)}</p>
          <Field ctx={ctx} action="ca.export-key" name="passphrase" type="password" autocomplete="new-password" label={t('Mật khẩu của tệp', 'Passphrase')} hint={t('Ít nhất 14 ký tự, đủ chữ thường, chữ hoa, chữ số và ký tự khác. Không ai lấy lại được nếu quên.', 'At least 14 characters of four kinds. Nobody can recover it.')} />
          <Field ctx={ctx} action="ca.export-key" name="again" type="password" autocomplete="new-password" label={t('Nhập lại', 'Again')} />
          <ProofField ctx={ctx} action="ca.export-key" />
          <button>{t('Tải tệp khóa', 'Download the key file')}</button>
        </ActionForm>
      ) : open !== undefined ? (
        <p class="note warm">{t(`Đề xuất số ${open.id} đang chờ hiệu trưởng duyệt, tới ${format.moment(open.expiresMs, nowMs)}.`, `Proposal ${open.id} waits for the head, until ${format.moment(open.expiresMs, nowMs)}.`)}</p>
      ) : (
        <ActionForm ctx={ctx} action="ca.propose-export">
          <Field ctx={ctx} action="ca.propose-export" name="reason" maxlength={500} label={t('Lý do gửi hiệu trưởng', 'Reason for the head')} placeholder={t('Thay máy cổng lọc', 'New gateway machine')} />
          <button class="quiet">{t('Gửi đề xuất', 'Propose it')}</button>
        </ActionForm>
      )}
    </section>
  );
}
