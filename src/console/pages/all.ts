/** The table of pages. Whoever adds one adds a line here and a row in test/console/matrix.test.ts. */
import type { Page } from '../page.js';
import { accountPage } from './account.js';
import { adminPages } from './admin.js';
import { auditPage, auditRecordPage, auditVerifyPage } from './audit.js';
import { helpPage, letterPage, sheetPage } from './help.js';
import { helpTicketsPage } from './help-tickets.js';
import { livePage } from './live.js';
import { policyPages } from './policy.js';
import { roomsPage } from './rooms.js';
import { taskPage } from './task.js';
import { teachingPages } from './teaching.js';
import { tokensPage } from './tokens.js';

export const PAGES: readonly Page[] = [roomsPage, livePage, taskPage, tokensPage, accountPage, ...policyPages, ...adminPages, ...teachingPages, helpTicketsPage, auditPage, auditVerifyPage, auditRecordPage, helpPage, sheetPage, letterPage];
