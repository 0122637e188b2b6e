/**
 * One list of hosts out of the channel, read and weighed as an import is: the shield, the gate, what may not be asked for at all.
 * Changes nothing. Refuses to know TUF.
 */
import { gate } from '../lists/gate.js';
import { CITY_PREFIX, SEALED } from '../lists/import.js';
import { ListError } from '../lists/list-error.js';
import { readFiles } from '../lists/read.js';
import { createShield } from '../lists/gate.js';
import { shieldedEntries, type Shipped } from '../lists/shipped.js';
import { DAY_MS } from '../local-time.js';
import type { NewList, Store } from '../store/rows.js';
import { ChannelError } from './channel-error.js';
import { MAX_EMERGENCY_DAYS, type ChannelItem } from './manifest.js';

/** Unpacked bytes and lines a list of the channel may have: some four million hosts. */
const LIMITS = { maxBytes: 128 * 2 ** 20, maxRatio: 200, ratioFromBytes: 2 ** 22, maxMembers: 1 };

export interface ReadyList {
  readonly meta: NewList;
  readonly entries: readonly string[];
}

export interface ListDeps {
  readonly store: Store;
  readonly shipped: Shipped;
  readonly nowMs: number;
  /** Take it although the gate stops it. */
  readonly force: boolean;
}

export function listName(item: ChannelItem): string {
  return `${CITY_PREFIX}${item.name}`;
}

/** True where an emergency of the channel is over. */
export function isOver(item: ChannelItem, nowMs: number): boolean {
  return item.ends !== undefined && Date.parse(item.ends) <= nowMs;
}

/** @throws ChannelError with the reason why the list is not taken */
export async function readChannelList(item: ChannelItem, file: string, source: string, deps: ListDeps): Promise<ReadyList> {
  const meta = metaOf(item, source, deps);
  const allow = item.role === 'city-allow';
  const known = deps.store.policies.lists().find((row) => row.name === meta.name) ?? null;
  if (known !== null && known.origin !== 'city') throw new ChannelError('name-taken', `Trường đã có danh sách tên ${meta.name}; hãy xóa nó để nhận danh sách của Sở.`, `The school has a list named ${meta.name} itself; remove it to take the department's.`);
  let result;
  try {
    const { reader } = await readFiles([file], { format: item.format === 'deny' ? 'auto' : item.format, category: item.category ?? null, allow, only: null, limits: LIMITS });
    // What people of the department decide about single hosts is not voided by the shield; what a collection says in passing is.
    const shield = item.role === 'category' ? createShield(shieldedEntries(deps.shipped)) : null;
    result = reader.finish((host, kind) => shield?.covers(host, kind) ?? false);
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    throw new ChannelError('bad-list', `Danh sách ${item.name} của kênh: ${error.vi}`, `List ${item.name} of the channel: ${error.en}`, { cause: error });
  }
  if (result.entries.length === 0) throw new ChannelError('bad-list', `Danh sách ${item.name} của kênh không có mục nào dùng được.`, `List ${item.name} of the channel has no usable entry.`);
  if (!deps.force && item.role !== 'emergency') stop(item, gate(known === null ? null : deps.store.policies.listEntries(meta.name), result.entries, allow));
  return { meta, entries: result.entries };
}

function metaOf(item: ChannelItem, source: string, { shipped, nowMs }: ListDeps): NewList {
  if (item.role === 'revoked' || item.role === 'distrusted') throw new TypeError(item.role);
  if (item.category !== undefined && SEALED.includes(item.category)) throw new ChannelError('sealed', `Danh sách ${item.name}: nhóm ${item.category} mở trước mọi quy tắc nên kênh không được thêm vào.`, `List ${item.name}: category ${item.category} opens before every rule, so the channel may not add to it.`);
  if (item.category !== undefined && !shipped.categories.some(({ code }) => code === item.category)) throw new ChannelError('unknown-category', `Danh sách ${item.name}: bản này không có nhóm ${item.category}.`, `List ${item.name}: this version has no category ${item.category}.`);
  const endsMs = item.ends === undefined ? null : Date.parse(item.ends);
  if (endsMs !== null && endsMs > nowMs + MAX_EMERGENCY_DAYS * DAY_MS) throw new ChannelError('ends', `Chặn khẩn cấp ${item.name} kéo dài quá ${MAX_EMERGENCY_DAYS} ngày; việc lâu dài phải là danh sách thường.`, `Emergency block ${item.name} lasts more than ${MAX_EMERGENCY_DAYS} days; what lasts belongs into an ordinary list.`);
  return {
    name: listName(item), role: item.role, category: item.category ?? null, profiles: item.profiles ?? null, shield: false, origin: 'city',
    source, license: item.license ?? null, endsMs,
  };
}

function stop(item: ChannelItem, findings: ReturnType<typeof gate>): void {
  const stopped = findings.find((finding) => finding.stops);
  if (stopped === undefined) return;
  const [vi, en] = stopped.code === 'shrinks'
    ? [`mất ${stopped.count} mục (hơn một phần năm)`, `lost ${stopped.count} entries (more than a fifth)`]
    : [`sẽ chặn thêm ${stopped.count} trang của trường học, cơ quan nhà nước (${stopped.first.slice(0, 3).join(', ')})`, `would newly close ${stopped.count} sites of schools or offices (${stopped.first.slice(0, 3).join(', ')})`];
  throw new ChannelError('held', `Danh sách ${item.name} của kênh ${vi} nên được giữ lại; bản trước vẫn có hiệu lực. Nếu đúng ý Sở: luytre lists update --force.`, `List ${item.name} of the channel ${en}, so it is held back; the version before stays in force. If the department means it: luytre lists update --force.`);
}
