/** How long a session lives, on a clock that the test turns. */
import { describe, expect, it } from 'vitest';
import { ABSOLUTE_MS, deviceOf, idleMs } from '../../src/console/access/session.js';
import type { Role } from '../../src/store/rows.js';
import { testConsole } from '../support/console-app.js';

const MINUTE = 60_000;

describe('a session', () => {
  it.each<[Role, number]>([['it-admin', 15], ['head', 15], ['counsellor', 15], ['auditor', 15], ['teacher', 30]])(
    'ends after its idle time, after twelve hours, and at each role’s own limit (%s: %i minutes)', async (role, minutes) => {
      const console = testConsole();
      const person = await console.signIn(role);
      expect(idleMs(role)).toBe(minutes * MINUTE);
      console.clock.ms += minutes * MINUTE - 1;
      expect((await person.get('/tai-khoan')).status).toBe(200);
      console.clock.ms += minutes * MINUTE + 1;
      expect((await person.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
      expect(console.store.sessions.ofUser(`nguoi-${role}`)).toEqual([]);

      const busy = await console.signIn(role);
      const end = console.clock.ms + ABSOLUTE_MS;
      while (console.clock.ms < end) {
        expect((await busy.get('/tai-khoan')).status).toBe(200);
        console.clock.ms += 10 * MINUTE;
      }
      console.clock.ms += 1;
      expect((await busy.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
    });

  it('is not kept alive by a page that fetches a part of itself', async () => {
    const console = testConsole();
    const teacher = await console.signIn('teacher');
    for (let n = 0; n < 31; n++) {
      console.clock.ms += MINUTE;
      await teacher.get('/phong', { 'X-Live': '1', 'HX-Request': 'true' });
    }
    expect((await teacher.get('/phong')).location).toMatch(/^\/dang-nhap/);
  });

  it('of a clock that went back far is not believed', async () => {
    const console = testConsole();
    const teacher = await console.signIn('teacher');
    console.clock.ms -= 2 * 3_600_000;
    expect((await teacher.get('/phong')).location).toMatch(/^\/dang-nhap/);
  });

  it('is swept away when its time is over', async () => {
    const console = testConsole();
    await console.signIn('teacher');
    console.clock.ms += 31 * MINUTE;
    expect(console.store.sessions.expire(console.clock.ms - ABSOLUTE_MS, console.clock.ms - idleMs('teacher'))).toBe(1);
  });

  it.each([
    ['Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36', 'Chrome · Android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari · iOS'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox · Windows'],
    [undefined, '? · ?'],
  ])('is named coarsely', (agent, name) => expect(deviceOf(agent)).toBe(name));
});
