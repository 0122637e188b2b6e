/** Who the school is: its name, hotline, counsellor, ward, code and levels, as block pages and reports say them. */
import { z } from 'zod';
import { SCHOOL_LEVELS } from '../../policy/school-time.js';
import { FACT_WORDS, factKey, factText, SCHOOL_FACTS, schoolFact, schoolLevels, type SchoolFact } from '../../store/school-facts.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { inField, wrongField } from '../refused.js';

const text = (fact: SchoolFact): z.ZodOptional<z.ZodString> => z.string().max(400).optional().meta({ vi: FACT_WORDS[fact][0], en: FACT_WORDS[fact][1] });
const facts = z.object({ name: z.string().nullable(), hotline: z.string().nullable(), counsellor: z.string().nullable(), ward: z.string().nullable(), code: z.string().nullable(), levels: z.array(z.string()), fixed: z.array(z.string()) });

export type School = z.output<typeof facts>;

/** @returns with `fixed`: what the configuration file says, which is changed there only */
export function schoolOf(env: ConsoleDeps): School {
  const { school } = env.premises;
  const of = (fact: SchoolFact): string | null => schoolFact(school[fact], fact, env.store.settings);
  return {
    name: of('name'), hotline: of('hotline'), counsellor: of('counsellor'), ward: of('ward'), code: of('code'), levels: [...schoolLevels(school.levels, env.store.settings)],
    fixed: [...SCHOOL_FACTS.filter((fact) => school[fact] !== null), ...(school.levels.length > 0 ? ['levels'] : [])],
  };
}

export const schoolActions = [
  action({
    name: 'school.show',
    method: 'GET',
    path: '/school',
    about: { vi: 'Tên, đường dây nóng, cấp học của trường', en: 'Name, hotline and levels of the school' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: facts,
    run: (env) => ({ value: schoolOf(env) }),
  }),
  action({
    name: 'school.set',
    method: 'PUT',
    path: '/school',
    about: { vi: 'Đặt tên, đường dây nóng, cấp học của trường', en: 'Set name, hotline and levels of the school' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      name: text('name'), hotline: text('hotline'), counsellor: text('counsellor'), ward: text('ward'), code: text('code'),
      levels: z.array(z.enum(SCHOOL_LEVELS)).max(SCHOOL_LEVELS.length).optional().meta({ vi: 'Cấp học', en: 'Levels' }),
    }),
    output: facts,
    run(env, who, input) {
      const { school } = env.premises;
      const wanted = new Map<string, string | null>();
      for (const fact of SCHOOL_FACTS) {
        const value = inField(fact, () => factText(fact, input[fact] ?? ''));
        if (school[fact] === null) wanted.set(factKey(fact), value);
        else if (input[fact] !== undefined && value !== school[fact]) throw wrongField(fact, 'Điều này đặt trong tệp cấu hình của cổng lọc; hãy sửa ở đó.', 'This is set in the configuration file of the gateway; change it there.');
      }
      if (school.name === null && wanted.get('school.name') === null) throw wrongField('name', 'Chưa điền tên trường.', 'Fill in the name of the school.');
      if (school.levels.length === 0) wanted.set('school.levels', (input.levels ?? []).join(' ') || null);
      const before = new Map([...wanted.keys()].map((key) => [key, env.store.settings.get(key)]));
      const put = (values: ReadonlyMap<string, string | null>): void => env.store.together(() => {
        for (const [key, value] of values) env.store.settings.set(key, value, who.actor);
      });
      put(wanted);
      return { value: schoolOf(env), say: { vi: 'Đã lưu thông tin của trường.', en: 'Saved.' }, undo: () => put(before) };
    },
  }),
  action({
    name: 'doctor.run',
    method: 'GET',
    path: '/doctor',
    about: { vi: 'Khám cổng lọc: lỗi gì, sửa thế nào', en: 'What is wrong with the gateway and what to do' },
    roles: ['it-admin'],
    input: z.strictObject({}),
    output: z.object({ findings: z.array(z.object({ check: z.string(), status: z.enum(['ok', 'warn', 'fail']), finding: z.string(), remedy: z.string() })) }),
    run: async (env) => ({ value: { findings: (await env.findings()).map(({ check, status, vi, remedyVi }) => ({ check, status, finding: vi, remedy: remedyVi })) } }),
  }),
];
