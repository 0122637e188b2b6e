/** The table of actions. Whoever adds a file of them adds a line here and a row in test/console/matrix.test.ts. */
import type { Action } from '../action.js';
import { accountActions } from './account.js';
import { adminActions } from './admin.js';
import { auditActions } from './audit.js';
import { helpTicketActions } from './help-tickets.js';
import { liveActions } from './live.js';
import { metricsActions } from './metrics.js';
import { policyActions } from './policy.js';
import { roomActions } from './rooms.js';
import { teachingActions } from './teaching.js';
import { tokenActions } from './tokens.js';

const WORK: readonly Action[] = [...accountActions, ...liveActions, ...metricsActions, ...roomActions, ...policyActions, ...adminActions, ...teachingActions, ...helpTicketActions, ...auditActions];

export const ACTIONS: readonly Action[] = [...WORK, ...tokenActions(WORK)];
