/** Pages on which an administrator sets the school up. */
import type { Page } from '../page.js';
import { backupPage } from './backup.js';
import { caPage } from './ca.js';
import { importPage } from './import.js';
import { schoolTimePage } from './school-time.js';
import { setupPage, setupStepPage } from './setup.js';
import { userPage, usersPage } from './users.js';
import { zonePage } from './zone.js';
import { zonesPage } from './zones.js';

export const adminPages: readonly Page[] = [setupPage, setupStepPage, zonesPage, zonePage, schoolTimePage, usersPage, userPage, caPage, importPage, backupPage];
