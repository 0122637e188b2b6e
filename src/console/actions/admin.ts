/** What an administrator sets up: rooms, timetables, school time. */
import type { Action } from '../action.js';
import { schoolTimeActions } from './school-time.js';
import { timetableActions } from './timetable.js';
import { zoneActions } from './zones.js';

export const adminActions: readonly Action[] = [...zoneActions, ...timetableActions, ...schoolTimeActions];
