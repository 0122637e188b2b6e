/**
 * The audit trail in words: what an action is called, what changed from what to what, why. For the history beside an object, the auditor's
 * pages and the export. Pure. What it does not know it tells by its code: a record is never left out.
 */
import { plainText } from '../store/audit.js';
import type { AuditRow } from '../store/audit-rows.js';
import { byName, type Formats, type T, type Words } from './words.js';

/** Every action the trail can hold; test/console/audit-words.test.ts holds it against the source. */
export const AUDIT_WORDS: Readonly<Record<string, Words>> = {
  'lesson.start': { vi: 'bắt đầu tiết', en: 'started a lesson' },
  'lesson.end': { vi: 'kết thúc tiết', en: 'ended the lesson' },
  'lesson.undo': { vi: 'hoàn tác tiết vừa bắt đầu', en: 'took back the lesson just started' },
  'lesson.restore': { vi: 'hoàn tác việc kết thúc tiết', en: 'took back the end of the lesson' },
  'opening.add': { vi: 'mở tạm trang', en: 'opened a site for a while' },
  'opening.remove': { vi: 'đóng lại trang mở tạm', en: 'closed the opening' },
  'opening.restore': { vi: 'hoàn tác việc đóng trang', en: 'took back the closing' },
  'room.hand-over': { vi: 'bàn giao phòng', en: 'handed the room over' },
  'room.remove': { vi: 'bỏ phòng khỏi phân công', en: 'took the room off its list' },
  'room.restore': { vi: 'giao lại phòng', en: 'gave the room back' },
  'zone.add': { vi: 'thêm phòng', en: 'added the room' },
  'zone.set': { vi: 'sửa phòng', en: 'changed the room' },
  'zone.rename': { vi: 'đổi tên phòng', en: 'renamed the room' },
  'zone.remove': { vi: 'xóa phòng', en: 'removed the room' },
  'zone.restore': { vi: 'hoàn tác việc xóa phòng', en: 'took back the removal of the room' },
  'zone.teachers': { vi: 'đổi thầy cô phụ trách phòng', en: 'changed the teachers of the room' },
  'rule.add': { vi: 'thêm quy tắc', en: 'added the rule' },
  'rule.remove': { vi: 'xóa quy tắc', en: 'removed the rule' },
  'rule.restore': { vi: 'hoàn tác việc xóa quy tắc', en: 'took back the removal of the rule' },
  'cell.set': { vi: 'đổi mức của nhóm nội dung', en: 'changed the cell' },
  'cell.reset': { vi: 'đưa về mức mặc định', en: 'set the cell back to the default' },
  'list.put': { vi: 'nhập phiên bản danh sách', en: 'imported a version of the list' },
  'list.set': { vi: 'đổi cách dùng danh sách', en: 'changed what the list is for' },
  'list.rollback': { vi: 'lùi danh sách về phiên bản trước', en: 'rolled the list back' },
  'list.remove': { vi: 'xóa danh sách', en: 'removed the list' },
  'channel.deny': { vi: 'nhận danh sách chứng chỉ bị thu hồi từ kênh', en: 'took revocations from the channel' },
  'channel.forget': { vi: 'bỏ những gì đã nhận từ kênh', en: 'gave up what came from the channel' },
  'site-list.add': { vi: 'tạo danh sách trang', en: 'made the site list' },
  'site-list.set': { vi: 'sửa danh sách trang', en: 'changed the site list' },
  'site-list.remove': { vi: 'xóa danh sách trang', en: 'removed the site list' },
  'site-list.restore': { vi: 'khôi phục danh sách trang', en: 'restored the site list' },
  'request.answer': { vi: 'trả lời yêu cầu mở trang', en: 'answered the unblock request' },
  'request.reopen': { vi: 'mở lại yêu cầu', en: 'reopened the request' },
  'proposal.add': { vi: 'đề xuất, chờ người thứ hai duyệt', en: 'proposed, for a second person to approve' },
  'proposal.approve': { vi: 'duyệt đề xuất', en: 'approved the proposal' },
  'proposal.reject': { vi: 'từ chối đề xuất', en: 'rejected the proposal' },
  'proposal.withdraw': { vi: 'rút đề xuất', en: 'withdrew the proposal' },
  'proposal.expire': { vi: 'để đề xuất hết hạn', en: 'let the proposal expire' },
  'ca.init': { vi: 'tạo CA của trường', en: 'made the school’s CA' },
  'ca.rotate': { vi: 'chuẩn bị CA mới', en: 'prepared the next CA' },
  'ca.replace': { vi: 'thay CA ngay', en: 'replaced the CA at once' },
  'ca.import': { vi: 'nhập CA từ máy khác', en: 'imported the CA' },
  'ca.export-key': { vi: 'xuất khóa của CA', en: 'exported the CA’s key' },
  'tls-exception.add': { vi: 'loại trang khỏi giải mã', en: 'excepted the host from decryption' },
  'tls-exception.remove': { vi: 'thôi loại trang khỏi giải mã', en: 'ended the exception' },
  'setting.set': { vi: 'đổi thiết lập', en: 'changed the setting' },
  'bells.set': { vi: 'đổi giờ vào tiết', en: 'changed the bells' },
  'holiday.add': { vi: 'thêm ngày nghỉ', en: 'added a holiday' },
  'holiday.remove': { vi: 'xóa ngày nghỉ', en: 'removed a holiday' },
  'makeup.add': { vi: 'thêm ngày học bù', en: 'added a make-up day' },
  'makeup.remove': { vi: 'xóa ngày học bù', en: 'removed a make-up day' },
  'term.set': { vi: 'đổi học kỳ', en: 'changed the term' },
  'term.remove': { vi: 'xóa học kỳ', en: 'removed the term' },
  'school-time.import': { vi: 'nhập lịch năm học', en: 'imported the school’s calendar' },
  'user.add': { vi: 'thêm tài khoản', en: 'added the account' },
  'user.set': { vi: 'sửa tài khoản', en: 'changed the account' },
  'user.remove': { vi: 'xóa tài khoản', en: 'removed the account' },
  'setup-code.issue': { vi: 'cấp mã cài đặt lần đầu', en: 'issued the setup code' },
  'setup-code.claim': { vi: 'dùng mã cài đặt lần đầu', en: 'used the setup code' },
  'second-factor.enrol': { vi: 'bật xác thực hai bước', en: 'turned two-step verification on' },
  'second-factor.reset': { vi: 'tắt xác thực hai bước', en: 'turned two-step verification off' },
  'second-factor.recovery-used': { vi: 'dùng một mã dự phòng', en: 'used a recovery code' },
  'login.ok': { vi: 'đăng nhập', en: 'signed in' },
  'login.fail': { vi: 'nhập sai mật khẩu', en: 'gave a wrong password' },
  'login.code-fail': { vi: 'nhập sai mã xác thực', en: 'gave a wrong code' },
  'token.add': { vi: 'cấp mã truy cập API', en: 'made an API token' },
  'token.remove': { vi: 'thu hồi mã truy cập API', en: 'revoked the API token' },
  'live.open': { vi: 'mở màn hình theo dõi trực tiếp', en: 'opened the live view' },
  'live.close': { vi: 'đóng màn hình theo dõi trực tiếp', en: 'closed the live view' },
  'ticket.answer': { vi: 'trả lời lời nhắn của học sinh', en: 'answered a pupil’s message' },
  'ticket.close': { vi: 'khép lại lời nhắn của học sinh', en: 'closed a pupil’s message' },
  'ticket.reopen': { vi: 'hoàn tác ở lời nhắn của học sinh', en: 'took back a change to a pupil’s message' },
  'sessions.end': { vi: 'kết thúc các phiên', en: 'ended the sessions' },
  'restore.check': { vi: 'xem một bản sao lưu', en: 'looked at a backup' },
  backup: { vi: 'sao lưu dữ liệu', en: 'made a backup' },
  restore: { vi: 'khôi phục dữ liệu', en: 'restored a backup' },
};

const FIELDS: Readonly<Record<string, Words>> = {
  profile: { vi: 'Hồ sơ lọc', en: 'Profile' },
  profiles: { vi: 'Hồ sơ lọc', en: 'Profiles' },
  zone: { vi: 'Phòng', en: 'Room' },
  name: { vi: 'Tên', en: 'Name' },
  kind: { vi: 'Loại', en: 'Kind' },
  list: { vi: 'Danh sách', en: 'List' },
  fromMs: { vi: 'Từ', en: 'From' },
  untilMs: { vi: 'Đến', en: 'Until' },
  expiresMs: { vi: 'Hết hạn', en: 'Expires' },
  atMs: { vi: 'Lúc', en: 'At' },
  by: { vi: 'Người làm', en: 'By' },
  user: { vi: 'Tài khoản', en: 'Account' },
  users: { vi: 'Tài khoản', en: 'Accounts' },
  role: { vi: 'Vai trò', en: 'Role' },
  disabled: { vi: 'Khóa tài khoản', en: 'Disabled' },
  entry: { vi: 'Trang', en: 'Site' },
  entries: { vi: 'Số mục', en: 'Entries' },
  layer: { vi: 'Lớp quy tắc', en: 'Layer' },
  category: { vi: 'Nhóm nội dung', en: 'Category' },
  cell: { vi: 'Mức', en: 'Cell' },
  level: { vi: 'Mức', en: 'Level' },
  version: { vi: 'Phiên bản', en: 'Version' },
  cidrs: { vi: 'Dải địa chỉ', en: 'Address ranges' },
  macs: { vi: 'Số địa chỉ MAC', en: 'MAC addresses' },
  port: { vi: 'Cổng', en: 'Port' },
  login: { vi: 'Tài khoản chung của phòng', en: 'Shared room login' },
  timetable: { vi: 'Thời khóa biểu', en: 'Timetable' },
  state: { vi: 'Tình trạng', en: 'State' },
  actions: { vi: 'Được làm', en: 'May do' },
  replaced: { vi: 'Tiết bị thay', en: 'Lessons replaced' },
  openingsEnded: { vi: 'Trang mở tạm bị đóng', en: 'Openings ended' },
  lessons: { vi: 'Tiết', en: 'Lessons' },
  shield: { vi: 'Được bảo vệ', en: 'Shield' },
  source: { vi: 'Nguồn', en: 'Source' },
  license: { vi: 'Giấy phép', en: 'Licence' },
  fails: { vi: 'Số lần sai', en: 'Wrong tries' },
  left: { vi: 'Còn lại', en: 'Left' },
  recoveryCodes: { vi: 'Mã dự phòng', en: 'Recovery codes' },
  fingerprint: { vi: 'Dấu vân tay', en: 'Fingerprint' },
  used: { vi: 'Đã dùng', en: 'Used' },
  hosts: { vi: 'Trang', en: 'Sites' },
  day: { vi: 'Ngày', en: 'Day' },
  fromDay: { vi: 'Từ ngày', en: 'From' },
  toDay: { vi: 'Đến ngày', en: 'To' },
};
/** Said apart, in the person's own words. */
const WHY: readonly string[] = ['reason', 'note'];
/** Numbers of rows, and hashes the eye has no use for; the export has them whole. */
const UNSAID: ReadonlySet<string> = new Set(['id', 'base', 'sha256', 'addedMs', 'by', 'atMs', 'usedMs', 'createdMs', 'learning']);
/** Where none is nothing to tell. */
const NONE: ReadonlySet<string> = new Set(['replaced', 'openingsEnded', 'macs']);
/** A long list is counted, not read out. */
const MOST_ITEMS = 6;

const VALUES: Readonly<Record<string, Words>> = {
  true: { vi: 'có', en: 'yes' },
  false: { vi: 'không', en: 'no' },
  focus: { vi: 'chỉ mở danh sách', en: 'list only' },
  pause: { vi: 'tạm dừng Internet', en: 'Internet paused' },
  exam: { vi: 'giờ thi', en: 'exam' },
  open: { vi: 'đang chờ', en: 'waiting' },
  approved: { vi: 'đã duyệt', en: 'approved' },
  rejected: { vi: 'từ chối', en: 'rejected' },
  expired: { vi: 'hết hạn', en: 'expired' },
  withdrawn: { vi: 'đã rút', en: 'withdrawn' },
  closed: { vi: 'đã đóng', en: 'closed' },
  answered: { vi: 'đã trả lời', en: 'answered' },
  'it-admin': { vi: 'quản trị', en: 'administrator' },
  teacher: { vi: 'giáo viên', en: 'teacher' },
  head: { vi: 'ban giám hiệu', en: 'head' },
  counsellor: { vi: 'cán bộ tư vấn', en: 'counsellor' },
  auditor: { vi: 'kiểm tra', en: 'auditor' },
  'tls-level': { vi: 'mức HTTPS', en: 'HTTPS level' },
  loosen: { vi: 'nới lỏng', en: 'loosening' },
  'ca-export': { vi: 'xuất khóa CA', en: 'CA key export' },
};

export interface Saying {
  readonly t: T;
  readonly format: Formats;
  readonly nowMs: number;
  /** Name of a profile for people, or null where it is none. */
  profile(id: string): string | null;
}

export interface Change {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What was done, as a verb's part of a sentence; the bare code where there are no words. */
export function actionWords(t: T, action: string): string {
  const words = AUDIT_WORDS[action];
  return words === undefined ? action : t(words.vi, words.en);
}

/** Fields that differ; where one side is missing, what the other holds. */
export function changesOf(row: Pick<AuditRow, 'before' | 'after' | 'object'>, say: Saying): Change[] {
  const [before, after] = [parsed(row.before), parsed(row.after)];
  const [left, right] = [fieldsOf(before), fieldsOf(after)];
  if (left === null && right === null) {
    const [from, to] = [words(before, '', say), words(after, '', say)];
    return from === to ? [] : [{ name: '', before: from, after: to }];
  }
  const names = [...new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])].filter((name) => !UNSAID.has(name) && !WHY.includes(name));
  const changes = names.flatMap((name): Change[] => {
    const [from, to] = [words(left?.[name], name, say), words(right?.[name], name, say)];
    const label = FIELDS[name === 'entries' && typeof (right?.[name] ?? left?.[name]) !== 'number' ? 'hosts' : name];
    const spoken = label === undefined ? name : say.t(label.vi, label.en);
    if (from === null && to === null) return [];
    if (from === to) return same(left?.[name], right?.[name]) ? [] : [{ name: spoken, before: null, after: say.t('đã đổi', 'changed') }];
    // a name the object already says tells nothing
    return (from ?? to) === row.object ? [] : [{ name: spoken, before: from, after: to }];
  });
  if (left === null && before !== null) changes.unshift({ name: '', before: words(before, '', say), after: null });
  if (right === null && after !== null) changes.push({ name: '', before: null, after: words(after, '', say) });
  return changes;
}

export function changeText(change: Change): string {
  const value = change.before === null ? (change.after ?? '') : change.after === null ? change.before : `${change.before} → ${change.after}`;
  return change.name === '' ? value : `${change.name}: ${value}`;
}

/** The reason a person gave, or null. */
export function reasonOf(row: Pick<AuditRow, 'before' | 'after'>): string | null {
  for (const side of [row.after, row.before]) {
    const fields = fieldsOf(parsed(side));
    for (const name of WHY) {
      const value = fields?.[name];
      if (typeof value === 'string' && value !== '') return plainText(value, 500);
    }
  }
  return null;
}

function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    // a bare text, or a value that was cut at its bound
    return text;
  }
}

/** An object's fields, those of an object inside it beside them; null for anything else. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const out: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) Object.assign(out, inner);
    else out[name] = inner;
  }
  return out;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** Null where there is nothing to say: absent, empty, none. */
function words(value: unknown, name: string, say: Saying): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) {
    if (value.length === 0) return null;
    if (value.some((item) => typeof item === 'object')) return say.t(`${say.format.number(value.length)} mục`, `${say.format.number(value.length)} items`);
    const items = value.map((item: unknown) => words(item, name, say) ?? '');
    return items.length > MOST_ITEMS ? `${items.slice(0, MOST_ITEMS).join(', ')} … (${say.format.number(items.length)})` : items.sort(byName).join(', ');
  }
  if (typeof value === 'object') return Object.entries(value).map(([key, inner]) => `${key} ${words(inner, key, say) ?? ''}`.trim()).join(' ');
  if (typeof value === 'number') {
    if (name.endsWith('Ms')) return say.format.moment(value, say.nowMs);
    return value === 0 && NONE.has(name) ? null : name === 'port' ? String(value) : say.format.number(value);
  }
  const text = typeof value === 'boolean' ? String(value) : plainText(String(value as string), 500);
  if (name.startsWith('profile') || name === 'then') return say.profile(text) ?? text;
  // only our own words are translated, never a name a person gave
  const known = name === 'name' || name === 'user' || name === 'users' || name === 'entry' ? undefined : VALUES[text];
  return known === undefined ? text : say.t(known.vi, known.en);
}
