/**
 * "Vì sao?" as a teacher may be told it: what decided about a site in a room at a moment, what each layer said, and what can be done
 * about it. Judges by the policy in force through decide() alone; how a verdict is worded is policy/decision-words.ts's.
 */
import { decide } from '../policy/decide.js';
import { LAYERS, type Decision, type Layer } from '../policy/decision.js';
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

/** What a cell means to a teacher. */
export const CELL_MEANS: Readonly<Record<Cell, Words>> = {
  X: { vi: 'Chặn cứng: không ai ở trường mở được cho lứa tuổi này.', en: 'Hard block: nobody at the school can open it for this age.' },
  K: { vi: 'Chặn, nhưng thầy/cô mở tạm được cho một phòng, tự đóng khi hết giờ.', en: 'Blocked, but a teacher can open it for one room for a while.' },
  H: { vi: 'Mở có hạn chế: tìm kiếm an toàn, YouTube ở chế độ hạn chế.', en: 'Open, restricted: safe search, YouTube in restricted mode.' },
  M: { vi: 'Mở cho lứa tuổi này.', en: 'Open for this age.' },
};

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
