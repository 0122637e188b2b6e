/** Opens the store: one connection, its parts in order. The caller closes it. */
import { join } from 'node:path';
import { createAccounts } from './accounts.js';
import { createAudit } from './audit.js';
import { createChannel } from './channel.js';
import { createChanger } from './change.js';
import { BUSY_MS, type DatabaseOptions, integrityOf, openDatabase } from './connection.js';
import { createEvents } from './events.js';
import { createHelpTickets } from './help-tickets.js';
import { createLessons } from './lessons.js';
import { createLists } from './lists.js';
import { createProposals } from './proposals.js';
import { DATABASE_FILE } from './place.js';
import { createRequests } from './requests.js';
import { inspectCopy, replaceFrom, withoutMessages } from './replace.js';
import { backupTo, removeAside } from './restore.js';
import type { PolicyStore, Store } from './rows.js';
import { createRoomTeachers } from './room-teachers.js';
import { createSecondFactor } from './second-factor.js';
import { createSecondPerson } from './second-person.js';
import { createSessions } from './sessions.js';
import { createTokens } from './tokens.js';
import { createRooms } from './rooms.js';
import { createRules } from './rules.js';
import { createSchoolTime } from './school-time.js';
import { createSettings } from './settings.js';
import { createSiteLists } from './site-lists.js';
import { guarded } from './store-error.js';
import { createTlsHosts } from './tls-hosts.js';
import { createZoneRename } from './zone-rename.js';
import { createZones } from './zones.js';

export interface StoreOptions extends DatabaseOptions {
  /** Clock of audit records and accounts. */
  readonly now?: () => number;
}

/** @throws {StoreError} with one clear sentence in Vietnamese and English; the files are left as they were. */
export function openStore(dataDir: string, options: StoreOptions = {}): Store {
  const now = options.now ?? Date.now;
  const db = openDatabase(dataDir, options);
  const audit = createAudit(db, now);
  const changer = createChanger(db, audit.writer);
  const policies: PolicyStore = {
    generation: changer.generation,
    ...createZones(db, changer),
    ...createZoneRename(db, changer),
    ...createLessons(db, changer),
    ...createRules(db, changer),
    ...createLists(db, changer),
    ...createRequests(db, changer),
    ...createTlsHosts(db, changer),
    ...createRoomTeachers(db, changer),
  };
  const { settings, setApproved } = createSettings(db, changer);
  const second = createSecondPerson(db);
  const dataVersion = db.prepare('PRAGMA data_version').pluck();
  return guarded<Store>({
    path: join(dataDir, DATABASE_FILE),
    policies: guarded(policies),
    events: guarded(
      createEvents(db, { audit: audit.writer, busyMs: options.busyMs ?? BUSY_MS, removeAside: (beforeMs) => removeAside(dataDir, beforeMs) }),
    ),
    audit: guarded(audit.store),
    accounts: guarded(createAccounts(db, changer, second, now)),
    settings: guarded(settings),
    proposals: guarded(createProposals(db, { changer, policies, settings, setApproved })),
    sessions: guarded(createSessions(db)),
    secondFactor: guarded(createSecondFactor(db, changer, second, now)),
    tokens: guarded(createTokens(db, changer)),
    schoolTime: guarded(createSchoolTime(db, changer)),
    siteLists: guarded(createSiteLists(db, changer)),
    rooms: guarded(createRooms(db, changer)),
    together: (work) => db.transaction(work).immediate(),
    helpTickets: guarded(createHelpTickets(db, changer)),
    channel: guarded(createChannel(db, changer)),
    dataVersion: () => Number(dataVersion.get()),
    inspectBackup: inspectCopy,
    replaceFrom: (file, actor) => replaceFrom(db, { changer, second }, file, actor),
    backup: async (file, options) => {
      await backupTo(db, file);
      if (options?.withoutMessages === true) withoutMessages(file);
    },
    integrity: () => integrityOf(db),
    close() {
      db.close();
    },
  });
}
