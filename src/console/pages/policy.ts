/** Pages on what the school's policy says: matrix, HTTPS, approvals. */
import type { Page } from '../page.js';
import { approvalsPage } from './approvals.js';
import { httpsPage } from './https.js';
import { cellPage, profilesPage } from './profiles.js';

export const policyPages: readonly Page[] = [profilesPage, cellPage, httpsPage, approvalsPage];
