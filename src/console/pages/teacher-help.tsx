/** A teacher's help on one page: what to tap for what, what can't be, and why. Prints on one sheet; docs/giao-vien.md says the same at length. */
import type { Page, PageContext } from '../page.js';

export const teacherHelpPage: Page = {
  path: '/huong-dan',
  title: { vi: 'Hướng dẫn', en: 'Help' },
  roles: ['teacher', 'it-admin'],
  nav: { group: 'own', order: 10, roles: ['teacher'] },
  render: (ctx) => (
    <>
      <p class="lead">{ctx.t('Một trang, in ra được. Mọi thay đổi có hiệu lực trong hai giây, tự hết khi đến giờ, và hoàn tác được trong mười giây.', 'One page, made to be printed. Every change holds within two seconds, ends by itself and can be undone for ten seconds.')}</p>
      {sections(ctx).map(({ title, rows }) => (
        <section class="card">
          <h2>{title}</h2>
          <dl class="facts">{rows.map(([what, how]) => <><dt>{what}</dt><dd>{how}</dd></>)}</dl>
        </section>
      ))}
    </>
  ),
};

function sections({ t }: PageContext): readonly { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[] {
  return [
    {
      title: t('Trong tiết học', 'In the lesson'),
      rows: [
        [t('Đổi hồ sơ lọc', 'Switch the profile'), t('Phòng của tôi → chọn hồ sơ → đến khi nào → Đổi. Hết tiết, phòng tự trở về như cũ.', 'My rooms → profile → until → Switch. The room goes back by itself.')],
        [t('Các em nhìn lên bảng', 'Eyes on the board'), t('Tạm dừng 10 phút. Trang trợ giúp vẫn mở; hết giờ tiết đang học đi tiếp. Muốn sớm hơn: Mở lại Internet.', 'Pause for 10 minutes. Help lines stay open; then the lesson goes on. Sooner: Bring the Internet back.')],
        [t('Chỉ vài trang của bài', 'Only the sites of the lesson'), t('Chỉ danh sách trang → chọn danh sách đã lưu, hoặc ghi từng trang.', 'List only → a saved list, or write the sites.')],
        [t('Thi, kiểm tra', 'Exams'), t('Giờ thi → ghi trang làm bài (hoặc chọn danh sách) → Bắt đầu giờ thi. Trang đang mở tạm sẽ đóng.', 'Exam → the sites → Begin. Temporary openings close.')],
        [t('Một trang bị chặn mà bài cần', 'A blocked site that the lesson needs'), t('Mở một trang → dán địa chỉ → xem nhóm và lý do → Mở cho phòng này. Phòng khác không đổi.', 'Open a site → paste → see what it is → Open it for this room. Other rooms are as they were.')],
        [t('Nhờ đồng nghiệp trông phòng', 'A colleague takes over'), t('Mở trang của phòng → Bàn giao phòng → chọn thầy/cô, đến khi nào.', 'The page of the room → Hand over → who, until when.')],
      ],
    },
    {
      title: t('Yêu cầu của học sinh', "Pupils' requests"),
      rows: [
        [t('Em xin mở trang', 'A pupil asks'), t('Yêu cầu hiện ở «Yêu cầu của học sinh». Trả lời → mở cho cả phòng, hoặc chưa mở và chọn một lý do.', 'It appears under requests. Answer: open it for the room, or not now with a reason.')],
        [t('Em xem trả lời ở đâu', 'Where the pupil sees it'), t('Bằng mã tham chiếu trên trang của cổng lọc, không cần tài khoản. Hệ thống không biết em nào hỏi.', 'By the reference, without an account. The system does not know who asked.')],
      ],
    },
    {
      title: t('Trước giờ dạy', 'Before the lesson'),
      rows: [
        [t('Trang này có mở không?', 'Will it open?'), t('Kiểm tra một trang → dán địa chỉ, chọn phòng; mở «Vào lúc khác» để thử ngày giờ của tiết.', 'Test a site → paste, choose the room; “At another time” for the hour of the lesson.')],
        [t('Soạn danh sách', 'Make a list'), t('Danh sách trang → mỗi dòng một trang. Đánh dấu dùng chung để đồng nghiệp chép về.', 'Lists of sites → one a line. Share it for colleagues to copy.')],
        [t('Trang mở mà thiếu hình, phim', 'A page without its pictures'), t('Trang ấy lấy hình, phim từ trang khác đang bị chặn: kiểm tra và mở thêm trang kia.', 'They come from another site that is blocked: test that one too.')],
      ],
    },
    {
      title: t('Điều không làm được, và vì sao', 'What can’t be done, and why'),
      rows: [
        [t('Mở nhóm bị chặn cứng', 'Open a hard block'), t('Cờ bạc, khiêu dâm, lừa đảo … không ai ở trường mở được. Nếu chặn nhầm: báo quản trị của trường để Sở xem lại.', 'Nobody at the school can. If it is a mistake: tell the administrator.')],
        [t('Xem em nào vào trang nào', 'See who visits what'), t('Không có màn hình ấy. Chỉ hiện số máy làm tròn và nhóm mà ít nhất 10 máy gặp, chậm 15 phút.', 'There is no such screen: rounded numbers only, and categories that ten devices met, 15 minutes late.')],
        [t('Một em cần giúp đỡ', 'A pupil needs help'), t('Tổng đài 111 (miễn phí, cả ngày lẫn đêm) và thầy cô tư vấn của trường. Trang trợ giúp luôn mở và không bao giờ bị ghi lại.', 'Hotline 111 and the counsellor. Help pages are always open and never recorded.')],
      ],
    },
  ];
}
