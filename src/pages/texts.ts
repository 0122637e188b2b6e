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
};

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

/** The self-harm page: support only, no category name, no request button (vietnam.md §5.3). */
export const SUPPORT_WORDS = {
  title: 'Em không một mình',
  lead: 'Thầy cô tư vấn của trường và Tổng đài 111 luôn sẵn sàng lắng nghe, miễn phí và giữ kín.',
  en: 'You are not alone. The school counsellor and hotline 111 will listen, free and in confidence.',
} as const;
