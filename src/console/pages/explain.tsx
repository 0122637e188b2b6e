/** "Vì sao?": the administrator's explanation: many addresses, any room, profile and time, every layer that was looked at and what stood there. */
import { ACTION_WORDS, LAYER_WORDS, REASON_WORDS, stepWords } from '../../policy/decision-words.js';
import type { Ladder } from '../../policy/explain.js';
import { explainAll, questionOf, type ExplainAnswer, type Told } from '../actions/explain.js';
import type { Page, PageContext } from '../page.js';
import { readInput } from '../read-input.js';
import { asRefused, Refused } from '../refused.js';
import { categoryWords, CELL_MEANS } from '../verdict.js';
import { byName } from '../words.js';

export const explainPage: Page = {
  path: '/vi-sao',
  title: { vi: 'Vì sao?', en: 'Why?' },
  roles: ['it-admin'],
  nav: { group: 'filter', order: 10 },
  render(ctx) {
    const { t, query } = ctx;
    const asked = query.has('trang') ? answer(ctx) : null;
    return (
      <>
        <p class="lead">{t('Trang này mở hay bị chặn, và từng bước cổng lọc xét thế nào. Cùng kết quả với lệnh luytre explain.', 'Open or blocked, and each step of the reasoning. The same verdict as luytre explain.')}</p>
        <Question ctx={ctx} wrong={asked instanceof Refused ? asked : null} />
        {asked === null || asked instanceof Refused ? null : asked.told.length > 1 ? <Many ctx={ctx} answer={asked} /> : asked.told.map((told) => <One ctx={ctx} told={told} answer={asked} />)}
      </>
    );
  },
};

function answer(ctx: PageContext): ExplainAnswer | Refused {
  const { query } = ctx;
  const urls = query.getAll('trang').flatMap((text) => text.split(/\s+/)).filter((text) => text !== '');
  const given = { urls, room: query.get('phong'), profile: query.get('ho-so'), at: query.get('luc') };
  try {
    return explainAll(ctx.env, readInput(questionOf, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== ''))));
  } catch (error) {
    return asRefused(error);
  }
}

function Question({ ctx, wrong }: { readonly ctx: PageContext; readonly wrong: Refused | null }) {
  const { t, query, env } = ctx;
  const { zones, profiles } = env.snapshot().data;
  return (
    <form method="get" action="/vi-sao" class="form card">
      {wrong === null ? null : <p class="wrong" role="alert" id="vs-wrong">{t(wrong.words.vi, wrong.words.en)}</p>}
      <div class={wrong === null ? 'field' : 'field is-wrong'}>
        <label for="vs-trang">{t('Trang, mỗi dòng một địa chỉ', 'Addresses, one a line')}</label>
        <textarea id="vs-trang" name="trang" rows={3} required maxlength={12_000} autocomplete="off" spellcheck={false} placeholder="olm.vn" {...(wrong === null ? {} : { 'aria-invalid': 'true' as const, 'aria-describedby': 'vs-wrong' })}>{query.getAll('trang').join('\n')}</textarea>
      </div>
      <div class="field">
        <label for="vs-phong">{t('Phòng', 'Room')}</label>
        <select id="vs-phong" name="phong">
          <option value="">{t('Máy không thuộc phòng nào', 'A device of no room')}</option>
          {zones.map((zone) => zone.name).sort(byName).map((name) => <option value={name} selected={name === query.get('phong')}>{name}</option>)}
        </select>
      </div>
      <div class="field">
        <label for="vs-ho-so">{t('Hồ sơ lọc', 'Profile')}</label>
        <select id="vs-ho-so" name="ho-so">
          <option value="">{t('Hồ sơ của phòng lúc ấy', 'What the room is on then')}</option>
          {profiles.map((profile) => <option value={profile.id} selected={profile.id === query.get('ho-so')}>{t(profile.name, profile.nameEn)}</option>)}
        </select>
      </div>
      <div class="field">
        <label for="vs-luc">{t('Lúc nào (để trống: bây giờ)', 'When (empty: now)')}</label>
        <input id="vs-luc" name="luc" type="datetime-local" value={query.get('luc') ?? ''} />
      </div>
      <button>{t('Xem vì sao', 'Explain')}</button>
    </form>
  );
}

function Many({ ctx, answer: { told } }: { readonly ctx: PageContext; readonly answer: ExplainAnswer }) {
  const { t, query, env } = ctx;
  const open = told.filter(({ explained }) => explained !== null && explained.decision.action !== 'block').length;
  const linkTo = (url: string): string => {
    const rest = new URLSearchParams(query);
    rest.delete('trang');
    rest.append('trang', url);
    return `/vi-sao?${rest.toString()}`;
  };
  return (
    <section class="card">
      <h2>{t(`${told.length} trang: ${open} mở, ${told.length - open} chặn`, `${told.length} addresses: ${open} open, ${told.length - open} blocked`)}</h2>
      <ul class="rows">
        {told.map(({ url, explained }) => {
          if (explained === null) return <li><span class="grow"><b class="host">{url}</b><br /><small>{t('Không phải địa chỉ web.', 'Not a web address.')}</small></span></li>;
          const { decision } = explained;
          const category = categoryWords(env, decision.category);
          return (
            <li>
              <span class="grow"><a href={linkTo(url)}><b class="host">{url}</b></a><br /><small>{t(REASON_WORDS[decision.reason].vi, REASON_WORDS[decision.reason].en)}{category === null ? '' : ` ${t(category.vi, category.en)}.`}</small></span>
              <span class={decision.action === 'block' ? 'tag warm' : 'tag'}>{t(ACTION_WORDS[decision.action].vi, ACTION_WORDS[decision.action].en)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function One({ ctx, told, answer: { atMs, profile } }: { readonly ctx: PageContext; readonly told: Told; readonly answer: ExplainAnswer }) {
  const { t, env, format, nowMs } = ctx;
  if (told.explained === null) return <p class="card note">{t(`«${told.url}» không phải địa chỉ web hợp lệ.`, `"${told.url}" is not a valid web address.`)}</p>;
  const { decision, ladders } = told.explained;
  const category = categoryWords(env, decision.category);
  const known = env.snapshot().data.profiles.find(({ id }) => id === profile);
  const action = ACTION_WORDS[decision.action];
  const reason = REASON_WORDS[decision.reason];
  return (
    <>
      <section class={`card verdict ${decision.action}`} aria-labelledby="vs-ket-qua">
        <h2 id="vs-ket-qua"><span class="answer">{t(action.vi, action.en)}</span> {decision.host}</h2>
        <p>{t(reason.vi, reason.en)}</p>
        <dl class="facts">
          <dt>{t('Hồ sơ, lúc nào', 'Profile and time')}</dt><dd>{known === undefined ? profile : t(known.name, known.nameEn)}, {format.moment(atMs, nowMs)}</dd>
          {category === null ? null : <><dt>{t('Nhóm nội dung', 'Category')}</dt><dd><a href={`/ho-so/${profile}/${env.snapshot().data.categories[decision.category]?.code ?? ''}`}>{t(category.vi, category.en)}</a></dd></>}
          {decision.cell === null ? null : <><dt>{t('Ô', 'Cell')}</dt><dd>{decision.cell} · {t(CELL_MEANS[decision.cell].vi, CELL_MEANS[decision.cell].en)}</dd></>}
          {decision.list === null ? null : <><dt>{t('Danh sách', 'List')}</dt><dd><a href={`/danh-sach/${decision.list.name}`}>{decision.list.name}</a> <small>({t('phiên bản', 'version')} {decision.list.version})</small></dd></>}
          {decision.rule === null ? null : <><dt>{t('Mục khớp', 'Entry')}</dt><dd><code>{decision.rule}</code></dd></>}
          <dt>{t('Mã lý do', 'Reason')}</dt><dd><code>{decision.reason}</code></dd>
        </dl>
        {decision.action === 'block' && decision.layer !== 'hard' ? <p><a class="button quiet" href={`/quy-tac?trang=${encodeURIComponent(decision.host)}`}>{t('Thêm quy tắc cho phép', 'Add a rule that allows it')}</a></p> : null}
      </section>
      {ladders.map((ladder) => <Steps ctx={ctx} ladder={ladder} several={ladders.length > 1} />)}
    </>
  );
}

function Steps({ ctx, ladder, several }: { readonly ctx: PageContext; readonly ladder: Ladder; readonly several: boolean }) {
  const { t } = ctx;
  return (
    <section class="card">
      <h2>{several ? t(`Từng bước xét ${ladder.host}`, `Step by step: ${ladder.host}`) : t('Từng bước xét', 'Step by step')}</h2>
      {several ? <p class="hint">{t('Trang này mang một trang khác bên trong (dịch, lưu trữ …); kết quả chặt hơn được dùng.', 'This page carries another (translation, archive …); the stricter verdict holds.')}</p> : null}
      <ol class="ladder">
        {ladder.steps.map((step) => ({ step, said: stepWords(step, ctx.env.snapshot().data.categories) })).map(({ step, said }) => (
          <li class={step.outcome === 'decides' ? 'decides' : step.outcome === 'later' ? 'not-asked' : 'no'} {...(step.outcome === 'decides' ? { 'aria-current': 'step' as const } : {})}>
            {t(LAYER_WORDS[step.layer].vi, LAYER_WORDS[step.layer].en)} <small>{t(said.vi, said.en)}</small>
          </li>
        ))}
      </ol>
      <p class="hint">{t('Xét từ trên xuống, bước đầu tiên áp dụng được sẽ quyết định. Với trang https, cổng lọc chỉ thấy tên trang.', 'From top to bottom; the first that applies decides. Of an https page the gateway sees the name only.')}</p>
    </section>
  );
}
