/** "Trợ giúp": what each role needs on a page, sheets to print for pupils of each tier, the letter to parents. */
import type { Role } from '../../store/rows.js';
import { ROLE_HELP, SHEETS, type Sheet, type Tier } from '../help-words.js';
import type { Page, PageContext } from '../page.js';
import { roleWords } from '../parts/layout.js';
import { refused } from '../refused.js';
import { byName } from '../words.js';

const EVERYBODY: readonly Role[] = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'];
const TIERS: readonly { readonly tier: Tier; readonly vi: string; readonly en: string }[] = [
  { tier: 'tieu-hoc', vi: 'Tiểu học', en: 'Primary' },
  { tier: 'thcs', vi: 'Trung học cơ sở', en: 'Lower secondary' },
  { tier: 'thpt', vi: 'Trung học phổ thông', en: 'Upper secondary' },
];

export const helpPage: Page = {
  path: '/tro-giup',
  title: { vi: 'Trợ giúp', en: 'Help' },
  roles: EVERYBODY,
  nav: { group: 'own', order: 20 },
  render(ctx) {
    const { t, who, query } = ctx;
    const role = EVERYBODY.find((known) => known === query.get('vai-tro')) ?? who.role;
    return (
      <>
        <p class="lead">{t('Việc thường làm của', 'Everyday work of')}: {roleWords(t, role)}</p>
        <div class="columns">
          {ROLE_HELP[role].map((part) => (
            <section class="card">
              <h2>{t(part.title.vi, part.title.en)}</h2>
              <ol class="steps">{part.steps.map((step) => <li>{t(step.vi, step.en)}</li>)}</ol>
            </section>
          ))}
        </div>
        <section class="card no-print">
          <h2>{t('In cho học sinh và cha mẹ', 'To print for pupils and parents')}</h2>
          <ul class="rows">
            {TIERS.map(({ tier, vi, en }) => <li><a href={`/tro-giup/to-huong-dan/${tier}`}>{t(`Tờ hướng dẫn cho học sinh: ${vi}`, `Tips sheet for pupils: ${en}`)}</a></li>)}
            <li><a href="/tro-giup/thu-cha-me">{t('Thư gửi cha mẹ học sinh', 'Letter to parents')}</a></li>
          </ul>
        </section>
        <section class="card no-print">
          <h2>{t('Việc của vai trò khác', 'Other roles')}</h2>
          <ul class="rows">{EVERYBODY.filter((other) => other !== role).map((other) => <li><a href={`/tro-giup?vai-tro=${other}`}>{roleWords(t, other)}</a></li>)}</ul>
        </section>
      </>
    );
  },
};

export const sheetPage: Page = {
  path: '/tro-giup/to-huong-dan/:tier',
  title: { vi: 'Tờ hướng dẫn cho học sinh', en: 'Tips sheet for pupils' },
  roles: EVERYBODY,
  render(ctx) {
    const tier = TIERS.find((known) => known.tier === ctx.params['tier'])?.tier;
    if (tier === undefined) throw refused('not-found', 'Không có tờ hướng dẫn cho lứa tuổi này.', 'There is no sheet for this age.');
    const sheet = SHEETS[tier];
    const { school } = ctx.env.snapshot().data;
    const counsellor = ctx.env.store.helpTickets.offered();
    return (
      <>
        <PrintHint ctx={ctx} />
        <article class={`paper sheet ${tier}`} lang="vi">
          <p class="from">{school.name}</p>
          <h2>{sheet.title}</h2>
          <p class="big">{sheet.lead}</p>
          {sheet.parts.map((part) => <section><h3>{part.title}</h3><ul>{part.points.map((point) => <li>{point}</li>)}</ul></section>)}
          {sheet.groups ? <Groups ctx={ctx} sheet={sheet} /> : null}
          <section class="call">
            <p class="number">111</p>
            <div>
              <h3>{tier === 'tieu-hoc' ? 'Sợ, buồn, bị bắt nạt? Gọi 111' : 'Cần người lắng nghe? Gọi 111'}</h3>
              <p>Miễn phí, cả ngày lẫn đêm, giữ kín. Không cần nói tên.</p>
              {school.hotline === null ? null : <p>Đường dây nóng của trường: <b>{school.hotline}</b></p>}
              {school.counsellor === null ? null : <p>Tư vấn học đường: <b>{school.counsellor}</b></p>}
              {counsellor ? <p>{tier === 'tieu-hoc' ? 'Ở trường, mở trang «Nơi giúp em» để nhắn cho thầy cô tư vấn, không cần ghi tên.' : 'Trong mạng trường: trang «Nơi giúp em» của cổng lọc có mục nhắn cho thầy cô tư vấn, không cần ghi tên; chỉ thầy cô tư vấn đọc được.'}</p> : null}
            </div>
          </section>
        </article>
      </>
    );
  },
};

/** From the policy in force, so that the sheet says what the filter does here. */
function Groups({ ctx, sheet }: { readonly ctx: PageContext; readonly sheet: Sheet }) {
  const { data } = ctx.env.snapshot();
  const column = data.profiles.findIndex((profile) => profile.id === sheet.profile);
  const named = (cell: 'K' | 'X'): string => data.categories
    .filter((category) => NAMED.has(category.code) && category.cells[column] === cell)
    .map(({ name }) => (/^.\p{Ll}/u.test(name) ? name.slice(0, 1).toLowerCase() + name.slice(1) : name)).sort(byName).join('; ');
  const [opened, closed] = [named('K'), named('X')];
  return (
    <section>
      <h3>Nhóm trang nào mở, nhóm nào đóng?</h3>
      <ul>
        {opened === '' ? null : <li><b>Thầy cô mở được cho cả phòng trong tiết học:</b> {opened}.</li>}
        <li><b>Luôn đóng ở trường:</b> trang vi phạm pháp luật, cờ bạc, lừa đảo, mã độc, hàng cấm, công cụ vượt rào{closed === '' ? '' : `; ${closed}`}.</li>
      </ul>
    </section>
  );
}

/** What pupils ask about. The rest is not named on a wall: a list of what is forbidden is an invitation. */
const NAMED: ReadonlySet<string> = new Set(['mxh', 'livestream', 'nhantin', 'game00', 'game12', 'game16', 'ai', 'phimnhac', 'muasam']);

function PrintHint({ ctx }: { readonly ctx: PageContext }) {
  const { t } = ctx;
  return <p class="lead no-print"><a href="/tro-giup">{t('Về trang trợ giúp', 'Back to help')}</a> · {t('Bấm Ctrl+P (máy tính) hoặc «Chia sẻ → In» (điện thoại) để in khổ A4.', 'Ctrl+P (computer) or Share → Print (phone), A4.')}</p>;
}

export const letterPage: Page = {
  path: '/tro-giup/thu-cha-me',
  title: { vi: 'Thư gửi cha mẹ học sinh', en: 'Letter to parents' },
  roles: EVERYBODY,
  render(ctx) {
    const { school, profiles } = ctx.env.snapshot().data;
    const decrypted = profiles.filter((profile) => profile.tls === 'inspect').map((profile) => profile.name);
    const [day = '', month = '', year = ''] = ctx.format.day(ctx.nowMs).split(/[/ ]/);
    return (
      <>
        <PrintHint ctx={ctx} />
        <p class="no-print"><small>{ctx.t('Dòng đầu bên trái ghi cơ quan chủ quản: UBND phường, xã (tiểu học, THCS) hoặc Sở GDĐT (THPT).', 'The first line on the left is for the managing authority.')}</small></p>
        {school.hotline === null ? <p class="wrong no-print" role="alert">{ctx.t('Trường chưa khai đường dây nóng (school.hotline trong tệp cấu hình): thư còn chỗ trống.', 'The school has no hotline yet (school.hotline in the configuration): the letter has a gap.')}</p> : null}
        <article class="paper letter" lang="vi">
          <div class="letter-head">
            <div><p>{'…'.repeat(12)}</p><p class="own">{school.name.toLocaleUpperCase('vi')}</p><p>Số: ……/TB-……</p></div>
            <div><p><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b></p><p class="own">Độc lập - Tự do - Hạnh phúc</p><p><i>Hà Nội, ngày {ctx.lang === 'vi' ? day : '……'} tháng {ctx.lang === 'vi' ? month : '……'} năm {ctx.lang === 'vi' ? year : '………'}</i></p></div>
          </div>
          <h2>THÔNG BÁO<small>Về việc lọc Internet trong mạng của nhà trường</small></h2>
          <p class="to">Kính gửi: Cha mẹ, người giám hộ học sinh {school.name}</p>
          <p>Để học sinh học tập an toàn trên môi trường mạng, nhà trường dùng cổng lọc Internet Lũy Tre cho mọi máy kết nối mạng của trường. Nhà trường xin thông báo để gia đình được biết:</p>
          <p><b>1. Cổng lọc làm gì.</b> Trang học tập luôn mở. Trang vi phạm pháp luật hoặc có hại cho trẻ em (cờ bạc, khiêu dâm, ma túy, lừa đảo, hàng cấm …) luôn đóng. Các trang khác mở theo lứa tuổi; thầy cô có thể mở thêm một trang cho cả phòng trong tiết học. Tìm kiếm an toàn được bật.</p>
          <p><b>2. Cổng lọc không làm gì.</b> Cổng lọc không ghi tên học sinh, địa chỉ máy, đường dẫn hay nội dung tìm kiếm; không theo dõi từng em; không có tác dụng với mạng ở nhà và mạng di động 4G, 5G. Nhà trường chỉ có số lượt của cả phòng theo nhóm nội dung và tên miền, không gắn với máy hay người nào, và tự xóa theo hạn.</p>
          {decrypted.length === 0
            ? <p><b>3. Kết nối được mã hóa (HTTPS).</b> Cổng lọc không giải mã các trang được mở; chỉ xem tên trang.</p>
            : <p><b>3. Kết nối được mã hóa (HTTPS).</b> Với hồ sơ {decrypted.join(', ')}, cổng lọc có giải mã kết nối trên máy của trường để lọc theo từng đường dẫn, theo phê duyệt của ban giám hiệu; ngân hàng, y tế, cơ quan nhà nước, thư điện tử và đường dây trợ giúp không bao giờ bị giải mã. Nội dung giải mã không được lưu.</p>}
          <p><b>4. Khi các em cần giúp đỡ.</b> Trên mọi trang chặn có Tổng đài quốc gia bảo vệ trẻ em <b>111</b> (miễn phí, 24/7) và đường dây nóng của trường: <b>{school.hotline ?? '……………………'}</b>{school.counsellor === null ? '' : <>; tư vấn học đường: <b>{school.counsellor}</b></>}. Việc các em vào trang trợ giúp không được ghi lại{ctx.env.store.helpTickets.offered() ? '; các em có thể nhắn cho cán bộ tư vấn mà không cần ghi tên' : ''}.</p>
          <p><b>5. Đề nghị gia đình.</b> Cùng con thống nhất thời gian dùng mạng ở nhà; bật chế độ dành cho trẻ em trên điện thoại và Wi-Fi gia đình; lắng nghe khi con kể điều gặp trên mạng. Mọi ý kiến, kể cả đề nghị mở một trang bị chặn nhầm, xin gửi giáo viên chủ nhiệm hoặc đường dây nóng nêu trên.</p>
          <p>Trân trọng./.</p>
          <div class="letter-foot">
            <div><p><b><i>Nơi nhận:</i></b></p><p>- Như trên;</p><p>- Lưu: VT.</p></div>
            <div><p><b>HIỆU TRƯỞNG</b></p><p><i>(Ký, ghi rõ họ tên, đóng dấu)</i></p></div>
          </div>
        </article>
      </>
    );
  },
};

