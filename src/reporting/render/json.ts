/** The report as JSON: the value itself, indented, with a final newline. */
import type { Report } from '../report.js';

export function toJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
