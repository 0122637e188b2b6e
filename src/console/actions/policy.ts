/** Actions on what the school's policy says: matrix, HTTPS, approvals, rules, lists, explanations, figures. */
import type { Action } from '../action.js';
import { explainActions } from './explain.js';
import { listActions } from './lists.js';
import { overviewActions } from './overview.js';
import { profileActions } from './profiles.js';
import { proposalActions } from './proposals.js';
import { ruleActions } from './rules.js';
import { tlsExceptionActions } from './tls-exceptions.js';

export const policyActions: readonly Action[] = [...profileActions, ...tlsExceptionActions, ...proposalActions, ...ruleActions, ...listActions, ...explainActions, ...overviewActions];
