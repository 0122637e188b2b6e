/** Counts of refused certificates on their way to the control thread: by host, batched, bounded. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTlsRejections, type RejectionCounts } from '../../src/proxy/tls-rejections.js';

afterEach(() => vi.useRealTimers());

describe('refused certificates', () => {
  it('are told by host, every few seconds at most, and only where there were any', () => {
    vi.useFakeTimers();
    const sent: RejectionCounts[] = [];
    const rejections = createTlsRejections((counts) => sent.push(counts));
    vi.advanceTimersByTime(60_000);
    expect(sent).toEqual([]);
    for (const host of ['a.test', 'b.test', 'a.test']) rejections.note(host);
    vi.advanceTimersByTime(4_900);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(sent).toEqual([[['a.test', 2], ['b.test', 1]]]);
    rejections.note('c.test');
    rejections.flush();
    vi.advanceTimersByTime(60_000);
    expect(sent.slice(1)).toEqual([[['c.test', 1]]]);
  });

  it('are bounded: whoever invents names is counted no further, known ones go on', () => {
    const sent: RejectionCounts[] = [];
    const rejections = createTlsRejections((counts) => sent.push(counts));
    for (let i = 0; i < 5_000; i++) rejections.note(`${i}.test`);
    rejections.note('7.test');
    rejections.flush();
    expect(sent[0]).toHaveLength(500);
    expect(new Map(sent[0]).get('7.test')).toBe(2);
  });

  it('say nothing any more once closed', () => {
    const sent: RejectionCounts[] = [];
    const rejections = createTlsRejections((counts) => sent.push(counts));
    rejections.note('a.test');
    rejections.close();
    rejections.flush();
    expect(sent).toEqual([]);
  });
});
