/**
 * PolicyData → Snapshot: the lookup tables a thread builds once per generation.
 * Owns names → positions and the host → rules table; refuses to know requests and time.
 */
import { KIND_EXACT, KIND_SUBDOMAINS, openIndex } from '../matching/host-index.js';
import { parseEntry } from '../matching/entry.js';
import type { CompiledRule, PolicyData, RuleTable, Snapshot } from './snapshot.js';

function ruleTable(data: PolicyData): RuleTable {
  const byHost = new Map<string, CompiledRule[]>();
  for (const rule of data.rules) {
    const entry = parseEntry(rule.entry);
    if (entry === null || entry.path !== null) continue;
    const kind = entry.kind === KIND_EXACT ? 'exact' : entry.kind === KIND_SUBDOMAINS ? 'subdomains' : 'suffix';
    const row = byHost.get(entry.host);
    if (row === undefined) byHost.set(entry.host, [{ rule, kind }]);
    else row.push({ rule, kind });
  }
  return { byHost };
}

/** First position wins where a name stands twice: positions must not depend on what comes later in a table. */
function positions(names: readonly string[]): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  names.forEach((name, position) => {
    if (!map.has(name)) map.set(name, position);
  });
  return map;
}

export function createSnapshot(data: PolicyData): Snapshot {
  const profileById = positions(data.profiles.map((profile) => profile.id));
  const categoryByCode = positions(data.categories.map((category) => category.code));
  return {
    data,
    index: openIndex(data.index),
    rules: ruleTable(data),
    categoryByCode,
    profileById,
    zoneByName: positions(data.zones.map((zone) => zone.name)),
    // The table is ordered from the strictest; the exam profile stands last and is nobody's default.
    strictest: profileById.get('lop-1-3') ?? 0,
    uncategorised: categoryByCode.get('chuaphanloai') ?? -1,
  };
}
