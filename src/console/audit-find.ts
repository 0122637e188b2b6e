/** Which records of the trail are asked for: who, what, about what, when. Shared by the auditor's page, the API and the export. Pure but for the store it is given. */
import { z } from 'zod';
import { DAY_MS, parseDay } from '../local-time.js';
import type { AuditRange, AuditRow } from '../store/audit-rows.js';
import { wrongField } from './refused.js';
import { both, folded, type Words } from './words.js';

/** What people look for, by the beginnings of the actions' names. */
export const AUDIT_GROUPS: Readonly<Record<string, { readonly words: Words; readonly starts: readonly string[] }>> = {
  lessons: { words: { vi: 'Tiết học, mở tạm, bàn giao phòng', en: 'Lessons, openings, rooms handed over' }, starts: ['lesson.', 'opening.', 'room.'] },
  rooms: { words: { vi: 'Phòng và người phụ trách', en: 'Rooms and their teachers' }, starts: ['zone.'] },
  filter: { words: { vi: 'Quy tắc, mức lọc, danh sách', en: 'Rules, cells, lists' }, starts: ['rule.', 'cell.', 'list.', 'site-list.', 'setting.', 'tls-exception.'] },
  requests: { words: { vi: 'Yêu cầu mở trang, lời nhắn', en: 'Requests and messages' }, starts: ['request.', 'ticket.'] },
  approvals: { words: { vi: 'Đề xuất và phê duyệt', en: 'Proposals and approvals' }, starts: ['proposal.'] },
  people: { words: { vi: 'Tài khoản, đăng nhập, mã truy cập', en: 'Accounts, sign-ins, tokens' }, starts: ['user.', 'login.', 'second-factor.', 'setup-code.', 'token.'] },
  time: { words: { vi: 'Giờ học, ngày nghỉ', en: 'School time' }, starts: ['bells.', 'holiday.', 'makeup.', 'term.', 'school-time.'] },
  machine: { words: { vi: 'Chứng chỉ, sao lưu, theo dõi trực tiếp', en: 'Certificates, backups, live view' }, starts: ['ca.', 'backup', 'restore', 'live.'] },
};

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, both('Ngày viết như 2026-11-25.', 'Write the day like 2026-11-25.')).optional();

export const auditFilter = {
  who: z.string().max(128).optional().meta({ vi: 'Ai', en: 'Who' }),
  what: z.enum(Object.keys(AUDIT_GROUPS) as [string, ...string[]], both('Không có nhóm việc này.', 'There is no such group.')).optional().meta({ vi: 'Việc gì', en: 'What' }),
  object: z.string().max(512).optional().meta({ vi: 'Đối tượng', en: 'Object' }),
  from: day.meta({ vi: 'Từ ngày', en: 'From' }),
  to: day.meta({ vi: 'Đến ngày', en: 'To' }),
};
const schema = z.strictObject(auditFilter);
export type AuditFilter = z.output<typeof schema>;

export interface AuditAsked {
  readonly range: AuditRange;
  keep(row: AuditRow): boolean;
}

/** @throws Refused naming the day that is none */
export function askedOf(filter: AuditFilter): AuditAsked {
  const fromMs = dayOf('from', filter.from);
  const toMs = dayOf('to', filter.to);
  if (fromMs !== null && toMs !== null && toMs < fromMs) throw wrongField('to', 'Ngày cuối ở trước ngày đầu.', 'The last day is before the first.');
  const who = folded(filter.who ?? '').trim();
  const object = folded(filter.object ?? '').trim();
  const starts = filter.what === undefined ? null : (AUDIT_GROUPS[filter.what]?.starts ?? []);
  return {
    range: { ...(fromMs === null ? {} : { fromMs }), ...(toMs === null ? {} : { toMs: toMs + DAY_MS }) },
    keep: (row) =>
      (who === '' || folded(row.actor.name).includes(who)) &&
      (object === '' || folded(row.object).includes(object) || (row.action === 'zone.rename' && folded(row.before ?? '').includes(object))) &&
      (starts === null || starts.some((start) => row.action.startsWith(start))),
  };
}

function dayOf(field: 'from' | 'to', text: string | undefined): number | null {
  if (text === undefined) return null;
  const at = parseDay(text);
  if (at === null) throw wrongField(field, `Không có ngày ${text}.`, `There is no day ${text}.`);
  return at;
}
