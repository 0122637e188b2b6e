/** Pages on which an administrator sets the school up. */
import type { Page } from '../page.js';
import { schoolTimePage } from './school-time.js';
import { zonePage } from './zone.js';
import { zonesPage } from './zones.js';

export const adminPages: readonly Page[] = [zonesPage, zonePage, schoolTimePage];
