/** Dangerous acts: the password again, at the form itself. */
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/console/actions/all.js';
import { PROOF_MS } from '../../src/console/access/session.js';
import { PASSWORD, testConsole } from '../support/console-app.js';

const NEW = 'Lũy tre làng em 77!';

describe('a dangerous act', () => {
  it('asks for the password again once the last proof is old', async () => {
    const console = testConsole();
    const teacher = await console.signIn('teacher');
    expect((await teacher.get('/tai-khoan')).body).not.toContain('name="_password"');
    console.clock.ms += PROOF_MS + 1;
    expect((await teacher.get('/tai-khoan')).body).toContain('name="_password"');
    const fields = { password: NEW, again: NEW, _back: '/tai-khoan' };
    const without = await teacher.post('/lam/account.password', fields);
    expect(without.status).toBe(422);
    expect(without.body).toContain('Hãy nhập lại mật khẩu của thầy/cô để xác nhận.');
    const wrong = await teacher.post('/lam/account.password', { ...fields, _password: 'Sai hoàn toàn 12!' });
    expect([wrong.status, wrong.body.includes('Mật khẩu không đúng.'), wrong.body.includes('Sai hoàn toàn')]).toEqual([422, true, false]);
    expect(await console.store.accounts.checkPassword('nguoi-teacher', NEW)).toBeNull();
    expect((await teacher.post('/lam/account.password', { ...fields, _password: PASSWORD })).location).toBe('/dang-nhap');
    expect(await console.store.accounts.checkPassword('nguoi-teacher', NEW)).not.toBeNull();
  });

  it('lets a guesser at an open session try no more often than at the door', async () => {
    const console = testConsole();
    const teacher = await console.signIn('teacher');
    console.clock.ms += PROOF_MS + 1;
    const statuses: number[] = [];
    for (let n = 0; n < 7; n++) statuses.push((await teacher.post('/lam/account.password', { password: NEW, again: NEW, _password: `sai ${n}`, _back: '/tai-khoan' })).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429, 429]);
  });

  it('asks before a phone is put in the place of the owner’s', async () => {
    const console = testConsole();
    const teacher = await console.signIn('teacher');
    console.clock.ms += PROOF_MS + 1;
    expect((await teacher.get('/thiet-lap-xac-thuc')).body).toContain('name="password"');
  });

  it('is named by every action that makes or changes a way in', () => {
    for (const name of ['account.password', 'token.add', 'user.add', 'user.role', 'user.enable', 'user.reset-password', 'user.reset-totp', 'user.remove', 'import.people', 'backup.download', 'restore.check', 'restore.apply', 'ca.init', 'ca.rotate', 'ca.export-key']) expect(ACTIONS.find((action) => action.name === name)?.proof, name).toBe(true);
  });
});
