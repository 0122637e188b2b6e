/**
 * A verdict in words for grown-ups, the same in the console, the API and on the command line: what is done, which reason, what each layer
 * asks and what stood there. What a pupil reads instead is pages/texts.ts's. Data and pure functions.
 */
import type { Action, Layer, Reason } from './decision.js';
import type { Step } from './explain.js';
import type { Category } from './profile.js';
import type { Words } from './words.js';

export const ACTION_WORDS: Readonly<Record<Action, Words>> = {
  allow: { vi: 'Mở', en: 'Open' },
  restrict: { vi: 'Mở có hạn chế', en: 'Open, restricted' },
  block: { vi: 'Chặn', en: 'Blocked' },
};

/** The layers in the order in which they are asked, as questions. */
export const LAYER_WORDS: Readonly<Record<Layer, Words>> = {
  help: { vi: 'Trang trợ giúp hoặc hệ thống, luôn mở', en: 'Help or infrastructure, always open' },
  hard: { vi: 'Nhóm bị chặn cứng', en: 'Category that is blocked hard' },
  emergency: { vi: 'Sở chặn khẩn cấp', en: 'Emergency block of the department' },
  lesson: { vi: 'Tiết học: tạm dừng, danh sách, giờ thi', en: 'The lesson: pause, list, exam' },
  opening: { vi: 'Thầy cô mở tạm cho phòng', en: "A teacher's temporary opening" },
  'school-allow': { vi: 'Quy tắc cho phép của trường', en: 'Rule of the school that allows' },
  'school-block': { vi: 'Quy tắc chặn của trường', en: 'Rule of the school that blocks' },
  'city-allow': { vi: 'Quy tắc cho phép của Sở', en: 'Rule of the department that allows' },
  'city-block': { vi: 'Quy tắc chặn của Sở', en: 'Rule of the department that blocks' },
  category: { vi: 'Nhóm nội dung gặp hồ sơ lọc', en: 'Category meets profile' },
  'name-score': { vi: 'Tên trang trông đáng ngờ', en: 'The name looks suspicious' },
  base: { vi: 'Trang chưa phân loại', en: 'Uncategorised' },
};

/** One plain sentence for each reason: why this happened. */
export const REASON_WORDS: Readonly<Record<Reason, Words>> = {
  'help-line': { vi: 'Đây là trang trợ giúp, luôn mở cho mọi người, kể cả khi tạm dừng Internet và giờ thi.', en: 'A help line: open to everyone, even in a pause and in an exam.' },
  infrastructure: { vi: 'Đây là trang hệ thống mà máy cần để hoạt động, luôn mở.', en: 'Infrastructure the devices need: always open.' },
  'hard-category': { vi: 'Trang thuộc nhóm bị chặn cứng với lứa tuổi này.', en: 'In a category that is blocked hard for this age.' },
  'authority-list': { vi: 'Trang nằm trong danh mục do cơ quan có thẩm quyền yêu cầu chặn.', en: 'On the list the authorities require to be blocked.' },
  'emergency-block': { vi: 'Sở đang chặn khẩn cấp trang này trên toàn thành phố.', en: 'Blocked city-wide by the education department.' },
  'teacher-opening': { vi: 'Trang đang được mở tạm cho phòng này.', en: 'Opened for this room for a while.' },
  'internet-paused': { vi: 'Phòng đang tạm dừng Internet.', en: 'The Internet of this room is paused.' },
  'lesson-list': { vi: 'Trang có trong danh sách của tiết học đang chạy.', en: 'On the list of the lesson that is running.' },
  'lesson-focus': { vi: 'Phòng đang học theo danh sách, trang này không có trong đó.', en: 'The room is working from a list and this page is not on it.' },
  'school-allow': { vi: 'Nhà trường có quy tắc cho phép trang này.', en: 'The school has a rule that allows it.' },
  'school-block': { vi: 'Nhà trường có quy tắc chặn trang này.', en: 'The school has a rule that blocks it.' },
  'city-allow': { vi: 'Sở có quy tắc cho phép trang này.', en: 'The department has a rule that allows it.' },
  'city-block': { vi: 'Sở có quy tắc chặn trang này.', en: 'The department has a rule that blocks it.' },
  'category-open': { vi: 'Trang thuộc nhóm được mở cho hồ sơ này.', en: 'In a category that is open for this profile.' },
  'category-restricted': { vi: 'Trang thuộc nhóm được mở ở chế độ an toàn.', en: 'In a category that is open in its safe mode.' },
  'category-blocked': { vi: 'Trang thuộc nhóm chưa mở cho lứa tuổi này.', en: 'In a category that is not open for this age.' },
  'suspicious-name': { vi: 'Trang không có trong danh sách nào, nhưng tên giống trang cờ bạc, lừa đảo hoặc vượt tường lửa.', en: 'On no list, but its name looks like gambling, fraud or circumvention.' },
  'exam-only': { vi: 'Giờ thi chỉ mở các trang của bài thi.', en: 'In an exam only its own sites are open.' },
  'uncategorised-open': { vi: 'Trang chưa được xếp vào nhóm nào; hồ sơ này mở trang chưa phân loại.', en: 'In no category; this profile opens such pages.' },
  'uncategorised-restricted': { vi: 'Trang chưa được xếp vào nhóm nào; hồ sơ này mở có kiểm tra.', en: 'In no category; this profile opens such pages with checks.' },
  'uncategorised-blocked': { vi: 'Trang chưa được xếp vào nhóm nào; hồ sơ này chặn trang chưa phân loại.', en: 'In no category; this profile blocks such pages.' },
  malformed: { vi: 'Trình duyệt gửi một yêu cầu không đúng chuẩn.', en: 'The request was malformed.' },
  'client-not-allowed': { vi: 'Máy này không thuộc mạng của trường.', en: 'This device is not on the school network.' },
  'port-not-allowed': { vi: 'Cổng kết nối này không được mở.', en: 'This port is not open.' },
  'private-address': { vi: 'Địa chỉ nội bộ không đi qua cổng lọc.', en: 'Private addresses are not reached through the filter.' },
  'own-address': { vi: 'Đây là địa chỉ của chính cổng lọc.', en: "This is the gateway's own address." },
  loop: { vi: 'Kết nối quay vòng về chính cổng lọc.', en: 'The request loops back to the gateway.' },
  'not-tls': { vi: 'Kết nối này không phải HTTPS nên bị ngắt.', en: 'Not HTTPS; closed.' },
  'no-server-name': { vi: 'Kết nối HTTPS không nêu tên trang nên bị ngắt.', en: 'HTTPS without a server name; closed.' },
  'server-name-mismatch': { vi: 'Tên trang trong kết nối không khớp nhau nên bị ngắt.', en: 'Server names disagree; closed.' },
  'login-required': { vi: 'Phòng này cần tài khoản chung của phòng.', en: "This room needs its shared login." },
  'no-policy': { vi: 'Bộ lọc tạm lỗi nên Internet tạm đóng. Hãy báo thầy cô quản trị.', en: 'The filter has no policy, so the Internet is closed. Tell the IT admin.' },
  'too-many-connections': { vi: 'Máy này mở quá nhiều kết nối cùng lúc. Hãy đợi một chút rồi thử lại.', en: 'Too many connections from this device. Wait and try again.' },
  overload: { vi: 'Cổng lọc đang quá tải. Hãy thử lại sau ít phút.', en: 'The gateway is overloaded. Try again in a few minutes.' },
  'policy-changed': { vi: 'Hồ sơ lọc vừa đổi nên kết nối được đóng lại.', en: 'The profile changed, so the connection was closed.' },
  'name-not-found': { vi: 'Không tìm thấy trang này. Hãy xem lại địa chỉ.', en: 'No such site. Check the address.' },
  'dns-failed': { vi: 'Chưa tra được tên trang. Hãy thử lại; nếu vẫn lỗi, báo thầy cô quản trị.', en: 'The name could not be looked up. Try again or tell the IT admin.' },
  'connect-refused': { vi: 'Trang này từ chối kết nối.', en: 'The site refused the connection.' },
  'connect-timeout': { vi: 'Trang này không trả lời.', en: 'The site did not answer.' },
  'upstream-error': { vi: 'Trang này trả lời không đúng chuẩn hoặc bị ngắt giữa chừng.', en: 'The site answered wrongly or broke off.' },
  'upstream-timeout': { vi: 'Trang này trả lời quá chậm.', en: 'The site took too long to answer.' },
  'site-certificate-expired': { vi: 'Chứng chỉ của trang này đã hết hạn.', en: "The site's certificate has expired." },
  'site-certificate-not-yet-valid': { vi: 'Chứng chỉ của trang này chưa tới ngày có hiệu lực (hoặc đồng hồ của cổng lọc chạy chậm).', en: "The site's certificate is not valid yet, or the gateway's clock is behind." },
  'site-certificate-self-signed': { vi: 'Trang này tự cấp chứng chỉ cho mình, nên không biết có đúng là trang thật hay không.', en: 'The site vouches for itself; nobody else says that it is the real one.' },
  'site-certificate-untrusted': { vi: 'Chứng chỉ của trang này do nơi không được tin cậy cấp.', en: "The site's certificate comes from an issuer that is not trusted." },
  'site-certificate-incomplete': { vi: 'Trang này gửi thiếu chứng chỉ trung gian, nên chưa kiểm tra được là trang thật.', en: 'The site did not send its intermediate certificate, so it cannot be checked.' },
  'site-certificate-wrong-host': { vi: 'Chứng chỉ của trang này là của một trang khác.', en: "The site's certificate belongs to another site." },
  'site-certificate-no-name': { vi: 'Chứng chỉ của trang này kiểu cũ, không ghi tên trang đúng chỗ.', en: "The site's certificate is of an old kind without site names." },
  'site-certificate-wrong-use': { vi: 'Chứng chỉ của trang này không phải loại dành cho trang web.', en: "The site's certificate was not made for a web site." },
  'site-certificate-weak': { vi: 'Chứng chỉ của trang này dùng khóa hoặc chữ ký quá yếu, dễ bị làm giả.', en: "The site's certificate uses a key or signature so weak that it could be forged." },
  'site-certificate-constraint': { vi: 'Nơi cấp chứng chỉ của trang này không được phép cấp cho tên ấy.', en: "The issuer of the site's certificate may not issue for this name." },
  'site-certificate-revoked': { vi: 'Chứng chỉ của trang này đã bị thu hồi.', en: "The site's certificate has been revoked." },
  'site-certificate-distrusted': { vi: 'Chứng chỉ của trang này dùng một khóa đã bị lộ, ai cũng có thể giả làm trang này.', en: "The site's certificate relies on a key that is known to have leaked." },
  'site-certificate-no-staple': { vi: 'Chứng chỉ của trang này đòi bằng chứng còn hiệu lực, nhưng trang không gửi kèm.', en: "The site's certificate demands proof that it still holds, and the site sent none." },
  'site-certificate-invalid': { vi: 'Chứng chỉ của trang này sai chuẩn, không kiểm tra được.', en: "The site's certificate is malformed and cannot be checked." },
  'site-tls-outdated': { vi: 'Trang này chỉ dùng cách mã hóa cũ, không còn an toàn.', en: 'The site only offers encryption that is no longer safe.' },
  'site-tls-failed': { vi: 'Không lập được kết nối an toàn với trang này.', en: 'A secure connection to the site could not be made.' },
  'site-wants-certificate': { vi: 'Trang này đòi chứng chỉ cá nhân của người truy cập. Em hãy thử tải lại trang.', en: 'The site asks for a personal certificate. Try to load the page again.' },
};

/** What stood in a layer, and what came of it. */
export function stepWords(step: Step, categories: readonly Pick<Category, 'name' | 'nameEn'>[]): Words {
  const category = step.claim === null ? undefined : categories[step.claim.category];
  return { vi: stepIn('vi', step, category?.name ?? ''), en: stepIn('en', step, category?.nameEn ?? '') };
}

function stepIn(lang: keyof Words, { outcome, claim, score }: Step, category: string): string {
  const t = (vi: string, en: string): string => (lang === 'vi' ? vi : en);
  const stands = claim === null ? '' : [
    claim.entry === '' ? '' : `«${claim.entry}»`,
    claim.list === null ? '' : t(`trong ${claim.list.name}`, `in ${claim.list.name}`),
    category === '' ? '' : t(`nhóm ${category}`, `category ${category}`),
  ].filter((part) => part !== '').join(', ');
  const points = score === null ? '' : t(`điểm ${score}, từ 100 là đáng ngờ`, `score ${score}; suspicious from 100`);
  switch (outcome) {
    case 'decides':
      return [t('quyết định ở đây', 'decides'), stands, points].filter((part) => part !== '').join(': ');
    case 'silent':
      return [t('không có gì', 'nothing there'), points].filter((part) => part !== '').join(': ');
    case 'overruled':
      return t(`có ${stands === '' ? 'tiết đang chạy' : stands}, nhưng không áp dụng được ở đây`, `${stands === '' ? 'a lesson runs' : stands}, but it may not speak here`);
    case 'later':
      return stands === '' ? t('không cần xét', 'not asked') : t(`không xét tới nữa, dù có ${stands}`, `not asked any more, though there is ${stands}`);
  }
}
