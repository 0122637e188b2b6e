/** Keeps the shipped lists in the database in step with rules/. Refuses to know files: `Shipped` is what was read and checked. */
import { createHash } from 'node:crypto';
import type { Actor, ListRow, NewList, Store } from '../store/rows.js';
import { ListError } from './list-error.js';
import type { Shipped } from './shipped.js';

const GATEWAY: Actor = { kind: 'system', name: 'luytre' };

/**
 * Changed lists are put, those no longer shipped go.
 * @returns true when anything changed. Asks before it writes, so that commands beside a running gateway need no lock.
 */
export function syncShipped(store: Store, shipped: Shipped, nowMs: number = Date.now()): boolean {
  const { policies } = store;
  const known = new Map(policies.lists().map((row) => [row.name, row]));
  let changed = false;
  for (const list of shipped.lists) {
    const row = known.get(list.meta.name);
    if (row !== undefined && row.origin !== 'shipped') {
      throw new ListError(
        'name-taken',
        `Danh sách ${row.name} của trường trùng tên với danh sách đi kèm bản này; hãy nhập lại nó với --name khác rồi xóa tên cũ (luytre lists remove ${row.name}).`,
        `The school's list ${row.name} has the name of a shipped list; import it again with another --name, then remove this one (luytre lists remove ${row.name}).`,
      );
    }
    const entries = [...new Set(list.entries)].sort();
    if (row !== undefined && sameList(row, list.meta) && row.current.sha256 === sha256(entries)) continue;
    changed = policies.putList(list.meta, list.version, entries, nowMs, GATEWAY) || changed;
  }
  const names = new Set(shipped.lists.map((list) => list.meta.name));
  for (const row of known.values()) {
    if (row.origin === 'shipped' && !names.has(row.name)) changed = policies.removeList(row.name, GATEWAY) || changed;
  }
  return changed;
}

function sha256(sorted: readonly string[]): string {
  return createHash('sha256').update(Buffer.from(sorted.join('\n'), 'latin1')).digest('hex');
}

function sameList(row: ListRow, meta: NewList): boolean {
  return row.role === meta.role && row.category === meta.category && row.shield === meta.shield && row.source === meta.source &&
    row.license === meta.license && [...(row.profiles ?? ['*'])].sort().join() === [...(meta.profiles ?? ['*'])].sort().join();
}
