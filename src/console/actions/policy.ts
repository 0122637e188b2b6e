/** Actions on what the school's policy says: matrix, HTTPS, approvals. */
import type { Action } from '../action.js';
import { profileActions } from './profiles.js';
import { proposalActions } from './proposals.js';
import { tlsExceptionActions } from './tls-exceptions.js';

export const policyActions: readonly Action[] = [...profileActions, ...tlsExceptionActions, ...proposalActions];
