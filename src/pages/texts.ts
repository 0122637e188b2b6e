/**
 * What the pages say, in Vietnamese first and English second (vietnam.md §5.3).
 */
import type { Reason } from '../policy/decision.js';
import { REASON_WORDS } from '../policy/decision-words.js';
import type { Voice } from '../policy/profile.js';
import type { Words } from '../policy/words.js';

/** Why a page is closed, where the sentence for grown-ups (policy/decision-words.ts) says more than a pupil can use. */
const PUPIL_WORDS: Readonly<Partial<Record<Reason, Words>>> = {
  'hard-category': { vi: 'Trang thuộc nhóm bị chặn cứng, không mở được tại trường.', en: 'In a category that is always blocked at school.' },
  'internet-paused': { vi: 'Thầy cô đang tạm dừng Internet của phòng.', en: 'The teacher has paused the Internet in this room.' },
  'lesson-focus': { vi: 'Phòng đang học theo danh sách riêng, trang này không có trong danh sách.', en: "The room is working from a list and this page is not on it." },
  'school-block': { vi: 'Nhà trường chặn trang này.', en: 'Blocked by the school.' },
  'city-block': { vi: 'Sở chặn trang này.', en: 'Blocked by the education department.' },
  'suspicious-name': { vi: 'Tên trang có dấu hiệu của một nhóm bị chặn.', en: 'The name looks like one of a blocked category.' },
  'exam-only': { vi: 'Phòng đang trong giờ thi, chỉ mở các trang của bài thi.', en: 'Exam in progress: only the exam pages are open.' },
  'uncategorised-blocked': { vi: 'Trang chưa được xếp vào nhóm nào.', en: 'Not categorised yet.' },
};

/** One plain sentence for each reason, for the page. */
export function reasonForPupil(reason: Reason): Words {
  return PUPIL_WORDS[reason] ?? REASON_WORDS[reason];
}

/** Said below every `site-…` reason: whose fault it is, and whom to tell. There is no way to go on in spite of it. */
const SITE_FAULT_WORDS: Words = {
  vi: 'Đây là lỗi của trang, không phải lỗi của em. Cổng lọc không mở vì có thể ai đó đang giả làm trang này. Em hãy báo thầy cô; quản trị của trường có thể báo cho chủ trang.',
  en: 'This is the fault of the site, not yours. It stays closed because someone might be posing as it. Tell your teacher; the IT admin can tell the owner.',
};

/** The words of a failure's page. */
export function failureWords(reason: Reason): Words {
  const words = reasonForPupil(reason);
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
