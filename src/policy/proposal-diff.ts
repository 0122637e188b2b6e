/**
 * What a proposal changes, in words a head reads in half a minute: what it is about, before, after, and what changes for those in front of the
 * screens. Data in both languages; pages and the command line only lay it out.
 */
import type { Cell, TlsLevel } from './profile.js';
import { baseOf, type Matrix, type ProposedChange, type Standing } from './proposal.js';
import type { Words } from './words.js';

export interface ProposalDiff {
  readonly subject: Words;
  readonly before: Words;
  readonly after: Words;
  /** What pupils and teachers will notice, and what it costs. */
  readonly effect: Words;
}

export const CELL_WORDS: Readonly<Record<Cell, Words>> = {
  X: { vi: 'X · chặn cứng, không ai ở trường mở được', en: 'X · hard block, nobody at the school can open it' },
  K: { vi: 'K · chặn, thầy cô mở tạm được cho một phòng', en: 'K · blocked, a teacher can open it for one room for a while' },
  H: { vi: 'H · mở có hạn chế (tìm kiếm an toàn, chế độ hạn chế)', en: 'H · restricted (SafeSearch, Restricted Mode)' },
  M: { vi: 'M · mở', en: 'M · open' },
};

export const LEVEL_WORDS: Readonly<Record<TlsLevel, Words>> = {
  name: { vi: 'name · chỉ xét tên trang, không giải mã gì', en: 'name · judged by host name, nothing is decrypted' },
  'block-page': { vi: 'block-page · chỉ hiện trang chặn trên HTTPS, trang được mở không bị giải mã', en: 'block-page · the block page over HTTPS only, what is open is not decrypted' },
  inspect: { vi: 'inspect · giải mã trang HTTPS để xét đường dẫn', en: 'inspect · HTTPS is decrypted to judge paths' },
};

/** Labels of the three kinds. */
export const KIND_WORDS: Readonly<Record<ProposedChange['kind'], Words>> = {
  'tls-level': { vi: 'Bật giải mã HTTPS', en: 'Switch HTTPS inspection on' },
  loosen: { vi: 'Nới một nhóm nội dung', en: 'Loosen a category' },
  'ca-export': { vi: 'Xuất khóa CA của trường', en: 'Export the key of the school’s CA' },
};

/**
 * @param base what held when it was proposed (`baseOf`); the present where there is none yet
 */
export function diffOf(change: ProposedChange, matrix: Matrix, base: string): ProposalDiff {
  switch (change.kind) {
    case 'tls-level': {
      const before = LEVEL_WORDS[levelOf(base)];
      return { subject: profileWords(matrix, change.profile), before, after: LEVEL_WORDS.inspect, effect: INSPECT_EFFECT };
    }
    case 'loosen': {
      const profile = profileWords(matrix, change.profile);
      const category = matrix.categories.find((known) => known.code === change.category);
      const before = cellOf(base.split('>')[1] ?? '');
      return {
        subject: {
          vi: `${profile.vi} · nhóm «${category?.name ?? change.category}» (${change.category})`,
          en: `${profile.en} · category "${category?.nameEn ?? change.category}" (${change.category})`,
        },
        before: CELL_WORDS[before],
        after: CELL_WORDS[change.cell],
        effect: LOOSEN_EFFECT[change.cell],
      };
    }
    case 'ca-export':
      return {
        subject: { vi: `Khóa CA của trường, SHA-256 ${shortPrint(change.fingerprint)}`, en: `Key of the school’s CA, SHA-256 ${shortPrint(change.fingerprint)}` },
        before: { vi: 'khóa chỉ nằm trên máy cổng lọc', en: 'the key lies on the gateway only' },
        after: { vi: 'khóa được ghi một lần ra một tệp có mật khẩu, trong 24 giờ sau khi duyệt', en: 'the key is written once into a file under a passphrase, within 24 hours of the approval' },
        effect: {
          vi: 'Ai có cả tệp và mật khẩu ấy giả được gần như mọi trang web trước các máy đã cài chứng chỉ của trường. Chỉ duyệt khi chuyển cổng lọc sang máy khác, và hủy tệp ngay sau đó.',
          en: 'Whoever holds both file and passphrase can pass for nearly any site on devices that trust the school’s certificate. Approve only to move the gateway to another machine, and destroy the file afterwards.',
        },
      };
  }
}

/** The difference as things stand, for a change that is only being thought of. */
export function diffNow(change: ProposedChange, standing: Standing): ProposalDiff {
  return diffOf(change, standing.matrix, baseOf(change, standing));
}

const INSPECT_EFFECT: Words = {
  vi: 'Cổng lọc đọc được địa chỉ đầy đủ và nội dung trang HTTPS mà máy dùng hồ sơ này mở, để xét đường dẫn; không lưu lại. Ngân hàng, y tế, nhà nước, thư, mật khẩu, trợ giúp và các trang trường đã loại ra thì không bao giờ bị giải mã. Máy chưa cài chứng chỉ của trường sẽ báo lỗi ở hầu hết trang HTTPS. Cần báo cho học sinh, phụ huynh và thầy cô biết.',
  en: 'The gateway sees full addresses and content of the HTTPS sites that devices of this profile open, to judge paths; none of it is kept. Banks, health, government, mail, passwords, help lines and the sites the school has excepted are never decrypted. Devices without the school’s certificate will show errors on nearly every HTTPS site. Pupils, parents and teachers must be told.',
};

const LOOSEN_EFFECT: Readonly<Record<Cell, Words>> = {
  X: { vi: 'Không mở thêm gì.', en: 'Nothing more is opened.' },
  K: { vi: 'Trang thuộc nhóm này vẫn bị chặn, nhưng thầy cô mở tạm được cho một phòng.', en: 'Sites of this category stay blocked, but a teacher can open one for a room.' },
  H: {
    vi: 'Trang thuộc nhóm này mở ngay trên máy dùng hồ sơ này, không cần thầy cô mở tạm, với tìm kiếm an toàn và chế độ hạn chế nơi có. Trang trong danh sách chặn cứng vẫn đóng.',
    en: 'Sites of this category open at once on devices of this profile, without a teacher, with SafeSearch and Restricted Mode where there is one. Hosts on hard lists stay closed.',
  },
  M: {
    vi: 'Trang thuộc nhóm này mở ngay trên máy dùng hồ sơ này, không cần thầy cô mở tạm và không kèm hạn chế nào của nhóm. Trang trong danh sách chặn cứng vẫn đóng.',
    en: 'Sites of this category open at once on devices of this profile, without a teacher and without the restrictions of the category. Hosts on hard lists stay closed.',
  },
};

function profileWords(matrix: Matrix, id: string): Words {
  const profile = matrix.profiles.find((known) => known.id === id);
  return { vi: `Hồ sơ «${profile?.name ?? id}» (${id})`, en: `Profile "${profile?.nameEn ?? id}" (${id})` };
}

function levelOf(base: string): TlsLevel {
  return base === 'block-page' || base === 'inspect' ? base : 'name';
}

function cellOf(text: string): Cell {
  return text === 'M' || text === 'H' || text === 'K' ? text : 'X';
}

function shortPrint(fingerprint: string): string {
  return `${fingerprint.slice(0, 16).replace(/(..)(?=.)/g, '$1:')}…`;
}
