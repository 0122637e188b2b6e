/** Rows of what pupils leave for the counsellor. Owns no way to tell who wrote one: there is no such field. */
import type { Actor } from './rows.js';

export type TicketState = 'open' | 'answered' | 'closed';

export interface HelpTicketRow {
  readonly id: number;
  readonly message: string;
  /** How the pupil wants to be reached, if they wish to be. */
  readonly contact: string | null;
  readonly atMs: number;
  readonly state: TicketState;
  readonly answer: string | null;
  readonly by: string | null;
  readonly touchedMs: number;
}

/** What whoever holds the reference may see: never what was written. */
export interface TicketAnswer {
  readonly state: TicketState;
  readonly answer: string | null;
}

/**
 * Everything but `add` and `byRef` is for an enabled counsellor's account at the console and for nobody else, also not at the machine's own
 * terminal: others get `unknown-ticket`. The trail keeps a ticket's number only, since with its reference anyone could read the answer.
 */
export interface HelpTicketStore {
  /** True when somebody is there to read one. */
  offered(): boolean;
  /** @throws StoreError `unknown-ticket` where there is no counsellor, `too-many` where too many wait */
  add(ticket: { readonly ref: string; readonly message: string; readonly contact: string | null; readonly atMs: number }): void;
  byRef(ref: string): TicketAnswer | null;
  /** Waiting ones first, oldest first; then the others, newest first. */
  list(reader: Actor): HelpTicketRow[];
  get(id: number, reader: Actor): HelpTicketRow;
  answer(id: number, text: string, nowMs: number, actor: Actor): HelpTicketRow;
  close(id: number, nowMs: number, actor: Actor): HelpTicketRow;
  /** Puts a ticket back to what it was, if it is still as `after` says. */
  undo(before: HelpTicketRow, after: HelpTicketRow, actor: Actor): void;
}
