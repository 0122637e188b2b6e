/** A store in a directory of its own, closed and removed after the test; and the rows tests need most. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Event } from '../../src/activity/event.js';
import { openStore, type StoreOptions } from '../../src/store/database.js';
import type { Actor, NewList, Store, ZoneRow } from '../../src/store/rows.js';
import { StoreError, type StoreCode } from '../../src/store/store-error.js';

export const ADMIN: Actor = { kind: 'cli', name: 'co-lan' };

/** 2026-11-23 08:00 in Hà Nội, a Monday. */
export const MONDAY_8 = Date.UTC(2026, 10, 23, 1, 0);

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-store-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function tempStore(options: StoreOptions = {}): Store {
  return storeIn(tempDir(), options);
}

export function storeIn(dir: string, options: StoreOptions = {}): Store {
  const store = openStore(dir, { now: () => MONDAY_8, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** The code of the StoreError that `call` throws; its two sentences must be there. */
export function codeOf(call: () => unknown): StoreCode | 'none' {
  try {
    call();
  } catch (error) {
    return codeOfError(error);
  }
  return 'none';
}

export async function codeOfAsync(promise: Promise<unknown>): Promise<StoreCode | 'none'> {
  try {
    await promise;
  } catch (error) {
    return codeOfError(error);
  }
  return 'none';
}

function codeOfError(error: unknown): StoreCode {
  if (!(error instanceof StoreError)) throw error;
  if (!/^\p{Lu}.*[.:)]?$/u.test(error.vi) || error.vi.includes('\n') || error.en.length < 10) throw new Error(`not one clear sentence: ${error.vi}`);
  return error.code;
}

export function zone(name: string, patch: Partial<ZoneRow> = {}): ZoneRow {
  return { name, profile: 'thcs', cidrs: [], macs: [], port: null, login: null, timetable: [], ...patch };
}

export function list(name: string, patch: Partial<NewList> = {}): NewList {
  return { name, role: 'category', category: 'cobac', profiles: null, shield: false, origin: 'imported', source: 'test', license: null, ...patch };
}

export function event(patch: Partial<Event> = {}): Event {
  return {
    minute: MONDAY_8 / 60_000, zone: 'Phòng máy 1', profile: 'thcs', category: 'hoclieu', action: 'allow', layer: 'category',
    reason: 'category-open', domain: 'example.vn', channel: 'http', requests: 1, bytesUp: 100, bytesDown: 2_000, ms: 12, ...patch,
  };
}
