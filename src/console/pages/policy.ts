/** Pages on what the school's policy says: matrix, HTTPS, approvals, rules, lists, explanations, figures, health. */
import type { Page } from '../page.js';
import { approvalsPage } from './approvals.js';
import { explainPage } from './explain.js';
import { healthPage } from './health.js';
import { httpsPage } from './https.js';
import { listImportPage, listPreviewPage } from './list-import.js';
import { listPage, listsPage } from './lists.js';
import { overBlockingPage } from './over-blocking.js';
import { overviewPage } from './overview.js';
import { cellPage, profilesPage } from './profiles.js';
import { rulesPage } from './rules.js';

export const policyPages: readonly Page[] = [overviewPage, healthPage, explainPage, overBlockingPage, profilesPage, cellPage, httpsPage, approvalsPage, rulesPage, listsPage, listPage, listImportPage, listPreviewPage];
