/** The first-run wizard as a list of steps, each with whether it is done by what the store says now: one can leave, come back and do a step again. */
import { authorityNow } from './actions/ca.js';
import { schoolOf } from './actions/school.js';
import type { Who } from './action.js';
import type { ConsoleDeps } from './deps.js';
import type { Words } from './words.js';

export const SETUP = '/quan-tri/thiet-lap';

export interface SetupStep {
  readonly id: string;
  readonly title: Words;
  readonly done: boolean;
  /** What remains to do, in words; null: nothing. */
  readonly left: Words | null;
  /** The school may well do without. */
  readonly optional: boolean;
}

export function setupSteps(env: ConsoleDeps): SetupStep[] {
  const { store } = env;
  const school = schoolOf(env);
  const zones = store.policies.zones();
  const users = store.accounts.users().filter((user) => !user.disabled);
  const seen = zones.some((zone) => env.devicesSeen(zone.name) > 0);
  const ca = hasCa(env);
  const step = (id: string, vi: string, en: string, done: boolean, leftVi: string, leftEn: string, optional = false): SetupStep => ({ id, title: { vi, en }, done, left: done ? null : { vi: leftVi, en: leftEn }, optional });
  return [
    step('truong', 'Trường', 'School', school.name !== null && school.hotline !== null, school.name === null ? 'Điền tên trường.' : 'Điền đường dây nóng của trường: mọi trang chặn phải có số này.', school.name === null ? 'Fill in the name of the school.' : 'Fill in the hotline: every block page must show it.'),
    step('phong', 'Phòng', 'Rooms', zones.length > 0, 'Thêm phòng đầu tiên; khi chưa có, mọi máy dùng hồ sơ chặt nhất.', 'Add the first room; until then every device is on the strictest profile.'),
    step('gio-hoc', 'Giờ vào tiết', 'Bells', store.schoolTime.levels().some((level) => level.own), 'Đặt giờ vào tiết của trường; hiện đang dùng giờ ví dụ.', 'Set the bells; examples are in use.'),
    step('ngay-nghi', 'Ngày nghỉ, học bù', 'Holidays', store.schoolTime.holidays().length > 0, 'Thêm các ngày nghỉ của năm học.', 'Add the holidays of the year.'),
    step('nguoi', 'Tài khoản', 'Accounts', users.some((user) => user.role === 'head') && users.some((user) => user.role === 'teacher'), users.some((user) => user.role === 'head') ? 'Thêm tài khoản giáo viên.' : 'Thêm tài khoản hiệu trưởng: việc cần hai người duyệt cần có người thứ hai.', users.some((user) => user.role === 'head') ? "Add teachers' accounts." : 'Add the head’s account: what takes two people needs the second.'),
    step('mang', 'Mạng', 'Network', seen, 'Trỏ máy của phòng về cổng lọc; 15 phút qua chưa thấy máy nào của phòng nào.', 'Point the devices at the gateway; none of any room was seen in the last 15 minutes.'),
    step('chung-chi', 'Chứng chỉ', 'Certificate', ca, 'Tạo CA của trường nếu muốn trang chặn hiện được trên HTTPS.', 'Make the CA if block pages should show on HTTPS.', true),
    step('xong', 'Kiểm tra', 'Check', false, '', '', true),
  ];
}

function hasCa(env: ConsoleDeps): boolean {
  try {
    return authorityNow(env) !== null;
  } catch {
    // there is one, and the page of the CA says what is wrong with it
    return true;
  }
}

/** Whether an administrator who comes in is led to the wizard: nothing of the school has been said yet. */
export function needsSetup(env: ConsoleDeps, who: Who): boolean {
  return who.role === 'it-admin' && schoolOf(env).name === null && env.store.policies.zones().length === 0;
}
