/** What an administrator sets up: rooms, timetables, school time, accounts, the CA, copies, imports. */
import type { Action } from '../action.js';
import { backupActions } from './backup.js';
import { caActions } from './ca.js';
import { importActions } from './import.js';
import { schoolTimeActions } from './school-time.js';
import { schoolActions } from './school.js';
import { timetableActions } from './timetable.js';
import { userActions } from './users.js';
import { zoneActions } from './zones.js';

export const adminActions: readonly Action[] = [...schoolActions, ...zoneActions, ...timetableActions, ...schoolTimeActions, ...userActions, ...caActions, ...backupActions, ...importActions];
