/** Messages to the counsellor: who may read them, what the trail knows of them, when they are gone from the file. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Actor, Role } from '../../src/store/rows.js';
import { ADMIN, codeOf, MONDAY_8, tempStore } from './fixture.js';

const DAY = 86_400_000;
const PASSWORD = 'Con tre xanh 2026!';
const COUNSELLOR: Actor = { kind: 'console', name: 'co-tam' };
const ticket = { ref: 'ABCD2345', message: 'dòng một\ndòng hai', contact: null, atMs: MONDAY_8 };

async function withPeople(): Promise<ReturnType<typeof tempStore>> {
  const store = tempStore();
  const roles: readonly (readonly [string, Role])[] = [['co-tam', 'counsellor'], ['quantri', 'it-admin'], ['hieu-truong', 'head'], ['co-an', 'teacher'], ['kiem-tra', 'auditor']];
  for (const [name, role] of roles) await store.accounts.addUser(name, role, PASSWORD, ADMIN);
  return store;
}

describe('help tickets', () => {
  it('are not taken while nobody would read them', async () => {
    const store = tempStore();
    expect(store.helpTickets.offered()).toBe(false);
    expect(codeOf(() => store.helpTickets.add(ticket))).toBe('unknown-ticket');
    await store.accounts.addUser('co-tam', 'counsellor', PASSWORD, ADMIN);
    expect(store.helpTickets.offered()).toBe(true);
    await store.accounts.setUser('co-tam', { disabled: true }, ADMIN);
    expect(store.helpTickets.offered()).toBe(false);
  }, 60_000);

  it('are read, answered and closed by an enabled counsellor’s account and by nobody else', async () => {
    const store = await withPeople();
    store.helpTickets.add(ticket);
    const [row] = store.helpTickets.list(COUNSELLOR);
    expect(row).toMatchObject({ message: ticket.message, contact: null, state: 'open', answer: null, by: null });
    const id = row?.id ?? 0;
    const others: Actor[] = [...['quantri', 'hieu-truong', 'co-an', 'kiem-tra', 'khong-co'].map((name) => ({ kind: 'console' as const, name })), { kind: 'cli', name: 'co-tam' }, { kind: 'system', name: 'co-tam' }, { kind: 'page', name: 'co-tam' }];
    for (const actor of others) {
      const name = `${actor.kind} ${actor.name}`;
      expect(codeOf(() => store.helpTickets.list(actor)), name).toBe('unknown-ticket');
      expect(codeOf(() => store.helpTickets.get(id, actor)), name).toBe('unknown-ticket');
      expect(codeOf(() => store.helpTickets.answer(id, 'x', MONDAY_8, actor)), name).toBe('unknown-ticket');
      expect(codeOf(() => store.helpTickets.close(id, MONDAY_8, actor)), name).toBe('unknown-ticket');
      expect(codeOf(() => store.helpTickets.undo(row ?? store.helpTickets.get(id, COUNSELLOR), store.helpTickets.get(id, COUNSELLOR), actor)), name).toBe('unknown-ticket');
    }
    expect(store.helpTickets.get(id, COUNSELLOR)).toEqual(row);
    const answered = store.helpTickets.answer(id, 'canary answer', MONDAY_8 + 5, COUNSELLOR);
    expect(store.helpTickets.byRef(ticket.ref)).toEqual({ state: 'answered', answer: 'canary answer' });
    store.helpTickets.undo(store.helpTickets.get(id, COUNSELLOR), answered, COUNSELLOR);
    store.helpTickets.close(id, MONDAY_8 + 6, COUNSELLOR);
    expect(codeOf(() => store.helpTickets.undo(answered, answered, COUNSELLOR))).toBe('changed-since');
    expect(codeOf(() => store.helpTickets.answer(id, 'y', MONDAY_8, COUNSELLOR))).toBe('already-answered');
    const trail = JSON.stringify(store.audit.list(99));
    expect(trail).toContain('ticket.close');
    for (const word of ['canary', 'dòng', ticket.ref]) expect(trail).not.toContain(word);
    await store.accounts.setUser('co-tam', { disabled: true }, ADMIN);
    expect(codeOf(() => store.helpTickets.list(COUNSELLOR))).toBe('unknown-ticket');
  }, 60_000);

  it('are gone from the file itself when their time is over, counted from the last change', async () => {
    const store = await withPeople();
    store.helpTickets.add({ ...ticket, message: 'canaryloinhan'.repeat(100) });
    store.helpTickets.add({ ...ticket, ref: 'BBBB2345', message: 'conlai' });
    const kept = store.helpTickets.list(COUNSELLOR).find((row) => row.message === 'conlai');
    store.helpTickets.answer(kept?.id ?? 0, 'hẹn em', MONDAY_8 + 20 * DAY, COUNSELLOR);
    const limits = { eventsBeforeMs: 0, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: 0 };
    expect(store.events.expire({ ...limits, ticketsBeforeMs: MONDAY_8 })).toBe(0);
    expect(readFileSync(store.path).includes('canaryloinhan')).toBe(true);
    expect(store.events.expire({ ...limits, ticketsBeforeMs: MONDAY_8 + DAY })).toBe(1);
    expect(store.helpTickets.list(COUNSELLOR).map(({ message }) => message)).toEqual(['conlai']);
    expect(store.helpTickets.byRef(ticket.ref)).toBe(null);
    for (const file of [store.path, `${store.path}-wal`]) expect(readFileSync(file).includes('canaryloinhan'), file).toBe(false);
  }, 60_000);
});
