/** Pages of teachers beside the list of their rooms. */
import type { Page } from '../page.js';
import { checkSitePage } from './check-site.js';
import { teacherHelpPage } from './teacher-help.js';
import { requestPage, requestsPage } from './requests.js';
import { roomPage } from './room.js';
import { siteListPage, siteListsPage } from './site-lists.js';

export const teachingPages: readonly Page[] = [roomPage, requestsPage, requestPage, siteListsPage, siteListPage, checkSitePage, teacherHelpPage];
