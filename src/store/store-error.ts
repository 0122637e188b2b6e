/**
 * StoreError: everything the store can refuse or suffer, as a closed table of codes, each with one clear sentence in
 * Vietnamese and English. Refuses to carry hosts of requests, addresses or SQL.
 */
import { SpokenError } from '../fault.js';

const STORE_CODES = [
  // the place and the file
  'dir-mode', 'dir-unusable', 'file-mode', 'not-a-file', 'not-found', 'not-a-database', 'not-ours', 'schema-newer', 'schema-older',
  'corrupt', 'read-only', 'disk-full', 'locked', 'io', 'cannot-open', 'exists', 'in-use',
  // what was asked
  'name-taken', 'port-taken', 'range-taken', 'mac-taken', 'rule-taken', 'ref-taken',
  'unknown-zone', 'unknown-profile', 'unknown-list', 'unknown-version', 'unknown-request', 'unknown-user', 'unknown-ticket',
  'bad-value', 'bad-time', 'too-big', 'too-many', 'already-answered', 'weak-password', 'last-admin', 'busy',
  // what two people decide
  'unknown-proposal', 'unknown-category', 'already-decided', 'proposal-open', 'stale-proposal', 'not-approver', 'not-proposer', 'needs-approval', 'second-person', 'hard-cell',
  'fixed-cell', 'not-looser', 'no-change', 'no-grant', 'grant-used', 'exception-taken',
  'bad-day', 'bells-overlap', 'period-in-use', 'unknown-period', 'not-yours', 'changed-since',
  'constraint',
] as const;
export type StoreCode = (typeof STORE_CODES)[number];

export class StoreError extends SpokenError<StoreCode> {}

/** SQLite's result codes → ours; the first prefix wins. Anything else is a fault of this program and passes through. */
const BY_SQLITE: readonly (readonly [string, StoreCode])[] = [
  ['SQLITE_BUSY', 'locked'],
  ['SQLITE_LOCKED', 'locked'],
  ['SQLITE_FULL', 'disk-full'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'not-a-database'],
  ['SQLITE_CANTOPEN', 'cannot-open'],
  // No room for the shared-memory file beside the database: a full disk meets a process that has only just opened it.
  ['SQLITE_IOERR_SHMSIZE', 'disk-full'],
  ['SQLITE_IOERR', 'io'],
  ['SQLITE_PERM', 'read-only'],
  ['SQLITE_AUTH', 'read-only'],
  ['SQLITE_TOOBIG', 'too-big'],
  ['SQLITE_CONSTRAINT', 'constraint'],
];

const SENTENCES: Readonly<Partial<Record<StoreCode, readonly [string, string]>>> = {
  locked: [
    'Cơ sở dữ liệu đang bận (tiến trình khác đang giữ khóa ghi); hãy thử lại sau ít giây.',
    'The database is busy (another process holds its write lock); try again in a few seconds.',
  ],
  'disk-full': [
    'Ổ đĩa đã đầy nên chưa ghi được; dữ liệu cũ còn nguyên. Hãy giải phóng dung lượng rồi thử lại.',
    'The disk is full, so nothing was written; existing data is intact. Free some space and try again.',
  ],
  'read-only': [
    'Cơ sở dữ liệu chỉ đọc được, không ghi được; hãy kiểm tra quyền của thư mục dữ liệu và ổ đĩa.',
    'The database can be read but not written; check the permissions of the data directory and the disk.',
  ],
  corrupt: [
    'Tệp cơ sở dữ liệu bị hỏng; tệp được giữ nguyên. Hãy khôi phục từ bản sao lưu bằng lệnh: luytre restore TỆP.',
    'The database file is damaged; it was left as it is. Restore a backup with: luytre restore FILE.',
  ],
  'not-a-database': [
    'Tệp luytre.db không phải là cơ sở dữ liệu; tệp được giữ nguyên. Hãy khôi phục bản sao lưu (luytre restore TỆP) hoặc chuyển tệp đi nơi khác.',
    'The file luytre.db is not a database; it was left as it is. Restore a backup (luytre restore FILE) or move the file away.',
  ],
  'cannot-open': [
    'Không mở được cơ sở dữ liệu; hãy kiểm tra thư mục dữ liệu và quyền của tệp.',
    'The database cannot be opened; check the data directory and the file permissions.',
  ],
  io: [
    'Ổ đĩa báo lỗi khi đọc hoặc ghi cơ sở dữ liệu; hãy kiểm tra ổ đĩa.',
    'The disk reported an error while reading or writing the database; check the disk.',
  ],
  'too-big': ['Dữ liệu quá lớn, không lưu được.', 'The data is too big to be stored.'],
  constraint: ['Dữ liệu không hợp lệ nên không được lưu.', 'The data is not valid and was not stored.'],
};

/** An error with one of the table's standing sentences. */
export function storeError(code: StoreCode, cause?: unknown): StoreError {
  const [vi, en] = SENTENCES[code] ?? ['Cơ sở dữ liệu không làm được việc này.', 'The database cannot do this.'];
  return new StoreError(code, vi, en, cause === undefined ? undefined : { cause });
}

/** SQLite's and the file system's errors as StoreError; everything else is returned as it came. */
export function translate(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  if (code === null) return error;
  const known = BY_SQLITE.find(([prefix]) => code.startsWith(prefix));
  if (known !== undefined) return storeError(known[1], error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeError('disk-full', error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return storeError('read-only', error);
  if (code === 'EIO') return storeError('io', error);
  return error;
}

function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** The same object with every function translating what it throws, now or by promise. */
export function guarded<T extends object>(part: T): T {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(part)) {
    out[key] = typeof value === 'function' ? guardedFunction(value as (...args: unknown[]) => unknown) : value;
  }
  return out as T;
}

function guardedFunction(call: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return (...args) => {
    try {
      const result = call(...args);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw asError(translate(error));
      });
    } catch (error) {
      throw asError(translate(error));
    }
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
