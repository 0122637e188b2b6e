/** "Thiết lập trường": the first run as steps that stand on the same forms as everywhere; the last looks at everything and says what is left. */
import { SCHOOL_LEVELS } from '../../policy/school-time.js';
import { FACT_WORDS, type SchoolFact } from '../../store/school-facts.js';
import { authorityNow } from '../actions/ca.js';
import { schoolOf } from '../actions/school.js';
import type { Page, PageContext } from '../page.js';
import { Checks, profileName } from '../parts/checks.js';
import { ActionForm, Field } from '../parts/form.js';
import { ZoneForm } from '../parts/zone-form.js';
import { refused } from '../refused.js';
import { SETUP, setupSteps, type SetupStep } from '../setup-steps.js';
import { byName } from '../words.js';
import { CaFactsList, Devices, MakeCa } from './ca.js';
import { Network } from './network.js';
import { BellCards, DayCards, taughtLevels } from './school-time.js';
import { AddUser } from './users.js';

export const setupPage: Page = {
  path: '/quan-tri/thiet-lap',
  title: { vi: 'Thiết lập trường', en: 'Set the school up' },
  roles: ['it-admin'],
  nav: { group: 'school', order: 10 },
  render(ctx) {
    const { t } = ctx;
    const steps = setupSteps(ctx.env);
    const next = steps.find((step) => !step.done) ?? steps[0];
    return (
      <>
        <p class="lead">{t('Tám bước, làm theo thứ tự nào cũng được; rời đi lúc nào cũng được, quay lại làm tiếp. Việc lọc đã chạy từ đầu.', 'Eight steps in any order; leave and come back at any time. Filtering runs from the start.')}</p>
        <ol class="rows numbered">
          {steps.map((step) => (
            <li>
              <span class="grow"><b><a href={`${SETUP}/${step.id}`}>{t(step.title.vi, step.title.en)}</a></b>{step.left === null || step.id === 'xong' ? null : <><br /><small>{t(step.left.vi, step.left.en)}</small></>}</span>
              <Mark ctx={ctx} step={step} />
            </li>
          ))}
        </ol>
        <p><a class="button" href={`${SETUP}/${next?.id ?? 'truong'}`}>{t(next?.id === 'truong' ? 'Bắt đầu' : 'Làm tiếp', next?.id === 'truong' ? 'Begin' : 'Go on')}</a></p>
      </>
    );
  },
};

function Mark({ ctx, step }: { readonly ctx: PageContext; readonly step: SetupStep }) {
  const { t } = ctx;
  if (step.id === 'xong') return null;
  return step.done ? <span class="tag">{t('✓ xong', '✓ done')}</span> : <span class="tag warm">{step.optional ? t('tùy chọn', 'optional') : t('còn làm', 'to do')}</span>;
}

export const setupStepPage: Page = {
  path: '/quan-tri/thiet-lap/:step',
  title: { vi: 'Thiết lập trường', en: 'Set the school up' },
  roles: ['it-admin'],
  async render(ctx) {
    const { t } = ctx;
    const steps = setupSteps(ctx.env);
    const at = steps.findIndex((step) => step.id === ctx.params['step']);
    const step = steps[at];
    if (step === undefined) throw refused('not-found', 'Không có bước này.', 'There is no such step.');
    const [before, next] = [steps[at - 1], steps[at + 1]];
    return (
      <>
        <nav class="tabs" aria-label={t('Các bước', 'Steps')}>
          {steps.map((one, i) => <a href={`${SETUP}/${one.id}`} {...(one === step ? { 'aria-current': 'step' as const } : {})}>{i + 1}. {t(one.title.vi, one.title.en)}{one.done ? ' ✓' : ''}</a>)}
        </nav>
        <h2>{t(`Bước ${at + 1}: ${step.title.vi}`, `Step ${at + 1}: ${step.title.en}`)}</h2>
        {await BODIES[step.id]?.(ctx)}
        <p class="buttons">
          {before === undefined ? null : <a class="button quiet" href={`${SETUP}/${before.id}`}>{t(`‹ ${before.title.vi}`, `‹ ${before.title.en}`)}</a>}
          {next === undefined ? <a class="button" href={SETUP}>{t('Xem mọi bước', 'All steps')}</a> : <a class="button" href={`${SETUP}/${next.id}`}>{step.done ? t(`Tiếp: ${next.title.vi} ›`, `Next: ${next.title.en} ›`) : t(`Để sau, sang ${next.title.vi} ›`, `Later; on to ${next.title.en} ›`)}</a>}
        </p>
      </>
    );
  },
};

const BODIES: Readonly<Record<string, (ctx: PageContext) => ReturnType<Page['render']>>> = {
  truong: (ctx) => <section class="card"><SchoolForm ctx={ctx} /></section>,
  phong: (ctx) => <Rooms ctx={ctx} />,
  'gio-hoc': (ctx) => (
    <>
      <p>{ctx.t('Ca sáng, ca chiều của từng cấp. Giờ đang có chỉ là ví dụ; xem lại rồi lưu.', 'Morning and afternoon shifts of each level. What stands there is an example; look it over and save.')}</p>
      <BellCards ctx={ctx} levels={taughtLevels(ctx)} />
    </>
  ),
  'ngay-nghi': (ctx) => <DayCards ctx={ctx} />,
  nguoi: (ctx) => <People ctx={ctx} />,
  mang: (ctx) => <Network ctx={ctx} />,
  'chung-chi': (ctx) => <Certificate ctx={ctx} />,
  xong: (ctx) => Last(ctx),
};

const LEVEL_WORDS: Readonly<Record<(typeof SCHOOL_LEVELS)[number], readonly [string, string]>> = {
  'mam-non': ['Mầm non', 'Kindergarten'], 'tieu-hoc': ['Tiểu học', 'Primary'], thcs: ['THCS', 'Lower secondary'], thpt: ['THPT', 'Upper secondary'],
  'gdnn-gdtx': ['GDNN–GDTX', 'Vocational and continuing'], 'co-so-nuoi-duong': ['Cơ sở nuôi dưỡng', 'Children’s home'],
};

function SchoolForm({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const school = schoolOf(env);
  const hints: Readonly<Partial<Record<SchoolFact, string>>> = {
    hotline: t('Hiện trên mọi trang chặn, bên cạnh 111.', 'Stands on every block page beside 111.'),
    counsellor: t('Học sinh thấy số này khi gặp chuyện buồn, bị bắt nạt.', 'Pupils see it when they need help.'),
    code: t('Mã trong cơ sở dữ liệu ngành, để báo cáo gửi Sở ghép đúng trường.', 'As in the education database, for reports.'),
  };
  const field = (name: SchoolFact, required: boolean) => school.fixed.includes(name)
    ? <p><b>{t(...FACT_WORDS[name])}:</b> {school[name]} <small>{t('(đặt trong tệp cấu hình)', '(set in the configuration file)')}</small></p>
    : <Field ctx={ctx} action="school.set" name={name} required={required} maxlength={200} label={t(...FACT_WORDS[name])} value={school[name] ?? ''} {...(name === 'hotline' || name === 'counsellor' ? { type: 'tel' as const, inputmode: 'tel' as const } : {})} {...(hints[name] === undefined ? {} : { hint: hints[name] })} />;
  return (
    <ActionForm ctx={ctx} action="school.set">
      {field('name', true)}
      {school.fixed.includes('levels') ? <p><b>{t('Cấp học', 'Levels')}:</b> {school.levels.join(', ')} <small>{t('(đặt trong tệp cấu hình)', '(set in the configuration file)')}</small></p> : (
        <Checks ctx={ctx} action="school.set" name="levels" legend={t('Cấp học', 'Levels')} ticked={school.levels} options={SCHOOL_LEVELS.map((level) => ({ value: level, label: t(...LEVEL_WORDS[level]) }))} />
      )}
      {field('hotline', false)}
      {field('counsellor', false)}
      {field('ward', false)}
      {field('code', false)}
      <button>{t('Lưu', 'Save')}</button>
    </ActionForm>
  );
}

function Rooms({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const zones = [...env.store.policies.zones()].sort((a, b) => byName(a.name, b.name));
  return (
    <>
      {zones.length === 0 ? null : (
        <section class="card">
          <h3>{t(`Đã có ${zones.length} phòng`, `${zones.length} rooms so far`)}</h3>
          <ul class="rows">{zones.map((zone) => <li><span class="grow"><b><a href={`/quan-tri/phong/${encodeURIComponent(zone.name)}`}>{zone.name}</a></b> <small>{zone.cidrs.join(' · ')}</small></span><span class="tag">{profileName(ctx, zone.profile)}</span></li>)}</ul>
        </section>
      )}
      <section class="card">
        <h3>{t('Thêm phòng', 'Add a room')}</h3>
        <ZoneForm ctx={ctx} zone={null} teachers={[]} />
        <p class="hint"><a href="/quan-tri/nhap">{t('Nhiều phòng: nhập từ bảng tính', 'Many rooms: import a spreadsheet')}</a></p>
      </section>
    </>
  );
}

function People({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const users = env.store.accounts.users();
  return (
    <section class="card">
      <p>{t(`Đã có ${users.length} tài khoản: ${users.map((user) => user.name).slice(0, 20).join(', ')}${users.length > 20 ? ' …' : ''}. Nên có ngay hiệu trưởng (người thứ hai duyệt việc hệ trọng), một quản trị dự phòng và các giáo viên.`, `${users.length} accounts: ${users.map((user) => user.name).slice(0, 20).join(', ')}${users.length > 20 ? ' …' : ''}. Best add the head, a second administrator and the teachers.`)}</p>
      <AddUser ctx={ctx} />
      <p class="hint"><a href="/quan-tri/nhap">{t('Nhiều người: nhập từ bảng tính', 'Many people: import a spreadsheet')}</a></p>
    </section>
  );
}

function Certificate({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const authority = authorityNow(env);
  if (authority === null) return <MakeCa ctx={ctx} />;
  return (
    <>
      <section class="card"><CaFactsList ctx={ctx} ca={authority.signing} /><p><a href="/quan-tri/chung-chi">{t('Mọi việc về chứng chỉ', 'Everything about the CA')}</a></p></section>
      <Devices ctx={ctx} />
    </>
  );
}

async function Last(ctx: PageContext) {
  const { t, env } = ctx;
  const left = setupSteps(env).filter((step) => step.left !== null && step.id !== 'xong');
  const findings = await env.findings();
  const marks = { ok: '✓', warn: '!', fail: '✗' } as const;
  const says = { ok: t('ổn', 'in order'), warn: t('nên xem', 'worth a look'), fail: t('phải sửa', 'must be mended') } as const;
  const wrong = findings.filter((finding) => finding.status !== 'ok');
  return (
    <>
      <section class="card">
        <h3>{left.length === 0 ? t('Không còn bước nào', 'No step is left') : t(`Còn ${left.length} việc`, `${left.length} things left`)}</h3>
        {left.length === 0 ? <p>{t('Mọi bước đã xong. Nên tải một bản sao lưu và cất ở máy khác.', 'Every step is done. Best download a backup and keep it elsewhere.')} <a href="/quan-tri/sao-luu">{t('Sao lưu', 'Backup')}</a></p> : (
          <ul class="todo">{left.map((step) => <li><a href={`${SETUP}/${step.id}`}>{t(step.title.vi, step.title.en)}</a>: {t(step.left?.vi ?? '', step.left?.en ?? '')}{step.optional ? t(' (tùy chọn)', ' (optional)') : ''}</li>)}</ul>
        )}
      </section>
      <section class="card">
        <h3>{wrong.length === 0 ? t('Khám: mọi thứ đều ổn', 'Everything is in order') : t(`Khám: ${wrong.length} điều nên xem`, `${wrong.length} findings`)}</h3>
        <ul class="rows findings">
          {[...findings].sort((a, b) => 'fail warn ok'.indexOf(a.status) - 'fail warn ok'.indexOf(b.status)).map((finding) => (
            <li class={finding.status}><span class="grow"><b aria-hidden="true">{marks[finding.status]}</b> {t(finding.vi, finding.en)}{finding.remedyVi === '' ? null : <><br /><small>→ {t(finding.remedyVi, finding.remedyEn)}</small></>}</span><span class={finding.status === 'ok' ? 'tag' : 'tag warm'}>{says[finding.status]}</span></li>
          ))}
        </ul>
        <p><a class="button quiet" href={`${SETUP}/xong`}>{t('Khám lại', 'Look again')}</a></p>
      </section>
    </>
  );
}

