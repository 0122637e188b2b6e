/**
 * The trail as a file: JSON with everything the chain is made of, so that anyone can check it without this program (docs/kiem-toan.md), or CSV
 * for a person. Written in pieces: years of records are not held in memory. No cell can become a formula.
 */
import { formatLocal } from '../local-time.js';
import type { AuditRow, AuditStore } from '../store/audit-rows.js';
import { csvCell } from '../reporting/render/csv.js';
import { actionWords, changesOf, changeText, reasonOf, type Saying } from './audit-words.js';
import type { AuditAsked } from './audit-find.js';

const PIECE = 500;
const HEADS = ['Số', 'Thời điểm', 'Qua', 'Ai', 'Việc', 'Mã việc', 'Đối tượng', 'Thay đổi', 'Lý do', 'Trước', 'Sau', 'Mã băm'] as const;

export function exportCsv(store: AuditStore, asked: AuditAsked, say: Saying): ReadableStream<Uint8Array> {
  const line = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
  // Excel reads UTF-8 only behind a byte order mark
  return inPieces(store, asked, `\uFEFF${line(HEADS)}`, '', (row) => line([
    String(row.seq), formatLocal(row.atMs), row.actor.kind, row.actor.name, actionWords(say.t, row.action), row.action, row.object,
    changesOf(row, say).map(changeText).join('; '), reasonOf(row) ?? '', row.before ?? '', row.after ?? '', row.hash,
  ]));
}

export function exportJson(store: AuditStore, asked: AuditAsked, school: string, nowMs: number): ReadableStream<Uint8Array> {
  const { base, head } = store.ends();
  const start = JSON.stringify({ school, exportedAt: formatLocal(nowMs), base, head }).slice(0, -1);
  let first = true;
  return inPieces(store, asked, `${start},"records":[`, '\n]}\n', (row) => {
    const text = `${first ? '' : ','}\n${JSON.stringify({ seq: row.seq, atMs: row.atMs, at: formatLocal(row.atMs), actorKind: row.actor.kind, actorName: row.actor.name, action: row.action, object: row.object, before: row.before, after: row.after, hash: row.hash })}`;
    first = false;
    return text;
  });
}

function inPieces(store: AuditStore, { range, keep }: AuditAsked, start: string, end: string, write: (row: AuditRow) => string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  // What is written while the file is read is not in it: the head that stands at its top is its end.
  const upTo = store.ends().head.seq + 1;
  let afterSeq = 0;
  let begun = false;
  return new ReadableStream({
    pull(controller) {
      if (!begun) controller.enqueue(encoder.encode(start));
      begun = true;
      const rows = store.find({ ...range, afterSeq, beforeSeq: upTo, oldestFirst: true }, keep, PIECE);
      if (rows.length > 0) controller.enqueue(encoder.encode(rows.map(write).join('')));
      afterSeq = rows.at(-1)?.seq ?? afterSeq;
      if (rows.length === PIECE) return;
      controller.enqueue(encoder.encode(end));
      controller.close();
    },
  });
}
