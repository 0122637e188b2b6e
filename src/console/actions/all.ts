/** The table of actions. Whoever adds a file of them adds a line here and a row in test/console/matrix.test.ts. */
import type { Action } from '../action.js';
import { accountActions } from './account.js';
import { roomActions } from './rooms.js';

export const ACTIONS: readonly Action[] = [...accountActions, ...roomActions];
