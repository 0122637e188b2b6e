/**
 * Hosts and the ending of TLS: how often clients refused our certificate, by host and day, and the school's own list of hosts that are never
 * decrypted. One never becomes the other by itself: a person reads the counts and adds the host.
 */
import { dayStart } from '../local-time.js';
import { isAddressLiteral } from '../matching/address.js';
import { formatEntry, parseEntry } from '../matching/entry.js';
import { canonicalHost } from '../matching/hostname.js';
import { KIND_PATH } from '../matching/host-index.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { PolicyStore, TlsExceptionRow, TlsRejectionRow } from './rows.js';
import { StoreError } from './store-error.js';
import { badValue, nameText, note as noteText, timeMs } from './values.js';

/** What a client can make grow stays small: a day of a school has fewer pinned apps than this. */
export const MAX_REJECTED_HOSTS = 1_000;
const MAX_EXCEPTIONS = 2_000;

type TlsPart = Pick<PolicyStore, 'noteTlsRejections' | 'tlsRejections' | 'tlsExceptions' | 'addTlsException' | 'removeTlsException'>;

export function createTlsHosts(db: Connection, changer: Changer): TlsPart {
  const add = db.prepare('UPDATE tls_rejection SET n = n + ? WHERE day_ms = ? AND host = ?');
  const insert = db.prepare('INSERT INTO tls_rejection (day_ms, host, n) VALUES (?, ?, ?)');
  const hosts = db.prepare('SELECT count(*) FROM tls_rejection WHERE day_ms = ?').pluck();
  const sums = db.prepare('SELECT host, sum(n) AS n, count(*) AS days FROM tls_rejection WHERE day_ms >= ? GROUP BY host ORDER BY n DESC, host');
  const exceptions = db.prepare('SELECT entry, note, by, at_ms AS atMs FROM tls_exception ORDER BY entry');
  const exception = db.prepare('SELECT entry, note, by, at_ms AS atMs FROM tls_exception WHERE entry = ?');

  return {
    noteTlsRejections(counts, dayMs) {
      const day = dayStart(timeMs(dayMs));
      const known = counts.filter(([host, n]) => Number.isSafeInteger(n) && n > 0 && n <= 1e9 && canonicalHost(host) === host && !isAddressLiteral(host));
      if (known.length === 0) return;
      db.transaction(() => {
        let room = MAX_REJECTED_HOSTS - Number(hosts.get(day));
        for (const [host, n] of known) {
          if (add.run(n, day, host).changes > 0 || room <= 0) continue;
          insert.run(day, host, n);
          room -= 1;
        }
      }).immediate();
    },
    tlsRejections: (fromMs) => sums.all(fromMs) as TlsRejectionRow[],
    tlsExceptions: () => exceptions.all() as TlsExceptionRow[],
    addTlsException(given, actor) {
      const parsed = parseEntry(given.entry);
      if (parsed === null || parsed.kind === KIND_PATH || formatEntry(parsed) !== given.entry || isAddressLiteral(parsed.host)) {
        throw badValue('Chỉ loại được tên trang, không kèm đường dẫn hay địa chỉ IP.', 'Only a host can be excepted, without a path and not an IP address.');
      }
      noteText(given.note);
      const row: TlsExceptionRow = { entry: given.entry, note: given.note, by: nameText(given.by, 128), atMs: timeMs(given.atMs) };
      return changer.change(false, actor, (note) => {
        if (exception.get(row.entry) !== undefined) throw new StoreError('exception-taken', `Trang ${row.entry} đã có trong danh sách không giải mã của trường.`, `${row.entry} is on the school’s list already.`);
        if ((exceptions.all() as unknown[]).length >= MAX_EXCEPTIONS) throw new StoreError('too-many', `Danh sách không giải mã của trường đã đủ ${MAX_EXCEPTIONS} trang.`, `The school’s never-decrypt list holds ${MAX_EXCEPTIONS} hosts already.`);
        db.prepare('INSERT INTO tls_exception (entry, note, by, at_ms) VALUES (@entry, @note, @by, @atMs)').run(row);
        note('tls-exception.add', row.entry, null, row);
        return row;
      });
    },
    removeTlsException(entry, actor) {
      return changer.change(false, actor, (note) => {
        const before = exception.get(entry) as TlsExceptionRow | undefined;
        if (before === undefined) return false;
        db.prepare('DELETE FROM tls_exception WHERE entry = ?').run(entry);
        note('tls-exception.remove', entry, before, null);
        return true;
      });
    },
  };
}
