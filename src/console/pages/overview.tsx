/** "Tổng quan": how it goes, in figures that pick out nobody; what waits for whom. A table stands beside each chart. */
import { Bars } from '../charts/bars.js';
import { figuresOf, type HourFigures, type Told } from '../figures.js';
import type { Page, PageContext } from '../page.js';
import { Empty } from '../parts/layout.js';
import { categoryWords } from '../verdict.js';

const TOP = 12;

export const overviewPage: Page = {
  path: '/tong-quan',
  title: { vi: 'Tổng quan', en: 'Overview' },
  roles: ['head', 'it-admin'],
  nav: { group: 'today', order: 35 },
  render(ctx) {
    const { t, env, format } = ctx;
    const figures = figuresOf(env);
    const waiting = env.store.proposals.list(ctx.nowMs, 'open').length;
    const health = env.health();
    const any = figures.hours.some(({ requests }) => requests !== 0);
    return (
      <>
        <ul class="tiles">
          <Tile label={t('Cổng lọc', 'Gateway')} value={health.ok ? t('đang chạy', 'running') : t('ĐANG LỖI', 'FAILING')} href="/suc-khoe" />
          <Tile label={t('Chờ duyệt', 'Approvals')} value={format.number(waiting)} href="/duyet" />
          <Tile label={t('Yêu cầu mở trang, 7 ngày', 'Requests to open, 7 days')} value={t(`${format.number(figures.requests.received)} nhận, ${format.number(figures.requests.open)} đang chờ`, `${format.number(figures.requests.received)} received, ${format.number(figures.requests.open)} waiting`)} href="/chan-nham" />
          <Tile label={t('Bị chặn, 7 ngày', 'Blocked, 7 days')} value={figures.week.requests === null ? say(ctx, null) : `${say(ctx, figures.week.blocked)} / ${say(ctx, figures.week.requests)} ${t('lượt', 'requests')}`} />
        </ul>
        {any ? (
          <section class="card" aria-labelledby="tq-gio">
            <h2 id="tq-gio">{t('Lượt truy cập 24 giờ qua', 'Requests of the last 24 hours')}</h2>
            <p class="keys">
              <span class="key open" aria-hidden="true"></span>{t('được mở', 'open')} <span class="key blocked" aria-hidden="true"></span>{t('bị chặn', 'blocked')}
              {figures.hours.some(isWhole) ? <> <span class="key whole" aria-hidden="true"></span>{t('không tách', 'not told apart')}</> : null}
            </p>
            <Bars labels={figures.hours.map(({ fromMs }) => format.time(fromMs))} number={format.number} series={[
              { name: t('được mở', 'open'), tone: 'open', values: figures.hours.map((hour) => (isWhole(hour) ? 0 : (hour.requests ?? 0) - (hour.blocked ?? 0))) },
              { name: t('bị chặn', 'blocked'), tone: 'blocked', values: figures.hours.map(({ blocked }) => blocked ?? 0) },
              { name: t('không tách', 'not told apart'), tone: 'whole', values: figures.hours.map((hour) => (isWhole(hour) ? (hour.requests ?? 0) : 0)) },
            ]} />
            <details>
              <summary>{t('Bảng số liệu', 'As a table')}</summary>
              <table>
                <thead><tr><th scope="col">{t('Từ lúc', 'From')}</th><th scope="col" class="number">{t('Lượt', 'Requests')}</th><th scope="col" class="number">{t('Bị chặn', 'Blocked')}</th></tr></thead>
                <tbody>{figures.hours.map(({ fromMs, requests, blocked }) => <tr><th scope="row">{format.moment(fromMs, ctx.nowMs)}</th><td class="number">{say(ctx, requests)}</td><td class="number">{say(ctx, blocked)}</td></tr>)}</tbody>
              </table>
            </details>
          </section>
        ) : (
          <Empty title={t('Chưa có lượt truy cập nào', 'No requests yet')}>
            <p>{t('Số liệu hiện ở đây khi máy của trường đi qua cổng lọc, theo giờ tròn, 15 phút sau khi giờ ấy hết. Chưa có máy nào? Xem cách đặt proxy hoặc PAC trong hướng dẫn quản trị.', 'Figures appear when devices go through the gateway, by whole hours, 15 minutes after each ends. None yet? See the administrator’s guide for the proxy or PAC settings.')}</p>
          </Empty>
        )}
        <Categories ctx={ctx} rows={figures.categories} />
        <p class="hint">{t('Số liệu theo giờ tròn, hiện 15 phút sau khi giờ ấy hết. Giờ nào, nhóm nào có dưới 10 máy thì không ghi và không tính vào số khác, để không chỉ ra một em nào; nhóm riêng tư chỉ tính theo ngày đã qua.', 'Whole hours, 15 minutes after each ends. Hours and categories with fewer than 10 devices are not told and in no other number, so that they point at nobody; intimate categories count by days that are over.')}</p>
      </>
    );
  },
};

function Tile({ label, value, href }: { readonly label: string; readonly value: string; readonly href?: string }) {
  return <li class="card"><small>{label}</small><b>{href === undefined ? value : <a href={href}>{value}</a>}</b></li>;
}

function say({ t, format }: PageContext, n: Told): string {
  return n === null ? t('ít, không ghi', 'few, not told') : format.number(n);
}

/** Told as a whole only: too few devices stand behind one of its two parts. */
function isWhole({ requests, blocked }: HourFigures): boolean {
  return requests !== null && blocked === null;
}

function Categories({ ctx, rows }: { readonly ctx: PageContext; readonly rows: ReturnType<typeof figuresOf>['categories'] }) {
  const { t, env, format } = ctx;
  if (rows.length === 0) return null;
  const nameOf = (code: string | null): string => {
    const words = categoryWords(env, env.snapshot().categoryByCode.get(code ?? '') ?? -1);
    return words === null ? t('Khác', 'Other') : t(words.vi, words.en);
  };
  const shown = rows.filter(({ blocked }) => blocked !== null).slice(0, TOP);
  return (
    <section class="card" aria-labelledby="tq-nhom">
      <h2 id="tq-nhom">{t('Bị chặn theo nhóm, 7 ngày', 'Blocked by category, 7 days')}</h2>
      {shown.length === 0 ? <p>{t('Chưa nhóm nào đủ 10 máy để ghi số.', 'No category has been met by ten devices yet.')}</p> : (
        <Bars labels={shown.map(({ category }) => nameOf(category))} number={format.number} lying series={[{ name: t('bị chặn', 'blocked'), tone: 'blocked', values: shown.map(({ blocked }) => blocked ?? 0) }]} />
      )}
      <details>
        <summary>{t('Bảng số liệu', 'As a table')}</summary>
        <table>
          <thead><tr><th scope="col">{t('Nhóm nội dung', 'Category')}</th><th scope="col" class="number">{t('Bị chặn', 'Blocked')}</th></tr></thead>
          <tbody>{rows.map(({ category, blocked }) => <tr><th scope="row">{nameOf(category)}</th><td class="number">{say(ctx, blocked)}</td></tr>)}</tbody>
        </table>
      </details>
    </section>
  );
}
