/**
 * Small named values. Names that begin with `school.` are printed on block pages and those with `policy.` are part of it (the TLS level
 * of a profile), so they bear on the snapshot;
 * values whose name begins with `secret.` are audited as changed, never by content.
 * A level that two people must agree on is refused here: only an approved proposal writes it.
 */
import { tlsSetting } from '../policy/profile.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { SettingStore } from './rows.js';
import { StoreError } from './store-error.js';
import { keyText, text } from './values.js';

export interface Settings {
  readonly settings: SettingStore;
  /** `set` for what has been approved. */
  readonly setApproved: SettingStore['set'];
}

export function createSettings(db: Connection, changer: Changer): Settings {
  const read = db.prepare('SELECT value FROM setting WHERE key = ?').pluck();
  const write = db.prepare('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
  const drop = db.prepare('DELETE FROM setting WHERE key = ?');
  const get = (key: string): string | null => {
    const value = read.get(key);
    return typeof value === 'string' ? value : null;
  };
  const setApproved: SettingStore['set'] = (key, value, actor) => {
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
  };
  return {
    settings: {
      get,
      set(key, value, actor) {
        if (key.startsWith(tlsSetting('')) && value === 'inspect' && get(key) !== value) {
          throw new StoreError('needs-approval', 'Mức inspect cần hai người: hãy đề xuất rồi để hiệu trưởng duyệt.', 'Level inspect takes two people: propose it and let the head approve.');
        }
        setApproved(key, value, actor);
      },
    },
    setApproved,
  };
}
