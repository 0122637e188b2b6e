/**
 * `/ca`: how to put the school's certificate on each kind of device, and the fingerprint to compare.
 * Refuses to know how the certificate is made and kept: it is given the public facts.
 */
import type { SchoolFacts } from '../policy/snapshot.js';
import { escapeHtml, page } from './layout.js';

/** The public half of one CA. */
export interface CaFacts {
  /** `AB:CD:…` */
  readonly fingerprint: string;
  readonly notAfterMs: number;
  readonly pem: string;
}

/** What the pages serve; absent while the school has no CA. */
export interface SchoolCaFacts {
  readonly current: CaFacts;
  /** Takes over at `switchMs`; until then devices are given both. */
  readonly next: CaFacts | null;
  readonly switchMs: number | null;
  /** Configuration profile for iPhone, iPad and Mac, with every certificate above. */
  readonly appleProfile: string;
}

const DAY = new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', day: '2-digit', month: '2-digit', year: 'numeric' });
const NO_NAME = 'Cổng lọc của trường';

export function caPage(ca: SchoolCaFacts, school: SchoolFacts | null): string {
  const { current, next, switchMs } = ca;
  return page({
    title: 'Chứng chỉ của trường',
    school: school?.name ?? NO_NAME,
    body: `<section class="card"><h1>Chứng chỉ của trường</h1>
<p>Cài trên <b>máy của trường</b> để khi một trang HTTPS bị chặn, em đọc được vì sao thay cho dòng «không kết nối được». Điện thoại, máy riêng không cần cài.</p>
${download('/ca.crt', 'Tải chứng chỉ', current)}
${next === null ? '' : `<h2>Chứng chỉ mới</h2><p>Từ ${DAY.format(switchMs ?? 0)} cổng lọc dùng chứng chỉ mới. Hãy cài thêm ngay từ bây giờ, giữ cả hai.</p>${download('/ca-moi.crt', 'Tải chứng chỉ mới', next)}`}
<p class="small">Trước khi bấm đồng ý, so dấu SHA-256 ở trên với dấu mà quản trị đọc từ lệnh <b>luytre ca status</b> trên cổng lọc. Khác một chữ cũng không cài.</p></section>
<section class="card"><h2>Chọn loại máy</h2>${DEVICES}</section>
<section class="card"><h2>Chứng chỉ này không làm gì</h2><p>Nó bị giới hạn ngay trong chính nó: không ký được cho ngân hàng, y tế, cơ quan nhà nước, thư, đăng nhập và trang trợ giúp. Cổng lọc chỉ dùng nó cho trang <b>đằng nào cũng bị chặn</b>, và không đọc gì của ai.</p></section>
<p class="small" lang="en">The school’s certificate, for devices that belong to the school: it lets the block page show on HTTPS sites. Compare the SHA-256 fingerprint with “luytre ca status” before you trust it. It can’t sign for banks, health, government, mail, log-in and help sites.</p>`,
  });
}

export function noCaPage(school: SchoolFacts | null): string {
  return page({
    title: 'Chưa có chứng chỉ',
    school: school?.name ?? NO_NAME,
    body: `<section class="card"><h1>Trường chưa tạo chứng chỉ</h1><p>Không cần cài gì cả: cổng lọc vẫn hoạt động. Với trang HTTPS bị chặn, trình duyệt báo «không kết nối được»; lời giải thích ở <a href="/blocked">trang này</a>.</p><p class="small">Quản trị: tạo bằng lệnh <b>luytre ca init</b>.</p></section>
<p class="small" lang="en">The school has no certificate yet, and nothing needs to be installed.</p>`,
  });
}

function download(path: string, label: string, ca: CaFacts): string {
  return `<p><a href="${path}"><b>${label}</b></a> · dùng đến ${DAY.format(ca.notAfterMs)}</p><p class="what">SHA-256<br>${inEights(escapeHtml(ca.fingerprint))}</p>`;
}

/** Breaks where an eye can keep its place: after every eight pairs. */
function inEights(fingerprint: string): string {
  return fingerprint.replace(/(?:[0-9A-F]{2}:){8}/g, '$&<wbr>');
}

/** One kind of device: name, steps, a note. */
function device(name: string, steps: readonly string[], note = ''): string {
  return `<details><summary><b>${name}</b></summary><ol>${steps.map((step) => `<li>${step}</li>`).join('')}</ol>${note === '' ? '' : `<p class="small">${note}</p>`}</details>`;
}

const DEVICES = [
  device('Windows', [
    'Tải chứng chỉ ở trên, bấm đúp vào tệp, chọn <b>Install Certificate…</b>',
    'Chọn <b>Local Machine</b> (cả máy), rồi <b>Place all certificates in the following store</b> → <b>Trusted Root Certification Authorities</b>.',
    'Đóng và mở lại Chrome hoặc Edge.',
  ], 'Nhiều máy cùng lúc: quản trị xuất tập lệnh bằng <b>luytre ca export --format windows</b>, hoặc phát qua Group Policy.'),
  device('Android', [
    'Tải chứng chỉ ở trên bằng Chrome.',
    '<b>Cài đặt</b> → <b>Bảo mật</b> → <b>Mã hóa và thông tin xác thực</b> → <b>Cài đặt chứng chỉ</b> → <b>Chứng chỉ CA</b> → <b>Vẫn cài đặt</b>.',
    'Chọn tệp vừa tải, nhập mã khóa màn hình.',
  ], 'Máy có thể báo «mạng có thể bị giám sát»: đó là lời nhắc chung của Android cho mọi chứng chỉ tự cài.'),
  device('iPhone, iPad', [
    'Mở trang này bằng <b>Safari</b>, bấm <a href="/ca.mobileconfig">tải hồ sơ cấu hình</a> → <b>Cho phép</b>.',
    '<b>Cài đặt</b> → <b>Đã tải về hồ sơ</b> → <b>Cài đặt</b>.',
    '<b>Cài đặt</b> → <b>Cài đặt chung</b> → <b>Giới thiệu</b> → <b>Cài đặt tin cậy chứng nhận</b>: bật cho chứng chỉ của trường.',
  ], 'Bước cuối hay bị quên: thiếu nó thì Safari vẫn báo không an toàn.'),
  device('Chromebook', [
    'Máy do trường quản lý: quản trị vào <b>admin.google.com</b> → Thiết bị → Mạng → Chứng chỉ → thêm tệp, chọn dùng cho HTTPS của Chromebook.',
    'Máy không quản lý: <b>Cài đặt</b> → <b>Quyền riêng tư và bảo mật</b> → <b>Quản lý chứng chỉ</b> → <b>Tổ chức phát hành</b> → <b>Nhập</b>, đánh dấu tin cậy để nhận dạng trang web.',
  ]),
  device('Firefox (mọi hệ điều hành)', [
    'Trên Windows và macOS, Firefox dùng luôn chứng chỉ đã cài cho hệ điều hành: không cần làm gì thêm.',
    'Nếu vẫn chưa được: <b>Cài đặt</b> → <b>Riêng tư và bảo mật</b> → <b>Xem chứng chỉ</b> → <b>Nhà cung cấp</b> → <b>Nhập</b>, chọn <b>tin để nhận dạng trang web</b>.',
  ], 'Nhiều máy cùng lúc: <b>luytre ca export --format firefox</b> cho tệp policies.json.'),
  device('Linux (Ubuntu, Debian)', [
    'Hệ thống: chép tệp thành <b>/usr/local/share/ca-certificates/luytre.crt</b> rồi chạy <b>sudo update-ca-certificates</b>.',
    'Chrome, Chromium: <b>certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n luytre -i ca.crt</b> (gói libnss3-tools).',
  ]),
  device('Mac', [
    'Mở <a href="/ca.mobileconfig">hồ sơ cấu hình</a>, rồi vào <b>Cài đặt hệ thống</b> → <b>Quyền riêng tư và bảo mật</b> → <b>Hồ sơ</b> để cài.',
  ]),
].join('');
