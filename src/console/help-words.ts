/** What the console's help pages, the sheets to print and the letter to parents say. Only words; what depends on the school is filled in by the pages. */
import type { Role } from '../store/rows.js';
import type { Words } from './words.js';

export interface HelpPart {
  readonly title: Words;
  readonly steps: readonly Words[];
}

export const ROLE_HELP: Readonly<Record<Role, readonly HelpPart[]>> = {
  teacher: [
    {
      title: { vi: 'Đổi hồ sơ của phòng trong ba chạm', en: 'Switch a room in three taps' },
      steps: [
        { vi: 'Mở «Phòng của tôi» trên điện thoại hay máy lớp.', en: 'Open “My rooms” on your phone or the classroom PC.' },
        { vi: 'Chọn hồ sơ và đến khi nào (hết tiết, hết buổi, số phút, một giờ), rồi bấm «Đổi».', en: 'Choose the profile and until when, then tap “Switch”.' },
        { vi: 'Máy trong phòng đổi ngay, trong hai giây. Hết giờ thì phòng tự trở về như cũ.', en: 'The room follows within two seconds and goes back by itself at the end.' },
        { vi: 'Bấm nhầm? Nút «Hoàn tác» ở ngay trên trang trong mười giây.', en: 'A wrong tap? “Undo” stands at the top for ten seconds.' },
      ],
    },
    {
      title: { vi: 'Một trang cần cho bài học bị chặn', en: 'A site you need is blocked' },
      steps: [
        { vi: 'Thử trang ấy trước tiết học để biết vì sao bị chặn.', en: 'Test the site before the lesson to see why it is blocked.' },
        { vi: 'Nhóm «thầy cô mở được» thì mở tạm cho phòng này đến hết tiết; phòng khác không đổi.', en: 'What teachers may open is opened for this room until the lesson ends; other rooms stay as they are.' },
        { vi: 'Nhóm bị chặn cứng (cờ bạc, khiêu dâm, ma túy, lừa đảo …) thì không ai ở trường mở được; nếu là chặn nhầm, báo quản trị.', en: 'Hard-blocked groups can’t be opened by anyone at school; if it is a mistake, tell the administrator.' },
      ],
    },
    {
      title: { vi: 'Học sinh xin mở trang', en: 'A pupil asks for a page' },
      steps: [
        { vi: 'Yêu cầu chỉ có tên trang, phòng và lý do em viết; không có tên em.', en: 'A request holds the site, the room and what the pupil wrote; never a name.' },
        { vi: 'Duyệt, hoặc từ chối với một lý do nhẹ nhàng: em đọc được bằng mã tham chiếu.', en: 'Approve, or refuse with a kind reason: the pupil reads it by the reference.' },
      ],
    },
  ],
  'it-admin': [
    {
      title: { vi: 'Mỗi tuần mười phút', en: 'Ten minutes a week' },
      steps: [
        { vi: 'Xem sức khỏe cổng lọc; dòng lệnh luytre doctor nói rõ việc nào cần làm.', en: 'Look at the gateway’s health; luytre doctor says what needs doing.' },
        { vi: 'Trả lời các yêu cầu mở trang còn chờ; trang nào nhiều lớp cần thì mở hẳn bằng một quy tắc.', en: 'Answer requests that wait; what many classes need gets a rule.' },
        { vi: 'Sao lưu, và thử khôi phục một lần mỗi học kỳ trên một máy khác.', en: 'Make a backup, and once a term restore it on another machine.' },
      ],
    },
    {
      title: { vi: 'Trang bị chặn nhầm', en: 'A site blocked by mistake' },
      steps: [
        { vi: 'Hỏi «vì sao?» để biết danh sách hay quy tắc nào đã chặn: luytre explain TRANG --profile thcs.', en: 'Ask why: luytre explain SITE --profile thcs names the list or rule.' },
        { vi: 'Thêm quy tắc cho phép của trường, có ghi chú; nhóm bị chặn cứng thì báo Sở.', en: 'Add a school rule with a note; hard-blocked groups go to the Sở.' },
      ],
    },
    {
      title: { vi: 'Việc cần hai người', en: 'What takes two people' },
      steps: [
        { vi: 'Bật giải mã, nới lỏng một mức lọc, xuất khóa CA: thầy/cô đề xuất, ban giám hiệu duyệt trong một tuần.', en: 'Decryption, loosening a cell, exporting the CA’s key: you propose, the head approves within a week.' },
        { vi: 'Mất điện thoại xác thực: dùng mã dự phòng, hoặc luytre users reset-totp TÊN ở chính máy cổng lọc.', en: 'Lost your phone: a recovery code, or luytre users reset-totp NAME at the machine itself.' },
      ],
    },
    {
      title: { vi: 'Điều cổng lọc không ghi', en: 'What is never kept' },
      steps: [
        { vi: 'Không địa chỉ máy, tên người, đường dẫn hay từ tìm kiếm nào được lưu; xem trực tiếp tối đa mười phút và chỉ trong bộ nhớ.', en: 'No address, name, path or search term is stored; the live view lasts ten minutes and exists in memory only.' },
        { vi: 'Lời nhắn của học sinh cho cán bộ tư vấn: thầy/cô không xem được, và nên như thế.', en: 'Pupils’ messages to the counsellor are not shown to you, and should not be.' },
      ],
    },
  ],
  head: [
    {
      title: { vi: 'Duyệt việc cần hai người', en: 'Approve what takes two people' },
      steps: [
        { vi: 'Mỗi đề xuất cho thấy trước và sau, ai đề xuất, vì sao. Không rõ thì từ chối và hỏi lại: đề xuất mới chỉ mất một phút.', en: 'Each proposal shows before and after, who asks and why. If in doubt refuse and ask.' },
        { vi: 'Bật giải mã (mức inspect) là việc nặng nhất: phải báo cho cha mẹ học sinh trước (thư ở dưới).', en: 'Decryption (inspect) weighs most: tell the parents first (letter below).' },
        { vi: 'Không đưa mật khẩu và mã của thầy/cô cho quản trị: khi ấy chỉ còn một người.', en: 'Don’t lend your password and codes to the administrator: that leaves one person.' },
      ],
    },
    {
      title: { vi: 'Trách nhiệm của nhà trường', en: 'The school’s duties' },
      steps: [
        { vi: 'Công khai đường dây nóng của trường trên mọi trang chặn; kiểm tra số còn đúng mỗi học kỳ.', en: 'The school’s hotline stands on every block page; check it each term.' },
        { vi: 'Cử một cán bộ tư vấn có tài khoản, để học sinh nhắn được mà không cần nói tên.', en: 'Appoint a counsellor with an account, so that pupils can write without a name.' },
        { vi: 'Cử người kiểm tra không phải quản trị để đọc nhật ký thao tác.', en: 'Appoint an auditor other than the administrator.' },
      ],
    },
  ],
  counsellor: [
    {
      title: { vi: 'Lời nhắn của học sinh', en: 'Messages from pupils' },
      steps: [
        { vi: 'Mở «Lời nhắn của học sinh» mỗi ngày đi làm; ghi rõ cho lớp biết thầy/cô đọc vào lúc nào.', en: 'Open the page every working day and tell the classes when you read.' },
        { vi: 'Không ai biết ai viết, kể cả thầy/cô. Đừng tìm cách đoán qua giờ gửi.', en: 'Nobody knows who wrote, you included. Don’t try to guess from the time.' },
        { vi: 'Trả lời ngắn, ấm áp, có một việc em làm được ngay: đến gặp ở đâu, lúc nào, hay gọi 111.', en: 'Answer briefly and warmly, with one thing to do now: where to meet you, or 111.' },
        { vi: 'Xong thì «Khép lại». Lời nhắn tự xóa theo hạn đã định.', en: 'When done, “Close”. Messages are deleted when their time is over.' },
      ],
    },
    {
      title: { vi: 'Khi có dấu hiệu nguy hiểm', en: 'Signs of danger' },
      steps: [
        { vi: 'Xâm hại, bạo lực, ý định tự hại: báo ban giám hiệu và gọi 111 ngay; 115 khi cần cấp cứu, 113 khi có người đang bị đe dọa.', en: 'Abuse, violence, thoughts of self-harm: tell the leadership and call 111 at once; 115 and 113 in emergencies.' },
        { vi: 'Chép lại lời nhắn vào hồ sơ của trường trước khi nó tự xóa.', en: 'Copy the message into the school’s file before it is deleted.' },
        { vi: 'Nói với em, nếu được, rằng thầy/cô sẽ nhờ ai giúp.', en: 'If you can, tell the pupil whom you will ask for help.' },
      ],
    },
  ],
  auditor: [
    {
      title: { vi: 'Mỗi tháng một lần', en: 'Once a month' },
      steps: [
        { vi: 'Bấm «Kiểm tra cả chuỗi». Kết quả nói bao nhiêu bản ghi khớp và bản đầu tiên không khớp, nếu có.', en: 'Run the check. It says how many records fit and which is the first that does not.' },
        { vi: 'Chép số và mã băm của đầu chuỗi vào sổ, ngoài máy này. Lần sau tìm lại đúng số ấy và so.', en: 'Note number and hash of the head outside this machine; compare next time.' },
        { vi: 'Lọc «Đề xuất và phê duyệt» và «Tài khoản»: người đề xuất và người duyệt có là hai người không, có tài khoản nào lạ không.', en: 'Filter approvals and accounts: are proposer and approver two people, is any account unknown?' },
        { vi: 'Tải JSON khi cần nộp: tệp có đủ để người khác tính lại chuỗi mà không cần cổng lọc.', en: 'Hand in the JSON file: others can compute the chain from it without this gateway.' },
      ],
    },
  ],
};

export type Tier = 'tieu-hoc' | 'thcs' | 'thpt';

export interface Sheet {
  readonly profile: string;
  readonly title: string;
  readonly lead: string;
  readonly parts: readonly { readonly title: string; readonly points: readonly string[] }[];
  /** Read by pupils who know the names of groups of sites. */
  readonly groups: boolean;
}

/** Pupils read them in Vietnamese, whatever the language of the console. */
export const SHEETS: Readonly<Record<Tier, Sheet>> = {
  'tieu-hoc': {
    profile: 'lop-4-5',
    title: 'Hàng rào tre giữ em an toàn trên mạng',
    lead: 'Ở trường, trang học bài luôn mở. Trang xấu luôn đóng.',
    groups: false,
    parts: [
      { title: 'Khi em thấy «Trang này chưa dành cho em»', points: ['Không phải lỗi của em. Không ai ghi lại tên em.', 'Em quay lại bài học, hoặc giơ tay hỏi thầy cô.'] },
      { title: 'Ba điều em nhớ', points: ['Không cho ai trên mạng biết tên, trường, nhà, số điện thoại, ảnh của em.', 'Thấy điều làm em sợ hay buồn: tắt màn hình, kể với thầy cô hay bố mẹ.', 'Có người lạ rủ gặp, rủ giữ bí mật: nói ngay với người lớn em tin.'] },
    ],
  },
  thcs: {
    profile: 'thcs',
    title: 'Internet ở trường mình hoạt động thế nào?',
    lead: 'Cổng lọc mở Internet theo lứa tuổi: trang học luôn mở, trang gây hại luôn đóng, phần còn lại tùy tiết học.',
    groups: true,
    parts: [
      { title: 'Em cần một trang đang bị chặn?', points: ['Trên trang chặn, viết em cần để làm gì (đừng ghi tên), bấm «Yêu cầu mở trang».', 'Giữ mã tham chiếu: dùng mã để xem thầy cô trả lời.', 'Thầy cô mở cho cả phòng đến hết tiết, rồi trang tự đóng lại.', 'Trình duyệt chỉ báo «không kết nối được»? Mở trang «Vì sao có trang bị chặn?» của cổng lọc, hoặc hỏi thầy cô.'] },
      { title: 'Cổng lọc biết gì về em?', points: ['Không lưu tên em, máy của em, từng trang em đọc hay điều em tìm. Chỉ lưu số lượt của cả phòng theo nhóm nội dung và tên miền (như wikipedia.org), rồi tự xóa.', 'Vào các trang trợ giúp thì không ghi lại gì cả.'] },
      { title: 'Tự giữ mình', points: ['Mật khẩu là của riêng em; không gửi ảnh riêng tư cho bất kỳ ai.', 'Bị bắt nạt trên mạng: đừng trả lời, chụp lại, chặn, kể với người lớn.', 'Quà tặng, trúng thưởng, việc nhẹ lương cao trên mạng hầu hết là lừa đảo.'] },
    ],
  },
  thpt: {
    profile: 'thpt',
    title: 'Cổng lọc Internet của trường: bạn nên biết',
    lead: 'Mục đích là giữ giờ học và giữ an toàn, không phải theo dõi. Điều gì được lọc và điều gì được ghi đều nói rõ ở đây.',
    groups: true,
    parts: [
      { title: 'Cần một trang cho bài học', points: ['Gửi «Yêu cầu mở trang» ngay trên trang chặn, nêu bài học; giữ mã tham chiếu để xem trả lời.', 'Trang bị chặn cứng mà bạn cho là nhầm: bấm «Báo chặn nhầm».', 'Tìm kiếm an toàn và chế độ hạn chế của YouTube luôn bật trong mạng trường.'] },
      { title: 'Điều được ghi và không được ghi', points: ['Có: số lượt theo phút của cả phòng, nhóm nội dung và tên miền (như wikipedia.org), không gắn với máy hay người nào, rồi tự xóa.', 'Không: tên, địa chỉ máy, đường dẫn, từ tìm kiếm, lần vào trang trợ giúp.', 'Ai đổi cách lọc thì có nhật ký, và nhật ký không sửa lén được.'] },
      { title: 'Tự bảo vệ', points: ['Bật xác thực hai bước cho thư điện tử và mạng xã hội.', 'Bị đe dọa phát tán ảnh, bị tống tiền: đừng trả tiền, đừng xóa bằng chứng; gọi 111 hoặc 113.', 'Phần mềm vượt rào miễn phí thường kiếm tiền bằng chính dữ liệu của người dùng.'] },
    ],
  },
};
