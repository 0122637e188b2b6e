/**
 * Proposals: what one person asked for, and what another decided. Owns who may ask, who may decide, that one open proposal stands for a subject, and that
 * a decision, what it changes and its audit records are one transaction. What needs a proposal is policy/proposal.ts.
 */
import { CELL_RANK, tlsSetting, type TlsLevel } from '../policy/profile.js';
import {
  baseOf, judgeCell, judgeLevel, parseProposedChange, PROPOSAL_MS, refuseApproval, refuseChange, shippedCell, subjectOf,
  type Matrix, type ProposalState, type ProposedChange, type Refusal, type Standing,
} from '../policy/proposal.js';
import { canonicalJson } from './audit.js';
import type { Changer, Note } from './change.js';
import type { Connection } from './connection.js';
import type { Actor, ChangeOutcome, PolicyStore, ProposalRow, ProposalStore, Role, SettingStore } from './rows.js';
import { StoreError, storeError } from './store-error.js';
import { badValue, nameText, note as noteText, text, timeMs } from './values.js';

/** Approved in the morning, done by the next one. */
export const EXPORT_MS = 24 * 3_600_000;
const MAX_OPEN = 200;

interface Stored {
  readonly id: number;
  readonly change: string;
  readonly base: string;
  readonly reason: string;
  readonly by: string;
  readonly at_ms: number;
  readonly expires_ms: number;
  readonly state: ProposalState;
  readonly decided_by: string | null;
  readonly decided_ms: number | null;
  readonly note: string | null;
  readonly used_ms: number | null;
}

interface Parts {
  readonly changer: Changer;
  readonly policies: Pick<PolicyStore, 'cells' | 'setCell'>;
  readonly settings: SettingStore;
  /** `settings.set` for what has been approved. */
  readonly setApproved: SettingStore['set'];
}

export function createProposals(db: Connection, { changer, policies, settings, setApproved }: Parts): ProposalStore {
  const all = db.prepare('SELECT * FROM proposal ORDER BY id DESC');
  const byId = db.prepare('SELECT * FROM proposal WHERE id = ?');
  const openFor = db.prepare("SELECT id FROM proposal WHERE subject = ? AND state = 'open'").pluck();
  const countOpen = db.prepare("SELECT count(*) FROM proposal WHERE state = 'open'").pluck();
  const late = db.prepare("SELECT * FROM proposal WHERE state = 'open' AND expires_ms <= ? ORDER BY id");
  const insert = db.prepare(
    'INSERT INTO proposal (kind, subject, change, base, reason, by, at_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const close = db.prepare('UPDATE proposal SET state = ?, decided_by = ?, decided_ms = ?, note = ? WHERE id = ?');
  const account = db.prepare('SELECT name, role FROM user WHERE name = ? AND disabled = 0');
  const heads = db.prepare("SELECT count(*) FROM user WHERE role = 'head' AND disabled = 0").pluck();

  const find = (id: number): Stored => {
    const row = byId.get(id) as Stored | undefined;
    if (row === undefined) throw new StoreError('unknown-proposal', `Không có đề xuất số ${id}.`, `There is no proposal ${id}.`);
    return row;
  };
  const toRow = (row: Stored, nowMs: number): ProposalRow => {
    const change = parseProposedChange(jsonOf(row.change));
    if (change === null) throw storeError('corrupt');
    return {
      id: row.id, change, base: row.base, reason: row.reason, by: row.by, atMs: row.at_ms, expiresMs: row.expires_ms,
      // before anything has written it down, time itself has closed it
      state: row.state === 'open' && row.expires_ms <= nowMs ? 'expired' : row.state,
      decidedBy: row.decided_by, decidedMs: row.decided_ms, note: row.note, usedMs: row.used_ms,
    };
  };

  function standing(matrix: Matrix): Standing {
    const overrides = new Map(policies.cells().map((cell) => [`${cell.profile} ${cell.category}`, cell.cell]));
    return {
      matrix,
      override: (profile, category) => overrides.get(`${profile} ${category}`) ?? null,
      level: (profile) => {
        const shipped = matrix.profiles.find(({ id }) => id === profile)?.tls ?? 'name';
        const chosen = settings.get(tlsSetting(profile));
        return chosen === null ? shipped : chosen === 'block-page' || chosen === 'inspect' ? chosen : 'name';
      },
    };
  }

  /** An administrator at the console, or whoever holds the machine itself. */
  function mayAsk(actor: Actor): void {
    if (actor.kind === 'cli') return;
    const found = account.get(actor.name) as { role: Role } | undefined;
    if (actor.kind === 'console' && found?.role === 'it-admin') return;
    throw new StoreError('not-proposer', 'Chỉ quản trị viên mới đề xuất hoặc rút đề xuất được.', 'Only an administrator may propose, or withdraw a proposal.');
  }

  /** A head's account in use, and not the person who asked. @returns its name as it is spelt */
  function mayDecide(actor: Actor, row: Stored): string {
    const found = account.get(actor.name) as { name: string; role: Role } | undefined;
    if ((actor.kind !== 'cli' && actor.kind !== 'console') || found?.role !== 'head') {
      throw new StoreError('not-approver', 'Chỉ tài khoản hiệu trưởng (head) đang dùng mới duyệt hoặc từ chối được.', 'Only a head’s account in use may approve or reject.');
    }
    if (sameName(found.name, row.by)) {
      throw new StoreError('not-approver', 'Người đề xuất không tự duyệt được; cần người thứ hai.', 'Who proposed it can’t decide it; a second person must.');
    }
    return found.name;
  }

  function settle(nowMs: number, note: Note): number {
    const rows = late.all(nowMs) as Stored[];
    for (const row of rows) {
      close.run('expired', null, row.expires_ms, null, row.id);
      note('proposal.expire', label(row), 'open', 'expired');
    }
    return rows.length;
  }

  /** The row, if it still waits for somebody. */
  function waiting(id: number, nowMs: number): Stored {
    const row = find(id);
    const state = row.state === 'open' && row.expires_ms <= nowMs ? 'expired' : row.state;
    if (state === 'open') return row;
    const [vi, en] = DECIDED[state];
    throw new StoreError('already-decided', `Đề xuất số ${id} ${vi}.`, `Proposal ${id} ${en}.`);
  }

  function add(change: ProposedChange, reason: string, nowMs: number, matrix: Matrix, actor: Actor, note: Note): ProposalRow {
    mayAsk(actor);
    // a shape that came over a form or the wire: what is stored must be readable again
    if (parseProposedChange(change) === null) throw badValue('Đề xuất không đúng dạng.', 'The proposal has not the shape of its kind.');
    const why = reasonText(reason);
    const atMs = timeMs(nowMs);
    settle(atMs, note);
    const now = standing(matrix);
    const refusal = refuseChange(change, now);
    if (refusal !== null) throw refused(refusal);
    const subject = subjectOf(change);
    const open = openFor.get(subject);
    if (open !== undefined) throw new StoreError('proposal-open', `Việc này đang chờ duyệt ở đề xuất số ${Number(open)}.`, `Proposal ${Number(open)} already waits for this.`);
    if (Number(countOpen.get()) >= MAX_OPEN) throw new StoreError('too-many', 'Đang có quá nhiều đề xuất chờ duyệt.', 'There are too many open proposals.');
    const base = baseOf(change, now);
    const id = Number(insert.run(change.kind, subject, canonicalJson(change), base, why, nameText(actor.name, 128), atMs, atMs + PROPOSAL_MS).lastInsertRowid);
    note('proposal.add', `${id} ${subject}`, null, { change, base, reason: why });
    return toRow(find(id), atMs);
  }

  function apply(row: Stored, change: ProposedChange, nowMs: number, actor: Actor): void {
    switch (change.kind) {
      case 'tls-level':
        return setApproved(tlsSetting(change.profile), change.level, actor);
      case 'loosen':
        // the cell carries the reason and the name of who asked; who approved is in the proposal and in the trail
        return policies.setCell({ profile: change.profile, category: change.category, cell: change.cell, reason: row.reason, by: row.by, atMs: nowMs }, actor);
      case 'ca-export':
        return;
    }
  }

  return {
    list(nowMs, state) {
      const rows = (all.all() as Stored[]).map((row) => toRow(row, nowMs));
      return state === undefined ? rows : rows.filter((row) => row.state === state);
    },
    get(id, nowMs) {
      const row = byId.get(id) as Stored | undefined;
      return row === undefined ? null : toRow(row, nowMs);
    },
    standing,
    headsInUse: () => Number(heads.get()),
    propose: (change, reason, nowMs, matrix, actor) => changer.change(false, actor, (note) => add(change, reason, nowMs, matrix, actor, note)),
    changeCell(wish, nowMs, matrix, actor) {
      return changer.change(false, actor, (note): ChangeOutcome => {
        mayAsk(actor);
        const { profile, category, cell } = wish;
        const verdict = judgeCell(standing(matrix), profile, category, cell);
        if (typeof verdict === 'object') throw refused(verdict);
        if (verdict === 'same') return { outcome: 'same' };
        const looser = CELL_RANK[cell] < CELL_RANK[shippedCell(matrix, profile, category) ?? 'X'];
        const reason = looser ? reasonText(wish.reason) : wish.reason;
        if (verdict === 'loosens') {
          // At the machine's own terminal of a school without a head's account there is no second person to wait for; the record has the reason.
          const alone = actor.kind === 'cli' && Number(heads.get()) === 0;
          if (!alone) return { outcome: 'proposed', proposal: add({ kind: 'loosen', profile, category, cell }, reason, nowMs, matrix, actor, note) };
        }
        policies.setCell({ profile, category, cell, reason, by: actor.name, atMs: nowMs }, actor);
        return { outcome: 'done' };
      });
    },
    changeLevel(wish, nowMs, matrix, actor) {
      return changer.change(false, actor, (note): ChangeOutcome => {
        mayAsk(actor);
        const { profile, level } = wish;
        const verdict = judgeLevel(standing(matrix), profile, level);
        if (typeof verdict === 'object') throw refused(verdict);
        if (verdict === 'same') return { outcome: 'same' };
        if (verdict === 'raises') return { outcome: 'proposed', proposal: add({ kind: 'tls-level', profile, level: 'inspect' }, wish.reason, nowMs, matrix, actor, note) };
        const shipped: TlsLevel | undefined = matrix.profiles.find(({ id }) => id === profile)?.tls;
        settings.set(tlsSetting(profile), level === shipped ? null : level, actor);
        return { outcome: 'done' };
      });
    },
    approve(id, note, nowMs, matrix, actor) {
      noteText(note);
      const atMs = timeMs(nowMs);
      return changer.change(false, actor, (record) => {
        const row = waiting(id, atMs);
        const head = mayDecide(actor, row);
        const { change } = toRow(row, atMs);
        const refusal = refuseApproval(change, row.base, standing(matrix));
        if (refusal !== null) throw refused(refusal);
        close.run('approved', head, atMs, note, id);
        record('proposal.approve', label(row), 'open', { state: 'approved', by: row.by, note });
        apply(row, change, atMs, actor);
        return toRow(find(id), atMs);
      });
    },
    reject(id, reason, nowMs, actor) {
      const why = reasonText(reason);
      return changer.change(false, actor, (record) => {
        const row = waiting(id, timeMs(nowMs));
        close.run('rejected', mayDecide(actor, row), timeMs(nowMs), why, id);
        record('proposal.reject', label(row), 'open', { state: 'rejected', by: row.by, note: why });
        return toRow(find(id), nowMs);
      });
    },
    withdraw(id, nowMs, actor) {
      return changer.change(false, actor, (record) => {
        mayAsk(actor);
        const row = waiting(id, timeMs(nowMs));
        close.run('withdrawn', actor.name, timeMs(nowMs), null, id);
        record('proposal.withdraw', label(row), 'open', 'withdrawn');
        return toRow(find(id), nowMs);
      });
    },
    useExport(fingerprint, nowMs, actor) {
      const atMs = timeMs(nowMs);
      return changer.change(false, actor, (record) => {
        mayAsk(actor);
        const granted = (all.all() as Stored[]).find((row) => {
          const change = parseProposedChange(jsonOf(row.change));
          return row.state === 'approved' && row.used_ms === null && change?.kind === 'ca-export' && change.fingerprint === fingerprint && atMs < (row.decided_ms ?? 0) + EXPORT_MS;
        });
        if (granted === undefined) throw new StoreError('no-grant', 'Chưa có lượt xuất khóa nào được hiệu trưởng duyệt trong 24 giờ qua.', 'No export of the key has been approved within the last 24 hours.');
        db.prepare('UPDATE proposal SET used_ms = ? WHERE id = ?').run(atMs, granted.id);
        record('ca.export-key', label(granted), 'approved', { used: true });
        return toRow(find(granted.id), atMs);
      });
    },
    expire: (nowMs) => changer.change(false, { kind: 'system', name: 'gateway' }, (note) => settle(timeMs(nowMs), note)),
  };
}

const DECIDED: Readonly<Record<Exclude<ProposalState, 'open'>, readonly [vi: string, en: string]>> = {
  approved: ['đã được duyệt', 'has been approved already'],
  rejected: ['đã bị từ chối', 'has been rejected already'],
  withdrawn: ['đã được rút', 'has been withdrawn'],
  expired: ['đã quá 7 ngày nên hết hạn; hãy đề xuất lại', 'is older than 7 days and has expired; propose it again'],
};

function label(row: Stored): string {
  const change = parseProposedChange(jsonOf(row.change));
  return `${row.id} ${change === null ? '?' : subjectOf(change)}`;
}

function reasonText(reason: string): string {
  const why = text(reason, 1_000).normalize('NFC').trim();
  if (why === '') throw badValue('Cần ghi lý do.', 'A reason is needed.');
  return why;
}

/** Account names are compared as SQLite's NOCASE does not: letters beyond ASCII too. */
function sameName(a: string, b: string): boolean {
  return a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase();
}

function refused(refusal: Refusal): StoreError {
  return new StoreError(refusal.code, refusal.vi, refusal.en);
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
