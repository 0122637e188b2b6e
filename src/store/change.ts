/**
 * A change: one immediate transaction that holds the rows, their audit records and, where a verdict may come out
 * differently, the next policy generation. A change that turns out to change nothing notes nothing and bumps nothing.
 */
import type { Actor } from './rows.js';
import type { AuditWriter } from './audit.js';
import type { Connection } from './connection.js';

export type Note = (action: string, object: string, before: unknown, after: unknown) => void;

export interface Changer {
  /** @param body does the work and calls `note` for each thing it really changed */
  change<T>(bearsOnVerdicts: boolean, actor: Actor, body: (note: Note) => T): T;
  generation(): number;
}

export function createChanger(db: Connection, audit: AuditWriter): Changer {
  const bump = db.prepare("UPDATE meta SET value = value + 1 WHERE key = 'generation'");
  const read = db.prepare("SELECT value FROM meta WHERE key = 'generation'").pluck();
  return {
    change(bearsOnVerdicts, actor, body) {
      return db
        .transaction(() => {
          let changed = false;
          const result = body((action, object, before, after) => {
            changed = true;
            audit.append(actor, action, object, before, after);
          });
          if (changed && bearsOnVerdicts) bump.run();
          return result;
        })
        .immediate();
    },
    generation: () => Number(read.get()),
  };
}
