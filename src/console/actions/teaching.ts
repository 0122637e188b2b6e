/** Actions of teachers beside those of a room's lesson (rooms.ts). */
import type { Action } from '../action.js';
import { handOverActions } from './hand-over.js';
import { openingActions } from './openings.js';
import { requestActions } from './requests.js';
import { siteListActions } from './site-lists.js';
import { verdictActions } from './verdict.js';

export const teachingActions: readonly Action[] = [...openingActions, ...requestActions, ...handOverActions, ...siteListActions, ...verdictActions];
