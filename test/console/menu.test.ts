/** The menu: every role's pages in their groups, the one in use marked, few pages in one row and many folded, and nothing that a role may not open. */
import { describe, expect, it } from 'vitest';
import { NAV_GROUPS } from '../../src/console/page.js';
import { PAGES } from '../../src/console/pages/all.js';
import { entryOf, menuOf } from '../../src/console/parts/menu.js';
import type { Role } from '../../src/store/rows.js';
import { testConsole } from '../support/console-app.js';

const ROLES: readonly Role[] = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'];
const paths = (role: Role): string[] => menuOf(PAGES, role).map(({ path }) => path);
const page = (path: string) => {
  const found = PAGES.find((known) => known.path === path);
  if (found === undefined) throw new Error(path);
  return found;
};

describe('the menu', () => {
  it.each(ROLES)('has only pages that %s may open, each once, by group and order', (role) => {
    const menu = menuOf(PAGES, role);
    expect(menu.every(({ roles }) => roles.includes(role))).toBe(true);
    expect(new Set(paths(role)).size).toBe(menu.length);
    const groups = menu.map(({ nav }) => Object.keys(NAV_GROUPS).indexOf(nav?.group ?? ''));
    expect(groups).toEqual([...groups].sort((a, b) => a - b));
    const places = menu.map(({ nav }) => `${nav?.group} ${nav?.order}`);
    expect(new Set(places).size, places.join()).toBe(places.length);
  });

  it('is short for whoever has one thing to do', () => {
    expect(paths('teacher')).toEqual(['/phong', '/yeu-cau', '/danh-sach-trang', '/kiem-tra', '/huong-dan', '/tro-giup', '/tai-khoan']);
    expect(paths('counsellor')).toEqual(['/tu-van', '/tro-giup', '/tai-khoan']);
    expect(paths('auditor')).toEqual(['/kiem-toan', '/tro-giup', '/tai-khoan']);
    expect(paths('head')[0]).toBe('/tong-quan');
  });

  it('holds at most seven pages in a group, so that one group is one glance', () => {
    for (const role of ROLES) {
      const menu = menuOf(PAGES, role);
      for (const group of Object.keys(NAV_GROUPS)) expect(menu.filter(({ nav }) => nav?.group === group).length, `${role} ${group}`).toBeLessThanOrEqual(7);
    }
  });

  it.each([
    ['/quan-tri/phong', '/quan-tri/phong'], ['/quan-tri/phong/:room', '/quan-tri/phong'], ['/quan-tri/tai-khoan/:name', '/quan-tri/tai-khoan'], ['/nhap-danh-sach/:id', '/danh-sach'],
    ['/ho-so/:profile/:category', '/ho-so'], ['/phong/:room', '/phong'], ['/danh-sach-trang/:id', '/danh-sach-trang'], ['/quan-tri/thiet-lap/:step', '/quan-tri/thiet-lap'], ['/viec/:id', null],
  ])('marks on %s the entry %s', (shown, entry) => {
    expect(entryOf(menuOf(PAGES, 'it-admin'), page(shown))?.path ?? null).toBe(entry);
  });

  it('is one row for a teacher, and folded into groups for an administrator with the one in use open', async () => {
    const app = testConsole();
    const teacher = (await (await app.signIn('teacher')).get('/phong')).body;
    expect(teacher).not.toContain('class="group');
    expect(teacher).toMatch(/<a href="\/phong" aria-current="page">/);
    const admin = await app.signIn('it-admin');
    const body = (await admin.get('/quy-tac')).body;
    const nav = body.slice(body.indexOf('<nav'), body.indexOf('</nav>'));
    for (const [group, { vi }] of Object.entries(NAV_GROUPS)) if (group !== 'own') expect(nav.split(`<h2>${vi}</h2>`).length - 1, vi).toBe(2);
    // once for a desk and once for a phone; the style sheet shows one of them
    expect(nav.split('aria-current="page"').length - 1).toBe(2);
    expect(nav.match(/<details class="group current" open/g)).toHaveLength(2);
    // the heading below says the page; the folded menu says the group
    expect(nav).toMatch(/<summary><b>Mục lục<\/b> <span>Lọc<\/span><\/summary>/);
    app.store.policies.addZone({ name: 'Phòng máy 1', profile: 'thcs', cidrs: [], macs: [], port: null, login: null, timetable: [] }, { kind: 'cli', name: 'test' });
    const below = (await admin.get('/quan-tri/phong/Ph%C3%B2ng%20m%C3%A1y%201')).body;
    expect(below).toMatch(/<a href="\/quan-tri\/phong" aria-current="true">/);
    expect(below).toMatch(/<span>Trường và phòng<\/span><\/summary>/);
  });
});
