/** Actions of the auditor: the trail, its check, its export. They read and change nothing. */
import { z } from 'zod';
import { formatDay } from '../../local-time.js';
import type { AuditRow } from '../../store/audit-rows.js';
import { action } from '../action.js';
import { exportCsv, exportJson } from '../audit-export.js';
import { askedOf, auditFilter } from '../audit-find.js';
import { actionWords, changesOf, changeText, reasonOf, type Saying } from '../audit-words.js';
import type { ConsoleDeps } from '../deps.js';
import { formatsOf, wordsOf } from '../words.js';

const record = z.object({
  seq: z.int(), at: z.string(), by: z.object({ kind: z.string(), name: z.string() }), action: z.string(), words: z.string(), object: z.string(),
  changes: z.array(z.string()), reason: z.string().nullable(), before: z.string().nullable(), after: z.string().nullable(), hash: z.string(),
});

/** Machines are told in Vietnamese, as the files are. */
function saying(env: ConsoleDeps): Saying {
  const { profiles } = env.snapshot().data;
  return { t: wordsOf('vi'), format: formatsOf('vi'), nowMs: env.now(), profile: (id) => profiles.find((profile) => profile.id === id)?.name ?? null };
}

function shown(row: AuditRow, say: Saying): z.output<typeof record> {
  return {
    seq: row.seq, at: new Date(row.atMs).toISOString(), by: { kind: row.actor.kind, name: row.actor.name }, action: row.action, words: actionWords(say.t, row.action),
    object: row.object, changes: changesOf(row, say).map(changeText), reason: reasonOf(row), before: row.before, after: row.after, hash: row.hash,
  };
}

export const auditActions = [
  action({
    name: 'audit.list',
    method: 'GET',
    path: '/audit',
    about: { vi: 'Nhật ký thao tác, mới nhất trước', en: 'The audit trail, newest first' },
    roles: ['auditor'],
    input: z.strictObject({
      ...auditFilter,
      before: z.int().min(1).optional().meta({ vi: 'Trước bản ghi số', en: 'Before record' }),
      limit: z.int().min(1).max(200).optional().meta({ vi: 'Số bản ghi', en: 'How many' }),
    }),
    output: z.object({ records: z.array(record), more: z.boolean() }),
    run(env, _who, { before, limit = 50, ...filter }) {
      const { range, keep } = askedOf(filter);
      const rows = env.store.audit.find({ ...range, ...(before === undefined ? {} : { beforeSeq: before }) }, keep, limit + 1);
      const say = saying(env);
      return { value: { records: rows.slice(0, limit).map((row) => shown(row, say)), more: rows.length > limit } };
    },
  }),
  action({
    name: 'audit.verify',
    method: 'GET',
    path: '/audit/verify',
    about: { vi: 'Kiểm tra chuỗi băm của nhật ký', en: 'Check the chain of the trail' },
    roles: ['auditor'],
    input: z.strictObject({}),
    output: z.object({ whole: z.boolean(), records: z.int(), firstBad: z.int().nullable(), head: z.object({ seq: z.int(), hash: z.string() }) }),
    run(env) {
      const { records, firstBad } = env.store.audit.verify();
      return { value: { whole: firstBad === null, records, firstBad, head: env.store.audit.ends().head } };
    },
  }),
  action({
    name: 'audit.export',
    method: 'GET',
    path: '/audit/export',
    about: { vi: 'Tải nhật ký (CSV hoặc JSON)', en: 'The trail as a file (CSV or JSON)' },
    roles: ['auditor'],
    files: ['text/csv', 'application/json'],
    input: z.strictObject({ ...auditFilter, format: z.enum(['csv', 'json']).meta({ vi: 'Dạng tệp', en: 'Format' }) }),
    output: z.object({}),
    run(env, _who, { format, ...filter }) {
      const asked = askedOf(filter);
      const { audit } = env.store;
      const name = `nhat-ky-${formatDay(env.now())}.${format}`;
      const file = format === 'csv'
        ? { name, type: 'text/csv; charset=utf-8', body: exportCsv(audit, asked, saying(env)) }
        : { name, type: 'application/json; charset=utf-8', body: exportJson(audit, asked, env.snapshot().data.school.name, env.now()) };
      return { value: {}, file };
    },
  }),
];
