/** Reading changes nothing: every page and every GET of the API, twice, as each role, against the whole database. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/console/actions/all.js';
import { PAGES } from '../../src/console/pages/all.js';
import type { Role } from '../../src/store/rows.js';
import { testConsole } from '../support/console-app.js';
import { zone } from '../store/fixture.js';

/** All rows of all tables but the sessions, where the time of last use and the language are kept. */
function everything(path: string): string {
  const db = new Database(path, { readonly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'session' ORDER BY name").pluck().all() as string[];
    return JSON.stringify(tables.map((name) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]));
  } finally {
    db.close();
  }
}

describe('reading', () => {
  // A thousand pages, doctor's findings among them.
  it('reading everything twice changes nothing', { timeout: 240_000 }, async () => {
    const console = testConsole();
    const admin = { kind: 'cli', name: 'test' } as const;
    console.store.policies.addZone(zone('phong-thcs'), admin);
    const roles: readonly Role[] = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'];
    const people = await Promise.all(roles.map((role) => console.signIn(role)));
    const before = everything(console.store.path);
    let read = 0;
    for (let round = 0; round < 2; round++) {
      for (const person of people) {
        for (const page of PAGES) read += (await person.get(page.path.replace(/:[a-z]+/gi, 'khong-co'))).status === 200 ? 1 : 0;
        for (const action of ACTIONS.filter((known) => known.method === 'GET')) read += (await person.get(`/api/v1${action.path.replace(/\{[a-z]+\}/gi, 'khong-co')}`)).status === 200 ? 1 : 0;
        for (const path of ['/', '/?lang=en', '/dang-nhap', '/khoi-dau', '/ma-xac-thuc', '/thiet-lap-xac-thuc', '/metrics', '/api/v1/openapi.json']) await person.get(path);
        // no form is done by a GET
        for (const action of ACTIONS) expect((await person.get(`/lam/${action.name}`)).status).toBe(404);
      }
    }
    expect(read).toBeGreaterThan(20);
    expect(everything(console.store.path)).toBe(before);
    expect(console.applied()).toBe(0);
  });
});
