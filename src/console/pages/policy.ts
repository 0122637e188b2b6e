/** Pages on what the school's policy says: matrix, HTTPS, approvals, rules, lists. */
import type { Page } from '../page.js';
import { approvalsPage } from './approvals.js';
import { httpsPage } from './https.js';
import { listImportPage, listPreviewPage } from './list-import.js';
import { listPage, listsPage } from './lists.js';
import { cellPage, profilesPage } from './profiles.js';
import { rulesPage } from './rules.js';

export const policyPages: readonly Page[] = [profilesPage, cellPage, httpsPage, approvalsPage, rulesPage, listsPage, listPage, listImportPage, listPreviewPage];
