/** The school's and the city's few hand-made rules, and the cells changed against the shipped matrix. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { CellOverride, PolicyStore, RuleRow } from './rows.js';
import { StoreError } from './store-error.js';
import { badValue, categoryCode, entryText, nameText, note as noteText, parseStrings, profileId, profileSet, text, timeMs } from './values.js';

type RulePart = Pick<PolicyStore, 'rules' | 'addRule' | 'removeRule' | 'restoreRule' | 'cells' | 'setCell' | 'resetCell'>;
type StoredRule = Omit<RuleRow, 'profiles'> & { readonly profiles: string | null };

const RULE_COLUMNS = 'id, layer, entry, profiles, note, by, at_ms AS atMs';

export function createRules(db: Connection, changer: Changer): RulePart {
  const all = db.prepare(`SELECT ${RULE_COLUMNS} FROM rule ORDER BY id`);
  const byId = db.prepare(`SELECT ${RULE_COLUMNS} FROM rule WHERE id = ?`);
  const cells = db.prepare('SELECT profile, category, cell, reason, by, at_ms AS atMs FROM cell ORDER BY profile, category');
  const cell = db.prepare('SELECT profile, category, cell, reason, by, at_ms AS atMs FROM cell WHERE profile = ? AND category = ?');
  const putCell = db.prepare(
    `INSERT INTO cell (profile, category, cell, reason, by, at_ms) VALUES (@profile, @category, @cell, @reason, @by, @atMs)
     ON CONFLICT (profile, category) DO UPDATE SET cell = excluded.cell, reason = excluded.reason, by = excluded.by, at_ms = excluded.at_ms`,
  );

  return {
    rules: () => (all.all() as StoredRule[]).map(toRule),
    addRule: (rule, actor) => changer.change(true, actor, (note) => {
      const row = insertRule(db, rule);
      note('rule.add', `${row.layer} ${row.entry}`, null, row);
      return row;
    }),
    restoreRule: (rule, actor) => changer.change(true, actor, (note) => {
      const row = insertRule(db, rule, rule.id);
      note('rule.restore', `${row.layer} ${row.entry}`, null, row);
      return row;
    }),
    removeRule(id, actor) {
      return changer.change(true, actor, (note) => {
        const stored = byId.get(id) as StoredRule | undefined;
        if (stored === undefined) return false;
        db.prepare('DELETE FROM rule WHERE id = ?').run(id);
        note('rule.remove', `${stored.layer} ${stored.entry}`, toRule(stored), null);
        return true;
      });
    },
    cells: () => cells.all() as CellOverride[],
    setCell(change, actor) {
      profileId(change.profile);
      categoryCode(change.category);
      nameText(change.by, 128);
      if (text(change.reason, 1_000).trim() === '') throw badValue('Phải ghi lý do thay đổi.', 'A reason for the change is needed.');
      const row: CellOverride = {
        profile: change.profile, category: change.category, cell: change.cell, reason: change.reason, by: change.by, atMs: timeMs(change.atMs),
      };
      changer.change(true, actor, (note) => {
        const before = (cell.get(row.profile, row.category) as CellOverride | undefined) ?? null;
        if (before?.cell === row.cell && before.reason === row.reason) return;
        putCell.run(row);
        note('cell.set', `${row.profile} ${row.category}`, before, row);
      });
    },
    resetCell(profile, category, actor) {
      return changer.change(true, actor, (note) => {
        const before = cell.get(profile, category) as CellOverride | undefined;
        if (before === undefined) return false;
        db.prepare('DELETE FROM cell WHERE profile = ? AND category = ?').run(profile, category);
        note('cell.reset', `${profile} ${category}`, before, null);
        return true;
      });
    },
  };
}

/** Adds a rule within the caller's transaction; with `id` in its old place. */
export function insertRule(db: Connection, rule: Omit<RuleRow, 'id'>, id: number | null = null): RuleRow {
  entryText(rule.entry);
  nameText(rule.by, 128);
  noteText(rule.note);
  const profiles = profileSet(rule.profiles);
  const twin = db.prepare("SELECT 1 FROM rule WHERE layer = ? AND entry = ? AND coalesce(profiles, '') = coalesce(?, '')").pluck();
  if (twin.get(rule.layer, rule.entry, profiles) !== undefined) throw new StoreError('rule-taken', 'Quy tắc này đã có.', 'This rule is already there.');
  const made = db
    .prepare('INSERT INTO rule (id, layer, entry, profiles, note, by, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(id, rule.layer, rule.entry, profiles, rule.note, rule.by, timeMs(rule.atMs)).lastInsertRowid;
  return toRule(db.prepare(`SELECT ${RULE_COLUMNS} FROM rule WHERE id = ?`).get(made) as StoredRule);
}

function toRule(row: StoredRule): RuleRow {
  return { ...row, profiles: row.profiles === null ? null : parseStrings(row.profiles) };
}
