/** "Kiểm tra thử một trang": the verdict for a room at a time, the full reasoning, and one tap from there to open it. */
import { ACTION_WORDS, LAYER_WORDS, REASON_WORDS } from '../../policy/decision-words.js';
import { ask, questionInput, type Asked } from '../actions/verdict.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import { roomPath } from '../parts/room-now.js';
import { UntilFields } from '../parts/until.js';
import { readInput } from '../read-input.js';
import { asRefused, type Refused } from '../refused.js';
import { profileWords, roomsOf } from '../rooms.js';
import { categoryWords, CELL_MEANS, ladderOf, whyNot } from '../verdict.js';

export const checkSitePage: Page = {
  path: '/kiem-tra',
  title: { vi: 'Kiểm tra một trang', en: 'Test a site' },
  roles: ['teacher', 'it-admin'],
  nav: { group: 'today', order: 60, roles: ['teacher'] },
  render(ctx) {
    const { t, query } = ctx;
    if (roomsOf(ctx.env, ctx.who).length === 0) return <Empty title={t('Chưa có phòng nào', 'No room yet')}><p>{t('Kiểm tra được khi thầy/cô có ít nhất một phòng.', 'Needs at least one room.')}</p></Empty>;
    const asked = query.has('trang') ? answer(ctx) : null;
    return (
      <>
        <p class="lead">{t('Trước giờ dạy: trang này có mở ở phòng của thầy/cô không, và vì sao?', 'Before the lesson: will this site open in your room, and why?')}</p>
        <Question ctx={ctx} wrong={asked !== null && !('verdict' in asked) ? asked : null} />
        {asked !== null && 'verdict' in asked ? <Told ctx={ctx} asked={asked} /> : null}
      </>
    );
  },
};

function answer(ctx: PageContext): Asked | Refused {
  const { query } = ctx;
  const given = { room: query.get('phong'), site: query.get('trang'), profile: query.get('ho-so'), day: query.get('ngay'), time: query.get('gio') };
  const filled = Object.fromEntries(Object.entries(given).filter(([name, value]) => name === 'site' || (value !== null && value !== '')));
  try {
    return ask(ctx.env, ctx.who, readInput(questionInput, filled));
  } catch (error) {
    return asRefused(error);
  }
}

function Question({ ctx, wrong }: { readonly ctx: PageContext; readonly wrong: Refused | null }) {
  const { t, query, env } = ctx;
  const sentence = (field: string): string | null => {
    const words = wrong?.fields.get(field);
    return words === undefined ? null : t(words.vi, words.en);
  };
  const lost = wrong !== null && !['site', 'day', 'time', 'profile'].some((field) => wrong.fields.has(field)) ? t(wrong.words.vi, wrong.words.en) : null;
  const box = (field: string, id: string): object => (sentence(field) === null ? {} : { 'aria-invalid': 'true', 'aria-describedby': `${id}-wrong` });
  return (
    <form method="get" action="/kiem-tra" class="form card asking">
      {lost === null ? null : <p class="wrong" role="alert">{lost}</p>}
      <div class={sentence('site') === null ? 'field' : 'field is-wrong'}>
        <label for="kt-trang">{t('Tên trang hoặc địa chỉ', 'Site or address')}</label>
        <input id="kt-trang" name="trang" type="text" inputmode="url" autocomplete="off" autocapitalize="none" spellcheck={false} required maxlength={2_048} value={query.get('trang') ?? ''} placeholder="https://vi.wikipedia.org/wiki/Hà_Nội" {...box('site', 'kt-trang')} />
        {sentence('site') === null ? null : <p class="wrong" id="kt-trang-wrong">{sentence('site')}</p>}
      </div>
      <div class="field">
        <label for="kt-phong">{t('Phòng', 'Room')}</label>
        <select id="kt-phong" name="phong">{roomsOf(env, ctx.who).map((room) => <option value={room.name} selected={room.name === query.get('phong')}>{room.name}</option>)}</select>
      </div>
      <details open={['ho-so', 'ngay', 'gio'].some((name) => (query.get(name) ?? '') !== '')}>
        <summary>{t('Vào lúc khác, với hồ sơ khác', 'At another time, on another profile')}</summary>
        <div class="form">
          <div class={sentence('day') === null ? 'field' : 'field is-wrong'}>
            <label for="kt-ngay">{t('Ngày', 'Day')}</label>
            <input id="kt-ngay" name="ngay" type="date" value={query.get('ngay') ?? ''} {...box('day', 'kt-ngay')} />
            {sentence('day') === null ? null : <p class="wrong" id="kt-ngay-wrong">{sentence('day')}</p>}
          </div>
          <div class={sentence('time') === null ? 'field' : 'field is-wrong'}>
            <label for="kt-gio">{t('Giờ', 'Time')}</label>
            <input id="kt-gio" name="gio" type="time" value={query.get('gio') ?? ''} {...box('time', 'kt-gio')} />
            {sentence('time') === null ? null : <p class="wrong" id="kt-gio-wrong">{sentence('time')}</p>}
          </div>
          <div class="field">
            <label for="kt-ho-so">{t('Hồ sơ lọc', 'Profile')}</label>
            <select id="kt-ho-so" name="ho-so">
              <option value="">{t('Hồ sơ của phòng vào lúc ấy', 'What the room is on then')}</option>
              {env.snapshot().data.profiles.map((profile) => <option value={profile.id} selected={profile.id === query.get('ho-so')}>{t(profile.name, profile.nameEn)}</option>)}
            </select>
          </div>
        </div>
      </details>
      <button>{t('Kiểm tra', 'Test it')}</button>
    </form>
  );
}

function Told({ ctx, asked }: { readonly ctx: PageContext; readonly asked: Asked }) {
  const { t, env, format, nowMs } = ctx;
  const { room, host, atMs, verdict } = asked;
  const { decision, state } = verdict;
  const action = ACTION_WORDS[decision.action];
  const reason = REASON_WORDS[decision.reason];
  const category = categoryWords(env, decision.category);
  const profile = profileWords(env, asked.profile);
  const no = decision.action === 'block' ? whyNot(env, host, verdict) : null;
  return (
    <>
      <section class={`card verdict ${decision.action}`} aria-labelledby="kt-ket-qua">
        <h2 id="kt-ket-qua"><span class="answer">{t(action.vi, action.en)}</span> {host}</h2>
        <p>{t(reason.vi, reason.en)}</p>
        <dl class="facts">
          <dt>{t('Ở đâu, lúc nào', 'Where and when')}</dt>
          <dd>{room.name}, {format.moment(atMs, nowMs)} · {t(`hồ sơ ${profile.vi}`, profile.en)} ({sourceWords(ctx, asked)})</dd>
          {category === null ? null : <><dt>{t('Nhóm nội dung', 'Category')}</dt><dd>{t(category.vi, category.en)}</dd></>}
          {decision.cell === null ? null : <><dt>{t('Nghĩa là', 'Which means')}</dt><dd>{t(CELL_MEANS[decision.cell].vi, CELL_MEANS[decision.cell].en)}</dd></>}
          {decision.list === null ? null : <><dt>{t('Danh sách', 'List')}</dt><dd>{decision.list.name} <small>({t('phiên bản', 'version')} {decision.list.version})</small></dd></>}
          {decision.rule === null ? null : <><dt>{t('Mục khớp', 'Entry')}</dt><dd><code>{decision.rule}</code></dd></>}
          {Number.isFinite(decision.validUntilMs) && state.untilMs >= decision.validUntilMs ? <><dt>{t('Đúng đến', 'Holds until')}</dt><dd>{format.moment(decision.validUntilMs, nowMs)}</dd></> : null}
        </dl>
        {no === null ? null : <p class="note">{t(no.vi, no.en)}</p>}
      </section>
      {decision.action === 'block' && no === null ? <OpenIt ctx={ctx} asked={asked} /> : null}
      <details class="card">
        <summary>{t('Từng bước xét', 'Step by step')}</summary>
        <ol class="ladder">
          {ladderOf(decision).map(({ layer, said }) => (
            <li class={said} {...(said === 'decides' ? { 'aria-current': 'step' as const } : {})}>{t(LAYER_WORDS[layer].vi, LAYER_WORDS[layer].en)} <small>{said === 'no' ? t('không áp dụng', 'does not apply') : said === 'decides' ? t('quyết định ở đây', 'decides') : t('không cần xét', 'not asked')}</small></li>
          ))}
        </ol>
        <p class="hint">{t('Xét từ trên xuống, bước đầu tiên áp dụng được sẽ quyết định. Với trang https, cổng lọc chỉ thấy tên trang; trang ấy có thể lấy ảnh, phim từ trang khác.', 'From top to bottom; the first that applies decides. Of an https page the gateway sees the name only, and the page may load parts from other sites.')}</p>
      </details>
    </>
  );
}

function sourceWords(ctx: PageContext, { verdict, atMs, room, profile }: Asked): string {
  const { t, format } = ctx;
  const { state } = verdict;
  const on = ctx.env.snapshot().data.profiles[state.profile]?.id;
  if (on !== profile) return t('hồ sơ thầy/cô chọn để thử', 'the profile you asked about');
  const until = Number.isFinite(state.untilMs) ? t(`, đến ${format.moment(state.untilMs, atMs)}`, `, until ${format.moment(state.untilMs, atMs)}`) : '';
  if (state.lesson) return t(`theo tiết đang chạy ở ${room.name}${until}`, `by the lesson of ${room.name}${until}`);
  return Number.isFinite(state.sinceMs) ? t(`theo thời khóa biểu${until}`, `by the timetable${until}`) : t('hồ sơ của phòng', "the room's own profile");
}

function OpenIt({ ctx, asked }: { readonly ctx: PageContext; readonly asked: Asked }) {
  const { t } = ctx;
  const { room, host } = asked;
  if (!asked.now) return <p class="card note">{t('Vào lúc ấy thầy/cô mở tạm được trang này cho phòng, hoặc thêm trang vào danh sách của bài.', 'At that time you can open it for the room, or put it on the list of the lesson.')}</p>;
  if (room.kind === 'pause') return <p class="card note">{t('Phòng đang tạm dừng Internet; mở lại Internet rồi mới mở trang.', 'The room is paused; end the pause first.')} <a href={roomPath(room.name)}>{room.name}</a></p>;
  return (
    <section class="card">
      <h2>{t(`Mở tạm cho ${room.name}?`, `Open it for ${room.name}?`)}</h2>
      <ActionForm ctx={ctx} action="opening.add" class="form switching">
        <input type="hidden" name="room" value={room.name} />
        <input type="hidden" name="host" value={host} />
        <UntilFields ctx={ctx} action="opening.add" room={room.name} />
        <Field ctx={ctx} action="opening.add" name="reason" required={false} maxlength={200} label={t('Để làm gì (không bắt buộc)', 'What for (optional)')} placeholder={t('Bài 5 Địa lí', 'Geography, lesson 5')} />
        <button>{t('Mở cho phòng này', 'Open it for this room')}</button>
      </ActionForm>
      <p class="hint">{t('Chỉ phòng này; tự đóng khi hết giờ. Phòng khác không đổi.', 'This room only; it closes by itself. Other rooms are as they were.')}</p>
    </section>
  );
}
