/**
 * Small named values. Names that begin with `school.` are printed on block pages and those with `policy.` are part of it (the TLS level
 * of a profile), so they bear on the snapshot;
 * values whose name begins with `secret.` are audited as changed, never by content.
 */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { SettingStore } from './rows.js';
import { keyText, text } from './values.js';

export function createSettings(db: Connection, changer: Changer): SettingStore {
  const read = db.prepare('SELECT value FROM setting WHERE key = ?').pluck();
  const write = db.prepare('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
  const drop = db.prepare('DELETE FROM setting WHERE key = ?');
  const get = (key: string): string | null => {
    const value = read.get(key);
    return typeof value === 'string' ? value : null;
  };
  return {
    get,
    set(key, value, actor) {
      keyText(key);
      if (value !== null) text(value, 65_536);
      changer.change(key.startsWith('school.') || key.startsWith('policy.'), actor, (note) => {
        const before = get(key);
        if (before === value) return;
        if (value === null) drop.run(key);
        else write.run(key, value);
        const shown = (content: string | null): string | null =>
          content !== null && key.startsWith('secret.') ? '(secret)' : content;
        note('setting.set', key, shown(before), shown(value));
      });
    },
  };
}
