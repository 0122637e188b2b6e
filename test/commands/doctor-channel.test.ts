/** What doctor says of the channel in each of its states: one finding with a remedy, in both languages. */
import { describe, expect, it } from 'vitest';
import { NO_STATE } from '../../src/channel/take.js';
import { channelFindings, type ChannelSight } from '../../src/commands/doctor-channel.js';
import type { ChannelState } from '../../src/store/channel-rows.js';

const NOW = Date.UTC(2026, 10, 26, 1);
const HOUR = 3_600_000;
const good: ChannelState = {
  ...NO_STATE, checkedMs: NOW - HOUR, goodMs: NOW - HOUR, title: 'Sở', rootVersion: 1, targetsVersion: 7, expiresMs: NOW + 9 * 24 * HOUR,
  taken: [{ name: 'dong', role: 'city-block', sha256: 'x', version: '1', tuf: 7, entries: 3, takenMs: NOW - HOUR }],
};
const look = (sight: Partial<ChannelSight>): string[] => channelFindings({ on: true, everySeconds: 900, state: good, nowMs: NOW, ...sight }).map(({ status, vi, en, remedyVi, remedyEn }) => {
  expect(vi).not.toBe(en);
  expect(status === 'ok').toBe(remedyVi === '');
  expect(remedyVi === '').toBe(remedyEn === '');
  return `${status} ${vi}`;
});
const fault = (code: string): ChannelState => ({ ...good, fault: { code, vi: 'Hỏng.', en: 'Broken.', sinceMs: NOW - 5 * HOUR } });

describe('doctor and the channel', () => {
  it('says nothing where there is none, and when it is in order until when', () => {
    expect(look({ on: false, state: null })).toEqual([]);
    expect(look({ on: false, state: NO_STATE })).toEqual([]);
    expect(look({})).toEqual(['ok Kênh «Sở»: bản 7, 1 mục, chữ ký còn hạn tới 05/12/2026.']);
  });

  it('red where somebody may be at work, yellow where a line is down; with what stays in force', () => {
    for (const code of ['wrong-key', 'rollback', 'expired', 'mixed', 'malformed', 'root-file']) expect(look({ state: fault(code) })).toEqual(['fail Hỏng. Từ 26/11/2026 03:00. Bản 7, nhận đủ lần cuối 26/11/2026 07:00, vẫn có hiệu lực.']);
    for (const code of ['unreachable', 'too-slow', 'not-there', 'disk']) expect(look({ state: fault(code) })[0]).toMatch(/^warn /);
    expect(look({ state: { ...NO_STATE, fault: { code: 'unreachable', vi: 'Hỏng.', en: 'Broken.', sinceMs: NOW } } })[0]).toContain('Chưa nhận được gì từ kênh.');
  });

  it('warns of what is held back, of one that was never or not lately asked, of one that was switched off', () => {
    expect(look({ state: { ...good, held: [{ name: 'lon', sha256: 'x', version: '2', code: 'held', vi: 'Giữ lại.', en: 'Held.' }] } })).toEqual([expect.stringMatching(/^ok /), 'warn Giữ lại.']);
    expect(look({ state: null })).toEqual(['warn Chưa hỏi kênh có chữ ký lần nào.']);
    expect(look({ nowMs: NOW + 30 * HOUR })[0]).toMatch(/^warn Đã 31 giờ chưa hỏi/);
    expect(look({ nowMs: NOW + 30 * HOUR, everySeconds: 86_400 })[0]).toMatch(/^ok/);
    expect(look({ on: false })[0]).toMatch(/^warn Kênh có chữ ký đã tắt nhưng 1 mục/);
  });
});
