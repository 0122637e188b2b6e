/** The watch on open files: said once when it runs short, once when it is over, and nothing of it forgotten. */
import { describe, expect, it } from 'vitest';
import { createDescriptorWatch } from '../src/descriptors.js';

function rig(limit: number) {
  const said: string[] = [];
  let used: number | 'EMFILE' = 10;
  const log = { info: (text: string) => said.push(`info ${text}`), warn: (text: string) => said.push(`warn ${text}`), error: (text: string) => said.push(`error ${text}`) };
  const watch = createDescriptorWatch(log, {
    limit: () => limit,
    used: () => {
      if (used === 'EMFILE') throw Object.assign(new Error('none left'), { code: 'EMFILE' });
      return used;
    },
  });
  const at = (now: number | 'EMFILE'): void => {
    used = now;
    watch.look();
  };
  return { said, watch, at };
}

describe('descriptor watch', () => {
  it('says nothing while there are enough', () => {
    const { said, watch, at } = rig(1_000);
    for (const used of [10, 500, 890]) at(used);
    expect(said).toEqual([]);
    expect([watch.state(), watch.ranOut()]).toEqual(['ok', false]);
  });
  it('says once that they run short, once that none is left, once that it is over', () => {
    const { said, watch, at } = rig(1_000);
    for (const used of [910, 920, 'EMFILE', 975, 'EMFILE', 950, 990, 850] as const) at(used);
    expect(watch.state()).toBe('out');
    for (const used of [700, 700]) at(used);
    expect(said).toEqual(['warn file descriptors run short', 'error no file descriptor is left: new connections are reset', 'info file descriptors suffice again']);
    expect([watch.state(), watch.ranOut()]).toEqual(['ok', true]);
  });
  it('a fault that is not about descriptors is not taken for one', () => {
    const watch = createDescriptorWatch({ info: () => undefined, warn: () => undefined, error: () => undefined }, { limit: () => 10, used: () => { throw Object.assign(new Error('gone'), { code: 'EACCES' }); } });
    expect(() => watch.look()).toThrow('gone');
  });
  it('reads the limit and the number of this very process', () => {
    const said: string[] = [];
    const watch = createDescriptorWatch({ info: (text) => said.push(text), warn: (text) => said.push(text), error: (text) => said.push(text) });
    watch.look();
    expect([watch.state(), said]).toEqual(['ok', []]);
  });
});
