/** Actions on the school's own rules: allow or block a site, for all profiles or some, with a note. What would have no effect is said, or refused where it has none at all. */
import { z } from 'zod';
import { deadFor, noteDead, PATH_NOTE, refuseDead, type DeadRule } from '../../policy/rule-effect.js';
import type { RuleRow } from '../../store/rows.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { refused, wrongField } from '../refused.js';
import { closedPage, hostField, openedPage } from '../typed.js';
import { both, type Words } from '../words.js';
import { personOf } from './profiles.js';

export type SchoolRule = RuleRow & { readonly layer: 'school-allow' | 'school-block' };

export function schoolRules(env: ConsoleDeps): SchoolRule[] {
  return env.store.policies.rules().filter((rule): rule is SchoolRule => rule.layer === 'school-allow' || rule.layer === 'school-block');
}

export function deadNow(env: ConsoleDeps, rule: Pick<SchoolRule, 'layer' | 'entry' | 'profiles'>): DeadRule | null {
  return deadFor(rule.layer, rule.entry, rule.profiles, env.snapshot(), env.now());
}

const row = z.object({
  id: z.int(), kind: z.enum(['allow', 'block']), host: z.string(), profiles: z.array(z.string()).nullable(), note: z.string().nullable(), by: z.string(), at: z.string(),
  deadFor: z.array(z.string()).meta({ description: 'Profiles for which something above the rule decides' }),
});

function toRow(env: ConsoleDeps, rule: SchoolRule): z.output<typeof row> {
  return {
    id: rule.id, kind: rule.layer === 'school-allow' ? 'allow' : 'block', host: rule.entry, profiles: rule.profiles === null ? null : [...rule.profiles],
    note: rule.note, by: rule.by, at: new Date(rule.atMs).toISOString(), deadFor: [...(deadNow(env, rule)?.profiles ?? [])],
  };
}

export const ruleActions = [
  action({
    name: 'rule.list',
    method: 'GET',
    path: '/rules',
    about: { vi: 'Quy tắc riêng của trường', en: "The school's own rules" },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({ rules: z.array(row) }),
    run: (env) => ({ value: { rules: schoolRules(env).map((rule) => toRow(env, rule)) } }),
  }),
  action({
    name: 'rule.add',
    method: 'POST',
    path: '/rules',
    about: { vi: 'Cho phép hoặc chặn một trang', en: 'Allow or block a site' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      kind: z.enum(['allow', 'block'], both('Hãy chọn cho phép hoặc chặn.', 'Choose allow or block.')).meta({ vi: 'Cho phép hay chặn', en: 'Allow or block' }),
      host: hostField,
      profiles: z.array(z.string().max(40)).max(20).optional().meta({ vi: 'Hồ sơ', en: 'Profiles', description: 'Ids; absent or empty: all but the exam profile' }),
      note: z.string().trim().max(500).optional().meta({ vi: 'Ghi chú', en: 'Note' }),
    }),
    output: row,
    run(env, who, input) {
      const unknown = (input.profiles ?? []).find((id) => !env.shipped().profiles.some((profile) => profile.id === id));
      if (unknown !== undefined) throw wrongField('profiles', `Không có hồ sơ lọc «${unknown}».`, `There is no profile "${unknown}".`);
      const layer = input.kind === 'allow' ? 'school-allow' : 'school-block';
      const entry = input.kind === 'allow' ? openedPage(input.host) : closedPage(env, input.host);
      const profiles = input.profiles === undefined || input.profiles.length === 0 ? null : [...new Set(input.profiles)];
      const dead = deadNow(env, { layer, entry, profiles });
      const refusal = refuseDead(layer, entry, dead);
      if (refusal !== null) throw wrongField('host', refusal.vi, refusal.en);
      const made = env.store.policies.addRule({ layer, entry, profiles, note: input.note ?? null, by: who.name, atMs: env.now() }, who.actor);
      const rule = { ...made, layer } as const;
      return {
        value: toRow(env, rule),
        say: withNotes(input.kind === 'allow' ? { vi: `Đã cho phép ${entry}.`, en: `${entry} allowed.` } : { vi: `Đã chặn ${entry}.`, en: `${entry} blocked.` }, entry, dead),
        undo: () => void env.store.policies.removeRule(made.id, who.actor),
      };
    },
  }),
  action({
    name: 'rule.remove',
    method: 'DELETE',
    path: '/rules/{id}',
    about: { vi: 'Xóa một quy tắc', en: 'Remove a rule' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ id: z.int().min(1).max(999_999_999) }),
    output: z.object({ id: z.int(), removed: z.boolean() }),
    run(env, who, { id }) {
      const before = schoolRules(env).find((rule) => rule.id === id);
      if (before === undefined || !env.store.policies.removeRule(id, who.actor)) throw refused('not-found', `Không có quy tắc số ${id}.`, `There is no rule ${id}.`);
      return {
        value: { id, removed: true },
        say: { vi: `Đã xóa quy tắc ${before.layer === 'school-allow' ? 'cho phép' : 'chặn'} ${before.entry}.`, en: `The rule on ${before.entry} is removed.` },
        undo: () => void env.store.policies.restoreRule(before, personOf(who)),
      };
    },
  }),
];

function withNotes(said: Words, entry: string, dead: DeadRule | null): Words {
  const notes: Words[] = [...(entry.includes('/') ? [PATH_NOTE] : []), ...(dead === null ? [] : [noteDead(dead)])];
  return notes.reduce((all, note) => ({ vi: `${all.vi} Lưu ý: ${note.vi}`, en: `${all.en} Note: ${note.en}` }), said);
}
