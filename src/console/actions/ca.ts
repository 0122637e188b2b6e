/** The school's CA: made, changed with an overlap, given out per device. The key leaves only sealed, once, with the head's leave. */
import { z } from 'zod';
import { checkStrength } from '../../store/passwords.js';
import { EXPORT_MS } from '../../store/proposals.js';
import type { ProposalRow } from '../../store/rows.js';
import { initAuthority, loadAuthority, rotateAuthority, settleAuthority, type Authority } from '../../tls/authority.js';
import { caSummary, caWish } from '../../tls/ca-wish.js';
import { EXPORT_FORMATS, exportCa, fileName, type ExportFormat } from '../../tls/export.js';
import { sealCa } from '../../tls/key-transfer.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { inField, refused, wrongField } from '../refused.js';
import { both, formatsOf } from '../words.js';

const ADMIN = ['it-admin'] as const;
const facts = z.object({ name: z.string(), fingerprint: z.string(), from: z.string(), until: z.string(), excluded: z.int(), addresses: z.array(z.string()) });

const FILES: Readonly<Record<ExportFormat, { readonly name: string; readonly type: string }>> = {
  pem: { name: 'luytre-ca.pem', type: 'application/x-pem-file' },
  der: { name: 'luytre-ca.crt', type: 'application/x-x509-ca-cert' },
  apple: { name: 'luytre-ca.mobileconfig', type: 'application/x-apple-aspen-config' },
  windows: { name: 'luytre-ca.cmd', type: 'application/octet-stream' },
  firefox: { name: 'policies.json', type: 'application/json' },
  android: { name: 'luytre-ca-android.txt', type: 'text/plain; charset=utf-8' },
};

/** @throws AuthorityError where its files can't be trusted or read */
export function authorityNow(env: ConsoleDeps): Authority | null {
  settleAuthority(env.premises.dataDir, env.now());
  return loadAuthority(env.premises.dataDir, env.now());
}

function inForce(env: ConsoleDeps): Authority {
  const authority = authorityNow(env);
  if (authority === null) throw refused('not-found', 'Trường chưa có CA; hãy tạo trước.', 'There is no CA yet; make one first.');
  return authority;
}

/** Leave to take this CA's key out, approved and not yet used. */
export function exportLeave(env: ConsoleDeps, fingerprint: string): ProposalRow | null {
  const nowMs = env.now();
  return env.store.proposals.list(nowMs, 'approved').find(({ change, usedMs, decidedMs }) => change.kind === 'ca-export' && change.fingerprint === fingerprint && usedMs === null && nowMs < (decidedMs ?? 0) + EXPORT_MS) ?? null;
}

function wish(env: ConsoleDeps): ReturnType<typeof caWish> {
  return caWish(env.snapshot().data.school.name, env.now());
}

export const caActions = [
  action({
    name: 'ca.status',
    method: 'GET',
    path: '/ca',
    about: { vi: 'CA của trường: dấu vân tay, hạn, CA sắp dùng', en: "The school's CA: fingerprint, validity, the coming one" },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({ current: facts.nullable(), next: facts.nullable(), signsFrom: z.string().nullable() }),
    run(env) {
      const authority = authorityNow(env);
      if (authority === null) return { value: { current: null, next: null, signsFrom: null } };
      const plain = (ca: Authority['signing']): z.output<typeof facts> => ({ ...caSummary(ca), addresses: [...caSummary(ca).addresses] });
      return { value: { current: plain(authority.signing), next: authority.next === null ? null : plain(authority.next), signsFrom: authority.switchMs === null ? null : new Date(authority.switchMs).toISOString() } };
    },
  }),
  action({
    name: 'ca.init',
    method: 'POST',
    path: '/ca',
    about: { vi: 'Tạo CA của trường, một lần', en: "Make the school's CA, once" },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({}),
    output: z.object({ fingerprint: z.string() }),
    run(env, who) {
      const made = initAuthority(env.premises.dataDir, wish(env));
      env.store.audit.record(who.actor, 'ca.init', made.issuing.fingerprint, null, caSummary(made));
      return {
        value: { fingerprint: made.issuing.fingerprint },
        say: {
          vi: 'Đã tạo CA. Trong vài giây bảng điều khiển cũng dùng chứng chỉ do CA này ký; trình duyệt có thể hỏi lại một lần.',
          en: 'The CA is made. In a few seconds the console uses a certificate it signed; the browser may ask once more.',
        },
      };
    },
  }),
  action({
    name: 'ca.rotate',
    method: 'POST',
    path: '/ca/rotate',
    about: { vi: 'Đổi CA: cũ và mới cùng được tin 90 ngày, hoặc đổi ngay khi nghi khóa bị lộ', en: 'Change the CA, with 90 days of overlap, or at once when the key may have been read' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ atOnce: z.boolean().optional().meta({ vi: 'Đổi ngay', en: 'At once' }) }),
    output: z.object({ fingerprint: z.string(), signsFrom: z.string() }),
    run(env, who, input) {
      const atOnce = input.atOnce === true;
      const made = rotateAuthority(env.premises.dataDir, wish(env), atOnce);
      env.store.audit.record(who.actor, atOnce ? 'ca.replace' : 'ca.rotate', made.issuing.fingerprint, null, caSummary(made));
      const fromMs = inForce(env).switchMs;
      return {
        value: { fingerprint: made.issuing.fingerprint, signsFrom: new Date(fromMs ?? env.now()).toISOString() },
        say: fromMs === null
          ? { vi: 'CA mới ký ngay từ bây giờ; khóa cũ đã hủy. Hãy gỡ chứng chỉ cũ và cài chứng chỉ mới trên mọi máy.', en: 'The new CA signs from now on; the old key is destroyed. Remove the old certificate and install the new one on every device.' }
          : { vi: `CA mới ký từ ${formatsOf('vi').day(fromMs)}. Trước ngày ấy hãy cài thêm chứng chỉ mới lên mọi máy.`, en: `The new CA signs from ${formatsOf('en').day(fromMs)}. Install its certificate on every device before then.` },
      };
    },
  }),
  action({
    name: 'ca.export',
    method: 'GET',
    path: '/ca/certificate',
    about: { vi: 'Tải chứng chỉ để cài lên máy; không bao giờ có khóa', en: 'The public certificate for devices; never the key' },
    roles: ['it-admin', 'teacher', 'head'],
    files: [...new Set(Object.values(FILES).map(({ type }) => type))],
    input: z.strictObject({
      format: z.enum(EXPORT_FORMATS).optional().meta({ vi: 'Dạng', en: 'Format' }),
      next: z.boolean().optional().meta({ vi: 'Chỉ CA sắp dùng', en: 'Only the coming one' }),
    }),
    output: z.object({}),
    run(env, _who, input) {
      const { signing, next } = inForce(env);
      if (input.next === true && next === null) throw refused('not-found', 'Không có CA nào sắp dùng.', 'There is no coming CA.');
      const chosen = (input.next === true ? [next] : [signing, next]).flatMap((ca) => (ca === null ? [] : [ca.certificate]));
      const format = input.format ?? 'pem';
      const { name, type } = FILES[format];
      const first = chosen[0];
      const bytes = exportCa({ format, certificates: chosen, school: env.snapshot().data.school.name });
      return { value: {}, file: { name: format === 'der' && first !== undefined ? fileName(first) : name, type, body: new Uint8Array(bytes) } };
    },
  }),
  action({
    name: 'ca.propose-export',
    method: 'POST',
    path: '/ca/key-export/proposal',
    about: { vi: 'Đề xuất xuất khóa CA để thay máy; hiệu trưởng duyệt', en: 'Ask the head for leave to export the key, to move to another machine' },
    roles: ADMIN,
    input: z.strictObject({ reason: z.string(both('Chưa điền lý do.', 'Fill in the reason.')).trim().min(3, both('Hãy viết lý do để hiệu trưởng đọc.', 'Write the reason for the head to read.')).max(500).meta({ vi: 'Lý do', en: 'Reason' }) }),
    output: z.object({ proposal: z.int() }),
    run(env, who, input) {
      const { fingerprint } = inForce(env).signing.issuing;
      const row = env.store.proposals.propose({ kind: 'ca-export', fingerprint }, input.reason, env.now(), env.shipped(), who.actor);
      return {
        value: { proposal: row.id },
        say: { vi: `Đã gửi đề xuất số ${row.id} cho hiệu trưởng. Duyệt xong, quay lại đây trong 24 giờ để tải khóa.`, en: `Proposal ${row.id} is with the head. Once it is approved, come back within 24 hours.` },
        undo: () => void env.store.proposals.withdraw(row.id, env.now(), who.actor),
      };
    },
  }),
  action({
    name: 'ca.export-key',
    method: 'POST',
    path: '/ca/key-export',
    about: { vi: 'Tải khóa CA trong tệp có mật khẩu, một lần, khi hiệu trưởng đã duyệt', en: 'The key, sealed, once, with the head’s leave' },
    roles: ADMIN,
    proof: true,
    files: ['application/octet-stream'],
    input: z.strictObject({
      passphrase: z.string(both('Chưa điền mật khẩu của tệp.', 'Fill in the passphrase.')).min(1).max(1_024).meta({ vi: 'Mật khẩu của tệp', en: 'Passphrase' }),
      again: z.string(both('Hãy nhập lại mật khẩu của tệp.', 'Repeat the passphrase.')).max(1_024).meta({ vi: 'Nhập lại', en: 'Again' }),
    }),
    output: z.object({}),
    run(env, who, input) {
      const { signing } = inForce(env);
      if (exportLeave(env, signing.issuing.fingerprint) === null) throw refused('forbidden', 'Hiệu trưởng chưa duyệt việc xuất khóa, hoặc lần duyệt ấy đã dùng hay đã quá 24 giờ.', 'The head has not approved it, or the leave was used or is older than 24 hours.');
      if (input.passphrase !== input.again) throw wrongField('again', 'Hai lần nhập không giống nhau.', 'The two are not the same.');
      inField('passphrase', () => checkStrength('\u0000', input.passphrase));
      // sealed before the leave is used up: what fails in between costs the school nothing
      const sealed = sealCa(signing, input.passphrase);
      env.store.proposals.useExport(signing.issuing.fingerprint, env.now(), who.actor);
      return { value: {}, file: { name: 'luytre-ca-key.pem', type: 'application/octet-stream', body: new TextEncoder().encode(sealed) } };
    },
  }),
];
