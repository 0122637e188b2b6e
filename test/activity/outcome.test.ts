/** The bridge from Outcome to Event: what may be told of a visit, and what may not. */
import { describe, expect, it } from 'vitest';
import { toEvent, type EventTables, type Outcome } from '../../src/activity/outcome.js';
import { dayStart } from '../../src/local-time.js';
import type { Decision } from '../../src/policy/decision.js';
import type { Category, Profile } from '../../src/policy/profile.js';

const NOW = Date.UTC(2026, 10, 23, 1, 15, 42, 123);

const category = (code: string, privacy: Category['privacy']): Category => ({ code, name: code, nameEn: code, legal: '', privacy, cells: [] });
const profile = (id: string): Profile => ({ id, name: id, nameEn: id, voice: 'thcs', tls: 'name', youtube: 'strict', listedOnly: false });
const CATEGORIES = [category('hoclieu', 'domain'), category('khieudam', 'count'), category('tuhai', 'count'), category('trogiup', 'none')];

const tables: EventTables = {
  strictest: 0,
  data: {
    categories: CATEGORIES,
    profiles: [profile('lop-1-3'), profile('thcs')],
    zones: [{ name: 'Phòng máy 1', profile: 1, cidrs: [], macs: [], port: null, login: null, timetable: [] }],
  },
};

function decision(patch: Partial<Decision> = {}): Decision {
  return {
    action: 'allow', layer: 'category', reason: 'category-open', cell: 'M', category: 0, profile: 1, host: 'www.hoc.example.com.vn',
    list: { name: 'hoc-lieu', version: '1' }, rule: 'example.com.vn', dialHost: null, validUntilMs: Infinity, byPath: false, ...patch,
  };
}

function outcome(patch: Partial<Outcome> = {}): Outcome {
  return {
    clientAddress: '10.1.2.3', zone: 0, decision: decision(), reason: 'category-open', failed: false, channel: 'http',
    bytesUp: 100, bytesDown: 2_000, startedMs: NOW, ms: 12.4, ...patch,
  };
}

describe('toEvent', () => {
  it('tells an ordinary visit by minute, room and registrable domain', () => {
    expect(toEvent(outcome(), tables)).toEqual({
      minute: Math.floor(NOW / 60_000), zone: 'Phòng máy 1', profile: 'thcs', category: 'hoclieu', action: 'allow', layer: 'category',
      reason: 'category-open', domain: 'example.com.vn', channel: 'http', requests: 1, bytesUp: 100, bytesDown: 2_000, ms: 12,
    });
  });

  it.each(['trogiup'])('tells nothing of a help line: %s', (code) => {
    const help = CATEGORIES.findIndex((each) => each.code === code);
    expect(toEvent(outcome({ decision: decision({ category: help, layer: 'help', reason: 'help-line' }), reason: 'help-line' }), tables)).toBe(null);
    // Whatever became of it, and whatever the decision calls it.
    expect(toEvent(outcome({ decision: decision({ category: help }), reason: 'connect-timeout', failed: true }), tables)).toBe(null);
    expect(toEvent(outcome({ decision: decision({ category: -1 }), reason: 'help-line' }), tables)).toBe(null);
  });

  it.each([1, 2])('of an intimate category (%i) tells the school and the day, never room, minute or name', (index) => {
    const event = toEvent(outcome({ decision: decision({ category: index, action: 'block', layer: 'hard', reason: 'hard-category', cell: 'X' }), reason: 'hard-category' }), tables);
    expect(event).toMatchObject({ zone: null, domain: null, minute: dayStart(NOW) / 60_000, category: CATEGORIES[index]?.code, action: 'block' });
  });

  it('keeps no name of a host whose nature is unknown, nor of one refused before a verdict', () => {
    expect(toEvent(outcome({ decision: decision({ category: -1, layer: 'school-allow', reason: 'school-allow' }) }), tables)).toMatchObject({ domain: null, zone: 'Phòng máy 1', category: null });
    expect(toEvent(outcome({ decision: decision({ list: null, rule: null, host: 'chi-mot-em-vao.vn' }) }), tables)).toMatchObject({ domain: null, zone: 'Phòng máy 1' });
    expect(toEvent(outcome({ decision: null, reason: 'malformed' }), tables)).toMatchObject({ domain: null, category: null, layer: null, action: 'block', reason: 'malformed', profile: 'thcs' });
  });

  it('never keeps an address, and collapses what is a person’s own page', () => {
    const domainOf = (host: string) => toEvent(outcome({ decision: decision({ host }) }), tables)?.domain;
    expect(['203.0.113.7', '2001:db8::7', 'localhost', 'com.vn'].map(domainOf)).toEqual([null, null, null, null]);
    expect(['nguyen-van-a.blogspot.com', 'a.b.github.io'].map(domainOf)).toEqual(['blogspot.com', 'github.io']);
  });

  it('reads positions by the snapshot that judged, not by a newer one', () => {
    const newer: EventTables = { ...tables, data: { ...tables.data, zones: [] } };
    expect(toEvent(outcome({ judgedBy: tables }), tables)).toMatchObject({ zone: 'Phòng máy 1' });
    expect(toEvent(outcome(), newer)).toMatchObject({ zone: null });
  });

  it('an unknown device is on the strictest profile and in no room', () => {
    expect(toEvent(outcome({ zone: -1, decision: null, reason: 'port-not-allowed' }), tables)).toMatchObject({ zone: null, profile: 'lop-1-3' });
  });

  it('a failure keeps its own reason', () => {
    expect(toEvent(outcome({ failed: true, reason: 'connect-refused' }), tables)).toMatchObject({ action: 'fail', reason: 'connect-refused', layer: 'category' });
  });

  it('numbers are whole and not negative, whatever the clock did', () => {
    expect(toEvent(outcome({ ms: -86_400_000, bytesUp: Number.NaN, bytesDown: Infinity }), tables)).toMatchObject({ ms: 0, bytesUp: 0, bytesDown: 0 });
  });

  it('an event holds nothing of who asked (every value searched)', () => {
    for (const each of [outcome(), outcome({ decision: null, reason: 'loop' }), outcome({ decision: decision({ category: 1 }) })]) {
      expect(JSON.stringify(toEvent(each, tables))).not.toMatch(/10\.1\.2\.3|www|hoc\./);
    }
  });
});
