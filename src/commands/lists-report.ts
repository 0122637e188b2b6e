/** The import report in words, for people at a terminal. */
import { gateWords, REFUSAL_WORDS } from '../lists/words.js';
import type { ImportReport } from '../lists/import.js';
import type { CommandEnv } from './env.js';

export function printReport(env: CommandEnv, report: ImportReport): void {
  const n = (value: number): string => value.toLocaleString(env.lang === 'vi' ? 'vi-VN' : 'en-US');
  const out = (vi: string, en: string): void => env.say.out(env.t(vi, en));
  const from = [report.formats.join(', '), ...(report.parts.length > 0 && report.parts.length <= 12 ? [report.parts.join(', ')] : [])].filter((part) => part !== '').join(': ');
  out(
    `${report.name} (${report.category}; ${from}): ${n(report.lines)} dòng = lấy ${n(report.taken)} + gộp ${n(report.folded)} + ghi chú ${n(report.comments)} + bỏ ${n(report.refused)}`,
    `${report.name} (${report.category}; ${from}): ${n(report.lines)} lines = ${n(report.taken)} taken + ${n(report.folded)} folded + ${n(report.comments)} comments + ${n(report.refused)} refused`,
  );
  const { duplicate, covered, excepted } = report.foldedBy;
  if (report.folded > 0) {
    out(
      `  gộp: ${n(duplicate)} trùng, ${n(covered)} đã nằm trong mục khác, ${n(excepted)} có ngoại lệ của chính danh sách`,
      `  folded: ${n(duplicate)} duplicates, ${n(covered)} covered by another entry, ${n(excepted)} excepted by the list itself`,
    );
  }
  for (const { why, lines, first } of report.refusals) {
    const [vi, en] = REFUSAL_WORDS[why];
    out(`  bỏ ${n(lines)}: ${vi}`, `  refused ${n(lines)}: ${en}`);
    for (const { file, line, text } of first) out(`      ${file} dòng ${n(line)}: ${text}`, `      ${file} line ${n(line)}: ${text}`);
  }
  if (report.refusedBeside > 0) out(`  bỏ thêm ${n(report.refusedBeside)} tên trên những dòng đã lấy`, `  ${n(report.refusedBeside)} more names refused on lines that were taken`);
  if (report.ignoredFiles > 0) out(`  ${n(report.ignoredFiles)} tệp khác trong kho không đọc tới`, `  ${n(report.ignoredFiles)} other files of the archive were not read`);
  for (const { host, under } of report.stillOpen.first) out(`  không đóng được ${host} (được bảo vệ) dù có mục ${under}`, `  ${host} stays open (protected) in spite of entry ${under}`);
  const more = report.stillOpen.count - report.stillOpen.first.length;
  if (more > 0) out(`  và ${n(more)} tên được bảo vệ khác`, `  and ${n(more)} more protected hosts`);
  for (const finding of report.gate) {
    const [vi, en] = gateWords(finding);
    out(`  chú ý: ${vi}`, `  note: ${en}`);
  }
  if (report.changes !== null) {
    const { added, removed, firstAdded } = report.changes;
    out(`  xem trước, chưa đổi gì: sẽ thêm ${n(added)} mục, bớt ${n(removed)}`, `  preview, nothing changed: ${n(added)} entries would come, ${n(removed)} would go`);
    for (const entry of firstAdded.slice(0, 5)) env.say.out(`      + ${entry}`);
  }
  if (report.outcome === 'imported') {
    const [vi, en] = report.replaces === null ? ['', ''] : [`, thay ${report.replaces}`, `, replaces ${report.replaces}`];
    out(`  đã có hiệu lực: ${n(report.entries)} mục, phiên bản ${report.version ?? ''}${vi}`, `  in force: ${n(report.entries)} entries, version ${report.version ?? ''}${en}`);
  }
  if (report.outcome === 'unchanged') out('  nội dung như cũ, không đổi gì', '  same content as before, nothing changed');
}

/** Why the gate stopped the list, in one sentence. */
export function gateSentence(report: ImportReport): readonly [vi: string, en: string] {
  const stops = report.gate.filter((finding) => finding.stops).map(gateWords);
  return [
    `Giữ nguyên bản cũ của ${report.name}: ${stops.map(([vi]) => vi).join('; ')}. Nếu đúng ý, chạy lại với --force.`,
    `The old version of ${report.name} stays: ${stops.map(([, en]) => en).join('; ')}. If that is what you want, run it again with --force.`,
  ];
}
