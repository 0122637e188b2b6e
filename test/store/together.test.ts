import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/database.js';

it('makes several changes one: a refusal in the middle leaves nothing, not even an audit record', () => {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-together-'));
  const store = openStore(dir);
  try {
    const actor = { kind: 'console', name: 'quantri' } as const;
    const zone = (name: string, cidr: string) => ({ name, profile: 'thcs', cidrs: [cidr], macs: [], port: null, login: null, timetable: [] });
    const [records, generation] = [store.audit.verify().records, store.policies.generation()];
    expect(() => store.together(() => {
      store.policies.addZone(zone('Phòng 1', '10.0.1.0/24'), actor);
      store.policies.addZone(zone('Phòng 2', '10.0.1.0/24'), actor);
    })).toThrowError(expect.objectContaining({ code: 'range-taken' }) as Error);
    expect(store.policies.zones()).toEqual([]);
    expect([store.audit.verify().records, store.policies.generation()]).toEqual([records, generation]);
    store.together(() => {
      store.policies.addZone(zone('Phòng 1', '10.0.1.0/24'), actor);
      store.policies.addZone(zone('Phòng 2', '10.0.2.0/24'), actor);
    });
    expect(store.policies.zones()).toHaveLength(2);
    expect(store.audit.verify()).toMatchObject({ firstBad: null });
  } finally {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
