/** Actions on the hosts a school never has decrypted. They only take decryption away, so one person is enough. */
import { z } from 'zod';
import { join } from 'node:path';
import { DAY_MS, dayStart } from '../../local-time.js';
import { certsDir } from '../../installed.js';
import type { TlsRejectionRow } from '../../store/rows.js';
import { suggested, SUGGEST_DAYS } from '../../tls/suggest.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { refused } from '../refused.js';
import { entryOf, hostField, openedEntry } from '../typed.js';
import { personOf } from './profiles.js';

export function suggestedExceptions(env: ConsoleDeps): TlsRejectionRow[] {
  const { policies } = env.store;
  return suggested(policies.tlsRejections(dayStart(env.now()) - (SUGGEST_DAYS - 1) * DAY_MS), policies.tlsExceptions().map(({ entry }) => entry), join(certsDir(), 'never-decrypt.txt'));
}

const row = z.object({ host: z.string(), note: z.string().nullable(), by: z.string(), at: z.string() });

export const tlsExceptionActions = [
  action({
    name: 'tls-exception.list',
    method: 'GET',
    path: '/tls-exceptions',
    about: { vi: 'Trang không bao giờ giải mã, và trang nên xem xét', en: 'Hosts never decrypted, and those to look at' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({ exceptions: z.array(row), suggested: z.array(z.object({ host: z.string(), n: z.int(), days: z.int() })) }),
    run: (env) => ({
      value: {
        exceptions: env.store.policies.tlsExceptions().map(({ entry, note, by, atMs }) => ({ host: entry, note, by, at: new Date(atMs).toISOString() })),
        suggested: suggestedExceptions(env).map(({ host, n, days }) => ({ host, n, days })),
      },
    }),
  }),
  action({
    name: 'tls-exception.add',
    method: 'POST',
    path: '/tls-exceptions',
    about: { vi: 'Không bao giờ giải mã một trang', en: 'Never decrypt a host' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ host: hostField, note: z.string().trim().max(500).optional().meta({ vi: 'Ghi chú', en: 'Note' }) }),
    output: row,
    run(env, who, input) {
      const entry = openedEntry(input.host);
      if (env.store.policies.tlsExceptions().some((known) => known.entry === entry)) throw refused('conflict', `Trang ${entry} đã được loại rồi.`, `${entry} is excepted already.`);
      const made = env.store.policies.addTlsException({ entry, note: input.note ?? null, by: who.name, atMs: env.now() }, personOf(who));
      return {
        value: { host: made.entry, note: made.note, by: made.by, at: new Date(made.atMs).toISOString() },
        say: { vi: `Không giải mã ${entry} nữa, ở mọi hồ sơ; trang vẫn được lọc theo tên.`, en: `${entry} is no longer decrypted for any profile; it is still filtered by name.` },
        undo: () => void env.store.policies.removeTlsException(entry, personOf(who)),
      };
    },
  }),
  action({
    name: 'tls-exception.remove',
    method: 'DELETE',
    path: '/tls-exceptions/{host}',
    about: { vi: 'Thôi loại một trang khỏi giải mã', en: 'Remove an exception' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ host: hostField }),
    output: z.object({ host: z.string(), removed: z.boolean() }),
    run(env, who, input) {
      const entry = entryOf(input.host);
      const before = env.store.policies.tlsExceptions().find((known) => known.entry === entry);
      if (before === undefined || !env.store.policies.removeTlsException(entry, personOf(who))) throw refused('not-found', `Trường không loại riêng trang ${entry}.`, `The school has no exception for ${entry}.`);
      return {
        value: { host: entry, removed: true },
        say: { vi: `Đã thôi loại ${entry}; mức của từng hồ sơ lại có hiệu lực với trang này.`, en: `Exception for ${entry} removed; the level of each profile holds for it again.` },
        undo: () => void env.store.policies.addTlsException(before, personOf(who)),
      };
    },
  }),
];
