/** What the import report says in words, both languages. Tests hold it against the tables of codes. */
import type { Refusal } from '../matching/list-line.js';
import type { GateFinding } from './gate.js';

type Words = readonly [vi: string, en: string];

export const REFUSAL_WORDS: Readonly<Record<Refusal, Words>> = {
  'not-a-host': ['không phải tên máy hợp lệ', 'not a valid host name'],
  'public-suffix': ['đuôi công cộng (com, edu.vn, github.io …): chặn cả đuôi là chặn mọi người dùng đuôi đó', 'a public suffix (com, edu.vn, github.io …): it would close everybody under it'],
  'local-name': ['tên riêng của máy (localhost …)', "the machine's own name (localhost …)"],
  protected: ['tên được bảo vệ (học liệu, trợ giúp, hạ tầng): không danh sách nào đóng được', 'a protected host (learning, help, infrastructure): no list can close it'],
  redirect: ['chuyển hướng sang máy khác (SafeSearch), không phải chặn', 'sends the name elsewhere (SafeSearch) and does not block it'],
  exception: ['ngoại lệ cho phép của danh sách chặn: chỉ ghi nhận, không mở', "the block list's own exception: noted, opens nothing"],
  'not-an-exception': ['dòng chặn trong danh sách cho phép có ngoại lệ riêng', 'a blocking line in an allow list that has exceptions of its own'],
  cosmetic: ['quy tắc ẩn phần tử trang', 'hides parts of a page'],
  'path-rule': ['quy tắc theo đường dẫn, không phải cả tên máy', 'speaks of a path, not of a host'],
  partial: ['chỉ cho một số kiểu truy cập tới tên máy', 'speaks of some uses of the host only'],
  pattern: ['mẫu có ký tự đại diện không quy về một tên máy', 'a wildcard that does not come down to one host'],
  regex: ['biểu thức chính quy: không xét được an toàn trong thời gian tuyến tính', 'a regular expression: it cannot be judged safely in linear time'],
  keyword: ['từ khóa trong tên: chặn nhầm quá nhiều', 'a keyword in names: too many false blocks'],
  include: ['gọi tới danh sách khác không có trong tệp', 'includes another list that is not in the file'],
  query: ['địa chỉ có tham số (?…): đường dẫn không đủ để xét', 'a URL with a query (?…): a path cannot stand for it'],
  phrase: ['cụm từ trong nội dung trang', 'a phrase in page text'],
  'address-range': ['dải địa chỉ', 'a range of addresses'],
  'address-trigger': ['điều kiện theo địa chỉ hay máy chủ tên (rpz-ip, rpz-nsdname …)', 'a trigger on addresses or name servers (rpz-ip, rpz-nsdname …)'],
  directive: ['dòng cấu hình, không phải tên', 'a setting, not a name'],
  syntax: ['không đúng cú pháp của định dạng', "not in the format's syntax"],
  'not-utf8': ['không phải UTF-8', 'not UTF-8'],
  control: ['có ký tự điều khiển', 'holds a control character'],
  'too-long': ['dòng quá dài', 'line too long'],
};

export function gateWords(finding: GateFinding): Words {
  const names = finding.first.join(', ') + (finding.count > finding.first.length ? ' …' : '');
  switch (finding.code) {
    case 'shrinks': return [`ngắn đi ${finding.count} mục (hơn 20 %), có thể tệp bị cắt cụt`, `${finding.count} entries fewer (more than 20 %): the file may be cut short`];
    case 'closes-learning': return [`chặn thêm ${finding.count} trường, cơ quan Việt Nam: ${names}`, `newly blocks ${finding.count} Vietnamese schools or offices: ${names}`];
  }
}
