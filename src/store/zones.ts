/** Zones (rooms and areas): rows, and that no two claim the same name, port, range or MAC. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { PolicyStore, ZoneRow } from './rows.js';
import { lessonsOfZone, openingsOfZone, putLesson, putOpening } from './lesson-rows.js';
import { putRoom, roomsOfZone } from './room-rows.js';
import { periodsRing } from './school-time.js';
import type { RemovedZone } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue, nameText, parseStrings, profileId, text } from './values.js';
import { forgetFormer, nameTaken, rememberFormer, sameName, unknownZone } from './zone-names.js';

interface Stored {
  readonly name: string;
  readonly profile: string;
  readonly cidrs: string;
  readonly macs: string;
  readonly port: number | null;
  readonly login_name: string | null;
  readonly login_hash: string | null;
  readonly timetable: string;
}

export function createZones(db: Connection, changer: Changer): Pick<PolicyStore, 'zones' | 'addZone' | 'setZone' | 'removeZone' | 'restoreZone'> {
  const all = db.prepare('SELECT * FROM zone ORDER BY id');
  const insert = db.prepare(
    `INSERT INTO zone (name, profile, cidrs, macs, port, login_name, login_hash, timetable)
     VALUES (@name, @profile, @cidrs, @macs, @port, @login_name, @login_hash, @timetable)`,
  );
  const update = db.prepare(
    `UPDATE zone SET profile = @profile, cidrs = @cidrs, macs = @macs, port = @port, login_name = @login_name,
     login_hash = @login_hash, timetable = @timetable WHERE name = @name`,
  );
  const remove = db.prepare('DELETE FROM zone WHERE name = ?');
  const zones = (): ZoneRow[] => (all.all() as Stored[]).map(toRow);

  return {
    zones,
    addZone(zone, actor) {
      valid(zone);
      changer.change(true, actor, (note) => {
        const others = zones();
        if (others.some((other) => sameName(other.name, zone.name))) {
          throw nameTaken(zone.name);
        }
        unclaimed(zone, others);
        periodsRing(db, zone.timetable);
        insert.run(toStored(zone));
        forgetFormer(db, zone.name);
        note('zone.add', zone.name, null, audited(zone));
      });
    },
    setZone(name, patch, actor) {
      return changer.change(true, actor, (note) => {
        const others = zones();
        const before = others.find((zone) => zone.name === name);
        if (before === undefined) throw unknownZone(name);
        const after: ZoneRow = { ...before, ...patch, name: before.name };
        valid(after);
        unclaimed(after, others.filter((zone) => zone.name !== name));
        periodsRing(db, after.timetable);
        const stored = toStored(after);
        if (JSON.stringify(stored) === JSON.stringify(toStored(before))) return before;
        update.run(stored);
        note('zone.set', name, audited(before), audited(after));
        return after;
      });
    },
    removeZone(name, actor) {
      return changer.change(true, actor, (note) => {
        const before = zones().find((zone) => zone.name === name);
        if (before === undefined) throw unknownZone(name);
        const removed = withIt(db, before);
        remove.run(name);
        note('zone.remove', name, audited(before), null);
        return removed;
      });
    },
    restoreZone({ zone, former, lessons, openings, rooms }, nowMs, actor) {
      changer.change(true, actor, (note) => {
        const others = zones();
        if (others.some((other) => sameName(other.name, zone.name))) throw nameTaken(zone.name);
        unclaimed(zone, others);
        periodsRing(db, zone.timetable);
        const id = Number(insert.run(toStored(zone)).lastInsertRowid);
        for (const lesson of lessons) if (lesson.untilMs > nowMs) putLesson(db, id, lesson.id, lesson);
        for (const opening of openings) if (opening.untilMs > nowMs) putOpening(db, id, opening.id, opening);
        for (const room of rooms) putRoom(db, id, room);
        forgetFormer(db, zone.name);
        for (const name of former) rememberFormer(db, { name, zone: id });
        note('zone.restore', zone.name, null, audited(zone));
      });
    },
  };
}

/** What goes with a zone. */
function withIt(db: Connection, zone: ZoneRow): RemovedZone {
  const former = db.prepare('SELECT f.name FROM zone_former f JOIN zone z ON z.id = f.zone WHERE z.name = ?').pluck().all(zone.name) as string[];
  return { zone, former, lessons: lessonsOfZone(db, zone.name), openings: openingsOfZone(db, zone.name), rooms: roomsOfZone(db, zone.name) };
}

function valid(zone: ZoneRow): void {
  nameText(zone.name);
  profileId(zone.profile);
  if (zone.port !== null && !(Number.isInteger(zone.port) && zone.port >= 1 && zone.port <= 65_535)) {
    throw badValue('Cổng phải là số từ 1 đến 65535.', 'A port must be a number from 1 to 65535.');
  }
  if (zone.login !== null) {
    nameText(zone.login.name);
    text(zone.login.hash, 1_000);
  }
  for (const mac of zone.macs) {
    if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(mac)) {
      throw badValue('Địa chỉ MAC phải có dạng aa:bb:cc:dd:ee:ff.', 'A MAC address must look like aa:bb:cc:dd:ee:ff.');
    }
  }
  for (const cidr of zone.cidrs) {
    if (!/^[0-9a-f.:]{2,45}\/\d{1,3}$/.test(cidr)) {
      throw badValue('Dải địa chỉ phải có dạng 192.168.1.0/24.', 'A range must look like 192.168.1.0/24.');
    }
  }
  for (const slot of zone.timetable) {
    profileId(slot.profile);
    const whole = Number.isInteger(slot.weekday) && slot.weekday >= 1 && slot.weekday <= 7;
    const minutes = 'session' in slot ? [] : [slot.fromMinute, slot.toMinute];
    if (!whole || minutes.some((minute) => !Number.isInteger(minute) || minute < 0 || minute > 1_440) || (minutes.length > 0 && minutes[0] === minutes[1])) {
      throw badValue('Thời khóa biểu có giờ hoặc thứ không hợp lệ.', 'The timetable has a weekday or time that is not valid.');
    }
  }
}

/** No range, MAC or port of `zone` belongs to another. Nested ranges are fine: the longer prefix wins. */
function unclaimed(zone: ZoneRow, others: readonly ZoneRow[]): void {
  for (const other of others) {
    if (zone.port !== null && zone.port === other.port) {
      throw new StoreError('port-taken', `Cổng này đã thuộc phòng “${other.name}”.`, `This port already belongs to zone “${other.name}”.`);
    }
    if (zone.cidrs.some((cidr) => other.cidrs.includes(cidr))) {
      throw new StoreError('range-taken', `Dải địa chỉ này đã thuộc phòng “${other.name}”.`, `This range already belongs to zone “${other.name}”.`);
    }
    if (zone.macs.some((mac) => other.macs.includes(mac))) {
      throw new StoreError('mac-taken', `Địa chỉ MAC này đã thuộc phòng “${other.name}”.`, `This MAC address already belongs to zone “${other.name}”.`);
    }
    if (zone.login !== null && zone.login.name === other.login?.name) {
      throw new StoreError('name-taken', `Tên đăng nhập này đã thuộc phòng “${other.name}”.`, `This login already belongs to zone “${other.name}”.`);
    }
  }
}

function toRow(row: Stored): ZoneRow {
  return {
    name: row.name,
    profile: row.profile,
    cidrs: parseStrings(row.cidrs),
    macs: parseStrings(row.macs),
    port: row.port,
    login: row.login_name === null || row.login_hash === null ? null : { name: row.login_name, hash: row.login_hash },
    timetable: JSON.parse(row.timetable) as ZoneRow['timetable'],
  };
}

function toStored(zone: ZoneRow): Stored {
  const slots = zone.timetable.map((slot) => 'session' in slot
    ? { weekday: slot.weekday, level: slot.level, session: slot.session, fromPeriod: slot.fromPeriod, toPeriod: slot.toPeriod, profile: slot.profile }
    : { weekday: slot.weekday, fromMinute: slot.fromMinute, toMinute: slot.toMinute, profile: slot.profile });
  return {
    name: zone.name,
    profile: zone.profile,
    cidrs: JSON.stringify([...new Set(zone.cidrs)]),
    macs: JSON.stringify([...new Set(zone.macs)]),
    port: zone.port,
    login_name: zone.login?.name ?? null,
    login_hash: zone.login?.hash ?? null,
    timetable: JSON.stringify(slots),
  };
}

/** A zone as the audit trail may show it: device addresses as a number, the login without its hash. */
function audited(zone: ZoneRow): unknown {
  return { ...zone, macs: zone.macs.length, login: zone.login?.name ?? null };
}
