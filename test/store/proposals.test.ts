/** Contract of proposals: who may ask, who may decide, once, in one transaction with what it changes and its records. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { tlsSetting } from '../../src/policy/profile.js';
import { PROPOSAL_MS, type Matrix, type ProposedChange } from '../../src/policy/proposal.js';
import type { Actor, Store } from '../../src/store/rows.js';
import { EXPORT_MS } from '../../src/store/proposals.js';
import { CATEGORIES, PROFILE_TABLE } from '../policy/fixture.js';
import { builtProgram, runChild } from '../support/dist.js';
import { ADMIN, codeOf, codeOfAsync, MONDAY_8, storeIn, tempDir, tempStore } from './fixture.js';

const MATRIX: Matrix = { profiles: PROFILE_TABLE, categories: CATEGORIES };
const INSPECT: ProposedChange = { kind: 'tls-level', profile: 'thcs', level: 'inspect' };
const LOOSEN: ProposedChange = { kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'M' };
const EXPORT: ProposedChange = { kind: 'ca-export', fingerprint: 'ab'.repeat(32) };
const HEAD: Actor = { kind: 'console', name: 'hieu-truong' };
const OTHER_HEAD: Actor = { kind: 'console', name: 'hieu-pho' };
const IT: Actor = { kind: 'console', name: 'thay-nam' };

/** Accounts without their third of a second of hashing each. */
function addAccounts(dir: string, rows: readonly (readonly [name: string, role: string, disabled?: 1])[]): void {
  const db = new Database(join(dir, 'luytre.db'));
  for (const [name, role, disabled] of rows) db.prepare("INSERT INTO user (name, role, created_ms, disabled, hash) VALUES (?, ?, 0, ?, 'x')").run(name, role, disabled ?? 0);
  db.close();
}

function school(): { store: Store; dir: string } {
  const dir = tempDir();
  const store = storeIn(dir);
  addAccounts(dir, [['hieu-truong', 'head'], ['hieu-pho', 'head'], ['nghi-huu', 'head', 1], ['thay-nam', 'it-admin'], ['co-lan', 'teacher'], ['kiem-toan', 'auditor']]);
  return { store, dir };
}
const trail = (store: Store): string[] => store.audit.list(50).map((row) => `${row.actor.name} ${row.action} ${row.object}`);

describe('proposing', () => {
  it('changes nothing but what waits, and says so in the trail', () => {
    const { store } = school();
    const generation = store.policies.generation();
    const row = store.proposals.propose(INSPECT, '  dự án an toàn mạng  ', MONDAY_8, MATRIX, ADMIN);
    expect(row).toEqual({
      id: row.id, change: INSPECT, base: 'name', reason: 'dự án an toàn mạng', by: 'co-lan', atMs: MONDAY_8, expiresMs: MONDAY_8 + PROPOSAL_MS,
      state: 'open', decidedBy: null, decidedMs: null, note: null, usedMs: null,
    });
    expect(store.policies.generation()).toBe(generation);
    expect(store.settings.get(tlsSetting('thcs'))).toBe(null);
    expect(store.proposals.list(MONDAY_8)).toEqual([row]);
    expect(trail(store)).toEqual([`co-lan proposal.add ${row.id} tls-level thcs`]);
  });

  it.each<[what: string, change: unknown, reason: string, actor: Actor, code: string]>([
    ['no reason', INSPECT, '   ', ADMIN, 'bad-value'],
    ['too much reason', INSPECT, 'x'.repeat(1_001), ADMIN, 'too-big'],
    ['an X cell', { ...LOOSEN, category: 'cobac' }, 'x', ADMIN, 'hard-cell'],
    ['help lines', { ...LOOSEN, category: 'trogiup', cell: 'K' }, 'x', ADMIN, 'fixed-cell'],
    ['a tighter cell', { ...LOOSEN, cell: 'X' }, 'x', ADMIN, 'not-looser'],
    ['what is so already', { ...LOOSEN, cell: 'K' }, 'x', ADMIN, 'no-change'],
    ['no profile', { ...INSPECT, profile: 'lop-6' }, 'x', ADMIN, 'unknown-profile'],
    ['no category', { ...LOOSEN, category: 'la-gi' }, 'x', ADMIN, 'unknown-category'],
    ['a level that needs nobody', { ...INSPECT, level: 'name' }, 'x', ADMIN, 'bad-value'],
    ['a key too many', { ...INSPECT, force: true }, 'x', ADMIN, 'bad-value'],
    ['an unknown kind', { kind: 'report' }, 'x', ADMIN, 'bad-value'],
    ['a teacher', INSPECT, 'x', { kind: 'console', name: 'co-lan' }, 'not-proposer'],
    ['a head', INSPECT, 'x', HEAD, 'not-proposer'],
    ['nobody’s account', INSPECT, 'x', { kind: 'console', name: 'ai-do' }, 'not-proposer'],
    ['a page', INSPECT, 'x', { kind: 'page', name: 'thay-nam' }, 'not-proposer'],
    ['the system', INSPECT, 'x', { kind: 'system', name: 'gateway' }, 'not-proposer'],
  ])('refuses %s, and keeps nothing', (_, change, reason, actor, code) => {
    const { store } = school();
    expect(codeOf(() => store.proposals.propose(change as ProposedChange, reason, MONDAY_8, MATRIX, actor))).toBe(code);
    expect(store.proposals.list(MONDAY_8)).toEqual([]);
    expect(trail(store)).toEqual([]);
  });

  it('stands once for a subject while it is open', () => {
    const { store } = school();
    const row = store.proposals.propose(LOOSEN, 'a', MONDAY_8, MATRIX, IT);
    expect(codeOf(() => store.proposals.propose({ ...LOOSEN, cell: 'H' }, 'b', MONDAY_8, MATRIX, ADMIN))).toBe('proposal-open');
    store.proposals.propose({ ...LOOSEN, profile: 'thpt' }, 'b', MONDAY_8, MATRIX, ADMIN);
    expect(store.proposals.withdraw(row.id, MONDAY_8, ADMIN).state).toBe('withdrawn');
    expect(store.proposals.propose({ ...LOOSEN, cell: 'H' }, 'b', MONDAY_8, MATRIX, ADMIN).id).toBeGreaterThan(row.id);
  });

  it('is over after seven days, to the millisecond, also where nobody wrote it down', () => {
    const { store } = school();
    const row = store.proposals.propose(LOOSEN, 'a', MONDAY_8, MATRIX, ADMIN);
    const end = MONDAY_8 + PROPOSAL_MS;
    expect([store.proposals.get(row.id, end - 1)?.state, store.proposals.get(row.id, end)?.state]).toEqual(['open', 'expired']);
    expect([store.proposals.list(end, 'open'), store.proposals.list(end, 'expired').length]).toEqual([[], 1]);
    for (const decide of [() => store.proposals.approve(row.id, null, end, MATRIX, HEAD), () => store.proposals.reject(row.id, 'x', end, HEAD), () => store.proposals.withdraw(row.id, end, ADMIN)]) {
      expect(codeOf(decide)).toBe('already-decided');
    }
    expect(store.proposals.expire(end)).toBe(1);
    expect(store.proposals.expire(end)).toBe(0);
    expect(trail(store).at(-1)).toBe(`gateway proposal.expire ${row.id} loosen thcs mxh`);
    expect(store.policies.cells()).toEqual([]);
    // and the subject is free again, without waiting for any job
    const next = store.proposals.propose(LOOSEN, 'b', end, MATRIX, ADMIN);
    expect(store.proposals.propose({ ...LOOSEN, cell: 'H' }, 'c', end + PROPOSAL_MS, MATRIX, ADMIN).id).toBe(next.id + 1);
  });
});

describe('deciding', () => {
  it('approves a level: level, state, records and generation together', () => {
    const { store } = school();
    const row = store.proposals.propose(INSPECT, 'dự án', MONDAY_8, MATRIX, ADMIN);
    const generation = store.policies.generation();
    const done = store.proposals.approve(row.id, 'đồng ý đến hết học kỳ', MONDAY_8 + 5, MATRIX, { ...HEAD, name: 'HIEU-TRUONG' });
    expect(done).toEqual({ ...row, state: 'approved', decidedBy: 'hieu-truong', decidedMs: MONDAY_8 + 5, note: 'đồng ý đến hết học kỳ' });
    expect(store.settings.get(tlsSetting('thcs'))).toBe('inspect');
    expect(store.policies.generation()).toBe(generation + 1);
    expect(trail(store).slice(1)).toEqual([`HIEU-TRUONG proposal.approve ${row.id} tls-level thcs`, 'HIEU-TRUONG setting.set policy.tls.thcs']);
    expect(store.audit.verify().firstBad).toBe(null);
  });

  it('approves a loosened cell, with the reason and the name of who asked for it', () => {
    const { store } = school();
    const row = store.proposals.propose(LOOSEN, 'báo tường', MONDAY_8, MATRIX, IT);
    store.proposals.approve(row.id, null, MONDAY_8 + 5, MATRIX, HEAD);
    expect(store.policies.cells()).toEqual([{ profile: 'thcs', category: 'mxh', cell: 'M', reason: 'báo tường', by: 'thay-nam', atMs: MONDAY_8 + 5 }]);
  });

  it.each<[what: string, actor: Actor]>([
    ['a teacher', { kind: 'console', name: 'co-lan' }], ['an administrator', { kind: 'console', name: 'thay-nam' }], ['an auditor', { kind: 'console', name: 'kiem-toan' }],
    ['a disabled head', { kind: 'console', name: 'nghi-huu' }], ['nobody', { kind: 'console', name: 'ai-do' }], ['a page', { kind: 'page', name: 'hieu-truong' }], ['the system', { kind: 'system', name: 'hieu-truong' }],
  ])('is not for %s', (_, actor) => {
    const { store } = school();
    const row = store.proposals.propose(INSPECT, 'x', MONDAY_8, MATRIX, { kind: 'cli', name: 'root' });
    expect(codeOf(() => store.proposals.approve(row.id, null, MONDAY_8, MATRIX, actor))).toBe('not-approver');
    expect(codeOf(() => store.proposals.reject(row.id, 'x', MONDAY_8, actor))).toBe('not-approver');
    expect(store.proposals.get(row.id, MONDAY_8)?.state).toBe('open');
    expect(store.settings.get(tlsSetting('thcs'))).toBe(null);
  });

  it('is not for who asked, however the name is spelt', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    addAccounts(dir, [['ÔNG-BÌNH', 'head'], ['hieu-truong', 'head']]);
    const row = store.proposals.propose(INSPECT, 'x', MONDAY_8, MATRIX, { kind: 'cli', name: 'ông-bình'.normalize('NFD') });
    expect(codeOf(() => store.proposals.approve(row.id, null, MONDAY_8, MATRIX, { kind: 'cli', name: 'ÔNG-BÌNH' }))).toBe('not-approver');
    const second = store.proposals.propose(LOOSEN, 'x', MONDAY_8, MATRIX, { kind: 'cli', name: 'Hieu-Truong' });
    expect(codeOf(() => store.proposals.approve(second.id, null, MONDAY_8, MATRIX, HEAD))).toBe('not-approver');
    expect(store.proposals.list(MONDAY_8, 'open')).toHaveLength(2);
  });

  it('is done once: rejecting needs a reason, and whatever is decided stays', () => {
    const { store } = school();
    const row = store.proposals.propose(LOOSEN, 'x', MONDAY_8, MATRIX, ADMIN);
    expect(codeOf(() => store.proposals.reject(row.id, ' ', MONDAY_8, HEAD))).toBe('bad-value');
    expect(store.proposals.reject(row.id, 'để sau thi', MONDAY_8, HEAD)).toMatchObject({ state: 'rejected', note: 'để sau thi', decidedBy: 'hieu-truong' });
    expect(codeOf(() => store.proposals.approve(row.id, null, MONDAY_8, MATRIX, HEAD))).toBe('already-decided');
    expect(codeOf(() => store.proposals.withdraw(row.id, MONDAY_8, ADMIN))).toBe('already-decided');
    expect(codeOf(() => store.proposals.approve(99, null, MONDAY_8, MATRIX, HEAD))).toBe('unknown-proposal');
    expect(store.policies.cells()).toEqual([]);
  });

  it('refuses one whose ground has moved, changes nothing, and takes it when the ground is back', () => {
    const { store } = school();
    const row = store.proposals.propose(LOOSEN, 'x', MONDAY_8, MATRIX, ADMIN);
    store.proposals.changeCell({ profile: 'thcs', category: 'mxh', cell: 'X', reason: 'kỳ thi' }, MONDAY_8, MATRIX, ADMIN);
    const before = [store.policies.generation(), trail(store), store.policies.cells()];
    expect(codeOf(() => store.proposals.approve(row.id, null, MONDAY_8, MATRIX, HEAD))).toBe('stale-proposal');
    expect([store.policies.generation(), trail(store), store.policies.cells()]).toEqual(before);
    expect(store.proposals.get(row.id, MONDAY_8)?.state).toBe('open');
    store.policies.resetCell('thcs', 'mxh', ADMIN);
    expect(store.proposals.approve(row.id, null, MONDAY_8, MATRIX, HEAD).state).toBe('approved');
  });

  it('of two heads at once one wins; of twenty in five processes one is applied', { timeout: 60_000 }, async () => {
    const { store, dir } = school();
    const row = store.proposals.propose(LOOSEN, 'x', Date.now(), MATRIX, ADMIN);
    const again = storeIn(dir);
    expect([codeOf(() => store.proposals.approve(row.id, null, Date.now(), MATRIX, HEAD)), codeOf(() => again.proposals.reject(row.id, 'x', Date.now(), OTHER_HEAD))]).toEqual(['none', 'already-decided']);
    const race = store.proposals.propose(INSPECT, 'x', Date.now(), MATRIX, ADMIN);
    const generation = store.policies.generation();
    const begin = String(Date.now() + 1_500);
    const args = (who: string): string[] => [dir, String(race.id), '4', begin, who, JSON.stringify(MATRIX)];
    const answers = (await Promise.all(Array.from({ length: 5 }, (_, i) => runChild(new URL('approve-child.mjs', import.meta.url), args(i % 2 === 0 ? 'hieu-truong' : 'hieu-pho'))))).flatMap((text) => text.trim().split(' '));
    expect(answers.sort()).toEqual(['approved', ...Array.from({ length: 19 }, () => 'already-decided')].sort());
    expect(store.policies.generation()).toBe(generation + 1);
    expect(store.audit.list(99).filter((record) => record.action === 'proposal.approve' && record.object.startsWith(`${race.id} `))).toHaveLength(1);
    expect(store.audit.verify().firstBad).toBe(null);
  });
});

describe('half-way', () => {
  it.each(['proposal.approve', 'setting.set'])('a record that can’t be written (%s) takes everything back', (action) => {
    const { store, dir } = school();
    const row = store.proposals.propose(INSPECT, 'x', MONDAY_8, MATRIX, ADMIN);
    const other = new Database(join(dir, 'luytre.db'));
    other.exec(`CREATE TRIGGER refuse BEFORE INSERT ON audit WHEN NEW.action = '${action}' BEGIN SELECT RAISE(ABORT, 'no'); END`);
    other.close();
    const before = [store.policies.generation(), store.audit.list(9)];
    expect(codeOf(() => store.proposals.approve(row.id, null, MONDAY_8, MATRIX, HEAD))).toBe('constraint');
    expect([store.policies.generation(), store.audit.list(9)]).toEqual(before);
    expect(store.settings.get(tlsSetting('thcs'))).toBe(null);
    expect(store.proposals.get(row.id, MONDAY_8)?.state).toBe('open');
  });

  it('killed while approving, again and again: approved is applied and recorded, or none of the three', { timeout: 120_000 }, async () => {
    let cut = 0;
    for (let round = 0; round < 8; round++) {
      const { store, dir } = school();
      const ids = CATEGORIES.flatMap(({ code }) => PROFILE_TABLE.flatMap(({ id }) => {
        const change: ProposedChange = { kind: 'loosen', profile: id, category: code, cell: 'M' };
        return codeOf(() => store.proposals.propose(change, 'x', Date.now(), MATRIX, ADMIN)) === 'none' ? [code] : [];
      })).length;
      expect(ids).toBeGreaterThan(40);
      const child = fork(fileURLToPath(new URL('approve-child.mjs', import.meta.url)), [builtProgram(), dir, 'all', '1', '0', 'hieu-truong', JSON.stringify(MATRIX)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      await new Promise<void>((resolve) => {
        child.once('message', () => setTimeout(() => child.kill('SIGKILL'), 1 + round * 7));
        child.once('exit', () => resolve());
      });
      const after = storeIn(dir);
      expect(after.integrity()).toEqual([]);
      const approved = after.proposals.list(Date.now(), 'approved').map(({ change }) => (change.kind === 'loosen' ? `${change.profile} ${change.category}` : '')).sort();
      expect(after.policies.cells().map((cell) => `${cell.profile} ${cell.category}`).sort()).toEqual(approved);
      expect(after.audit.list(999).filter(({ action }) => action === 'proposal.approve')).toHaveLength(approved.length);
      expect(after.audit.list(999).filter(({ action }) => action === 'cell.set')).toHaveLength(approved.length);
      expect(after.audit.verify().firstBad).toBe(null);
      if (approved.length > 0 && approved.length < ids) cut += 1;
    }
    // the kill did land among them
    expect(cut).toBeGreaterThan(0);
  });
});

describe('what a change takes', () => {
  const cell = (wanted: 'X' | 'K' | 'H' | 'M', reason = 'báo tường') => ({ profile: 'thcs', category: 'mxh', cell: wanted, reason });

  it('at the machine itself, without a head’s account, loosening takes a reason; with one it waits', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    expect(codeOf(() => store.proposals.changeCell(cell('M', ' '), MONDAY_8, MATRIX, ADMIN))).toBe('bad-value');
    addAccounts(dir, [['nghi-huu', 'head', 1]]);
    expect(store.proposals.changeCell(cell('M'), MONDAY_8, MATRIX, ADMIN)).toEqual({ outcome: 'done' });
    expect(store.policies.cells()).toMatchObject([{ cell: 'M', reason: 'báo tường', by: 'co-lan' }]);
    store.policies.resetCell('thcs', 'mxh', ADMIN);
    addAccounts(dir, [['hieu-truong', 'head']]);
    expect(store.proposals.headsInUse()).toBe(1);
    const outcome = store.proposals.changeCell(cell('M'), MONDAY_8, MATRIX, ADMIN);
    expect(outcome).toMatchObject({ outcome: 'proposed', proposal: { change: LOOSEN, state: 'open' } });
    expect(store.policies.cells()).toEqual([]);
  });

  it('at the console it waits, head or no head', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    addAccounts(dir, [['thay-nam', 'it-admin']]);
    expect(store.proposals.changeCell(cell('M'), MONDAY_8, MATRIX, IT).outcome).toBe('proposed');
    expect(codeOf(() => store.proposals.changeCell(cell('X'), MONDAY_8, MATRIX, { kind: 'console', name: 'co-lan' }))).toBe('not-proposer');
  });

  it('closing, coming back and lowering wait for nobody', () => {
    const { store } = school();
    expect(store.proposals.changeCell(cell('X'), MONDAY_8, MATRIX, IT)).toEqual({ outcome: 'done' });
    expect(store.proposals.changeCell(cell('X'), MONDAY_8, MATRIX, IT)).toEqual({ outcome: 'same' });
    expect(store.proposals.changeCell(cell('K'), MONDAY_8, MATRIX, IT)).toEqual({ outcome: 'done' });
    expect(codeOf(() => store.proposals.changeCell({ ...cell('M'), category: 'cobac' }, MONDAY_8, MATRIX, IT))).toBe('hard-cell');
    expect(store.proposals.changeLevel({ profile: 'thcs', level: 'block-page', reason: '' }, MONDAY_8, MATRIX, IT)).toEqual({ outcome: 'done' });
    const raised = store.proposals.changeLevel({ profile: 'thcs', level: 'inspect', reason: 'x' }, MONDAY_8, MATRIX, IT);
    expect(raised).toMatchObject({ outcome: 'proposed', proposal: { base: 'block-page' } });
    expect(store.settings.get(tlsSetting('thcs'))).toBe('block-page');
    store.proposals.approve(raised.outcome === 'proposed' ? raised.proposal.id : 0, null, MONDAY_8, MATRIX, HEAD);
    expect(store.proposals.changeLevel({ profile: 'thcs', level: 'inspect', reason: '' }, MONDAY_8, MATRIX, IT)).toEqual({ outcome: 'same' });
    expect(store.proposals.changeLevel({ profile: 'thcs', level: 'name', reason: '' }, MONDAY_8, MATRIX, IT)).toEqual({ outcome: 'done' });
    expect(store.settings.get(tlsSetting('thcs'))).toBe(null);
  });

  it('inspect has no other way in', () => {
    const store = tempStore();
    expect(codeOf(() => store.settings.set(tlsSetting('thcs'), 'inspect', ADMIN))).toBe('needs-approval');
    expect(codeOf(() => store.proposals.changeLevel({ profile: 'thcs', level: 'inspect', reason: '' }, MONDAY_8, MATRIX, ADMIN))).toBe('bad-value');
    expect(store.settings.get(tlsSetting('thcs'))).toBe(null);
  });

  it('the key of the CA leaves once, within a day, and only that CA’s', () => {
    const { store } = school();
    const fingerprint = 'ab'.repeat(32);
    const row = store.proposals.propose(EXPORT, 'đổi máy', MONDAY_8, MATRIX, ADMIN);
    expect(codeOf(() => store.proposals.useExport(fingerprint, MONDAY_8, ADMIN))).toBe('no-grant');
    store.proposals.approve(row.id, null, MONDAY_8, MATRIX, HEAD);
    expect(codeOf(() => store.proposals.useExport('cd'.repeat(32), MONDAY_8, ADMIN))).toBe('no-grant');
    expect(codeOf(() => store.proposals.useExport(fingerprint, MONDAY_8 + EXPORT_MS, ADMIN))).toBe('no-grant');
    expect(codeOf(() => store.proposals.useExport(fingerprint, MONDAY_8, HEAD))).toBe('not-proposer');
    expect(store.proposals.useExport(fingerprint, MONDAY_8 + EXPORT_MS - 1, ADMIN)).toMatchObject({ id: row.id, usedMs: MONDAY_8 + EXPORT_MS - 1 });
    expect(codeOf(() => store.proposals.useExport(fingerprint, MONDAY_8 + 1, ADMIN))).toBe('no-grant');
    expect(trail(store).at(-1)).toBe(`co-lan ca.export-key ${row.id} ca-export`);
  });

  it('is forgotten with the trail once it is decided, and not before', () => {
    const { store } = school();
    const decided = store.proposals.propose(LOOSEN, 'x', MONDAY_8, MATRIX, ADMIN);
    store.proposals.reject(decided.id, 'x', MONDAY_8, HEAD);
    const open = store.proposals.propose(INSPECT, 'x', MONDAY_8, MATRIX, ADMIN);
    const limits = { eventsBeforeMs: 0, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: 0 };
    store.events.expire({ ...limits, auditBeforeMs: MONDAY_8 });
    expect(store.proposals.list(MONDAY_8)).toHaveLength(2);
    store.events.expire({ ...limits, auditBeforeMs: MONDAY_8 + 1 });
    expect(store.proposals.list(MONDAY_8).map(({ id }) => id)).toEqual([open.id]);
  });
});

describe('login', () => {
  const GOOD = 'Con-mèo-ngủ-trên-mái-9';
  const CLI: Actor = { kind: 'cli', name: 'root' };

  it('waits longer with each wrong password, counts nothing while it waits, and lets the right one in after', { timeout: 60_000 }, async () => {
    const store = tempStore();
    await store.accounts.addUser('hieu-truong', 'head', GOOD, ADMIN);
    const results = [];
    for (let i = 0; i < 5; i++) results.push(await store.accounts.login('hieu-truong', `canary-${i}`, MONDAY_8, CLI));
    expect(results.map((result) => result.outcome)).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'wrong']);
    expect(results.at(-1)).toEqual({ outcome: 'wrong', waitMs: 5_000 });
    // right or not, it is not looked at, under any spelling of the name
    expect(await store.accounts.login('HIEU-TRUONG', GOOD, MONDAY_8 + 1_000, CLI)).toEqual({ outcome: 'wait', waitMs: 4_000 });
    expect(await store.accounts.login('hieu-truong', GOOD, MONDAY_8 + 4_999, CLI)).toEqual({ outcome: 'wait', waitMs: 1 });
    expect(await store.accounts.login('hieu-truong', GOOD, MONDAY_8 + 5_000, CLI)).toMatchObject({ outcome: 'ok', user: { role: 'head' } });
    expect(await store.accounts.login('hieu-truong', 'canary', MONDAY_8 + 5_000, CLI)).toEqual({ outcome: 'wrong', waitMs: 0 });
    expect(store.audit.list(50).filter(({ action }) => action === 'login.fail')).toHaveLength(6);
    expect(JSON.stringify(store.audit.list(50))).not.toContain('canary');
  });

  it('twenty at once get five tries', { timeout: 60_000 }, async () => {
    const store = tempStore();
    await store.accounts.addUser('hieu-truong', 'head', GOOD, ADMIN);
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.accounts.login('hieu-truong', `sai-${i}`, MONDAY_8, CLI)));
    expect(results.filter(({ outcome }) => outcome === 'wrong')).toHaveLength(5);
    expect(results.filter(({ outcome }) => outcome === 'wait')).toHaveLength(15);
  });

  it('keeps of a name that is none neither the name nor what was typed; a new password ends the wait', { timeout: 60_000 }, async () => {
    const dir = tempDir();
    const store = storeIn(dir);
    await store.accounts.addUser('hieu-truong', 'head', GOOD, ADMIN);
    for (let i = 0; i < 6; i++) await store.accounts.login('Canary-Mat-khau-9', 'canary', MONDAY_8, CLI);
    expect(await store.accounts.login('canary-mat-khau-9', GOOD, MONDAY_8, CLI)).toMatchObject({ outcome: 'wait' });
    expect(JSON.stringify(store.audit.list(50)).toLowerCase()).not.toContain('canary');
    const raw = new Database(join(dir, 'luytre.db'), { readonly: true });
    expect(JSON.stringify(raw.prepare('SELECT name FROM login_count').all()).toLowerCase()).not.toContain('canary');
    raw.close();
    for (let i = 0; i < 5; i++) await store.accounts.login('hieu-truong', 'x', MONDAY_8, CLI);
    await store.accounts.setUser('hieu-truong', { password: `${GOOD}0` }, ADMIN);
    expect(await store.accounts.login('hieu-truong', `${GOOD}0`, MONDAY_8, CLI)).toMatchObject({ outcome: 'ok' });
    expect(await codeOfAsync(store.accounts.login('', '', MONDAY_8, CLI).then(() => undefined))).toBe('none');
  });
});
