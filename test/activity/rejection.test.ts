/** Whose refused certificates are counted by host, and whose are not. */
import { describe, expect, it } from 'vitest';
import { keptRejections } from '../../src/activity/rejection.js';
import { CATEGORIES, maskOf, snapshotOf } from '../policy/fixture.js';

const categories = CATEGORIES.map((category) => (['suckhoe', 'tuhai'].includes(category.code) ? { ...category, privacy: 'count' as const } : category));

describe('rejections by host', () => {
  it('are kept by domain of hosts that a list names, never of unlisted or intimate ones and help lines, whatever age a list speaks for', () => {
    const snapshot = snapshotOf(
      [
        { name: 'a', category: 'hoclieu', entries: ['hoc.test'] },
        { name: 'b', category: 'suckhoe', entries: ['phongkham.test'] },
        { name: 'c', category: 'tuhai', entries: ['tuhai.test'], mask: maskOf('thpt') },
        { name: 'd', category: 'trogiup', shield: true, entries: ['111.test'] },
      ],
      { categories },
    );
    const counts = ['hoc.test', 'em-an.hoc.test', 'la.test', 'phongkham.test', 'www.phongkham.test', 'tuhai.test', '111.test'].map((host): [string, number] => [host, 3]);
    expect(keptRejections(counts, snapshot, 0)).toEqual([['hoc.test', 6]]);
    expect(keptRejections([], snapshot, 0)).toEqual([]);
  });
});
