/** Messages that pupils leave for the counsellor. Owns who may read them; their words enter neither the audit trail nor an error. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { Actor, Role } from './rows.js';
import { StoreError } from './store-error.js';
import type { HelpTicketRow, HelpTicketStore, TicketAnswer } from './ticket-rows.js';
import { nameText, text, timeMs } from './values.js';

/** Waiting ones a counsellor can read through; more is somebody playing with the button. */
const MAX_OPEN = 300;

export function createHelpTickets(db: Connection, changer: Changer): HelpTicketStore {
  const columns = 'id, message, contact, at_ms AS atMs, state, answer, by, touched_ms AS touchedMs';
  const all = db.prepare(`SELECT ${columns} FROM help_ticket ORDER BY state <> 'open', CASE state WHEN 'open' THEN id ELSE -touched_ms END`);
  const byId = db.prepare(`SELECT ${columns} FROM help_ticket WHERE id = ?`);
  const byRef = db.prepare('SELECT state, answer FROM help_ticket WHERE ref = ?');
  const open = db.prepare("SELECT count(*) FROM help_ticket WHERE state = 'open'").pluck();
  const insert = db.prepare('INSERT INTO help_ticket (ref, message, contact, at_ms, touched_ms) VALUES (?, ?, ?, ?, ?)');
  const update = db.prepare('UPDATE help_ticket SET state = ?, answer = ?, by = ?, touched_ms = ? WHERE id = ?');
  const counsellors = db.prepare("SELECT count(*) FROM user WHERE role = 'counsellor' AND disabled = 0").pluck();
  const account = db.prepare('SELECT role FROM user WHERE name = ? AND disabled = 0').pluck();

  const offered = (): boolean => Number(counsellors.get()) > 0;
  /** One answer for who may not and for what is not there: nobody learns that a message exists. */
  const unknown = (): StoreError => new StoreError('unknown-ticket', 'Không có lời nhắn này.', 'There is no such message.');
  function mayRead(actor: Actor): void {
    if (actor.kind !== 'console' || (account.get(actor.name) as Role | undefined) !== 'counsellor') throw unknown();
  }
  function known(id: number): HelpTicketRow {
    const row = byId.get(id) as HelpTicketRow | undefined;
    if (row === undefined) throw unknown();
    return row;
  }
  const label = (id: number): string => `lời nhắn ${id}`;

  return {
    offered,
    add(ticket) {
      nameText(ticket.ref, 40);
      text(ticket.message, 2_000);
      if (ticket.contact !== null) text(ticket.contact, 200);
      const atMs = timeMs(ticket.atMs);
      db.transaction(() => {
        if (!offered()) throw unknown();
        if (Number(open.get()) >= MAX_OPEN) throw new StoreError('too-many', 'Đang có quá nhiều lời nhắn chưa được xem.', 'Too many messages are waiting.');
        if (byRef.get(ticket.ref) !== undefined) throw new StoreError('ref-taken', 'Mã này đã có.', 'This reference is already in use.');
        insert.run(ticket.ref, ticket.message, ticket.contact, atMs, atMs);
      }).immediate();
    },
    byRef: (ref) => (byRef.get(ref) as TicketAnswer | undefined) ?? null,
    list(reader) {
      mayRead(reader);
      return all.all() as HelpTicketRow[];
    },
    get(id, reader) {
      mayRead(reader);
      return known(id);
    },
    answer(id, answer, nowMs, actor) {
      text(answer, 2_000);
      return changer.change(false, actor, (note) => {
        mayRead(actor);
        const row = known(id);
        if (row.state === 'closed') throw new StoreError('already-answered', 'Lời nhắn này đã khép lại.', 'This message is closed.');
        update.run('answered', answer, actor.name, timeMs(nowMs), id);
        note('ticket.answer', label(id), row.state, 'answered');
        return known(id);
      });
    },
    close: (id, nowMs, actor) => changer.change(false, actor, (note) => {
      mayRead(actor);
      const row = known(id);
      if (row.state === 'closed') return row;
      update.run('closed', row.answer, actor.name, timeMs(nowMs), id);
      note('ticket.close', label(id), row.state, 'closed');
      return known(id);
    }),
    undo: (before, after, actor) => changer.change(false, actor, (note) => {
      mayRead(actor);
      const row = known(before.id);
      if (row.state !== after.state || row.touchedMs !== after.touchedMs || row.answer !== after.answer) {
        throw new StoreError('changed-since', 'Lời nhắn này đã có thay đổi khác, nên không hoàn tác được.', 'This message has changed since: it cannot be undone.');
      }
      update.run(before.state, before.answer, before.by, before.touchedMs, before.id);
      note('ticket.reopen', label(before.id), row.state, before.state);
    }),
  };
}
