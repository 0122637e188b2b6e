/**
 * What the pages say, in Vietnamese first and English second (vietnam.md §5.3).
 * Every Reason has its words here; a test holds this table against the closed list.
 */
import type { Reason } from '../policy/decision.js';
import type { Voice } from '../policy/profile.js';

export interface Words {
  readonly vi: string;
  readonly en: string;
}

/** One plain sentence for each reason: why this happened, for the page, `explain` and the manual. */
export const REASON_WORDS: Readonly<Record<Reason, Words>> = {
  'help-line': { vi: 'Trang trợ giúp, luôn mở cho mọi người.', en: 'Help line, open to everyone.' },
  infrastructure: { vi: 'Trang hệ thống cần cho máy hoạt động.', en: 'Infrastructure the devices need.' },
  'hard-category': { vi: 'Trang thuộc nhóm bị chặn cứng, không mở được tại trường.', en: 'In a category that is always blocked at school.' },
  'authority-list': { vi: 'Trang nằm trong danh mục do cơ quan có thẩm quyền yêu cầu chặn.', en: 'On the list the authorities require to be blocked.' },
  'emergency-block': { vi: 'Sở đang chặn khẩn cấp trang này trên toàn thành phố.', en: 'Blocked city-wide by the education department.' },
  'teacher-opening': { vi: 'Thầy cô đã mở tạm trang này cho phòng của em.', en: 'Opened for this room by a teacher.' },
  'internet-paused': { vi: 'Thầy cô đang tạm dừng Internet của phòng.', en: 'The teacher has paused the Internet in this room.' },
  'lesson-list': { vi: 'Trang nằm trong danh sách của tiết học này.', en: "On this lesson's list." },
  'lesson-focus': { vi: 'Phòng đang học theo danh sách riêng, trang này không có trong danh sách.', en: "The room is working from a list and this page is not on it." },
  'school-allow': { vi: 'Nhà trường cho phép trang này.', en: 'Allowed by the school.' },
  'school-block': { vi: 'Nhà trường chặn trang này.', en: 'Blocked by the school.' },
  'city-allow': { vi: 'Sở cho phép trang này.', en: 'Allowed by the education department.' },
  'city-block': { vi: 'Sở chặn trang này.', en: 'Blocked by the education department.' },
  'category-open': { vi: 'Trang thuộc nhóm được mở.', en: 'In an open category.' },
  'category-restricted': { vi: 'Trang được mở ở chế độ an toàn.', en: 'Open in restricted mode.' },
  'category-blocked': { vi: 'Trang thuộc nhóm chưa mở cho lứa tuổi này.', en: 'In a category that is not open for this age.' },
  'suspicious-name': { vi: 'Tên trang có dấu hiệu của một nhóm bị chặn.', en: 'The name looks like one of a blocked category.' },
  'exam-only': { vi: 'Phòng đang trong giờ thi, chỉ mở các trang của bài thi.', en: 'Exam in progress: only the exam pages are open.' },
  'uncategorised-open': { vi: 'Trang chưa phân loại, được mở cho hồ sơ này.', en: 'Uncategorised, open for this profile.' },
  'uncategorised-restricted': { vi: 'Trang chưa phân loại, mở có kiểm tra.', en: 'Uncategorised, open with checks.' },
  'uncategorised-blocked': { vi: 'Trang chưa được xếp vào nhóm nào.', en: 'Not categorised yet.' },
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

/** Said below every `site-…` reason: whose fault it is, and whom to tell. There is no way to go on in spite of it. */
export const SITE_FAULT_WORDS: Words = {
  vi: 'Đây là lỗi của trang, không phải lỗi của em. Cổng lọc không mở vì có thể ai đó đang giả làm trang này. Em hãy báo thầy cô; quản trị của trường có thể báo cho chủ trang.',
  en: 'This is the fault of the site, not yours. It stays closed because someone might be posing as it. Tell your teacher; the IT admin can tell the owner.',
};

/** The words of a failure's page. */
export function failureWords(reason: Reason): Words {
  const words = REASON_WORDS[reason];
  if (!reason.startsWith('site-') || reason === 'site-wants-certificate') return words;
  return { vi: `${words.vi} ${SITE_FAULT_WORDS.vi}`, en: `${words.en} ${SITE_FAULT_WORDS.en}` };
}

/** Names of intimate categories as a small child may read them. */
export const SOFT_NAMES: Readonly<Record<string, Words>> = {
  csam: { vi: 'Nội dung không phù hợp', en: 'Not suitable' },
  khieudam: { vi: 'Nội dung dành cho người lớn', en: 'For adults' },
  henho: { vi: 'Nội dung dành cho người lớn', en: 'For adults' },
  matuy: { vi: 'Nội dung có hại', en: 'Harmful content' },
  baoluc: { vi: 'Nội dung đáng sợ', en: 'Frightening content' },
  tuhai: { vi: 'Nội dung có hại', en: 'Harmful content' },
};

/** The heading and the first sentences of the block page, by voice. */
export const VOICE_WORDS: Readonly<Record<Voice, { readonly title: string; readonly lead: string; readonly en: string }>> = {
  'tieu-hoc': {
    title: 'Trang này chưa dành cho em',
    lead: 'Em hãy quay lại bài học hoặc hỏi thầy cô nhé.',
    en: 'This page is not for you yet. Go back to your lesson or ask your teacher.',
  },
  thcs: {
    title: 'Trang này đang bị chặn',
    lead: 'Nhà trường chặn để bảo vệ em.',
    en: 'This page is blocked to keep you safe. If you need it for a lesson, ask for it below.',
  },
  thpt: {
    title: 'Trang này không phù hợp trong giờ học',
    lead: 'Nếu cần cho bài học, em gửi yêu cầu mở trang; thầy cô sẽ xem trong tiết này.',
    en: 'This page does not fit lesson time. If you need it, send a request; a teacher will look at it.',
  },
  'giao-vien': {
    title: 'Trang này đang bị chặn',
    lead: 'Thầy/cô có thể mở tạm cho phòng học, hoặc gửi yêu cầu cho quản trị của trường.',
    en: 'This page is blocked. You can open it for a room for a while, or ask the IT admin.',
  },
};

/** What replaces the voice's own words where a lesson closes the page: not the page is at fault, and not the reader. */
export const LESSON_WORDS: Readonly<Record<'internet-paused' | 'lesson-focus' | 'exam-only', Readonly<Record<Voice, { readonly title: string; readonly lead: string }>>>> = {
  'internet-paused': {
    'tieu-hoc': { title: 'Thầy cô đang tạm dừng Internet', lead: 'Em hãy nhìn lên bảng và nghe thầy cô nhé. Lát nữa Internet sẽ mở lại.' },
    thcs: { title: 'Thầy cô đang tạm dừng Internet của phòng', lead: 'Cả phòng đang tạm dừng, không riêng máy của em. Internet sẽ tự mở lại khi hết giờ tạm dừng.' },
    thpt: { title: 'Thầy cô đang tạm dừng Internet của phòng', lead: 'Cả phòng đang tạm dừng để tập trung vào bài. Internet sẽ tự mở lại khi hết giờ tạm dừng.' },
    'giao-vien': { title: 'Internet của phòng đang tạm dừng', lead: 'Thầy/cô kết thúc tạm dừng ở trang của phòng, hoặc đợi đến giờ đã đặt.' },
  },
  'lesson-focus': {
    'tieu-hoc': { title: 'Bây giờ mình học với các trang thầy cô đã chọn', lead: 'Em hãy quay lại trang của bài học nhé. Nếu không thấy bài, em giơ tay hỏi thầy cô.' },
    thcs: { title: 'Trang này chưa mở trong tiết học này', lead: 'Tiết này cả phòng học theo danh sách trang thầy cô đã chọn. Em cần trang này để học? Hãy báo thầy cô mở giúp.' },
    thpt: { title: 'Trang này chưa mở trong tiết học này', lead: 'Tiết này cả phòng học theo danh sách trang thầy cô đã chọn. Nếu cần cho bài học, em gửi yêu cầu mở trang.' },
    'giao-vien': { title: 'Phòng đang học theo danh sách trang', lead: 'Trang này không có trong danh sách. Thầy/cô có thể mở tạm cho phòng, hoặc kết thúc chế độ danh sách.' },
  },
  'exam-only': {
    'tieu-hoc': { title: 'Phòng đang trong giờ thi', lead: 'Chỉ các trang của bài thi được mở đến hết giờ.' },
    thcs: { title: 'Phòng đang trong giờ thi', lead: 'Chỉ các trang của bài thi được mở đến hết giờ.' },
    thpt: { title: 'Phòng đang trong giờ thi', lead: 'Chỉ các trang của bài thi được mở đến hết giờ.' },
    'giao-vien': { title: 'Phòng đang trong giờ thi', lead: 'Chỉ các trang của bài thi được mở đến hết giờ.' },
  },
};

/** The self-harm page: support only, no category name, no request button (vietnam.md §5.3). */
export const SUPPORT_WORDS = {
  title: 'Em không một mình',
  lead: 'Thầy cô tư vấn của trường và Tổng đài 111 luôn sẵn sàng lắng nghe, miễn phí và giữ kín.',
  en: 'You are not alone. The school counsellor and hotline 111 will listen, free and in confidence.',
} as const;
