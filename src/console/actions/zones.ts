/** Rooms as an administrator keeps them: who belongs to one, its profile, its teachers. Two rooms never claim the same sign. */
import { z } from 'zod';
import { UNKNOWN_ZONE } from '../../activity/presence.js';
import { overlapsOf } from '../../policy/zone-overlap.js';
import type { ZoneRow } from '../../store/rows.js';
import { cidrText, loginName, macText, ownPort, profileText, roomLogin, roomName } from '../../store/zone-text.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { coarseDevices } from '../devices.js';
import { inField, refused, wrongField, type Refused } from '../refused.js';
import { both } from '../words.js';

const MOST_SIGNS = 200;
export const zoneName = z.string(both('Chưa điền tên phòng.', 'Fill in the name of the room.')).min(1).max(64, both('Tên phòng dài quá 40 ký tự.', 'The name is longer than 40 characters.')).meta({ vi: 'Tên phòng', en: 'Name of the room' });
const signs = z.array(z.string().max(64, both('Mỗi dòng dài quá 64 ký tự.', 'A line is longer than 64 characters.'))).max(MOST_SIGNS).optional();

const shape = {
  profile: z.string(both('Chưa chọn hồ sơ lọc.', 'Choose a profile.')).min(1).max(32).meta({ vi: 'Hồ sơ lọc', en: 'Profile' }),
  cidrs: signs.meta({ vi: 'Dải địa chỉ', en: 'Address ranges' }),
  macs: signs.meta({ vi: 'Địa chỉ MAC', en: 'MAC addresses' }),
  port: z.int().min(1).max(65_535).optional().meta({ vi: 'Cổng proxy riêng', en: 'Proxy port of its own' }),
  login: z.string().max(64).optional().meta({ vi: 'Tài khoản chung của phòng', en: 'Shared room login' }),
  password: z.string().max(200).optional().meta({ vi: 'Mật khẩu chung', en: 'Its password', description: 'Absent: the one it has stays' }),
  teachers: z.array(z.string().max(64)).max(200).optional().meta({ vi: 'Thầy cô của phòng', en: 'Its teachers' }),
};
type Typed = z.output<z.ZodObject<typeof shape>>;

const devices = z.union([z.object({ kind: z.enum(['none', 'few']) }), z.object({ kind: z.literal('about'), n: z.int() })]);
const row = z.object({
  name: z.string(), profile: z.string(), cidrs: z.array(z.string()), macs: z.array(z.string()), port: z.int().nullable(), login: z.string().nullable(),
  teachers: z.array(z.string()), slots: z.int(), devices,
});
const range = z.object({ zone: z.string(), cidr: z.string() });

export function zoneRow(env: ConsoleDeps, name: string): ZoneRow {
  const called = env.store.policies.zoneCalled(name);
  const found = env.store.policies.zones().find((zone) => zone.name === called);
  if (found === undefined) throw refused('not-found', 'Không có phòng này; có thể phòng vừa bị xóa.', 'There is no such room; it may just have been removed.');
  return found;
}

/** Puts a room back as it was, unless somebody has changed it since. Its name is another matter (`undoRename`). */
export function takeBackZone(env: ConsoleDeps, who: Who, before: ZoneRow, after: ZoneRow): void {
  const now = zoneRow(env, after.name);
  if (JSON.stringify(now) !== JSON.stringify(after)) throw changedSince(after.name);
  env.store.policies.setZone(after.name, before, who.actor);
}

export function changedSince(room: string): Refused {
  return refused('conflict', `Phòng ${room} đã được người khác đổi; không hoàn tác.`, `${room} has been changed by somebody else; nothing was taken back.`);
}

/** Signs and profile as the store keeps them; each fault is said beside its field. */
function read(env: ConsoleDeps, input: Typed, before: ZoneRow | null): Omit<ZoneRow, 'name' | 'timetable'> {
  const { ports } = env.premises;
  const login = input.login === undefined ? null : inField('login', () => loginName(input.login ?? ''));
  if (login === null && input.password !== undefined) throw wrongField('login', 'Có mật khẩu chung thì phải có tên tài khoản chung.', 'A shared password needs the name of the shared login.');
  return {
    profile: inField('profile', () => profileText(input.profile)),
    cidrs: inField('cidrs', () => (input.cidrs ?? []).map(cidrText)),
    macs: inField('macs', () => (input.macs ?? []).map(macText)),
    port: input.port === undefined ? null : inField('port', () => ownPort(input.port ?? 0, [ports.proxy, ports.transparent, ports.pages, ports.console])),
    login: login === null ? null
      : input.password !== undefined ? inField('password', () => roomLogin(login, input.password ?? ''))
      : before?.login?.name === login ? before.login
      : inField('password', () => roomLogin(login, '')),
  };
}

export const zoneActions = [
  action({
    name: 'zone.list',
    method: 'GET',
    path: '/zones',
    about: { vi: 'Mọi phòng, dấu hiệu nhận ra, dải chồng nhau, số máy lạ', en: 'All rooms, how they are told, overlapping ranges, unknown devices' },
    roles: ['it-admin'],
    input: z.strictObject({}),
    output: z.object({ zones: z.array(row), overlaps: z.array(z.object({ inner: range, outer: range })), unknown: devices }),
    run(env) {
      const zones = env.store.policies.zones();
      const teachers = env.store.policies.roomTeachers();
      return {
        value: {
          zones: zones.map((zone) => ({
            name: zone.name, profile: zone.profile, cidrs: [...zone.cidrs], macs: [...zone.macs], port: zone.port, login: zone.login?.name ?? null,
            teachers: [...(teachers.get(zone.name) ?? [])], slots: zone.timetable.length, devices: coarseDevices(env.devicesSeen(zone.name)),
          })),
          overlaps: overlapsOf(zones),
          unknown: coarseDevices(env.devicesSeen(UNKNOWN_ZONE)),
        },
      };
    },
  }),
  action({
    name: 'zone.add',
    method: 'POST',
    path: '/zones',
    about: { vi: 'Thêm phòng', en: 'Add a room' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ name: zoneName, ...shape }),
    output: z.object({ name: z.string(), profile: z.string() }),
    run(env, who, input) {
      const zone: ZoneRow = { name: inField('name', () => roomName(input.name)), ...read(env, input, null), timetable: [] };
      env.store.together(() => {
        env.store.policies.addZone(zone, who.actor);
        if ((input.teachers ?? []).length > 0) inField('teachers', () => env.store.policies.setRoomTeachers(zone.name, input.teachers ?? [], who.actor));
      });
      return {
        value: { name: zone.name, profile: zone.profile },
        say: { vi: `Đã thêm ${zone.name}.`, en: `${zone.name} added.` },
        undo: () => void env.store.policies.removeZone(zone.name, who.actor),
      };
    },
  }),
  action({
    name: 'zone.set',
    method: 'PUT',
    path: '/zones/{zone}',
    about: { vi: 'Sửa phòng, cả tên; điều không nêu là bỏ, trừ tên và thời khóa biểu', en: 'Change a room, whole; what is absent is taken away, except name and timetable' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      zone: zoneName,
      name: zoneName.optional().meta({ vi: 'Tên phòng', en: 'Name', description: 'A new name; absent: it stays. Lessons, requests and figures follow, and the old name stays good until another room takes it' }),
      ...shape,
    }),
    output: z.object({ name: z.string(), profile: z.string() }),
    run(env, who, input) {
      const before = zoneRow(env, input.zone);
      const name = input.name === undefined ? before.name : inField('name', () => roomName(input.name ?? ''));
      const patch = read(env, input, before);
      const { policies } = env.store;
      const teachersOf = (room: string): string[] => [...(policies.roomTeachers().get(room) ?? [])];
      const teachersBefore = teachersOf(before.name);
      const renamed = env.store.together(() => {
        const made = name === before.name ? null : inField('name', () => policies.renameZone(before.name, name, who.actor));
        inField('teachers', () => policies.setRoomTeachers(name, input.teachers ?? [], who.actor));
        policies.setZone(name, patch, who.actor);
        return made;
      });
      // as it was written down: ranges without doubles
      const after = zoneRow(env, name);
      const teachersAfter = teachersOf(name);
      return {
        value: { name: after.name, profile: after.profile },
        say: renamed === null ? { vi: `Đã sửa ${name}.`, en: `${name} changed.` } : { vi: `${before.name} nay tên là ${name}.`, en: `${before.name} is called ${name} now.` },
        undo: () => env.store.together(() => {
          takeBackZone(env, who, before, after);
          if (teachersOf(name).join('\n') !== teachersAfter.join('\n')) throw changedSince(name);
          policies.setRoomTeachers(name, teachersBefore, who.actor);
          if (renamed !== null) policies.undoRename(renamed, who.actor);
        }),
        ...(renamed === null ? {} : { next: `/quan-tri/phong/${encodeURIComponent(name)}` }),
      };
    },
  }),
  action({
    name: 'zone.remove',
    method: 'DELETE',
    path: '/zones/{zone}',
    about: { vi: 'Xóa phòng cùng tiết đang chạy, trang đang mở tạm của phòng', en: 'Remove a room with its lesson and openings' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ zone: zoneName }),
    output: z.object({ removed: z.string() }),
    run(env, who, input) {
      const removed = env.store.policies.removeZone(zoneRow(env, input.zone).name, who.actor);
      return {
        value: { removed: input.zone },
        say: { vi: `Đã xóa ${input.zone}. Máy của phòng dùng hồ sơ chặt nhất cho tới khi thuộc phòng khác.`, en: `${input.zone} removed. Its devices are on the strictest profile until another room claims them.` },
        undo: () => env.store.policies.restoreZone(removed, env.now(), who.actor),
        next: '/quan-tri/phong',
      };
    },
  }),
];
