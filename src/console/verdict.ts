/**
 * "Vì sao?" as a teacher may be told it: what decided about a site in a room at a moment, what each layer said, and what can be done
 * about it. Judges by the policy in force through decide() alone; owns only the words.
 */
import { decide } from '../policy/decide.js';
import { LAYERS, type Decision, type Layer, type Reason } from '../policy/decision.js';
import { openable, type Openable } from '../policy/openable.js';
import type { Cell } from '../policy/profile.js';
import { zoneState, type ZoneState } from '../policy/schedule.js';
import type { ConsoleDeps } from './deps.js';
import type { Words } from './words.js';

export interface Verdict {
  readonly decision: Decision;
  readonly state: ZoneState;
  /** May somebody at the school open it for this room, by its profile. */
  readonly open: Openable;
}

/** @param profile position of a profile to ask about instead of the room's; −1: the room's */
export function verdictOf(env: ConsoleDeps, position: number, host: string, path: string | null, profile: number, atMs: number): Verdict {
  const snapshot = env.snapshot();
  return {
    decision: decide({ host, zone: position, path, profile }, snapshot, atMs),
    state: zoneState(snapshot, position, atMs),
    open: openable(host, position, snapshot, atMs),
  };
}

export const ACTION_WORDS: Readonly<Record<Decision['action'], Words>> = {
  allow: { vi: 'Mở', en: 'Open' },
  restrict: { vi: 'Mở có hạn chế', en: 'Open, restricted' },
  block: { vi: 'Chặn', en: 'Blocked' },
};

/** What a cell means to a teacher. */
export const CELL_WORDS: Readonly<Record<Cell, Words>> = {
  X: { vi: 'Chặn cứng: không ai ở trường mở được cho lứa tuổi này.', en: 'Hard block: nobody at the school can open it for this age.' },
  K: { vi: 'Chặn, nhưng thầy/cô mở tạm được cho một phòng, tự đóng khi hết giờ.', en: 'Blocked, but a teacher can open it for one room for a while.' },
  H: { vi: 'Mở có hạn chế: tìm kiếm an toàn, YouTube ở chế độ hạn chế.', en: 'Open, restricted: safe search, YouTube in restricted mode.' },
  M: { vi: 'Mở cho lứa tuổi này.', en: 'Open for this age.' },
};

/** The layers in the order in which they are asked, as questions. */
export const LAYER_WORDS: Readonly<Record<Layer, Words>> = {
  help: { vi: 'Trang trợ giúp hoặc hệ thống, luôn mở', en: 'Help or infrastructure, always open' },
  hard: { vi: 'Nhóm bị chặn cứng', en: 'Category that is blocked hard' },
  emergency: { vi: 'Sở chặn khẩn cấp', en: 'Emergency block of the department' },
  lesson: { vi: 'Tiết học: tạm dừng, danh sách, giờ thi', en: 'The lesson: pause, list, exam' },
  opening: { vi: 'Thầy cô mở tạm cho phòng', en: "A teacher's temporary opening" },
  'school-allow': { vi: 'Quy tắc cho phép của trường', en: 'Rule of the school that allows' },
  'school-block': { vi: 'Quy tắc chặn của trường', en: 'Rule of the school that blocks' },
  'city-allow': { vi: 'Quy tắc cho phép của Sở', en: 'Rule of the department that allows' },
  'city-block': { vi: 'Quy tắc chặn của Sở', en: 'Rule of the department that blocks' },
  category: { vi: 'Nhóm nội dung gặp hồ sơ lọc', en: 'Category meets profile' },
  'name-score': { vi: 'Tên trang trông đáng ngờ', en: 'The name looks suspicious' },
  base: { vi: 'Trang chưa phân loại', en: 'Uncategorised' },
};

const REASONS: Readonly<Partial<Record<Reason, Words>>> = {
  'help-line': { vi: 'Đây là trang trợ giúp, luôn mở cho mọi người, kể cả khi tạm dừng Internet và giờ thi.', en: 'A help line: open to everyone, even in a pause and in an exam.' },
  infrastructure: { vi: 'Đây là trang hệ thống mà máy cần để hoạt động, luôn mở.', en: 'Infrastructure the devices need: always open.' },
  'hard-category': { vi: 'Trang thuộc nhóm bị chặn cứng với lứa tuổi này.', en: 'In a category that is blocked hard for this age.' },
  'authority-list': { vi: 'Trang nằm trong danh mục do cơ quan có thẩm quyền yêu cầu chặn.', en: 'On the list the authorities require to be blocked.' },
  'emergency-block': { vi: 'Sở đang chặn khẩn cấp trang này trên toàn thành phố.', en: 'Blocked city-wide by the education department.' },
  'internet-paused': { vi: 'Phòng đang tạm dừng Internet.', en: 'The Internet of this room is paused.' },
  'lesson-list': { vi: 'Trang có trong danh sách của tiết học đang chạy.', en: 'On the list of the lesson that is running.' },
  'lesson-focus': { vi: 'Phòng đang học theo danh sách, trang này không có trong đó.', en: 'The room is working from a list and this page is not on it.' },
  'teacher-opening': { vi: 'Trang đang được mở tạm cho phòng này.', en: 'Opened for this room for a while.' },
  'school-allow': { vi: 'Nhà trường có quy tắc cho phép trang này.', en: 'The school has a rule that allows it.' },
  'school-block': { vi: 'Nhà trường có quy tắc chặn trang này.', en: 'The school has a rule that blocks it.' },
  'city-allow': { vi: 'Sở có quy tắc cho phép trang này.', en: 'The department has a rule that allows it.' },
  'city-block': { vi: 'Sở có quy tắc chặn trang này.', en: 'The department has a rule that blocks it.' },
  'category-open': { vi: 'Trang thuộc nhóm được mở cho hồ sơ này.', en: 'In a category that is open for this profile.' },
  'category-restricted': { vi: 'Trang thuộc nhóm được mở ở chế độ an toàn.', en: 'In a category that is open in its safe mode.' },
  'category-blocked': { vi: 'Trang thuộc nhóm chưa mở cho lứa tuổi này.', en: 'In a category that is not open for this age.' },
  'suspicious-name': { vi: 'Trang không có trong danh sách nào, nhưng tên giống trang cờ bạc, lừa đảo hoặc vượt tường lửa.', en: 'On no list, but its name looks like gambling, fraud or circumvention.' },
  'exam-only': { vi: 'Giờ thi chỉ mở các trang của bài thi.', en: 'In an exam only its own sites are open.' },
  'uncategorised-open': { vi: 'Trang chưa được xếp vào nhóm nào; hồ sơ này mở trang chưa phân loại.', en: 'In no category; this profile opens such pages.' },
  'uncategorised-restricted': { vi: 'Trang chưa được xếp vào nhóm nào; hồ sơ này mở có kiểm tra.', en: 'In no category; this profile opens such pages with checks.' },
  'uncategorised-blocked': { vi: 'Trang chưa được xếp vào nhóm nào; hồ sơ này chặn trang chưa phân loại.', en: 'In no category; this profile blocks such pages.' },
};

export function reasonWords(reason: Reason): Words {
  return REASONS[reason] ?? { vi: 'Cổng lọc từ chối kết nối này.', en: 'The gateway refuses this connection.' };
}

export function categoryWords(env: ConsoleDeps, position: number): Words | null {
  const category = env.snapshot().data.categories[position];
  return category === undefined ? null : { vi: category.name, en: category.nameEn };
}

/** Each layer in order: passed over, the one that decided, or not asked any more. */
export function ladderOf(decision: Decision): readonly { readonly layer: Layer; readonly said: 'no' | 'decides' | 'not-asked' }[] {
  const at = LAYERS.indexOf(decision.layer);
  return LAYERS.map((layer, i) => ({ layer, said: i < at ? 'no' : i === at ? 'decides' : 'not-asked' }));
}

/** Why nobody at the school may open it, or null. */
export function whyNot(env: ConsoleDeps, host: string, { open }: Pick<Verdict, 'open'>): Words | null {
  const category = categoryWords(env, open.decision.category);
  switch (open.state) {
    case 'help':
      return { vi: `${host} là trang trợ giúp hoặc hệ thống, luôn mở; không cần mở tạm.`, en: `${host} is always open; there is nothing to open.` };
    case 'emergency':
      return { vi: `${host} đang bị Sở chặn khẩn cấp; chỉ Sở mới mở được. Thầy/cô chọn trang khác giúp các em nhé.`, en: `${host} is under an emergency block of the department; only the department can open it.` };
    case 'hard':
      return {
        vi: `${host} thuộc nhóm «${category?.vi ?? ''}», bị chặn cứng với lứa tuổi của phòng nên không ai ở trường mở được. Nếu là chặn nhầm, thầy/cô báo quản trị của trường để Sở xem lại.`,
        en: `${host} is in “${category?.en ?? ''}”, a hard block for the age of this room that nobody at the school can open. If that is a mistake, tell the administrator.`,
      };
    case 'open':
    case 'closed':
      return null;
  }
}
